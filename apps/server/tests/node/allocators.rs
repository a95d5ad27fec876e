//! Queues that are homed elsewhere: from two tickets to an address that an allocator gave.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::client::{DUEL, Server, kind, until};

/// Answers what its script says, the last thing for ever, and keeps what it was asked.
struct Elsewhere {
    url: String,
    script: Arc<Mutex<VecDeque<(u16, Value)>>>,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Elsewhere {
    fn start(script: Vec<(u16, Value)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (script, asked) = (Arc::new(Mutex::new(VecDeque::from(script))), Arc::default());
        let elsewhere = Self { url, script, asked };
        let (script, asked) = (elsewhere.script.clone(), elsewhere.asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, asked) = (script.clone(), asked.clone());
                std::thread::spawn(move || serve(BufReader::new(stream), &script, &asked));
            }
        });
        elsewhere
    }

    fn change(&self, script: Vec<(u16, Value)>) {
        *self.script.lock().unwrap() = script.into();
    }

    fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }

    fn agones(&self) -> String {
        format!(
            r#"allocators=[{{name="cluster", type="agones", queues=["away"], url="{}", players_list="players"}}]"#,
            self.url
        )
    }

    fn webhook(&self) -> String {
        format!(r#"allocators=[{{name="studio", type="webhook", queues=["away"], url="{}"}}]"#, self.url)
    }
}

fn serve(
    mut stream: BufReader<impl Read + Write>,
    script: &Mutex<VecDeque<(u16, Value)>>,
    asked: &Mutex<Vec<Value>>,
) {
    while let Some(body) = read(&mut stream) {
        asked.lock().unwrap().push(body);
        let (status, body) = {
            let mut script = script.lock().unwrap();
            let first = script.front().expect("a script has an answer").clone();
            if script.len() > 1 {
                script.pop_front();
            }
            first
        };
        let body = body.to_string();
        let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        if stream.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(stream: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|length| *length > 0)?;
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn state(state: &str) -> (u16, Value) {
    (201, json!({ "status": { "state": state } }))
}

fn allocated() -> (u16, Value) {
    let ports = json!([{ "name": "default", "port": 7463 }]);
    (201, json!({ "status": { "state": "Allocated", "address": "192.0.2.8", "ports": ports } }))
}

fn create_matchmaker(server: &Server) {
    let queue = server.ok("CreateGameSessionQueue", json!({ "Name": "away", "TimeoutInSeconds": 600 }));
    server.ok("CreateMatchmakingRuleSet", json!({ "Name": "duel", "RuleSetBody": DUEL }));
    let matchmaker = json!({ "Name": "duel-away", "RuleSetName": "duel", "RequestTimeoutSeconds": 600,
        "AcceptanceRequired": false, "GameSessionData": "a=b", "BackfillMode": "MANUAL",
        "GameSessionQueueArns": [queue["GameSessionQueue"]["GameSessionQueueArn"]] });
    server.ok("CreateMatchmakingConfiguration", matchmaker);
}

fn join(server: &Server) {
    server.join("duel-away", "t-1");
    server.join("duel-away", "t-2");
}

fn ticket(server: &Server, id: &str) -> Value {
    server.ok("DescribeMatchmaking", json!({ "TicketIds": [id] }))["TicketList"][0].clone()
}

#[test]
fn two_players_meet_on_a_server_of_a_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let cluster =
        Elsewhere::start(vec![state("UnAllocated"), state("Contention"), (500, json!({})), allocated()]);
    let server = Server::start(folder.path(), &[&cluster.agones()]);
    create_matchmaker(&server);
    join(&server);
    server.until_status("t-1", "COMPLETED");
    let info = &ticket(&server, "t-2")["GameSessionConnectionInfo"];
    assert_eq!((&info["IpAddress"], &info["Port"]), (&json!("192.0.2.8"), &json!(7463)), "{info}");
    assert_eq!(info["MatchedPlayerSessions"].as_array().map(Vec::len), Some(1), "{info}");
    let (_, metrics) = server.get("/metrics");
    for (outcome, times) in [("no_capacity", 1), ("contention", 1), ("unanswered", 1), ("found", 1)] {
        let labels = format!(r#"region="us-east-1",allocator="cluster",outcome="{outcome}""#);
        let counted = format!("matchwright_allocator_answers_total{{{labels}}} {times}");
        assert!(metrics.contains(&counted), "{counted}");
    }
    let asked = cluster.asked();
    assert_eq!(asked.len(), 4);
    let label = asked[3]["spec"]["metadata"]["labels"]["matchwright/session"].as_str().unwrap();
    let arn = info["GameSessionArn"].as_str().unwrap();
    assert_eq!(arn, format!("arn:aws:gamelift:us-east-1:000000000000:gamesession/away/cluster/{label}"));
    let annotations = &asked[3]["spec"]["metadata"]["annotations"];
    assert_eq!(annotations["matchwright/game-session-data"], "a=b");
    let data: Value =
        serde_json::from_str(annotations["matchwright/matchmaker-data"].as_str().unwrap()).unwrap();
    assert_eq!(data["teams"].as_array().map(Vec::len), Some(2), "{data}");
    assert_eq!(asked[3]["spec"]["lists"]["players"]["addValues"].as_array().map(Vec::len), Some(2));
    let events = server.events("?after=0", None, 5);
    let succeeded = events.iter().map(|(_, event)| event).find(|event| kind(event) == "MatchmakingSucceeded");
    let session = &succeeded.expect("it is told")["detail"]["gameSessionInfo"];
    assert_eq!((&session["ipAddress"], &session["port"]), (&json!("192.0.2.8"), &json!(7463)), "{session}");
    assert!(session["players"][0]["playerSessionId"].as_str().is_some_and(|id| id.starts_with("psess-")));
}

/// Two teams of one or two.
const ROOMY: &str = r#"{"ruleLanguageVersion":"1.0","teams":[
    {"name":"red","minPlayers":1,"maxPlayers":2},{"name":"blue","minPlayers":1,"maxPlayers":2}]}"#;

