//! Agones, asked in both ways.

use std::time::{Duration, Instant};

use matchwright_allocate::{ANNOTATIONS_BYTES_MAX, Agones, Allocator, Api, Failure, Request, Server};
use serde_json::{Value, json};

use crate::service::{Act, Service, agones_options, json as answer, request};

/// What the allocator service answers.
fn found_status() -> Value {
    json!({
        "gameServerName": "green-1", "address": "192.0.2.8", "nodeName": "node-1", "source": "local",
        "addresses": [{ "type": "ExternalIP", "address": "192.0.2.8" }],
        "ports": [{ "name": "default", "port": 7463 }, { "name": "voice", "port": 7464 }],
    })
}

/// What the Kubernetes API answers.
fn allocated() -> Value {
    let mut status = found_status();
    status["state"] = json!("Allocated");
    json!({ "kind": "GameServerAllocation", "status": status })
}

fn state(state: &str) -> Act {
    answer(201, json!({ "status": { "state": state, "gameServerName": "" } }))
}

fn found() -> Result<Server, Failure> {
    Ok(Server { address: "192.0.2.8".to_string(), dns: None, port: 7463, session: None })
}

fn ask(api: Api, act: Act) -> Result<Server, Failure> {
    Service::start(vec![act]).agones(api).allocate(&request())
}

#[test]
fn the_kubernetes_api_is_asked_for_the_server_of_the_session_or_a_ready_one() {
    let service = Service::start(vec![answer(201, allocated())]);
    assert_eq!(service.agones(Api::Kubernetes).allocate(&request()), found());
    let asked = &service.asked()[0];
    assert_eq!(asked.path, "/apis/allocation.agones.dev/v1/namespaces/games/gameserverallocations");
    let own = json!({ "agones.dev/fleet": "green", "matchwright/session": "gsess-1" });
    let expected = json!({
        "apiVersion": "allocation.agones.dev/v1",
        "kind": "GameServerAllocation",
        "spec": {
            "selectors": [
                { "matchLabels": own, "gameServerState": "Allocated" },
                { "matchLabels": { "agones.dev/fleet": "green" }, "gameServerState": "Ready" },
            ],
            "scheduling": "Packed",
            "lists": { "players": { "addValues": ["ann", "bob"] } },
            "metadata": {
                "labels": { "matchwright/session": "gsess-1" },
                "annotations": {
                    "matchwright/placement-id": "p-1",
                    "matchwright/queue": "away",
                    "matchwright/game-session-name": "Duel",
                    "matchwright/game-session-data": "a=b",
                    "matchwright/game-properties": "[{\"key\":\"map\",\"value\":\"desert\"}]",
                    "matchwright/maximum-player-session-count": "2",
                    "matchwright/matchmaker-data": "{\"matchId\":\"m-1\"}",
                },
            },
        },
    });
    assert_eq!(asked.body, expected);
}

#[test]
fn the_allocator_service_is_asked_in_its_own_spelling() {
    let service = Service::start(vec![answer(200, found_status())]);
    assert_eq!(service.agones(Api::Allocator).allocate(&request()), found());
    let asked = &service.asked()[0];
    assert_eq!(asked.path, "/gameserverallocation");
    assert_eq!(asked.body["namespace"], "games");
    let selectors = asked.body["gameServerSelectors"].as_array().unwrap();
    let states: Vec<_> = selectors.iter().map(|one| &one["gameServerState"]).collect();
    assert_eq!(states, ["ALLOCATED", "READY"]);
    assert_eq!(asked.body["metadata"]["labels"]["matchwright/session"], "gsess-1");
}

#[test]
fn every_answer_is_read_as_documented() {
    assert_eq!(ask(Api::Kubernetes, state("UnAllocated")), Err(Failure::NoCapacity));
    assert_eq!(ask(Api::Kubernetes, state("Contention")), Err(Failure::Contention));
    assert_eq!(ask(Api::Kubernetes, answer(429, json!({}))), Err(Failure::NoCapacity));
    assert_eq!(ask(Api::Allocator, answer(429, json!({ "code": 8 }))), Err(Failure::NoCapacity));
    assert_eq!(ask(Api::Allocator, answer(409, json!({ "code": 10 }))), Err(Failure::Contention));
    let refused = ask(Api::Kubernetes, answer(422, json!({ "message": "spec is wrong" }))).unwrap_err();
    assert!(matches!(&refused, Failure::Refused(why) if why.contains("spec is wrong")), "{refused:?}");
}

#[test]
fn what_nobody_documents_is_asked_again() {
    let unanswered = |act, part: &str| {
        let failure = ask(Api::Kubernetes, act).unwrap_err();
        assert!(matches!(&failure, Failure::Unanswered(why) if why.contains(part)), "{part}: {failure:?}");
    };
    unanswered(answer(500, json!({ "message": "etcd is away" })), "etcd is away");
    unanswered(answer(403, json!({})), "403");
    unanswered(answer(302, json!({})), "302");
    unanswered(Act::Answer(201, "{\"status\":".to_string()), "not what was expected");
    unanswered(answer(201, json!({ "status": {} })), "state is None");
    let without_ports = json!({ "status": { "state": "Allocated", "address": "192.0.2.8" } });
    unanswered(answer(201, without_ports), "without a port");
    unanswered(Act::HangUp, "was not reached");
}

#[test]
fn a_slow_answer_is_not_waited_for() {
    let started = Instant::now();
    let slow = ask(Api::Kubernetes, Act::Sleep(Duration::from_secs(20)));
    assert!(matches!(slow, Err(Failure::Unanswered(_))), "{slow:?}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn players_go_to_the_port_that_is_named() {
    let port = |name: &str| {
        let service = Service::start(vec![answer(201, allocated())]);
        let mut options = agones_options(Api::Kubernetes);
        options.port_name = Some(name.to_string());
        Agones::new(service.client(), options).allocate(&request())
    };
    assert_eq!(port("voice").unwrap().port, 7464);
    assert!(matches!(port("none"), Err(Failure::Unanswered(why)) if why.contains("port none")));
}

#[test]
fn an_address_that_is_a_name_is_told_as_one_too() {
    let mut body = allocated();
    body["status"]["address"] = json!("node.example");
    let server = ask(Api::Kubernetes, answer(201, body)).unwrap();
    assert_eq!((server.address.as_str(), server.dns.as_deref()), ("node.example", Some("node.example")));
}

#[test]
fn too_large_annotations_are_refused_before_anybody_is_asked() {
    let service = Service::start(vec![answer(201, allocated())]);
    let agones = service.agones(Api::Kubernetes);
    assert_eq!(agones.allocate(&request()), found());
    let others = annotations_bytes(&service.asked()[0].body) - "a=b".len();
    let with_data = |bytes: usize| Request { data: Some("x".repeat(bytes).into()), ..request() };
    assert_eq!(agones.allocate(&with_data(ANNOTATIONS_BYTES_MAX - others)), found());
    let refused = agones.allocate(&with_data(ANNOTATIONS_BYTES_MAX - others + 1)).unwrap_err();
    assert!(matches!(&refused, Failure::Refused(why) if why.contains("262145 bytes")), "{refused:?}");
    assert_eq!(service.asked().len(), 2);
}

fn annotations_bytes(asked: &Value) -> usize {
    let annotations = asked["spec"]["metadata"]["annotations"].as_object().unwrap();
    annotations.iter().map(|(key, value)| key.len() + value.as_str().unwrap().len()).sum()
}
