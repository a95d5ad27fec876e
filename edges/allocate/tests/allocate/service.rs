//! A service that answers what a script says, and keeps what it was asked.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use matchwright_allocate::{
    Agones, AgonesOptions, Api, Client, ClientOptions, Latency, Request, Scheduling, Webhook,
};
use serde_json::Value;

pub struct Service {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub headers: String,
    pub body: Value,
}

/// What the service does with one request.
#[derive(Debug, Clone)]
pub enum Act {
    Answer(u16, String),
    /// Keeps the client waiting.
    Sleep(Duration),
    HangUp,
}

impl Service {
    /// The last act is repeated.
    pub fn start(script: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let script = Arc::new(Mutex::new(VecDeque::from(script)));
        let keep = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, keep) = (script.clone(), keep.clone());
                std::thread::spawn(move || serve(BufReader::new(stream), &script, &keep));
            }
        });
        Self { url, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub fn client(&self) -> Client {
        Client::new(options(&self.url)).unwrap()
    }

    pub fn webhook(&self) -> Webhook {
        Webhook::new(self.client())
    }

    pub fn agones(&self, api: Api) -> Agones {
        Agones::new(self.client(), agones_options(api))
    }
}

pub fn options(url: &str) -> ClientOptions {
    ClientOptions {
        url: url.to_string(),
        timeout: Duration::from_millis(500),
        token_file: None,
        ca_file: None,
        certificate_file: None,
        key_file: None,
    }
}

pub fn agones_options(api: Api) -> AgonesOptions {
    AgonesOptions {
        api,
        namespace: "games".to_string(),
        labels: [("agones.dev/fleet".to_string(), "green".to_string())].into(),
        scheduling: Scheduling::Packed,
        players_list: Some("players".to_string()),
        port_name: None,
    }
}

pub fn request() -> Request {
    Request {
        session: "gsess-1".to_string(),
        placement: "p-1".to_string(),
        queue: "away".to_string(),
        name: Some("Duel".to_string()),
        max_players: 2,
        properties: vec![("map".to_string(), "desert".to_string())],
        data: Some("a=b".into()),
        matchmaker_data: Some("{\"matchId\":\"m-1\"}".to_string()),
        players: vec!["ann".to_string(), "bob".to_string()],
        latencies: vec![Latency { player: "ann".to_string(), region: "east".to_string(), latency_ms: 30.0 }],
    }
}

pub fn json(status: u16, body: Value) -> Act {
    Act::Answer(status, body.to_string())
}

/// One connection: requests until an act ends it.
pub fn serve(
    mut stream: BufReader<impl Read + Write>,
    script: &Mutex<VecDeque<Act>>,
    keep: &Mutex<Vec<Asked>>,
) {
    while let Some(asked) = read(&mut stream) {
        keep.lock().unwrap().push(asked);
        let act = {
            let mut script = script.lock().unwrap();
            let first = script.front().expect("a script has an act").clone();
            if script.len() > 1 {
                script.pop_front();
            }
            first
        };
        match act {
            Act::HangUp => return,
            Act::Sleep(span) => std::thread::sleep(span),
            Act::Answer(status, body) => {
                let length = body.len();
                let head = format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n");
                let answer = format!("{head}content-length: {length}\r\n\r\n{body}");
                let written = stream.get_mut().write_all(answer.as_bytes());
                if written.and_then(|()| stream.get_mut().flush()).is_err() {
                    return;
                }
            }
        }
    }
}

fn read(stream: &mut impl BufRead) -> Option<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|length| *length > 0)?;
    assert!(line.starts_with("POST "), "{line}");
    let path = line.split(' ').nth(1)?.to_string();
    let (mut headers, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|length| *length > 0)?;
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        headers += &line.replace("\r\n", "\n");
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Asked { path, headers, body: serde_json::from_slice(&body).ok()? })
}
