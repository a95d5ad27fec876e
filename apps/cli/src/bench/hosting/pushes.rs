//! From a match to CreateGameSession at the game server that it was placed on.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hdrhistogram::Histogram;
use matchwright_fake_server::{Habits, Happening, Watch};
use serde_json::{Value, json};

use super::crowd::{self, Server};
use super::placements::socket_address;
use crate::bench::callers::{self, Pace, Progress};

/// Issue 4, part 7.5.
const P99_MAX_MS: f64 = 20.0;
const CLIENTS: usize = 16;
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Pushes {
    pub asked: u64,
    /// In microseconds.
    times: Histogram<u64>,
}

impl Pushes {
    pub fn millis(&self, quantile: f64) -> f64 {
        self.times.value_at_quantile(quantile) as f64 / 1000.0
    }

    pub fn matches(&self) -> u64 {
        self.times.len()
    }

    pub fn is_met(&self) -> bool {
        self.millis(0.99) < P99_MAX_MS
    }

    pub fn goal(&self) -> String {
        let word = if self.is_met() { "met    " } else { "not met" };
        let found = self.millis(0.99);
        format!("goal {word} p99 under {P99_MAX_MS:.0} ms from match to CreateGameSession: {found:.1} ms")
    }

    pub fn as_json(&self) -> Value {
        json!({ "matchesPerSecond": self.asked, "matches": self.matches(), "p50Ms": self.millis(0.5),
                "p99Ms": self.millis(0.99), "maxMs": self.millis(1.0), "met": self.is_met() })
    }
}

/// When something was, in microseconds of the wall clock, by the id of its match.
type Times = Arc<Mutex<BTreeMap<String, u64>>>;

fn note(times: &Times, id: &str, at: u64) {
    times.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_string(), at);
}

fn count(times: &Times) -> usize {
    times.lock().unwrap_or_else(PoisonError::into_inner).len()
}

/// Matches at a steady rate for `span`, each placed on one of so many game servers.
///
/// A match is as old as its event says, in whole milliseconds and from before it was on the disk: what is found is
/// never less than what it took.
pub fn measure(
    server: &mut Server,
    servers: usize,
    per_second: u64,
    span: Duration,
) -> Result<Pushes, String> {
    server.fleet.matchmaker(&server.api, "bench")?;
    let (decided, pushed) = (Times::default(), Times::default());
    watch_events(server, &decided);
    let arrived = pushed.clone();
    let also: Watch = Arc::new(move |_, happening| {
        if let Happening::Told(game) = happening
            && let Some(id) = &game.match_id
        {
            note(&arrived, id, now());
        }
    });
    let running = crowd::start(server.fleet.address(&server.api)?, servers, Habits::hasty(), also)?;
    tickets(server, per_second * 2, span)?;
    let expected = (per_second as f64 * span.as_secs_f64() * 0.95) as usize;
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end && count(&pushed).min(count(&decided)) < expected {
        std::thread::sleep(Duration::from_millis(50));
    }
    running.all_well()?;
    let times = between(&decided, &pushed)?;
    match times.len() >= expected as u64 {
        true => Ok(Pushes { asked: per_second, times }),
        false => Err(format!("expected at least {expected} matches on game servers, found {}", times.len())),
    }
}

fn watch_events(server: &Server, decided: &Times) {
    let (api, into) = (server.api.clone(), decided.clone());
    std::thread::spawn(move || {
        api.events(0, |event| {
            if event["detail"]["type"] == "PotentialMatchCreated"
                && let Some((id, at)) = event["detail"]["matchId"].as_str().zip(time_of(&event))
            {
                note(&into, id, at);
            }
            true
        })
    });
}

fn time_of(event: &Value) -> Option<u64> {
    let at: jiff::Timestamp = event["time"].as_str()?.parse().ok()?;
    u64::try_from(at.as_microsecond()).ok()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |span| span.as_micros() as u64)
}

fn tickets(server: &Server, per_second: u64, span: Duration) -> Result<(), String> {
    let (address, progress) = (socket_address(&server.api)?, Arc::new(Progress::default()));
    let shared = progress.clone();
    let pace = Some(Pace { per_second, clients: CLIENTS });
    let calling = std::thread::spawn(move || {
        let body = |client: usize, number: u64| {
            let id = format!("push-{}-{client}-{number}", std::process::id());
            json!({ "ConfigurationName": "bench", "TicketId": id, "Players": [{ "PlayerId": id }] })
                .to_string()
        };
        callers::call(address, "StartMatchmaking", CLIENTS, pace, &shared, body)
    });
    std::thread::sleep(span);
    progress.is_over.store(true, Ordering::Relaxed);
    calling.join().map_err(|_| "the callers failed".to_string())?
}

fn between(decided: &Times, pushed: &Times) -> Result<Histogram<u64>, String> {
    let mut times = Histogram::new(3).map_err(|error| error.to_string())?;
    let decided = decided.lock().unwrap_or_else(PoisonError::into_inner);
    let pushed = pushed.lock().unwrap_or_else(PoisonError::into_inner);
    for (id, at) in &*pushed {
        if let Some(since) = decided.get(id) {
            times.record(at.saturating_sub(*since)).expect("the histogram grows by itself");
        }
    }
    Ok(times)
}
