//! A small server that does as it is told: what a client of the socket is tested against.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use matchwright_fake_server::{Address, Timing};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// What is done to the newest socket.
#[derive(Debug)]
pub enum Do {
    Say(Value),
    Close(u16),
    Drop,
}

#[derive(Default)]
pub struct Seen {
    /// The URLs of all connections, in order.
    pub urls: Vec<String>,
    /// What was said, with the number of the connection.
    pub frames: Vec<(usize, Value)>,
    newest: Option<UnboundedSender<Do>>,
}

/// Answers every request with 200 unless a rule says otherwise.
#[derive(Default)]
pub struct Rules {
    /// Upgrades that are refused, in order of the connections.
    pub refusals: VecDeque<u16>,
    /// Actions that are not answered, once each.
    pub unanswered: Vec<&'static str>,
    pub answers: Vec<(&'static str, Value)>,
}

impl Seen {
    pub fn newest(&self) -> UnboundedSender<Do> {
        self.newest.clone().expect("somebody is connected")
    }
}

#[derive(Clone)]
pub struct Script {
    pub address: SocketAddr,
    pub seen: Arc<Mutex<Seen>>,
    pub rules: Arc<Mutex<Rules>>,
}

impl Script {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let script =
            Self { address: listener.local_addr().unwrap(), seen: Arc::default(), rules: Arc::default() };
        let serving = script.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        script
    }

    pub fn place(&self) -> Address {
        let text = |text: &str| text.to_string();
        Address {
            endpoint: format!("ws://{}/game-server", self.address),
            fleet: text("fleet-1"),
            compute: text("here"),
            token: text("tok-1"),
        }
    }

    /// Does it to the newest socket.
    pub fn act(&self, what: Do) {
        self.seen.lock().unwrap().newest().send(what).unwrap();
    }

    pub fn actions(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.frames.iter().map(|(_, frame)| frame["Action"].as_str().unwrap().to_string()).collect()
    }

    pub fn count(&self, action: &str) -> usize {
        self.actions().iter().filter(|one| *one == action).count()
    }

    pub async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..500 {
            if holds(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("waited in vain until {what}; heard {:?}", self.actions());
    }

    async fn serve(self, stream: TcpStream) {
        let (mut url, refusal) = (String::new(), self.rules.lock().unwrap().refusals.pop_front());
        #[expect(clippy::result_large_err, reason = "the library asks for a refusal of this form")]
        let judge = |request: &Request, response: Response| {
            url = request.uri().to_string();
            match refusal {
                Some(status) => {
                    let mut refused = ErrorResponse::new(Some("the token is old".to_string()));
                    *refused.status_mut() = status.try_into().unwrap();
                    Err(refused)
                }
                None => Ok(response),
            }
        };
        let socket = accept_hdr_async(stream, judge).await;
        let (outlet, orders) = unbounded_channel();
        let number = {
            let mut seen = self.seen.lock().unwrap();
            seen.urls.push(url);
            if socket.is_ok() {
                seen.newest = Some(outlet);
            }
            seen.urls.len() - 1
        };
        if let Ok(socket) = socket {
            self.talk(number, socket, orders).await;
        }
    }

    async fn talk(
        self,
        number: usize,
        mut socket: tokio_tungstenite::WebSocketStream<TcpStream>,
        mut orders: UnboundedReceiver<Do>,
    ) {
        loop {
            tokio::select! {
                frame = socket.next() => match frame {
                    Some(Ok(Message::Text(text))) => {
                        let frame: Value = serde_json::from_str(&text).unwrap();
                        let answer = self.answer(&frame);
                        self.seen.lock().unwrap().frames.push((number, frame));
                        if let Some(answer) = answer {
                            let _ = socket.send(Message::text(answer.to_string())).await;
                        }
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                },
                order = orders.recv() => match order {
                    Some(Do::Say(push)) => socket.send(Message::text(push.to_string())).await.unwrap(),
                    Some(Do::Close(code)) => {
                        let frame = CloseFrame { code: code.into(), reason: "".into() };
                        let _ = socket.close(Some(frame)).await;
                    }
                    Some(Do::Drop) => return,
                    // A newer socket took its place: this one goes on as it is.
                    None => orders = unbounded_channel().1,
                },
            }
        }
    }

    fn answer(&self, frame: &Value) -> Option<Value> {
        let mut rules = self.rules.lock().unwrap();
        let action = frame["Action"].as_str().unwrap();
        if let Some(at) = rules.unanswered.iter().position(|one| *one == action) {
            rules.unanswered.remove(at);
            return None;
        }
        let mut answer = json!({ "Action": action, "RequestId": frame["RequestId"], "StatusCode": 200 });
        if let Some((_, more)) = rules.answers.iter().find(|(one, _)| *one == action) {
            answer.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        }
        Some(answer)
    }
}

/// As the SDKs', a hundred times as fast.
pub fn quick() -> Timing {
    let ms = Duration::from_millis;
    Timing {
        heartbeat: ms(600),
        answer: ms(2000),
        ready: ms(1000),
        retries: vec![ms(20), ms(40), ms(80)],
        farewell: ms(300),
    }
}
