//! The life of one socket: frames in, answers and pushes out, in one task that waits for nothing but them.
//!
//! Requests are handed to the realm and answered when it did, in any order; nothing that one of them waits for keeps the
//! next frame, or a ping, from being read. It ends by itself when its client is silent, too slow or superseded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use matchwright_engine::{Command, Rejection, Reply};
use matchwright_game_server::auth::CLOCK_SKEW;
use matchwright_game_server::errors::{INTERNAL, SocketError, THROTTLED};
use matchwright_game_server::{Action, Ask, Front, Head, Outcome, Request};
use matchwright_hosting::{Command as Hosted, PushKind, Reply as Replied};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot::Receiver as Waiting;
use tokio::sync::watch;
use tokio::time::error::Elapsed;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::line::{Outlet, Repeated};
use super::switchboard::{Plug, finish};
use crate::http::{App, Served};
use crate::realm::Refusal;

/// So many pings may go unanswered.
const PINGS: u32 = 3;
/// An SDK that could not connect anew waits to be told again.
const REFRESH_AGAIN: Duration = Duration::from_secs(60);
/// How long the answer to the last request is waited for before a socket is closed.
const LAST_ANSWER: Duration = Duration::from_secs(5);

/// What a socket is told to do.
pub(super) enum ToSocket {
    /// Of a request that was at work. `readiness` where it asked to be ready: whether it now is.
    Answer {
        text: String,
        readiness: Option<bool>,
    },
    /// The answer to what was asked on another socket and then here again.
    Again(String),
    Push {
        number: u64,
        push: Arc<PushKind>,
    },
    /// The token in force, where there is one.
    Token(Option<String>),
    /// The process has a newer socket.
    Superseded,
}

/// What a socket came with.
pub(super) struct Origin {
    endpoint: String,
    /// None: it was signed.
    token: Option<String>,
}

impl Origin {
    pub fn new(endpoint: String, token: Option<String>) -> Self {
        Self { endpoint, token }
    }

    /// How old a connection gets before it is seen to that it can be made again. An SDK comes back with what it showed
    /// at first: a known process with an expired token, but not with an old signature.
    pub fn token_age(&self, token_life: Duration) -> Duration {
        match self.token {
            Some(_) => token_life / 8,
            None => (token_life / 8).min(CLOCK_SKEW / 3),
        }
    }
}

/// Whether the SDK is ready for pushes.
#[derive(Clone, Copy, PartialEq)]
enum Readiness {
    /// Also of a process that connected anew: it became ready on another socket.
    Ready,
    Asked,
    /// It was told so a moment ago.
    Until(Instant),
}

pub(super) struct Socket {
    app: Arc<App>,
    served: Arc<Served>,
    plug: Plug,
    origin: Origin,
    outlet: Outlet,
    inbox: UnboundedReceiver<ToSocket>,
    stream: WebSocketStream<TokioIo<Upgraded>>,
    at_work: usize,
    heard_at: Instant,
    ping_at: Instant,
    /// None: it is superseded, or its token is being asked for.
    refresh_at: Option<Instant>,
    readiness: Readiness,
    /// Pushes that wait until it is ready, in order.
    held: Vec<(u64, Arc<PushKind>)>,
    /// The number of the last push that left.
    pushed: u64,
    /// Its process ended: it is closed once all is answered, or then.
    close_at: Option<Instant>,
    /// Superseded: dropped then, without a word, for a close frame would take the newer one along.
    drop_at: Option<Instant>,
}

/// Whether a socket goes on.
#[derive(PartialEq)]
enum Next {
    On,
    Over,
}

impl Socket {
    pub fn new(
        app: Arc<App>,
        served: Arc<Served>,
        plug: Plug,
        origin: Origin,
        outlet: Outlet,
        inbox: UnboundedReceiver<ToSocket>,
        stream: WebSocketStream<TokioIo<Upgraded>>,
    ) -> Self {
        let (now, settings) = (Instant::now(), &app.sockets.settings);
        // Not all at once: after a restart everybody comes back in the same second.
        let spread = u32::from(u8::try_from(plug.number() % 64).unwrap_or(0));
        let refresh = origin.token_age(settings.token_life);
        let refresh_at = Some(now + refresh + refresh * spread / 64);
        let ping_at = now + settings.ping;
        Self {
            app,
            served,
            plug,
            origin,
            outlet,
            inbox,
            stream,
            at_work: 0,
            heard_at: now,
            ping_at,
            refresh_at,
            readiness: Readiness::Ready,
            held: Vec::new(),
            pushed: 0,
            close_at: None,
            drop_at: None,
        }
    }

