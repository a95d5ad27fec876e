//! The decoders answer every body, in JSON and in CBOR: with a request, or with an error that can be encoded.

use http::{HeaderMap, HeaderValue};
use matchwright_fuzz::{Spoiled, corpus, duration};
use matchwright_gamelift::{ApiError, Front, FrontSettings, Operation, Protocol, Request};

const WORDS: [&str; 14] = [
    "\"Players\":[",
    "\"PlayerAttributes\":{\"skill\":{\"N\":1}}",
    "{\"SL\":[\"a\",\"a\"]}",
    "{\"SDM\":{\"a\":1e999}}",
    "\"LatencyInMs\":{\"us-east-1\":0}",
    "\"NextToken\":\"AAAA\"",
    "\"Limit\":-1",
    "1e400",
    "99999999999999999999",
    "\\u0000",
    "\u{fffd}",
    "\u{1f3ae}",
    "null",
    "arn:aws:gamelift:::matchmakingconfiguration/",
];

#[test]
fn the_corpus_says_the_same_in_both_languages() {
    let front = front();
    for (name, body) in corpus("requests") {
        let operation = operation_of(&name);
        let json =
            decode(&front, Protocol::Json, operation, &body).unwrap_or_else(|why| panic!("{name}: {why:?}"));
        let cbor = to_cbor(&body).expect("the corpus is JSON");
        let cbor =
            decode(&front, Protocol::Cbor, operation, &cbor).unwrap_or_else(|why| panic!("{name}: {why:?}"));
        assert_eq!(json.ask, cbor.ask, "{name}");
    }
}

#[test]
fn spoiled_json() {
    let (front, corpus) = (front(), bodies());
    bolero::check!().with_type::<Spoiled>().with_test_time(duration()).for_each(|spoiled| {
        every_operation_answers(&front, Protocol::Json, &spoiled.bytes(&corpus, &WORDS));
    });
}

#[test]
fn spoiled_cbor() {
    let front = front();
    let corpus: Vec<_> = bodies().iter().map(|body| to_cbor(body).expect("the corpus is JSON")).collect();
    bolero::check!().with_type::<Spoiled>().with_test_time(duration()).for_each(|spoiled| {
        every_operation_answers(&front, Protocol::Cbor, &spoiled.bytes(&corpus, &WORDS));
    });
}

#[test]
fn any_bytes() {
    let front = front();
    bolero::check!().with_test_time(duration()).for_each(|bytes: &[u8]| {
        every_operation_answers(&front, Protocol::Json, bytes);
        every_operation_answers(&front, Protocol::Cbor, bytes);
    });
}

/// Each operation reads the body; what it refuses, it can say on the wire.
fn every_operation_answers(front: &Front, protocol: Protocol, body: &[u8]) {
    for operation in Operation::ALL {
        match decode(front, protocol, *operation, body) {
            Ok(request) => assert_eq!(request.operation, *operation),
            Err(error) => {
                let response = front.encode_error(protocol, &error);
                assert!(response.status >= 400 && !response.body.is_empty(), "{error:?}");
            }
        }
    }
}

fn decode(front: &Front, protocol: Protocol, operation: Operation, body: &[u8]) -> Result<Request, ApiError> {
    let mut headers = HeaderMap::new();
    let path = match protocol {
        Protocol::Json => {
            let target = format!("GameLift.{}", operation.name());
            headers.insert("x-amz-target", HeaderValue::from_str(&target).expect("a header"));
            headers.insert("content-type", HeaderValue::from_static("application/x-amz-json-1.1"));
            "/".to_owned()
        }
        Protocol::Cbor => {
            headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
            headers.insert("content-type", HeaderValue::from_static("application/cbor"));
            format!("/service/GameLift/operation/{}", operation.name())
        }
    };
    front.decode(&path, &headers, body, || "made-at-the-door".to_owned())
}

fn front() -> Front {
    Front::new(FrontSettings {
        region: "us-east-1".to_owned(),
        account: "000000000000".to_owned(),
        lenient_ids: false,
        lenient_latency: false,
        unknown_keys_warn: false,
        game_server_endpoint: "wss://games.example:443".to_string(),
    })
}

fn bodies() -> Vec<Vec<u8>> {
    corpus("requests").into_iter().map(|(_, body)| body).collect()
}

/// `StartMatchmaking.party.json` is a body of that operation.
fn operation_of(name: &str) -> Operation {
    let word = name.split('.').next().unwrap_or_default();
    Operation::of_name(word).unwrap_or_else(|| panic!("{name} does not begin with an operation"))
}

fn to_cbor(json: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let value: serde_json::Value = serde_json::from_slice(json)?;
    let mut bytes = Vec::new();
    ciborium::into_writer(&value, &mut bytes).expect("a vector takes every byte");
    Ok(bytes)
}