#[test]
fn a_game_elsewhere_is_filled_again_by_hand_and_not_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Elsewhere::start(vec![allocated()]);
    let server = Server::start(folder.path(), &[&cluster.agones()]);
    create_matchmaker(&server);
    server.ok("CreateMatchmakingRuleSet", json!({ "Name": "roomy", "RuleSetBody": ROOMY }));
    let roomy = json!({ "Name": "duel-away", "RuleSetName": "roomy", "BackfillMode": "AUTOMATIC" });
    server.ok("UpdateMatchmakingConfiguration", roomy);
    join(&server);
    server.until_status("t-1", "COMPLETED");
    let annotations = &cluster.asked()[0]["spec"]["metadata"]["annotations"];
    let data = annotations["matchwright/matchmaker-data"].as_str().unwrap();
    assert!(data.contains(r#""autoBackfillTicketId":null"#), "{data}");
    let info = ticket(&server, "t-1")["GameSessionConnectionInfo"].clone();
    let here = |id: &str, team: &str| json!({ "PlayerId": id, "Team": team });
    let backfill = json!({ "TicketId": "b-1", "ConfigurationName": "duel-away", "GameSessionArn": info["GameSessionArn"],
        "Players": [here("of-t-1", "red"), here("of-t-2", "blue")] });
    server.ok("StartMatchBackfill", backfill);
    server.join("duel-away", "t-3");
    server.until_status("t-3", "COMPLETED");
    let joined = &ticket(&server, "t-3")["GameSessionConnectionInfo"];
    assert_eq!(
        (&joined["GameSessionArn"], &joined["Port"]),
        (&info["GameSessionArn"], &json!(7463)),
        "{joined}"
    );
    assert_eq!(joined["MatchedPlayerSessions"].as_array().map(Vec::len), Some(1), "{joined}");
    assert_eq!(cluster.asked().len(), 1);
}

#[test]
fn a_game_elsewhere_is_described_and_terminated_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let found =
        json!({ "ipAddress": "192.0.2.9", "dnsName": "node.example", "port": 9, "gameSessionId": "room-7" });
    let studio = Elsewhere::start(vec![(204, json!(null)), (200, found)]);
    let server = Server::start(folder.path(), &[&studio.webhook()]);
    server.ok("CreateGameSessionQueue", json!({ "Name": "away" }));
    let wanted = json!({ "PlacementId": "p-1", "GameSessionQueueName": "away", "MaximumPlayerSessionCount": 4,
        "DesiredPlayerSessions": [{ "PlayerId": "ann" }] });
    server.ok("StartGameSessionPlacement", wanted);
    let placement = || {
        let found = server.ok("DescribeGameSessionPlacement", json!({ "PlacementId": "p-1" }));
        found["GameSessionPlacement"].clone()
    };
    until("it is placed", || placement()["Status"] == "FULFILLED");
    let placed = placement();
    assert_eq!(
        (&placed["IpAddress"], &placed["DnsName"]),
        (&json!("192.0.2.9"), &json!("node.example")),
        "{placed}"
    );
    let arn = placed["GameSessionArn"].as_str().unwrap();
    assert!(arn.ends_with(":gamesession/away/studio/room-7"), "{arn}");
    let game =
        || server.ok("DescribeGameSessions", json!({ "GameSessionId": arn }))["GameSessions"][0].clone();
    let described = game();
    assert_eq!(
        (&described["Status"], &described["Location"]),
        (&json!("ACTIVE"), &json!("studio")),
        "{described}"
    );
    assert_eq!(described.get("FleetId"), None);
    server.ok("CreatePlayerSession", json!({ "GameSessionId": arn, "PlayerId": "bob" }));
    assert_eq!(game()["CurrentPlayerSessionCount"], 2);
    let end = json!({ "GameSessionId": arn, "TerminationMode": "TRIGGER_ON_PROCESS_TERMINATE" });
    server.ok("TerminateGameSession", end);
    assert_eq!(game()["Status"], "TERMINATED");
    assert_eq!(studio.asked()[1]["players"], json!([{ "playerId": "ann" }]));
}

