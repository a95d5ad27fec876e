//! A game server's socket byte by byte, so that it can send what no client library would.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::Server;

pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
/// The last frame of its message.
pub const FIN: u8 = 0x80;

/// A fleet with one machine, and the token of that.
pub struct Machine {
    pub fleet: String,
    pub compute: String,
    pub token: String,
}

impl Machine {
    pub fn register(server: &Server, compute: &str) -> Self {
        let location = format!("custom-{compute}");
        server.ok("CreateLocation", json!({ "LocationName": location }));
        let fleet = json!({ "Name": compute, "ComputeType": "ANYWHERE", "Locations": [{ "Location": location }],
            "AnywhereConfiguration": { "Cost": "1" } });
        let fleet = server.ok("CreateFleet", fleet)["FleetAttributes"]["FleetId"].take();
        let machine = json!({ "FleetId": fleet, "ComputeName": compute, "IpAddress": "127.0.0.1", "Location": location });
        server.ok("RegisterCompute", machine);
        let token = server.ok("GetComputeAuthToken", json!({ "FleetId": fleet, "ComputeName": compute }));
        let text = |value: &Value| value.as_str().expect("a text").to_string();
        Self { fleet: text(&fleet), compute: compute.to_string(), token: text(&token["AuthToken"]) }
    }

    pub fn query(&self, process: &str, token: &str) -> String {
        let Self { fleet, compute, .. } = self;
        format!(
            "Authorization={token}&ComputeId={compute}&FleetId={fleet}&pID={process}&sdkVersion=5.6.0&sdkLanguage=Go"
        )
    }

    /// A process that was let in.
    pub fn connect(&self, server: &Server, process: &str) -> Socket {
        match Socket::open(server, &self.query(process, &self.token)) {
            Ok(socket) => socket,
            Err((status, why)) => panic!("{process} was refused with {status}: {why}"),
        }
    }
}

pub struct Socket {
    pub stream: TcpStream,
}

pub fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.url.trim_start_matches("http://")).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    stream
}

pub fn upgrade(query: &str) -> String {
    format!(
        "GET /game-server?{query} HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    )
}

impl Socket {
    /// The status and the reason, where it is not let in.
    pub fn open(server: &Server, query: &str) -> Result<Self, (u16, String)> {
        let mut stream = connect(server);
        stream.write_all(upgrade(query).as_bytes()).expect("it is read");
        let head = head(&mut stream);
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
        if status == 101 {
            return Ok(Self { stream });
        }
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).expect("a body");
        Err((status, String::from_utf8(body).expect("a text")))
    }

    /// One frame. The mask is zero: what it would hide is not secret.
    pub fn send(&mut self, first: u8, payload: &[u8]) {
        self.stream.write_all(&frame(first, payload)).expect("it is open");
    }

    pub fn say(&mut self, action: &str, id: &str, with: Value) {
        let mut frame = json!({ "Action": action, "RequestId": id });
        frame.as_object_mut().expect("an object").extend(with.as_object().cloned().unwrap_or_default());
        self.send(FIN | TEXT, frame.to_string().as_bytes());
    }

    /// The next text.
    pub fn hear(&mut self) -> Value {
        loop {
            let (kind, payload) = self.frame();
            match kind {
                TEXT => return serde_json::from_slice(&payload).expect("JSON"),
                CLOSE => panic!("it was closed: {payload:?}"),
                _ => {}
            }
        }
    }

    /// A heartbeat and its answer.
    pub fn beats(&mut self) {
        self.say("HeartbeatServerProcess", "beat", json!({ "HealthStatus": true }));
        let answer = self.hear();
        assert_eq!((&answer["RequestId"], &answer["StatusCode"]), (&json!("beat"), &json!(200)), "{answer}");
    }

    /// The code that it is closed with.
    pub fn closed(&mut self) -> u16 {
        loop {
            if let (CLOSE, payload) = self.frame() {
                return u16::from_be_bytes([payload[0], payload[1]]);
            }
        }
    }

    fn frame(&mut self) -> (u8, Vec<u8>) {
        let [first, second] = self.take();
        let length = match second {
            126 => u64::from(u16::from_be_bytes(self.take())),
            127 => u64::from_be_bytes(self.take()),
            short => u64::from(short),
        };
        let mut payload = vec![0; length as usize];
        self.stream.read_exact(&mut payload).expect("a whole frame");
        (first & 0x0f, payload)
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes).expect("a frame in time");
        bytes
    }
}

fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("an answer to the upgrade");
        head.extend(byte);
    }
    String::from_utf8(head).expect("a text")
}

pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..126 => bytes.push(0x80 | short as u8),
        middle @ 126..0x1_0000 => {
            bytes.push(0x80 | 126);
            bytes.extend((middle as u16).to_be_bytes());
        }
        long => {
            bytes.push(0x80 | 127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}
