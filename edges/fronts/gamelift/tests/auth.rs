//! Keys: requests that another signer signed are known again, changed ones are not; policies as data.

use bytes::Bytes;
use http::request::Parts;
use matchwright_gamelift::auth::{KeyError, Keyring, Policy};
use matchwright_gamelift::errors::Class;
use matchwright_model::Timestamp;
use serde_json::Value;

const SECRET: &str = "open-sesame-open-sesame-open-sesame-0000";

fn signed(name: &str) -> (Parts, Bytes) {
    let all: Value = serde_json::from_str(include_str!("auth/signed.json")).unwrap();
    let one = &all[name];
    let text = |value: &Value| value.as_str().expect("a text").to_string();
    let mut request =
        http::Request::builder().method(one["method"].as_str().unwrap()).uri(text(&one["path"]));
    for (name, value) in one["headers"].as_object().expect("headers") {
        request = request.header(name, text(value));
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    (head, Bytes::from(text(&one["body"])))
}

/// 2026-01-02T03:04:05Z, when the requests were signed.
const SIGNED_AT: u64 = 1_767_323_045_000;

fn keyring() -> Keyring {
    let mut keys = Keyring::default();
    keys.add("AKIDGAME", SECRET, None).unwrap();
    keys
}

/// The id's class of refusal; none when the signature holds.
fn refusal(keys: &Keyring, (head, body): (Parts, Bytes), region: &str, at: u64) -> Option<Class> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(keys.verify(&head, body, region, Timestamp(at))).err().map(|error| error.class)
}

#[test]
fn what_another_signer_signed_is_known_again() {
    for name in ["json", "cbor", "events"] {
        assert_eq!(refusal(&keyring(), signed(name), "us-east-1", SIGNED_AT), None, "{name}");
    }
}

#[test]
fn a_changed_body_target_path_or_query_is_refused() {
    let changed_body = (signed("json").0, Bytes::from_static(br#"{"TicketId":"t-2"}"#));
    let mut changed_target = signed("json");
    changed_target.0.headers.insert("x-amz-target", "GameLift.AcceptMatch".parse().unwrap());
    let mut changed_path = signed("cbor");
    changed_path.0.uri = "/service/GameLift/operation/DeleteMatchmakingRuleSet".parse().unwrap();
    let mut changed_query = signed("events");
    changed_query.0.uri = "/v1/events?matchmaker=other&after=0".parse().unwrap();
    for changed in [changed_body, changed_target, changed_path, changed_query] {
        let class = refusal(&keyring(), changed, "us-east-1", SIGNED_AT);
        assert_eq!(class, Some(Class::InvalidSignature));
    }
}

#[test]
fn a_target_that_was_not_signed_is_refused() {
    let mut added = signed("cbor");
    added.0.headers.insert("x-amz-target", "GameLift.AcceptMatch".parse().unwrap());
    assert_eq!(refusal(&keyring(), added, "us-east-1", SIGNED_AT), Some(Class::InvalidSignature));
}

#[test]
fn a_signature_holds_for_its_region_and_fifteen_minutes() {
    let at = |minutes: u64| SIGNED_AT + minutes * 60_000;
    assert_eq!(refusal(&keyring(), signed("json"), "eu-west-1", SIGNED_AT), Some(Class::InvalidSignature));
    assert_eq!(refusal(&keyring(), signed("json"), "us-east-1", at(14)), None);
    assert_eq!(refusal(&keyring(), signed("json"), "us-east-1", at(16)), Some(Class::InvalidSignature));
    let early = SIGNED_AT - 16 * 60_000;
    assert_eq!(refusal(&keyring(), signed("json"), "us-east-1", early), Some(Class::InvalidSignature));
}

#[test]
fn unknown_keys_other_secrets_and_no_signature_are_told_apart() {
    let mut stranger = Keyring::default();
    stranger.add("AKIDOTHER", SECRET, None).unwrap();
    assert_eq!(refusal(&stranger, signed("json"), "us-east-1", SIGNED_AT), Some(Class::UnrecognizedClient));
    let mut guessed = Keyring::default();
    guessed.add("AKIDGAME", "guessed-guessed-guessed-guessed-guessed0", None).unwrap();
    assert_eq!(refusal(&guessed, signed("json"), "us-east-1", SIGNED_AT), Some(Class::InvalidSignature));
    let mut unsigned = signed("json");
    unsigned.0.headers.remove("authorization");
    assert_eq!(refusal(&keyring(), unsigned, "us-east-1", SIGNED_AT), Some(Class::MissingToken));
    let mut cut = signed("json");
    let short = "AWS4-HMAC-SHA256 Credential=AKIDGAME/20260102/us-east-1/gamelift/aws4_request";
    cut.0.headers.insert("authorization", short.parse().unwrap());
    assert_eq!(refusal(&keyring(), cut, "us-east-1", SIGNED_AT), Some(Class::IncompleteSignature));
}

#[test]
fn keys_that_cannot_be_used_are_refused() {
    let mut keys = keyring();
    assert_eq!(keys.add("AKIDGAME", SECRET, None), Err(KeyError::Twice));
    assert_eq!(keys.add("AKIDSHORT", "short", None), Err(KeyError::SecretLength { found: 5 }));
    assert!(matches!(keys.add("AKIDPOLICY", SECRET, Some("{")), Err(KeyError::Policy(_))));
}

#[test]
fn policies_allow_and_forbid_as_their_cases_say() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("auth/policies.json")).unwrap();
    for case in &cases {
        let given = &case["given"];
        match (Policy::parse(&case["policy"].to_string()), case["refused"].as_str()) {
            (Ok(policy), None) => {
                let pairs = |key: &str| case[key].as_array().expect("pairs").clone();
                let allows =
                    |pair: &Value| policy.allows(pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
                pairs("allows").iter().for_each(|pair| assert!(allows(pair), "{given}: {pair} is forbidden"));
                pairs("forbids").iter().for_each(|pair| assert!(!allows(pair), "{given}: {pair} is allowed"));
            }
            (Err(error), Some(text)) => assert!(error.to_string().contains(text), "{given}: {error}"),
            (found, refused) => panic!("{given}: expected refused = {refused:?}, found {found:?}"),
        }
    }
}
