//! What the tests share: a node on a free port, API calls, waiting for something to become true.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::{Duration, Instant};

use matchwright_server::Node;
use matchwright_server::config::{Config, Sources, load};
use serde_json::{Value, json};

pub const DUEL: &str = r#"{"ruleLanguageVersion":"1.0","teams":[
    {"name":"red","minPlayers":1,"maxPlayers":1},{"name":"blue","minPlayers":1,"maxPlayers":1}]}"#;

/// A node that stops with the test.
pub struct Server {
    node: Option<Node>,
    pub url: String,
}

impl Server {
    pub fn start(folder: &Path, settings: &[&str]) -> Self {
        let node = Node::start(&config(folder, settings)).expect("the node starts");
        let url = format!("http://{}", node.address());
        Self { node: Some(node), url }
    }

    pub fn stop(mut self) {
        self.node.take().expect("it runs").stop();
    }

    pub fn call(&self, operation: &str, body: Value) -> (u16, Value) {
        self.post(operation, body.to_string().as_bytes(), None)
    }

    pub fn post(&self, operation: &str, body: &[u8], region: Option<&str>) -> (u16, Value) {
        let mut request = agent()
            .post(&self.url)
            .header("x-amz-target", format!("GameLift.{operation}"))
            .content_type("application/x-amz-json-1.1");
        if let Some(region) = region {
            let scope =
                format!("AWS4-HMAC-SHA256 Credential=x/20260101/{region}/gamelift/aws4_request, Signature=0");
            request = request.header("authorization", scope);
        }
        let mut answer = request.send(body).expect("the server answers");
        let text = answer.body_mut().read_to_string().expect("a text");
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub fn ok(&self, operation: &str, body: Value) -> Value {
        let (status, answer) = self.call(operation, body);
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        let mut answer = agent().get(format!("{}{path}", self.url)).call().expect("the server answers");
        let text = answer.body_mut().read_to_string().expect("a text");
        (answer.status().as_u16(), text)
    }

    pub fn create_duel(&self, name: &str) {
        let _ = self.call("CreateMatchmakingRuleSet", json!({ "Name": "duel", "RuleSetBody": DUEL }));
        let matchmaker = json!({ "Name": name, "RuleSetName": "duel", "RequestTimeoutSeconds": 600,
            "AcceptanceRequired": false, "FlexMatchMode": "STANDALONE" });
        self.ok("CreateMatchmakingConfiguration", matchmaker);
    }

    pub fn join(&self, matchmaker: &str, id: &str) {
        let body = json!({ "ConfigurationName": matchmaker, "TicketId": id, "Players": [{ "PlayerId": format!("of-{id}") }] });
        self.ok("StartMatchmaking", body);
    }

    pub fn status(&self, id: &str) -> String {
        let found = self.ok("DescribeMatchmaking", json!({ "TicketIds": [id] }));
        found["TicketList"][0]["Status"].as_str().unwrap_or("none").to_string()
    }

    pub fn until_status(&self, id: &str, status: &str) {
        until(&format!("ticket {id} is {status}"), || self.status(id) == status);
    }

    /// Reads `count` events of the stream, as position and envelope.
    pub fn events(&self, query: &str, last_event_id: Option<u64>, count: usize) -> Vec<(u64, Value)> {
        let mut request = agent().get(format!("{}/v1/events{query}", self.url));
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id.to_string());
        }
        let answer = request.call().expect("the stream opens");
        let mut lines = BufReader::new(answer.into_body().into_reader()).lines();
        let mut found = Vec::new();
        let mut position = 0;
        while found.len() < count {
            let line = lines.next().expect("the stream goes on").expect("a line in time");
            if let Some(id) = line.strip_prefix("id: ") {
                position = id.parse().expect("a position");
            } else if let Some(data) = line.strip_prefix("data: ") {
                found.push((position, serde_json::from_str(data).expect("an envelope")));
            }
        }
        found
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(node) = self.node.take() {
            node.stop();
        }
    }
}

pub fn config(folder: &Path, settings: &[&str]) -> Config {
    let mut set: Vec<String> = settings.iter().map(|one| one.to_string()).collect();
    set.push("listen=127.0.0.1:0".to_string());
    set.push("limits.drain_seconds=1".to_string());
    set.push(format!("data_dir={}", folder.display()));
    load(&Sources { set, ..Sources::default() }).expect("the configuration is right")
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder();
    config.timeout_global(Some(Duration::from_secs(10))).http_status_as_error(false).build().into()
}

pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(20), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn kind(envelope: &Value) -> &str {
    envelope["detail"]["type"].as_str().expect("every event has a type")
}
