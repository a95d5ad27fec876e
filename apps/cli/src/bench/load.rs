//! Clients that call as fast as they can, and tickets at a steady rate.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::json;

use super::callers::{self, Progress};
use super::process::Child;
use crate::api::Api;

const PAIRS: &str = r#"{"ruleLanguageVersion":"1.0","teams":[
    {"name":"red","minPlayers":1,"maxPlayers":1},{"name":"blue","minPlayers":1,"maxPlayers":1}]}"#;
/// Clients of the latency measurement.
const SENDERS: u64 = 16;

pub struct Rate {
    pub per_second: f64,
    pub per_cpu_second: f64,
}

/// Makes the one matchmaker of both measurements.
pub fn prepare(api: &Api) -> Result<(), String> {
    api.call("CreateMatchmakingRuleSet", &json!({ "Name": "pairs", "RuleSetBody": PAIRS }))?;
    let matchmaker = json!({ "Name": "pairs", "RuleSetName": "pairs", "RequestTimeoutSeconds": 43_200,
        "AcceptanceRequired": false, "FlexMatchMode": "STANDALONE" });
    api.call("CreateMatchmakingConfiguration", &matchmaker).map(drop)
}

fn body(ticket: &str) -> String {
    let player = json!({ "PlayerId": format!("player-{ticket}"), "PlayerAttributes": { "skill": { "N": 1200 } },
        "LatencyInMs": { "eu-west-1": 25, "us-east-1": 90 } });
    json!({ "ConfigurationName": "pairs", "TicketId": ticket, "Players": [player] }).to_string()
}

/// Calls as fast as `clients` can, for `span`.
pub fn rate(server: &Child, clients: usize, span: Duration) -> Result<Rate, String> {
    let address = server.address()?;
    let progress = Arc::new(Progress::default());
    let (run, shared) = (unique(), progress.clone());
    let calling = std::thread::spawn(move || {
        let body = move |client: usize, number: u64| body(&format!("{run}-{client}-{number}"));
        callers::call(address, "StartMatchmaking", clients, None, &shared, body)
    });
    // The first moments fill caches and open connections.
    std::thread::sleep(span / 10);
    let count = || progress.done.load(Ordering::Relaxed);
    let (cpu, first, started) = (server.cpu()?, count(), Instant::now());
    std::thread::sleep(span);
    let (cpu, count) = (server.cpu()?.saturating_sub(cpu), count() - first);
    let elapsed = started.elapsed();
    progress.is_over.store(true, Ordering::Relaxed);
    calling.join().map_err(|_| "the callers failed".to_string())??;
    let per = |span: Duration| count as f64 / span.as_secs_f64().max(0.001);
    Ok(Rate { per_second: per(elapsed), per_cpu_second: per(cpu) })
}

/// Microseconds from when a ticket was due to when the stream told its potential match.
pub fn time_to_match(api: &Api, per_second: u64, span: Duration) -> Result<Histogram<u64>, String> {
    let sent: Arc<Mutex<BTreeMap<String, Instant>>> = Arc::default();
    let times = Arc::new(Mutex::new(Histogram::new(3).map_err(|error| error.to_string())?));
    let (watched, seen, into) = (api.clone(), sent.clone(), times.clone());
    std::thread::spawn(move || {
        watched.events(0, |event| {
            if event["detail"]["type"] == "PotentialMatchCreated" {
                let now = Instant::now();
                let mut sent = seen.lock().unwrap_or_else(PoisonError::into_inner);
                let mut times = into.lock().unwrap_or_else(PoisonError::into_inner);
                for ticket in event["detail"]["tickets"].as_array().into_iter().flatten() {
                    let due = ticket["ticketId"].as_str().and_then(|id| sent.remove(id));
                    if let Some(due) = due {
                        let span = now.saturating_duration_since(due).as_micros() as u64;
                        times.record(span).expect("the histogram grows by itself");
                    }
                }
            }
            true
        })
    });
    let run = unique();
    let started = Instant::now() + Duration::from_millis(500);
    let count = per_second * span.as_secs();
    let threads: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (api, sent) = (api.clone(), sent.clone());
            std::thread::spawn(move || {
                for number in (sender..count).step_by(SENDERS as usize) {
                    // Measured from when it was due: a slow server cannot hide behind a slow client.
                    let due = started + Duration::from_secs(1) * number as u32 / per_second.max(1) as u32;
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    let id = format!("{run}-{number}");
                    sent.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), due);
                    let _ = api.post("StartMatchmaking", body(&id).as_bytes());
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| drop(thread.join()));
    let patience = Instant::now() + Duration::from_secs(10);
    while Instant::now() < patience && sent.lock().unwrap_or_else(PoisonError::into_inner).len() > 1 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let found = times.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match found.is_empty() {
        true => Err("no match was told in time".to_string()),
        false => Ok(found),
    }
}

/// Ids of one run do not meet those of another.
fn unique() -> u64 {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    RUNS.fetch_add(1, Ordering::Relaxed)
}
