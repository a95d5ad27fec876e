//! Requests that something happened to: whatever comes, the decoder answers, says why it refuses, and answers the
//! same in JSON and in CBOR. Spoils the bodies of `conformance/front`; the fuzz targets spoil theirs byte by byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use http::{HeaderMap, HeaderValue};
use matchwright_gamelift::{ApiError, Front, FrontSettings, Operation, Protocol, Request};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// What is done to one value of a body, the `at`th of them, modulo their number.
#[derive(Debug, Clone)]
enum Edit {
    Replace {
        at: usize,
        value: Value,
    },
    /// A member of a structure, or an element at the end of a list.
    Add {
        at: usize,
        key: String,
        value: Value,
    },
    Empty {
        at: usize,
    },
    /// A list or text as often again.
    Repeat {
        at: usize,
        times: usize,
    },
}

fn front(lenient: bool) -> Front {
    Front::new(FrontSettings {
        region: "us-east-1".to_string(),
        account: "000000000000".to_string(),
        lenient_ids: lenient,
        lenient_latency: lenient,
        unknown_keys_warn: lenient,
        game_server_endpoint: "wss://games.example:443".to_string(),
    })
}

/// The body of each operation, and the body with the additions of each of its cases.
fn bodies() -> Vec<(Operation, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/front");
    let mut bodies = Vec::new();
    for entry in fs::read_dir(folder).expect("the cases") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("a file");
        let file: Value = serde_json::from_str(&text).expect("JSON");
        let Some(name) = file["operation"].as_str() else { continue };
        let operation = Operation::of_name(name).expect("an operation");
        for case in file["cases"].as_array().expect("cases") {
            let mut body = file["body"].as_object().expect("a body").clone();
            body.extend(case["with"].as_object().cloned().unwrap_or_default());
            bodies.push((operation, Value::Object(body)));
        }
    }
    assert!(!bodies.is_empty(), "no bodies");
    bodies.sort_by_key(|(operation, body)| (*operation, body.to_string()));
    bodies
}

const KEYS: [&str; 26] = [
    "",
    "Key",
    "Value",
    "Limit",
    "Names",
    "Tags",
    "Players",
    "PlayerId",
    "PlayerAttributes",
    "LatencyInMs",
    "Team",
    "S",
    "N",
    "SL",
    "SDM",
    "NextToken",
    "NotificationTarget",
    "GameSessionArn",
    "FleetId",
    "AliasId",
    "GameSessionId",
    "Location",
    "Locations",
    "DestinationArn",
    "Type",
    "FilterExpression",
];
const TEXTS: [&str; 15] = [
    "",
    "a_b",
    "ACCEPT",
    "1e400",
    "-0",
    "é\u{1f3ae}",
    "arn:",
    "arn:aws:gamelift:::matchmakingconfiguration/",
    "NS9kdWVs",
    "topic.fifo",
    "fleet-1",
    "alias-1",
    "custom-a",
    "a/b/c",
    "NOT (playerSessionCount>1)",
];

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-5i64..300).prop_map(Value::from),
        // Quarters are the same number however they are written.
        any::<i32>().prop_map(|quarters| json!(f64::from(quarters) / 4.0)),
        select(&TEXTS[..]).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        let key = prop_oneof![select(&KEYS[..]).prop_map(str::to_string), any::<String>()];
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(key, inner, 0..6).prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let at = || any::<usize>();
    prop_oneof![
        (at(), any_value()).prop_map(|(at, value)| Edit::Replace { at, value }),
        (at(), select(&KEYS[..]), any_value()).prop_map(|(at, key, value)| Edit::Add {
            at,
            key: key.to_string(),
            value
        }),
        at().prop_map(|at| Edit::Empty { at }),
        (at(), 2usize..250).prop_map(|(at, times)| Edit::Repeat { at, times }),
    ]
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

/// The value at a place, counted from the outermost.
fn find<'v>(value: &'v mut Value, at: &mut usize) -> Option<&'v mut Value> {
    if *at == 0 {
        return Some(value);
    }
    *at -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| find(item, at)),
        Value::Object(members) => members.values_mut().find_map(|member| find(member, at)),
        _ => None,
    }
}

fn spoil(mut body: Value, edits: &[Edit]) -> Value {
    for edit in edits {
        let (Edit::Replace { at, .. } | Edit::Add { at, .. } | Edit::Empty { at } | Edit::Repeat { at, .. }) =
            edit;
        let mut at = at % count(&body);
        let place = find(&mut body, &mut at).expect("a place below the count");
        match (edit, place) {
            (Edit::Replace { value, .. }, place) => *place = value.clone(),
            (Edit::Add { key, value, .. }, Value::Object(members)) => {
                members.insert(key.clone(), value.clone());
            }
            (Edit::Add { value, .. }, Value::Array(items)) => items.push(value.clone()),
            (Edit::Empty { .. }, Value::Object(members)) => members.clear(),
            (Edit::Empty { .. }, Value::Array(items)) => items.clear(),
            (Edit::Repeat { times, .. }, Value::Array(items)) if items.len() < 8 => {
                *items = vec![items.clone(); *times].concat();
            }
            (Edit::Repeat { times, .. }, Value::String(text)) if text.len() < 300 => {
                *text = text.repeat(*times);
            }
            _ => {}
        }
    }
    body
}

