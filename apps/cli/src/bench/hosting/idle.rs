//! Game servers that wait: what a socket costs in memory and a heartbeat in processor time, beside a bare WebSocket.

use std::sync::Arc;
use std::time::Duration;

use matchwright_fake_server::{Address, CallError, Connection, Timing};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::crowd::Server;
use crate::bench::process::Child;

/// Issue 4, part 7.5.
const BYTES_MAX: f64 = 20.0 * 1024.0;
/// So many open at the same time.
const OPENING_MAX: usize = 64;
/// What was needed only to open them is given back by then.
const REST: Duration = Duration::from_secs(2);

/// Of one kind of server.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub bytes_per_socket: f64,
    pub per_message: Duration,
}

#[derive(Debug, Clone, Copy)]
pub struct Idle {
    pub sockets: usize,
    pub server: Cost,
    pub echo: Cost,
}

impl Idle {
    pub fn is_met(&self) -> bool {
        self.server.bytes_per_socket <= BYTES_MAX
    }

    pub fn goal(&self) -> String {
        let word = if self.is_met() { "met    " } else { "not met" };
        let found = self.server.bytes_per_socket / 1024.0;
        format!("goal {word} {:.0} KB per idle socket of {}: {found:.1} KB", BYTES_MAX / 1024.0, self.sockets)
    }

    pub fn ratio(&self) -> f64 {
        self.server.per_message.as_secs_f64() / self.echo.per_message.as_secs_f64().max(1e-12)
    }

    pub fn as_json(&self) -> Value {
        let us = |span: Duration| span.as_secs_f64() * 1e6;
        json!({ "sockets": self.sockets, "bytesPerSocket": self.server.bytes_per_socket,
                "echoBytesPerSocket": self.echo.bytes_per_socket, "heartbeatUs": us(self.server.per_message),
                "echoUs": us(self.echo.per_message), "ratio": self.ratio(), "met": self.is_met() })
    }
}

/// The same sockets and messages to the server and to the echo.
pub fn measure(server: &Server, sockets: usize, beats: usize) -> Result<Idle, String> {
    let Some(child) = &server.child else {
        return Err("memory is known of a server that was started here only".to_string());
    };
    let echo = Child::start(&["bench", "echo-socket"])?;
    let address = server.fleet.address(&server.api)?;
    let bare = Address { endpoint: echo.url.replace("http://", "ws://"), ..address.clone() };
    let echo = cost(&echo, &bare, sockets, beats, false)?;
    let server = cost(child, &address, sockets, beats, true)?;
    Ok(Idle { sockets, server, echo })
}

fn cost(
    child: &Child,
    address: &Address,
    sockets: usize,
    beats: usize,
    is_ready: bool,
) -> Result<Cost, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let memory = child.memory()?;
    let open = open_all(&runtime, address, sockets, is_ready)?;
    std::thread::sleep(REST);
    let bytes = child.memory()?.saturating_sub(memory);
    let cpu = child.cpu()?;
    beat_all(&runtime, open, beats)?;
    let cpu = child.cpu()?.saturating_sub(cpu);
    Ok(Cost {
        bytes_per_socket: bytes as f64 / sockets.max(1) as f64,
        per_message: cpu.div_f64((sockets * beats).max(1) as f64),
    })
}

fn open_all(
    runtime: &Runtime,
    address: &Address,
    sockets: usize,
    is_ready: bool,
) -> Result<Vec<Connection>, String> {
    let gate = Arc::new(Semaphore::new(OPENING_MAX));
    runtime.block_on(async {
        let mut opening = JoinSet::new();
        for number in 0..sockets {
            let (address, gate) = (address.clone(), gate.clone());
            opening.spawn(async move {
                let _permit = gate.acquire().await.expect("it is never closed");
                open(address, is_ready.then_some(7777 + (number % 50_000) as u16)).await
            });
        }
        opening.join_all().await.into_iter().collect()
    })
}

/// With a port it is ready for a game.
async fn open(address: Address, port: Option<u16>) -> Result<Connection, String> {
    let opened = Connection::open(address, Timing::default()).await;
    let mut connection = opened.map_err(|lost| format!("a socket could not be opened: {lost:?}"))?;
    if let Some(port) = port {
        connection.ready(port).await.map_err(|error| format!("a process could not get ready: {error:?}"))?;
    }
    Ok(connection)
}

/// Each sends so many heartbeats, one after the other, and keeps open until all are done.
fn beat_all(runtime: &Runtime, open: Vec<Connection>, beats: usize) -> Result<(), String> {
    runtime.block_on(async {
        let mut beating = JoinSet::new();
        for mut connection in open {
            beating.spawn(async move {
                for _ in 0..beats {
                    let asked = json!({ "HealthStatus": true });
                    match connection.call("HeartbeatServerProcess", asked).await {
                        // The echo has no status.
                        Ok(_) | Err(CallError::Answered { status: 0, .. }) => {}
                        Err(error) => return Err(format!("a heartbeat was not answered: {error:?}")),
                    }
                }
                Ok(connection)
            });
        }
        let done: Result<Vec<_>, _> = beating.join_all().await.into_iter().collect();
        done.map(drop)
    })
}
