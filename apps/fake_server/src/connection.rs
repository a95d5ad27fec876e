//! The socket of one process as the SDKs handle it: requests with their answers, heartbeats between, reconnects that
//! nobody above notices.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::address::{Address, Ids};
use crate::push::Push;
use crate::stream::{self, Stream};

/// The waits of the SDKs. Tests have shorter ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Timing {
    pub heartbeat: Duration,
    pub answer: Duration,
    /// A game server that is not ready by then is given up by its SDK.
    pub ready: Duration,
    /// Before each further attempt to connect; after the last of them the server counts as gone.
    pub retries: Vec<Duration>,
    /// How long the old socket is still read after a refresh.
    pub farewell: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(60),
            answer: Duration::from_secs(20),
            ready: Duration::from_secs(6),
            retries: [4, 8, 16, 32, 32, 32].map(Duration::from_secs).to_vec(),
            farewell: Duration::from_secs(5),
        }
    }
}

/// Why a process has no connection any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// The upgrade was answered with another status. SDKs repeat it for minutes; here it is final, and said.
    Refused {
        status: u16,
        why: String,
    },
    /// Closed with 1000 or 1001: do not come back.
    Dismissed,
    Unreachable(String),
}

/// Why a call brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// Another status than 200.
    Answered {
        status: u64,
        message: String,
    },
    Silent,
    Lost(Lost),
}

impl From<Lost> for CallError {
    fn from(lost: Lost) -> Self {
        Self::Lost(lost)
    }
}

/// What happened to the socket below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Reconnected,
    Refreshed,
    /// A heartbeat was sent.
    Heartbeat,
}

/// An open socket. Dropped, it vanishes without a word, as after a crash.
pub struct Connection {
    address: Address,
    process: String,
    idempotency_token: String,
    ids: Ids,
    timing: Timing,
    stream: Stream,
    /// The one before a refresh: what was on its way still counts.
    old: Option<(Stream, Instant)>,
    requests: u64,
    heard: VecDeque<Push>,
    beat_at: Option<Instant>,
    troubles: VecDeque<Trouble>,
}

enum Heard {
    Answer {
        id: String,
        answer: Value,
    },
    Push(Push),
    /// What was asked before is not answered any more where it was not yet.
    Reconnected,
    TimeIsUp,
    Nothing,
}

impl Connection {
    /// Opens the socket of a new process, whose id it makes.
    ///
    /// # Errors
    /// `Refused`, or `Unreachable` after all retries.
    pub async fn open(address: Address, timing: Timing) -> Result<Self, Lost> {
        let mut ids = Ids::from_system().map_err(Lost::Unreachable)?;
        let (process, idempotency_token) = (ids.next_id(), ids.next_id());
        let stream = persist(&address, &process, &idempotency_token, &timing).await?;
        Ok(Self {
            address,
            process,
            idempotency_token,
            ids,
            timing,
            stream,
            old: None,
            requests: 0,
            heard: VecDeque::new(),
            beat_at: None,
            troubles: VecDeque::new(),
        })
    }

    pub fn process(&self) -> &str {
        &self.process
    }