#[test]
fn after_a_restart_it_is_asked_for_the_same_session_again() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Elsewhere::start(vec![state("UnAllocated")]);
    let server = Server::start(folder.path(), &[&cluster.agones()]);
    create_matchmaker(&server);
    join(&server);
    server.until_status("t-1", "PLACING");
    until("it was asked", || !cluster.asked().is_empty());
    server.stop();
    let before = cluster.asked();
    cluster.change(vec![allocated()]);
    let server = Server::start(folder.path(), &[&cluster.agones()]);
    server.until_status("t-1", "COMPLETED");
    let after = cluster.asked();
    assert!(after.len() > before.len());
    assert_eq!(after.last(), before.last());
}

#[test]
fn a_placement_that_is_refused_fails_its_match() {
    let folder = tempfile::tempdir().unwrap();
    let studio = Elsewhere::start(vec![(422, json!({ "message": "no such game" }))]);
    let server = Server::start(folder.path(), &[&studio.webhook()]);
    create_matchmaker(&server);
    join(&server);
    server.until_status("t-1", "FAILED");
    server.until_status("t-2", "FAILED");
    assert_eq!(studio.asked().len(), 1);
}

#[test]
fn a_placement_that_is_stopped_is_not_asked_for_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let studio = Elsewhere::start(vec![(429, json!(null))]);
    let server = Server::start(folder.path(), &[&studio.webhook()]);
    server.ok("CreateGameSessionQueue", json!({ "Name": "away" }));
    let wanted =
        json!({ "PlacementId": "p-1", "GameSessionQueueName": "away", "MaximumPlayerSessionCount": 4 });
    server.ok("StartGameSessionPlacement", wanted);
    until("it was asked", || !studio.asked().is_empty());
    server.ok("StopGameSessionPlacement", json!({ "PlacementId": "p-1" }));
    // A try may be under way.
    std::thread::sleep(std::time::Duration::from_millis(100));
    let so_far = studio.asked().len();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert_eq!(studio.asked().len(), so_far);
}

#[test]
fn a_queue_has_one_home_and_a_file_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |allocators: &str| {
        let set = vec![format!("allocators={allocators}"), format!("data_dir={}", folder.path().display())];
        let sources = matchwright_server::config::Sources { set, ..Default::default() };
        matchwright_server::config::load(&sources).expect_err("it is wrong").to_string()
    };
    let twice = refused(
        r#"[{name="a", type="webhook", queues=["q"], url="http://x"}, {name="b", type="webhook", queues=["q"], url="http://x"}]"#,
    );
    assert!(twice.contains("allocators[].queues: expected each queue once, found q [C104]"), "{twice}");
    let nowhere =
        refused(r#"[{name="a", type="webhook", queues=["q"], url="http://x", token_file="/nowhere/token"}]"#);
    assert!(
        nowhere.contains("allocator a: /nowhere/token: cannot be read") && nowhere.contains("[C108]"),
        "{nowhere}"
    );
    let spaced = refused(r#"[{name="a b", type="webhook", queues=["q"], url="http://x"}]"#);
    assert!(spaced.contains("letters, digits and hyphens"), "{spaced}");
    let half = refused(r#"[{name="a", type="agones", queues=["q"], url="https://x", key_file="k"}]"#);
    assert!(half.contains("both certificate_file and key_file, or neither"), "{half}");
}
