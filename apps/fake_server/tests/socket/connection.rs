//! Reconnects, refreshes and refusals, as the SDKs handle them.

use std::time::Duration;

use matchwright_fake_server::{CallError, Connection, Lost, Push};
use serde_json::json;
use tokio::time::Instant;

use super::script::{Do, Script, quick};

fn parameter(url: &str, name: &str) -> String {
    let query = url.split_once('?').expect("a query").1;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string()).expect("it is there")
}

/// Reads on until there is a push, or nothing for long.
async fn reading(mut connection: Connection) -> Result<Option<Push>, Lost> {
    let end = Instant::now() + Duration::from_secs(2);
    loop {
        let push = connection.next_push(Some(end)).await?;
        let troubles = connection.troubles().count();
        if push.is_some() || troubles == 0 {
            return Ok(push);
        }
    }
}

#[tokio::test]
async fn it_says_who_it_is_and_beats() {
    let script = Script::start().await;
    let mut connection = Connection::open(script.place(), quick()).await.unwrap();
    connection.ready(7777).await.unwrap();
    let process = connection.process().to_string();
    tokio::spawn(reading(connection));
    script.until("two heartbeats came", |script| script.count("HeartbeatServerProcess") >= 2).await;
    let seen = script.seen.lock().unwrap();
    assert_eq!(parameter(&seen.urls[0], "pID"), process);
    for (name, value) in [("FleetId", "fleet-1"), ("ComputeId", "here"), ("Authorization", "tok-1")] {
        assert_eq!(parameter(&seen.urls[0], name), value);
    }
    let ready = &seen.frames[0].1;
    assert_eq!((&ready["Action"], &ready["Port"]), (&json!("ActivateServerProcess"), &json!(7777)));
    assert_eq!(seen.frames[1].1["HealthStatus"], true);
}

#[tokio::test]
async fn after_a_drop_it_comes_back_as_the_same_and_asks_the_same_again() {
    let script = Script::start().await;
    let mut connection = Connection::open(script.place(), quick()).await.unwrap();
    connection.ready(7777).await.unwrap();
    script.rules.lock().unwrap().unanswered.push("ActivateGameSession");
    let asking =
        tokio::spawn(
            async move { connection.call("ActivateGameSession", json!({ "GameSessionId": "g" })).await },
        );
    script.until("it asked", |script| script.count("ActivateGameSession") == 1).await;
    script.act(Do::Drop);
    assert!(asking.await.unwrap().is_ok());
    let seen = script.seen.lock().unwrap();
    assert_eq!(seen.urls.len(), 2);
    assert_eq!(seen.urls[0], seen.urls[1], "same process, token and idempotency token");
    let asked: Vec<_> =
        seen.frames.iter().filter(|(_, frame)| frame["Action"] == "ActivateGameSession").collect();
    assert_eq!((asked[0].0, asked[1].0), (0, 1));
    assert_eq!(asked[0].1["RequestId"], asked[1].1["RequestId"]);
    drop(seen);
    assert_eq!(script.count("ActivateServerProcess"), 1, "it is not activated a second time");
}

#[tokio::test]
async fn close_codes_tell_whether_to_come_back() {
    for (code, comes_back) in [(1012, true), (1000, false), (1001, false)] {
        let script = Script::start().await;
        let connection = Connection::open(script.place(), quick()).await.unwrap();
        script.act(Do::Close(code));
        let read = reading(connection).await;
        let urls = script.seen.lock().unwrap().urls.len();
        match comes_back {
            true => assert_eq!((read, urls), (Ok(None), 2), "{code}"),
            false => assert_eq!((read, urls), (Err(Lost::Dismissed), 1), "{code}"),
        }
    }
}

#[tokio::test]
async fn a_refresh_moves_to_a_second_socket_and_hears_the_first_out() {
    let script = Script::start().await;
    let mut connection = Connection::open(script.place(), quick()).await.unwrap();
    connection.ready(7777).await.unwrap();
    let first = script.seen.lock().unwrap().newest();
    let endpoint = format!("ws://{}/elsewhere", script.address);
    script.act(Do::Say(
        json!({ "Action": "RefreshConnection", "RefreshConnectionEndpoint": endpoint, "AuthToken": "tok-2" }),
    ));
    let moving = tokio::spawn(reading(connection));
    script.until("it connected anew", |script| script.seen.lock().unwrap().urls.len() == 2).await;
    first.send(Do::Say(json!({ "Action": "TerminateProcess", "TerminationTime": 1 }))).unwrap();
    assert_eq!(moving.await.unwrap(), Ok(Some(Push::TerminateProcess)), "it was on its way");
    let seen = script.seen.lock().unwrap();
    assert!(seen.urls[1].starts_with("/elsewhere?"), "{}", seen.urls[1]);
    assert_eq!(parameter(&seen.urls[1], "Authorization"), "tok-2");
    assert_eq!(parameter(&seen.urls[0], "pID"), parameter(&seen.urls[1], "pID"));
    assert_ne!(parameter(&seen.urls[0], "IdempotencyToken"), parameter(&seen.urls[1], "IdempotencyToken"));
}

#[tokio::test]
async fn a_refused_upgrade_is_final_and_a_busy_server_is_tried_again() {
    let script = Script::start().await;
    script.rules.lock().unwrap().refusals.push_back(403);
    let refused = Connection::open(script.place(), quick()).await.err();
    assert_eq!(refused, Some(Lost::Refused { status: 403, why: "the token is old".to_string() }));
    script.rules.lock().unwrap().refusals.extend([503, 503]);
    assert!(Connection::open(script.place(), quick()).await.is_ok());
    let taken = script.seen.lock().unwrap().urls.len();
    assert_eq!(taken, 4);
}

#[tokio::test]
async fn refusals_and_silence_are_told_apart() {
    let script = Script::start().await;
    let mut connection = Connection::open(script.place(), quick()).await.unwrap();
    script.rules.lock().unwrap().answers =
        vec![("AcceptPlayerSession", json!({ "StatusCode": 400, "ErrorMessage": "no such seat" }))];
    let answered = connection.call("AcceptPlayerSession", json!({})).await;
    let expected = CallError::Answered { status: 400, message: "no such seat".to_string() };
    assert_eq!(answered, Err(expected));
    script.rules.lock().unwrap().unanswered.push("StartMatchBackfill");
    assert_eq!(connection.call("StartMatchBackfill", json!({})).await, Err(CallError::Silent));
}

#[tokio::test]
async fn an_endpoint_of_the_other_kind_is_told() {
    let mut place = Script::start().await.place();
    place.endpoint = place.endpoint.replace("ws://", "wss://");
    let mut timing = quick();
    timing.retries.clear();
    let Err(Lost::Unreachable(why)) = Connection::open(place, timing).await else { panic!("it was reached") };
    assert!(why.contains("ws://"), "{why}");
}