    /// What happened to the socket since this was asked last.
    pub fn troubles(&mut self) -> impl Iterator<Item = Trouble> + '_ {
        self.troubles.drain(..)
    }

    /// ActivateServerProcess, and the first heartbeat; from here on games are started and heartbeats sent.
    ///
    /// # Errors
    /// The server's refusal, its silence, or the end of the connection.
    pub async fn ready(&mut self, port: u16) -> Result<(), CallError> {
        let fields = json!({ "SdkVersion": "5.6.0", "SdkLanguage": "Rust", "Port": port, "LogPaths": [] });
        self.ask("ActivateServerProcess", fields, self.timing.ready).await?;
        self.beat().await;
        Ok(())
    }

    /// Asks and waits for the answer; asks the same again after a reconnect.
    ///
    /// # Errors
    /// The server's refusal, its silence, or the end of the connection.
    pub async fn call(&mut self, action: &str, fields: Value) -> Result<Value, CallError> {
        self.ask(action, fields, self.timing.answer).await
    }

    async fn ask(&mut self, action: &str, fields: Value, patience: Duration) -> Result<Value, CallError> {
        let asked = self.next_request();
        let frame = frame(action, &asked, fields);
        self.send(frame.clone()).await;
        let end = Instant::now() + patience;
        loop {
            match self.hear(Some(end)).await? {
                Heard::Answer { id, answer } if id == asked => return judged(answer),
                Heard::Push(push) => self.heard.push_back(push),
                Heard::Reconnected => self.send(frame.clone()).await,
                Heard::TimeIsUp => return Err(CallError::Silent),
                Heard::Answer { .. } | Heard::Nothing => {}
            }
        }
    }

    /// The next push; none where the time has come, or where there is a [`Trouble`] to tell of.
    ///
    /// # Errors
    /// The end of the connection.
    pub async fn next_push(&mut self, until: Option<Instant>) -> Result<Option<Push>, Lost> {
        loop {
            if let Some(push) = self.heard.pop_front() {
                return Ok(Some(push));
            }
            if !self.troubles.is_empty() {
                return Ok(None);
            }
            match self.hear(until).await? {
                Heard::Push(push) => return Ok(Some(push)),
                Heard::TimeIsUp => return Ok(None),
                Heard::Answer { .. } | Heard::Reconnected | Heard::Nothing => {}
            }
        }
    }

    /// One thing that comes in, or one heartbeat that goes out.
    async fn hear(&mut self, until: Option<Instant>) -> Result<Heard, Lost> {
        let (stream, old) = (&mut self.stream, &mut self.old);
        tokio::select! {
            biased;
            frame = stream.next() => self.take(frame).await,
            frame = next_of(old) => Ok(self.take_late(frame)),
            () = at(until) => Ok(Heard::TimeIsUp),
            () = at(self.beat_at) => {
                self.beat().await;
                Ok(Heard::Nothing)
            }
        }
    }

    async fn take(&mut self, frame: Option<Result<Message, Error>>) -> Result<Heard, Lost> {
        match frame {
            Some(Ok(Message::Text(text))) => match read(&text) {
                Heard::Push(Push::RefreshConnection { endpoint, token }) => {
                    Ok(self.refresh(endpoint, token).await)
                }
                heard => Ok(heard),
            },
            Some(Ok(Message::Close(Some(close)))) if stream::is_dismissal(close.code) => Err(Lost::Dismissed),
            Some(Ok(Message::Close(_)) | Err(_)) | None => self.reconnect().await,
            Some(Ok(_)) => Ok(Heard::Nothing),
        }
    }

    /// What still came through the socket before the refresh.
    fn take_late(&mut self, frame: Option<Message>) -> Heard {
        match frame {
            Some(Message::Text(text)) => read(&text),
            Some(_) => Heard::Nothing,
            None => {
                self.old = None;
                Heard::Reconnected
            }
        }
    }

    /// The same URL again: same process, same idempotency token, and the process is not activated a second time.
    async fn reconnect(&mut self) -> Result<Heard, Lost> {
        self.stream = persist(&self.address, &self.process, &self.idempotency_token, &self.timing).await?;
        self.troubles.push_back(Trouble::Reconnected);
        Ok(Heard::Reconnected)
    }

    /// A second socket, then away from the first. Where it fails the first stays, and the server says it again.
    async fn refresh(&mut self, endpoint: String, token: String) -> Heard {
        let address = Address { endpoint, token, ..self.address.clone() };
        let idempotency_token = self.ids.next_id();
        let Ok(stream) = stream::open(&address, &self.process, &idempotency_token).await else {
            return Heard::Nothing;
        };
        (self.address, self.idempotency_token) = (address, idempotency_token);
        let old = std::mem::replace(&mut self.stream, stream);
        self.old = Some((old, Instant::now() + self.timing.farewell));
        self.troubles.push_back(Trouble::Refreshed);
        Heard::Nothing
    }

    /// Its answer is not waited for.
    async fn beat(&mut self) {
        let id = self.next_request();
        self.send(frame("HeartbeatServerProcess", &id, json!({ "HealthStatus": true }))).await;
        // SDKs spread theirs by a sixth to either side; the request's number is as good as chance.
        let spread = self.timing.heartbeat / 3 * (self.requests % 7) as u32 / 6;
        self.beat_at = Some(Instant::now() + self.timing.heartbeat * 5 / 6 + spread);
        self.troubles.push_back(Trouble::Heartbeat);
    }

    /// What could not be sent is asked again once the connection is found to be broken.
    async fn send(&mut self, frame: String) {
        let _ = self.stream.send(Message::text(frame)).await;
    }

    fn next_request(&mut self) -> String {
        self.requests += 1;
        format!("{:.16}{:016}", self.process, self.requests)
    }
}

async fn persist(
    address: &Address,
    process: &str,
    idempotency_token: &str,
    timing: &Timing,
) -> Result<Stream, Lost> {
    let mut waits = timing.retries.iter();
    loop {
        let opened = timeout(timing.answer, stream::open(address, process, idempotency_token)).await;
        match opened.unwrap_or_else(|_| Err(Lost::Unreachable("no answer to the upgrade".to_string()))) {
            Ok(stream) => return Ok(stream),
            // A server that is about to stop or has no room may have some later.
            Err(lost @ Lost::Refused { status, .. }) if status < 500 => return Err(lost),
            Err(lost) => match waits.next() {
                Some(wait) => tokio::time::sleep(*wait).await,
                None => return Err(lost),
            },
        }
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// `None`: it is time to leave it, or it has ended.
async fn next_of(old: &mut Option<(Stream, Instant)>) -> Option<Message> {
    let Some((stream, until)) = old else { return std::future::pending().await };
    tokio::select! {
        frame = stream.next() => frame.and_then(Result::ok),
        () = sleep_until(*until) => None,
    }
}

fn frame(action: &str, id: &str, fields: Value) -> String {
    let mut frame = json!({ "Action": action, "RequestId": id });
    if let (Some(all), Value::Object(fields)) = (frame.as_object_mut(), fields) {
        all.extend(fields);
    }
    frame.to_string()
}

/// With a RequestId it is an answer, without a push.
fn read(text: &str) -> Heard {
    let Ok(frame) = serde_json::from_str::<Value>(text) else { return Heard::Nothing };
    match frame["RequestId"].as_str().map(str::to_string) {
        Some(id) => Heard::Answer { id, answer: frame },
        None => Push::read(&frame).map_or(Heard::Nothing, Heard::Push),
    }
}

fn judged(answer: Value) -> Result<Value, CallError> {
    match answer["StatusCode"].as_u64() {
        Some(200) => Ok(answer),
        status => Err(CallError::Answered {
            status: status.unwrap_or(0),
            message: answer["ErrorMessage"].as_str().unwrap_or_default().to_string(),
        }),
    }
}