fn decode(front: &Front, protocol: Protocol, operation: Operation, body: &[u8]) -> Result<Request, ApiError> {
    let mut headers = HeaderMap::new();
    let path = match protocol {
        Protocol::Json => {
            let target = format!("GameLift.{}", operation.name());
            headers.insert("x-amz-target", HeaderValue::from_str(&target).expect("a header"));
            "/".to_string()
        }
        Protocol::Cbor => format!("/service/GameLift/operation/{}", operation.name()),
    };
    front.decode(&path, &headers, body, || "fresh".to_string())
}

fn to_cbor(body: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(body, &mut bytes).expect("memory takes every byte");
    bytes
}

/// A refusal is one that a client can read: a class of its kind, and a message that says what was expected.
fn is_told(front: &Front, protocol: Protocol, error: &ApiError) -> Result<(), TestCaseError> {
    let (class, message) = (error.class.name(), &error.message);
    match class {
        "InvalidRequestException" => {
            prop_assert!(message.contains(": expected ") && message.contains(", found "), "{message}");
            prop_assert!(message.ends_with(" [E001]"), "{message}");
        }
        "SerializationException" => prop_assert!(!message.is_empty()),
        other => prop_assert!(false, "{other}: {message}"),
    }
    prop_assert_eq!(error.status(), 400);
    let body = front.encode_error(protocol, error).body;
    let read: BTreeMap<String, String> = match protocol {
        Protocol::Json => serde_json::from_slice(&body).expect("JSON"),
        Protocol::Cbor => ciborium::from_reader(&body[..]).expect("CBOR"),
    };
    prop_assert_eq!(&read["__type"], class);
    prop_assert_eq!(&read["Message"], message);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_spoiled_body_is_answered_the_same_in_both_languages(
        (operation, body) in select(bodies()),
        edits in vec(any_edit(), 0..6),
        lenient in any::<bool>(),
    ) {
        let (front, body) = (front(lenient), spoil(body, &edits));
        let json = decode(&front, Protocol::Json, operation, body.to_string().as_bytes());
        let cbor = decode(&front, Protocol::Cbor, operation, &to_cbor(&body));
        if let Err(error) = &json {
            is_told(&front, Protocol::Json, error)?;
            is_told(&front, Protocol::Cbor, error)?;
        }
        let asked = |found: Result<Request, ApiError>| found.map(|request| (front.resource(&request), request.ask));
        prop_assert_eq!(asked(json), asked(cbor));
    }

    #[test]
    fn bytes_that_were_changed_cut_or_added_are_answered(
        (operation, body) in select(bodies()),
        is_cbor in any::<bool>(),
        changes in vec((any::<usize>(), any::<u8>()), 0..4),
        cut in prop_oneof![Just(None), any::<usize>().prop_map(Some)],
        more in vec(any::<u8>(), 0..4),
    ) {
        let (protocol, mut bytes) = match is_cbor {
            true => (Protocol::Cbor, to_cbor(&body)),
            false => (Protocol::Json, body.to_string().into_bytes()),
        };
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        bytes.truncate(cut.map_or(bytes.len(), |at| at % bytes.len()));
        bytes.extend(more);
        let front = front(false);
        if let Err(error) = decode(&front, protocol, operation, &bytes) {
            is_told(&front, protocol, &error)?;
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..300), operation in select(Operation::ALL)) {
        let front = front(true);
        for protocol in [Protocol::Json, Protocol::Cbor] {
            if let Err(error) = decode(&front, protocol, operation, &bytes) {
                is_told(&front, protocol, &error)?;
            }
        }
    }

    #[test]
    fn any_path_and_target_are_answered(
        path in "(/|/service/GameLift/operation/|[ -~]{0,20})(StopMatchmaking|[A-Za-z]{0,20})",
        target in "(GameLift\\.|[ -~]{0,12})(StopMatchmaking|[ -~]{0,20})",
    ) {
        let front = front(false);
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("x-amz-target"),
            HeaderValue::from_str(&target).expect("printable"),
        )]);
        match front.decode(&path, &headers, b"", || "fresh".to_string()) {
            Ok(request) => prop_assert!(matches!(request.protocol, Protocol::Json | Protocol::Cbor)),
            Err(error) => match error.class.name() {
                "UnknownOperationException" => prop_assert_eq!(error.status(), 404),
                _ => is_told(&front, Protocol::of(&path), &error)?,
            },
        }
    }
}