    pub async fn run(mut self) {
        let mut draining = self.app.draining.clone();
        loop {
            let wake = tokio::time::Instant::from_std(self.wake_at());
            let next = tokio::select! {
                biased;
                () = drained(&mut draining) => {
                    self.plug.keep();
                    // 1012: come back. After 1000 or 1001 the SDKs never would.
                    self.close(CloseCode::Restart, "the server is restarting").await
                }
                Some(told) = self.inbox.recv() => self.told(told).await,
                frame = self.stream.next() => self.frame(frame).await,
                () = tokio::time::sleep_until(wake) => self.tick().await,
            };
            if next == Next::Over {
                return;
            }
        }
    }

    fn wake_at(&self) -> Instant {
        let ready_at = match self.readiness {
            Readiness::Until(at) => Some(at),
            _ => None,
        };
        let others = [self.refresh_at, ready_at, self.close_at, self.drop_at];
        others.into_iter().flatten().fold(self.ping_at, Instant::min)
    }

    async fn tick(&mut self) -> Next {
        let now = Instant::now();
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if is_due(self.drop_at) {
            return Next::Over;
        }
        if is_due(self.close_at) {
            return self.close(CloseCode::Normal, "the process has ended").await;
        }
        if is_due(self.refresh_at) {
            self.refresh_at = None;
            self.ask_token();
        }
        if let Readiness::Until(at) = self.readiness
            && at <= now
            && self.release().await == Next::Over
        {
            return Next::Over;
        }
        if self.ping_at > now {
            return Next::On;
        }
        let ping = self.app.sockets.settings.ping;
        if now.duration_since(self.heard_at) >= ping * PINGS {
            tracing::info!("process {} went silent; its socket is dropped", self.plug.process.id);
            return Next::Over;
        }
        self.ping_at = now + ping;
        self.send(Message::Ping(self.pushed.to_be_bytes().to_vec().into())).await
    }

    /// Sends, or gives up a client that does not read.
    async fn send(&mut self, message: Message) -> Next {
        let patience = self.app.sockets.settings.patience;
        let sent = tokio::time::timeout(patience, self.stream.send(message)).await;
        self.left(sent)
    }

    /// Sends the pong that a ping is owed. Nothing more is read before it has left, or the pongs for a client that sends
    /// pings and does not read would pile up here.
    async fn flush(&mut self) -> Next {
        let patience = self.app.sockets.settings.patience;
        let flushed = tokio::time::timeout(patience, self.stream.flush()).await;
        self.left(flushed)
    }

    fn left(&self, sent: Result<Result<(), Error>, Elapsed>) -> Next {
        match sent {
            Ok(Ok(())) => Next::On,
            Ok(Err(error)) => {
                tracing::debug!("a socket of process {} broke: {error}", self.plug.process.id);
                Next::Over
            }
            Err(_) => {
                tracing::warn!("process {} does not read; its socket is dropped", self.plug.process.id);
                Next::Over
            }
        }
    }

    async fn say(&mut self, text: String) -> Next {
        self.send(Message::Text(text.into())).await
    }

    async fn close(&mut self, code: CloseCode, reason: &'static str) -> Next {
        if self.drop_at.is_none() {
            let frame = CloseFrame { code, reason: reason.into() };
            let closing = async {
                let _ = self.stream.close(Some(frame)).await;
                while let Some(Ok(_)) = self.stream.next().await {}
            };
            let _ = tokio::time::timeout(Duration::from_secs(1), closing).await;
        }
        Next::Over
    }

    async fn frame(&mut self, frame: Option<Result<Message, Error>>) -> Next {
        self.heard_at = Instant::now();
        match frame {
            Some(Ok(Message::Text(text))) => self.asked(text.as_str()).await,
            Some(Ok(Message::Binary(bytes))) => {
                let (id, count) = (&self.plug.process.id, bytes.len());
                tracing::debug!("process {id} sent a binary frame of {count} bytes; it is ignored");
                Next::On
            }
            Some(Ok(Message::Ping(_))) => self.flush().await,
            Some(Ok(Message::Pong(number))) => {
                // It repeats what it answers.
                if let Ok(number) = number.as_ref().try_into() {
                    self.plug.read(u64::from_be_bytes(number));
                }
                Next::On
            }
            Some(Ok(_)) => Next::On,
            Some(Err(error)) => self.broken(error).await,
            None => Next::Over,
        }
    }

