//! A service of the studio's own.

use matchwright_allocate::{Allocator, Client, ClientOptions, Failure, Server, Webhook};
use serde_json::json;

use crate::service::{Act, Service, json as answer, options, request};

fn ask(act: Act) -> Result<Server, Failure> {
    Service::start(vec![act]).webhook().allocate(&request())
}

#[test]
fn it_is_asked_with_all_that_is_known_and_answers_with_an_address() {
    let found = json!({ "ipAddress": "192.0.2.8", "dnsName": "node.example", "port": 7463, "gameSessionId": "room-7" });
    let service = Service::start(vec![answer(200, found)]);
    let server = Server {
        address: "192.0.2.8".to_string(),
        dns: Some("node.example".to_string()),
        port: 7463,
        session: Some("room-7".to_string()),
    };
    assert_eq!(service.webhook().allocate(&request()), Ok(server));
    let asked = &service.asked()[0];
    let expected = json!({
        "placementId": "p-1",
        "idempotencyToken": "gsess-1",
        "queue": "away",
        "gameSessionName": "Duel",
        "maximumPlayerSessionCount": 2,
        "gameProperties": [{ "key": "map", "value": "desert" }],
        "gameSessionData": "a=b",
        "matchmakerData": "{\"matchId\":\"m-1\"}",
        "players": [{ "playerId": "ann" }, { "playerId": "bob" }],
        "latencies": [{ "playerId": "ann", "region": "east", "latencyInMilliseconds": 30.0 }],
    });
    assert_eq!(asked.body, expected);
    assert!(asked.headers.contains("idempotency-key: gsess-1\n"), "{}", asked.headers);
}

#[test]
fn every_answer_is_read_as_documented() {
    for status in [204, 409, 429] {
        assert_eq!(ask(Act::Answer(status, String::new())), Err(Failure::NoCapacity), "{status}");
    }
    for status in [401, 404, 500, 503] {
        let failed = ask(Act::Answer(status, "at work".to_string()));
        let is_told = matches!(&failed, Err(Failure::Unanswered(why)) if why.contains("at work"));
        assert!(is_told, "{status}: {failed:?}");
    }
    for status in [400, 413, 422] {
        assert!(matches!(ask(Act::Answer(status, String::new())), Err(Failure::Refused(_))), "{status}");
    }
    let wrong = [
        json!({ "ipAddress": "192.0.2.8" }),
        json!({ "ipAddress": "192.0.2.8", "port": 70_000 }),
        json!({ "ipAddress": "192.0.2.8", "port": 0 }),
        json!({ "ipAddress": "", "port": 1 }),
        json!({ "ipAddress": "192.0.2.8", "port": 1, "gameSessionId": "a/b" }),
        json!(["192.0.2.8"]),
    ];
    for body in wrong {
        let failed = ask(answer(200, body.clone()));
        assert!(matches!(failed, Err(Failure::Unanswered(_))), "{body}: {failed:?}");
    }
}

#[test]
fn a_token_is_sent_and_read_again_when_it_was_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let service = Service::start(vec![answer(200, json!({}))]);
    let with_token = || ClientOptions { token_file: Some(file.clone()), ..options(&service.url) };
    assert!(Client::new(with_token()).is_err(), "a token that is not there is told at once");
    std::fs::write(&file, "first\n").unwrap();
    let webhook = Webhook::new(Client::new(with_token()).unwrap());
    let _ = webhook.allocate(&request());
    std::fs::write(&file, "second\n").unwrap();
    let _ = webhook.allocate(&request());
    let asked = service.asked();
    assert!(asked[0].headers.contains("authorization: Bearer first\n"), "{}", asked[0].headers);
    assert!(asked[1].headers.contains("authorization: Bearer second\n"), "{}", asked[1].headers);
}
