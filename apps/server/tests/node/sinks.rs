//! A receiver that is alive, dead, and back: every event at least once, in order.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::client::{Server, until};

/// Keeps what it confirms; while it is dead it answers 500.
struct Receiver {
    address: SocketAddr,
    got: Arc<Mutex<Vec<Value>>>,
    is_dead: Arc<AtomicBool>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (got, is_dead): (Arc<Mutex<Vec<Value>>>, Arc<AtomicBool>) = Default::default();
        let (keep, dead) = (got.clone(), is_dead.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (keep, dead) = (keep.clone(), dead.clone());
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream);
                    while let Some(body) = read_request(&mut reader) {
                        let status = if dead.load(Ordering::SeqCst) { "500 no" } else { "200 OK" };
                        if status == "200 OK" {
                            keep.lock().unwrap().push(body);
                        }
                        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
                        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, got, is_dead }
    }

    fn setting(&self, format: &str) -> String {
        format!(r#"sinks=[{{name="game", url="http://{}/", format="{format}"}}]"#, self.address)
    }

    fn count(&self) -> usize {
        self.got.lock().unwrap().len()
    }
}

fn read_request(reader: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn play(server: &Server, round: usize) {
    let (one, other) = (format!("{round}-a"), format!("{round}-b"));
    server.join("duel-now", &one);
    server.join("duel-now", &other);
    server.until_status(&one, "COMPLETED");
}

#[test]
fn every_event_arrives_in_order_through_death_and_restart() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    let setting = receiver.setting("event");
    let server = Server::start(folder.path(), &[&setting]);
    server.create_duel("duel-now");
    play(&server, 0);
    until("four events arrived", || receiver.count() == 4);
    receiver.is_dead.store(true, Ordering::SeqCst);
    (1..20).for_each(|round| play(&server, round));
    server.stop();
    // Longer dead than memory reaches back.
    let server = Server::start(folder.path(), &[&setting, "events.keep=2"]);
    play(&server, 20);
    receiver.is_dead.store(false, Ordering::SeqCst);
    let whole: Vec<String> =
        server.events("?after=0", None, 84).into_iter().map(|(_, one)| id(&one)).collect();
    until("all events arrived", || {
        let got = receiver.got.lock().unwrap();
        whole.iter().all(|wanted| got.iter().any(|one| id(one) == *wanted))
    });
    // Repeats are allowed, their ids tell them; first arrivals are in order.
    let mut first: Vec<String> = Vec::new();
    for one in receiver.got.lock().unwrap().iter() {
        if !first.contains(&id(one)) {
            first.push(id(one));
        }
    }
    assert_eq!(first, whole);
}

#[test]
fn a_notification_carries_the_envelope_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    let server = Server::start(folder.path(), &[&receiver.setting("sns")]);
    server.create_duel("duel-now");
    play(&server, 0);
    until("four events arrived", || receiver.count() == 4);
    let got = receiver.got.lock().unwrap();
    assert_eq!(got[0]["Type"], "Notification");
    let envelope: Value = serde_json::from_str(got[0]["Message"].as_str().unwrap()).unwrap();
    assert_eq!(envelope["id"], got[0]["MessageId"]);
}

fn id(envelope: &Value) -> String {
    envelope["id"].as_str().unwrap().to_string()
}