    /// Says why, where the connection still carries words.
    async fn broken(&mut self, error: Error) -> Next {
        let id = &self.plug.process.id;
        let (code, reason) = match error {
            Error::Capacity(error) => {
                tracing::warn!("process {id}: {error} (hosting.message_bytes)");
                (CloseCode::Size, "the message is too large")
            }
            Error::Utf8(_) => {
                tracing::warn!("process {id} sent a text that is not UTF-8; its socket is closed");
                (CloseCode::Invalid, "the text is not UTF-8")
            }
            Error::Protocol(error) if error != ProtocolError::ResetWithoutClosingHandshake => {
                tracing::warn!("process {id} broke the rules of its socket, which is closed: {error}");
                (CloseCode::Protocol, "the frame breaks the rules of RFC 6455")
            }
            error => {
                tracing::debug!("a socket of process {id} broke: {error}");
                return Next::Over;
            }
        };
        self.close(code, reason).await;
        // What is still coming is read away, or the system would cut the close frame off with a reset.
        let mut nowhere = tokio::io::sink();
        let rest = tokio::io::copy(self.stream.get_mut(), &mut nowhere);
        let _ = tokio::time::timeout(Duration::from_secs(1), rest).await;
        Next::Over
    }

    async fn asked(&mut self, frame: &str) -> Next {
        let served = self.served.clone();
        let front = &served.game_servers;
        let request = front.decode(&self.plug.process, frame);
        let action = request.as_ref().map_or("none", |request| request.head.action.name());
        self.app.recorder.socket_message(action);
        let may = self.plug.may_ask(request.as_ref().ok());
        let request = match request {
            Ok(request) if may => request,
            Ok(request) => {
                let why = format!("too many {action} in a short time; ask less often");
                return self.say(front.encode_error(&request.head, &SocketError::new(THROTTLED, why))).await;
            }
            Err(mut refused) => {
                if !may {
                    refused.error = SocketError::new(THROTTLED, "too many frames in a short time");
                }
                return self.say(front.encode_refused(&refused)).await;
            }
        };
        match request.ask {
            Ask::Heartbeat { is_healthy } => self.beat(&request.head, is_healthy).await,
            Ask::Credentials => self.say(front.encode(&request.head, &Ok(Outcome::Done))).await,
            Ask::Command(_) | Ask::Query(_) => self.hand_on(request).await,
        }
    }

    async fn beat(&mut self, head: &Head, is_healthy: bool) -> Next {
        self.plug.beat(is_healthy);
        if matches!(self.readiness, Readiness::Until(_)) && self.release().await == Next::Over {
            return Next::Over;
        }
        let answer = self.served.game_servers.encode(head, &Ok(Outcome::Done));
        self.say(answer).await
    }

    /// Hands a request to the realm; its answer comes back as [`ToSocket::Answer`].
    async fn hand_on(&mut self, Request { head, ask }: Request) -> Next {
        let most = self.app.sockets.settings.requests_per_socket;
        if self.at_work >= most {
            let why = format!("expected at most {most} requests at a time; wait for an answer");
            let answer = self.served.game_servers.encode_error(&head, &SocketError::new(THROTTLED, why));
            return self.say(answer).await;
        }
        let coming = match ask {
            Ask::Query(query) => self.served.realm.query(*query).map(Coming::Answer),
            Ask::Command(command) => {
                match self.plug.begin(&head.request_id, &self.outlet) {
                    Repeated::No => {}
                    Repeated::Answered(answer) => return self.say(answer).await,
                    Repeated::AtWork => return Next::On,
                }
                if head.action == Action::ActivateServerProcess {
                    self.readiness = Readiness::Asked;
                }
                self.served.realm.command(*command).map(Coming::Reply)
            }
            Ask::Heartbeat { .. } | Ask::Credentials => return Next::On,
        };
        self.at_work += 1;
        let answering = Answering {
            front: self.served.game_servers.clone(),
            board: self.plug.board.clone(),
            process: self.plug.process.clone(),
            head,
            outlet: self.outlet.clone(),
        };
        tokio::spawn(answering.run(coming));
        Next::On
    }

    async fn told(&mut self, told: ToSocket) -> Next {
        match told {
            ToSocket::Answer { text, readiness } => self.answered(text, readiness).await,
            ToSocket::Again(text) => self.say(text).await,
            ToSocket::Push { number, push } => self.pushed(number, push).await,
            ToSocket::Token(token) => self.refresh(token).await,
            // By two: who connects on and on does not hold every socket that there is.
            ToSocket::Superseded if self.drop_at.is_some() => Next::Over,
            ToSocket::Superseded => {
                self.refresh_at = None;
                self.drop_at = Some(Instant::now() + self.app.sockets.settings.superseded);
                Next::On
            }
        }
    }

    async fn answered(&mut self, text: String, readiness: Option<bool>) -> Next {
        self.at_work = self.at_work.saturating_sub(1);
        if self.say(text).await == Next::Over {
            return Next::Over;
        }
        match readiness {
            Some(true) => {
                let at = Instant::now() + self.app.sockets.settings.ready_pause;
                self.readiness = Readiness::Until(at);
            }
            Some(false) if self.release().await == Next::Over => return Next::Over,
            _ => {}
        }
        match self.close_at.is_some() && self.at_work == 0 {
            true => self.close(CloseCode::Normal, "the process has ended").await,
            false => Next::On,
        }
    }

