//! What game servers send: every text frame is a request or is told why not, in JSON that names it; every connection
//! URL is a visit or is told what is wrong with it.

use matchwright_fuzz::{Spoiled, corpus, duration};
use matchwright_game_server::auth::{self, Proof};
use matchwright_game_server::{Action, Ask, Front, FrontSettings, Outcome, Request, SocketError};
use matchwright_hosting::ProcessKey;
use matchwright_model::Timestamp;
use serde_json::Value;

const WORDS: [&str; 16] = [
    "\"Action\":\"StartMatchBackfill\"",
    "\"RequestId\":\"\"",
    "\"Players\":[",
    "\"PlayerAttributes\":{\"skill\":{\"AttrType\":\"DOUBLE\",\"N\":1}}",
    "{\"AttrType\":\"STRING_DOUBLE_MAP\",\"SDM\":{\"a\":1e999}}",
    "\"LatencyInMs\":{\"us-east-1\":0}",
    "\"NextToken\":\"AAAA\"",
    "\"Limit\":-1",
    "\"Port\":65536",
    "1e400",
    "99999999999999999999",
    "\\u0000",
    "\\ud800",
    "\u{1f3ae}",
    "null",
    "arn:aws:gamelift:us-east-1::gamesession/",
];

const URL_WORDS: [&str; 12] = [
    "Authorization=SigV4&",
    "X-Amz-Date=20260101T120000Z&",
    "X-Amz-Credential=////&",
    "X-Amz-Signature=0&",
    "pID=&",
    "FleetId=%00",
    "%",
    "%f0%9f",
    "&",
    "==",
    "\u{1f3ae}",
    "99999999",
];

#[test]
fn the_corpus_is_understood() {
    let front = front();
    for (name, frame) in corpus("frames") {
        let frame = String::from_utf8(frame).expect("frames are text");
        let request =
            front.decode(&process(), &frame).unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
        assert!(name.starts_with(request.head.action.name()), "{name} is {:?}", request.head);
    }
    for action in Action::ALL {
        let is_there = corpus("frames").iter().any(|(name, _)| name.starts_with(action.name()));
        assert!(is_there, "the corpus has no {}", action.name());
    }
    for (name, query) in corpus("visits") {
        let query = String::from_utf8(query).expect("queries are text");
        let visit = auth::read(query.trim_end());
        assert!(visit.is_ok(), "{name}: {visit:?}");
    }
}

#[test]
fn spoiled_frames() {
    let (front, corpus) = (front(), documents("frames"));
    bolero::check!().with_type::<Spoiled>().with_test_time(duration()).for_each(|spoiled| {
        is_answered(&front, &String::from_utf8_lossy(&spoiled.bytes(&corpus, &WORDS)));
    });
}

#[test]
fn spoiled_urls() {
    let corpus = documents("visits");
    bolero::check!().with_type::<Spoiled>().with_test_time(duration()).for_each(|spoiled| {
        is_judged(&String::from_utf8_lossy(&spoiled.bytes(&corpus, &URL_WORDS)));
    });
}

#[test]
fn any_bytes() {
    let front = front();
    bolero::check!().with_test_time(duration()).for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        is_answered(&front, &text);
        is_judged(&text);
    });
}

/// The answer is JSON with a status, and with the id by which the SDK finds the call that waits for it.
fn is_answered(front: &Front, frame: &str) {
    let decoded = front.decode(&process(), frame);
    assert_eq!(decoded, front.decode(&process(), frame), "the same frame is understood the same");
    let (answer, id) = match decoded {
        Ok(request) => {
            assert!(!request.head.request_id.is_empty(), "{request:?}");
            (answer_to(front, &request), Some(request.head.request_id))
        }
        Err(refused) => (front.encode_refused(&refused), refused.request_id),
    };
    let answer: Value = serde_json::from_str(&answer).expect("an answer is JSON");
    assert!(answer["StatusCode"].is_u64(), "{answer}");
    assert_eq!(answer["RequestId"].as_str(), id.as_deref(), "{answer}");
    assert!(answer["StatusCode"] == 200 || answer["ErrorMessage"].is_string(), "{answer}");
}

fn answer_to(front: &Front, request: &Request) -> String {
    match request.ask {
        Ask::Heartbeat { .. } | Ask::Credentials => front.encode(&request.head, &Ok(Outcome::Done)),
        Ask::Command(_) | Ask::Query(_) => {
            front.encode_error(&request.head, &SocketError::new(500, "no realm here".to_string()))
        }
    }
}

/// Whoever is let in has a name; a signature that nobody made is not right.
fn is_judged(query: &str) {
    match auth::read(query) {
        Ok(visit) => {
            let key = &visit.process;
            let names = [key.fleet.as_str(), key.compute.as_str(), key.id.as_str()];
            assert!(names.iter().all(|name| (1..=256).contains(&name.len())), "{visit:?}");
            if let Proof::Signature(signature) = &visit.proof {
                let now = Timestamp(1_767_268_800_000);
                assert!(signature.verify("a secret that signed nothing", now).is_err(), "{visit:?}");
            }
        }
        Err(why) => assert!(!why.to_string().is_empty()),
    }
}

fn front() -> Front {
    let (region, account) = ("us-east-1".to_string(), "000000000000".to_string());
    Front::new(FrontSettings { region, account, lenient_latency: false })
}

fn process() -> ProcessKey {
    ProcessKey { fleet: "fleet-1".into(), compute: "here".into(), id: "p-1".into() }
}

fn documents(folder: &str) -> Vec<Vec<u8>> {
    corpus(folder).into_iter().map(|(_, document)| document).collect()
}
