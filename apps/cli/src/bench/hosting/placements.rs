//! Placements per second to activated sessions: every game server activates at once, ends at once, and another process
//! takes its place.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use matchwright_fake_server::{Habits, Happening, Watch};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::crowd::{self, Server};
use crate::api::Api;
use crate::bench::callers::Caller;
use crate::bench::process::own_cpu;

/// Issue 4, part 7.5.
const PER_SECOND_MIN: f64 = 2000.0;
/// Placements of which it is looked whether they came to their end.
const LOOKED_AT: u64 = 50;

#[derive(Debug, Clone, Copy)]
pub struct Placements {
    pub servers: usize,
    pub activated: u64,
    pub per_second: f64,
    /// Of the server and of this program, the game servers and callers.
    pub cpu: Duration,
    pub own_cpu: Duration,
}

impl Placements {
    pub fn is_met(&self) -> bool {
        self.per_second >= PER_SECOND_MIN
    }

    pub fn goal(&self) -> String {
        let word = if self.is_met() { "met    " } else { "not met" };
        format!(
            "goal {word} {PER_SECOND_MIN:.0} placements/s to activated sessions: {:.0}/s",
            self.per_second
        )
    }

    pub fn as_json(&self) -> Value {
        json!({ "servers": self.servers, "activated": self.activated, "perSecond": self.per_second,
                "cpuUs": micros(self.cpu), "clientCpuUs": micros(self.own_cpu), "met": self.is_met() })
    }
}

fn micros(span: Duration) -> f64 {
    span.as_secs_f64() * 1e6
}

/// Placements for `span`, never more at the same time than processes that are ready.
pub fn measure(
    server: &Server,
    servers: usize,
    clients: usize,
    span: Duration,
) -> Result<Placements, String> {
    let ready = Arc::new(Semaphore::new(0));
    let freed = ready.clone();
    let also: Watch = Arc::new(move |_, happening| {
        if happening == Happening::Ready {
            freed.add_permits(1);
        }
    });
    let address = server.fleet.address(&server.api)?;
    let running = crowd::start(address, servers, Habits::hasty(), also)?;
    let (started, gate) = (Arc::new(AtomicU64::new(0)), ready.clone());
    let (address, queue, numbers) =
        (socket_address(&server.api)?, server.fleet.queue.clone(), started.clone());
    let calling = std::thread::spawn(move || place(address, &queue, clients, &gate, &numbers));
    // The first moments fill caches and open connections.
    std::thread::sleep(span / 5);
    let count = || running.tally.activated.load(Ordering::Relaxed);
    let (cpu, own, before, begun) = (server.cpu()?, own_cpu()?, count(), Instant::now());
    std::thread::sleep(span);
    let (activated, elapsed) = (count() - before, begun.elapsed());
    let per_session =
        |now: Duration, before: Duration| now.saturating_sub(before).div_f64(activated.max(1) as f64);
    let (cpu, own_cpu) = (per_session(server.cpu()?, cpu), per_session(own_cpu()?, own));
    ready.close();
    calling.join().map_err(|_| "the callers failed".to_string())??;
    running.all_well()?;
    fulfilled(&server.api, started.load(Ordering::Relaxed))?;
    Ok(Placements { servers, activated, per_second: activated as f64 / elapsed.as_secs_f64(), cpu, own_cpu })
}

/// Of the server's API.
pub fn socket_address(api: &Api) -> Result<SocketAddr, String> {
    let authority = api.url().trim_start_matches("http://");
    authority
        .parse()
        .map_err(|_| format!("expected an endpoint as http://127.0.0.1:4600, found {}", api.url()))
}

/// Until the gate is closed.
fn place(
    address: SocketAddr,
    queue: &str,
    clients: usize,
    gate: &Arc<Semaphore>,
    started: &Arc<AtomicU64>,
) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(async {
        let callers: Vec<_> = (0..clients)
            .map(|_| tokio::spawn(caller(address, queue.to_string(), gate.clone(), started.clone())))
            .collect();
        for caller in callers {
            caller.await.map_err(|error| error.to_string())??;
        }
        Ok(())
    })
}

async fn caller(
    address: SocketAddr,
    queue: String,
    gate: Arc<Semaphore>,
    started: Arc<AtomicU64>,
) -> Result<(), String> {
    let mut caller = Caller::connect(address, "GameLift.StartGameSessionPlacement").await?;
    while let Ok(permit) = gate.acquire().await {
        permit.forget();
        let body = json!({ "PlacementId": name(started.fetch_add(1, Ordering::Relaxed)),
            "GameSessionQueueName": queue, "MaximumPlayerSessionCount": 4 });
        caller.call(body.to_string()).await?;
    }
    Ok(())
}

/// Ids are never used again: those of another run on the same server begin otherwise.
fn name(number: u64) -> String {
    format!("bench-{}-{number}", std::process::id())
}

/// Looks at some of the placements, from the first to the last.
fn fulfilled(api: &Api, started: u64) -> Result<(), String> {
    std::thread::sleep(Duration::from_millis(500));
    for number in (0..started).step_by((started / LOOKED_AT).max(1) as usize) {
        let asked = json!({ "PlacementId": name(number) });
        let answer = api.call("DescribeGameSessionPlacement", &asked)?;
        let status = &answer["GameSessionPlacement"]["Status"];
        if status != "FULFILLED" {
            return Err(format!("placement {number} of {started} is {status} and not FULFILLED"));
        }
    }
    Ok(())
}