    async fn pushed(&mut self, number: u64, push: Arc<PushKind>) -> Next {
        if *push == PushKind::Close {
            self.close_at = Some(Instant::now() + LAST_ANSWER);
            return match self.at_work {
                0 => self.close(CloseCode::Normal, "the process has ended").await,
                _ => Next::On,
            };
        }
        match self.readiness {
            Readiness::Ready => self.push(number, &push).await,
            _ => {
                self.held.push((number, push));
                Next::On
            }
        }
    }

    async fn push(&mut self, number: u64, push: &PushKind) -> Next {
        let Some(text) = self.served.game_servers.push(push) else { return Next::On };
        self.pushed = number;
        self.ping_at = self.ping_at.min(Instant::now() + self.app.sockets.settings.receipt);
        self.say(text).await
    }

    /// It is ready: whatever waited for that goes out.
    async fn release(&mut self) -> Next {
        self.readiness = Readiness::Ready;
        for (number, push) in std::mem::take(&mut self.held) {
            if self.push(number, &push).await == Next::Over {
                return Next::Over;
            }
        }
        Next::On
    }

    /// Asks the realm for the token in force.
    fn ask_token(&self) {
        let (fleet, compute) = (self.plug.process.fleet.clone(), self.plug.process.compute.clone());
        let command = Command::Hosting(Box::new(Hosted::IssueToken { fleet, compute }));
        let Ok(reply) = self.served.realm.command(command) else { return };
        let outlet = self.outlet.clone();
        tokio::spawn(async move {
            let token = match reply.await {
                Ok(Ok(Reply::Hosting(Replied::Token(_, _, token)))) => Some(token.text),
                _ => None,
            };
            let _ = outlet.send(ToSocket::Token(token));
        });
    }

    /// Sends the process to a new connection once its own token is no longer the one in force.
    async fn refresh(&mut self, token: Option<String>) -> Next {
        let life = self.app.sockets.settings.token_life;
        if self.drop_at.is_some() {
            return Next::On;
        }
        match token.filter(|token| self.origin.token.as_ref() != Some(token)) {
            Some(token) => {
                self.refresh_at = Some(Instant::now() + REFRESH_AGAIN);
                self.plug.leave();
                let text = self.served.game_servers.refresh(&self.origin.endpoint, &token);
                self.say(text).await
            }
            None => {
                self.refresh_at = Some(Instant::now() + self.origin.token_age(life));
                Next::On
            }
        }
    }
}

async fn drained(draining: &mut watch::Receiver<bool>) {
    let _ = draining.wait_for(|is_draining| *is_draining).await;
}

/// A request whose outcome is on its way.
struct Answering {
    front: Front,
    board: Arc<super::Switchboard>,
    process: matchwright_hosting::ProcessKey,
    head: Head,
    outlet: Outlet,
}

enum Coming {
    Answer(Waiting<Result<matchwright_engine::Answer, Rejection>>),
    Reply(Waiting<Result<Reply, Refusal>>),
}

impl Answering {
    async fn run(self, coming: Result<Coming, Refusal>) {
        let is_remembered = !matches!(coming, Ok(Coming::Answer(_)));
        let done = match coming {
            Err(refusal) => Err(refusal),
            Ok(Coming::Answer(waiting)) => match waiting.await {
                Ok(answer) => Ok(answer.map(Outcome::Answer)),
                Err(_) => Err(Refusal::Stopping),
            },
            Ok(Coming::Reply(waiting)) => match waiting.await.unwrap_or(Err(Refusal::Stopping)) {
                Ok(reply) => Ok(Ok(Outcome::Reply(reply))),
                Err(Refusal::Rejected(rejection)) => Ok(Err(rejection)),
                Err(refusal) => Err(refusal),
            },
        };
        let is_ok = matches!(done, Ok(Ok(_)));
        let text = match &done {
            Ok(outcome) => self.front.encode(&self.head, outcome),
            Err(refusal) => self.front.encode_error(&self.head, &unavailable(refusal)),
        };
        if is_remembered {
            finish(&self.board, &self.process, &self.head.request_id, &text, done.is_ok());
        }
        let readiness = (self.head.action == Action::ActivateServerProcess).then_some(is_ok);
        let _ = self.outlet.send(ToSocket::Answer { text, readiness });
    }
}

fn unavailable(refusal: &Refusal) -> SocketError {
    let why = match refusal {
        Refusal::Full { code } => {
            format!("the journal has no room, so nothing can be changed; free disk space [{code}]")
        }
        _ => "the server is stopping; try again in a moment".to_string(),
    };
    SocketError::new(INTERNAL, why)
}
