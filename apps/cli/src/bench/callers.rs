//! Callers that cost little, so that what is measured is the server: one thread, a connection each.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// What callers and those who watch them share.
#[derive(Default)]
pub struct Progress {
    pub done: AtomicU64,
    pub is_over: AtomicBool,
}

/// Calls at a steady rate, dealt out to the clients in turn.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub per_second: u64,
    pub clients: usize,
}

impl Pace {
    /// How long after the first call of all a client's numbered call is due.
    fn due(self, client: usize, number: u64) -> Duration {
        Duration::from_secs_f64(
            (number * self.clients as u64 + client as u64) as f64 / self.per_second.max(1) as f64,
        )
    }
}

/// Calls from `clients` connections, each as soon as its last answer came and not before its pace says, until `progress`
/// is over. `body` makes the body of a client's numbered call.
///
/// # Errors
/// The first answer that is not 200, or why the server could not be reached.
pub fn call(
    address: SocketAddr,
    operation: &str,
    clients: usize,
    pace: Option<Pace>,
    progress: &Arc<Progress>,
    body: impl Fn(usize, u64) -> String + Clone + 'static,
) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let local = tokio::task::LocalSet::new();
    let callers: Vec<_> = (0..clients)
        .map(|client| {
            let (body, progress) = (body.clone(), progress.clone());
            let target = format!("GameLift.{operation}");
            local.spawn_local(async move {
                let due = |number| pace.map(|pace| pace.due(client, number));
                caller(address, &target, &progress, due, |number| body(client, number)).await
            })
        })
        .collect();
    local.block_on(&runtime, async {
        for caller in callers {
            caller.await.map_err(|error| error.to_string())??;
        }
        Ok(())
    })
}

async fn caller(
    address: SocketAddr,
    target: &str,
    progress: &Progress,
    due: impl Fn(u64) -> Option<Duration>,
    body: impl Fn(u64) -> String,
) -> Result<(), String> {
    let mut caller = Caller::connect(address, target).await?;
    let started = tokio::time::Instant::now();
    for number in 0.. {
        if let Some(due) = due(number) {
            tokio::time::sleep_until(started + due).await;
        }
        if progress.is_over.load(Ordering::Relaxed) {
            break;
        }
        caller.call(body(number)).await?;
        progress.done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// One connection.
pub struct Caller {
    sender: http1::SendRequest<Full<Bytes>>,
    target: String,
}

impl Caller {
    /// # Errors
    /// Why the server could not be reached.
    pub async fn connect(address: SocketAddr, target: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        tokio::spawn(connection);
        Ok(Self { sender, target: target.to_string() })
    }

    /// # Errors
    /// The answer, where it is not 200, or why none came.
    pub async fn call(&mut self, body: String) -> Result<(), String> {
        let request = Request::post("/")
            .header("host", "matchwright")
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", &self.target)
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        let answer = self.sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let text = answer.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        match status {
            StatusCode::OK => Ok(()),
            _ => Err(String::from_utf8_lossy(&text).into_owned()),
        }
    }
}
