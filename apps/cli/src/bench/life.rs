//! A ticket's whole life with the rule set of a workload: it comes, waits, is matched and is forgotten; and how much of
//! the server's CPU time for all that goes to matching.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use matchwright_model::{AttributeValue, Player, Timestamp};
use matchwright_workbench::workload::{Ticket, Workload};
use serde_json::{Value, json};

use super::callers::{self, Pace, Progress};
use super::process::Child;
use crate::api::Api;

/// Matching takes less than this of a ticket's CPU time (goal 14).
const SHARE_MAX: f64 = 0.10;
/// Different tickets; beyond them the same people come again under other names.
const PEOPLE: usize = 10_000;
/// Stands in a ticket's text for its name.
const NAME: char = '@';
/// How long after its end a ticket is forgotten here, so that this is part of the life that is measured.
pub const RETENTION: &str = "quotas.ticket_retention_seconds=1";
/// Nobody was matched for so long: those who still wait have nobody.
const QUIET: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(60);

/// What the tickets of one rate cost.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    /// Tickets per second that were asked for; `None`: as fast as they were answered.
    pub asked: Option<u64>,
    pub tickets: u64,
    pub per_second: f64,
    /// Share of the tickets that were matched.
    pub completed: f64,
    /// CPU time per ticket, of the server and of its search thread.
    pub cpu: Duration,
    pub search: Duration,
}

impl Life {
    pub fn share(&self) -> f64 {
        self.search.as_secs_f64() / self.cpu.as_secs_f64().max(1e-12)
    }

    pub fn rate(&self) -> String {
        self.asked.map_or("as fast as answered".to_string(), |rate| format!("{rate}/s"))
    }

    pub fn as_json(&self) -> Value {
        json!({ "asked": self.asked, "tickets": self.tickets, "ticketsPerSecond": self.per_second,
                "completed": self.completed, "cpuUs": self.cpu.as_secs_f64() * 1e6,
                "searchUs": self.search.as_secs_f64() * 1e6, "searchShare": self.share(), "met": self.is_met() })
    }

    pub fn is_met(&self) -> bool {
        self.share() < SHARE_MAX
    }

    pub fn goal(&self) -> String {
        let word = if self.is_met() { "met    " } else { "not met" };
        let most = 100.0 * SHARE_MAX;
        format!(
            "goal 14 {word} {}: matching takes less than {most:.0} % of a ticket's CPU time: {:.1} %",
            self.rate(),
            100.0 * self.share()
        )
    }
}

/// Tickets for `span`, then until nobody is matched any more and those who were are forgotten: their whole life, and
/// nothing but it, is what the server's CPU time between the two readings went to.
pub fn measure(
    server: &Child,
    workload: &Workload,
    clients: usize,
    asked: Option<u64>,
    span: Duration,
) -> Result<Life, String> {
    let api = Api::new(&server.url);
    prepare(&api, workload)?;
    // Shared: each client has a copy of what makes bodies, and a thousand copies of all of them take longer than the span.
    let bodies: Arc<[String]> = workload.tickets(PEOPLE, 1, Timestamp(0)).iter().map(body).collect();
    let progress = Arc::new(Progress::default());
    let (address, shared) = (server.address()?, progress.clone());
    let pace = asked.map(|per_second| Pace { per_second, clients });
    let (cpu, search, started) = (server.cpu()?, server.cpu_of("search-")?, Instant::now());
    let calling = std::thread::spawn(move || {
        let body = move |client: usize, number: u64| {
            let people = &bodies[(number as usize * clients + client) % bodies.len()];
            people.replace(NAME, &format!("{client}-{number}"))
        };
        callers::call(address, "StartMatchmaking", clients, pace, &shared, body)
    });
    std::thread::sleep(span);
    let per_second = progress.done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64();
    progress.is_over.store(true, Ordering::Relaxed);
    calling.join().map_err(|_| "the callers failed".to_string())??;
    let completed = settled(&api)?;
    let tickets = progress.done.load(Ordering::Relaxed);
    if tickets == 0 {
        return Err(format!(
            "no call of {clients} clients was answered within {span:?}; give them more --seconds, or use fewer --clients"
        ));
    }
    let per_ticket = |now: Duration, before: Duration| now.saturating_sub(before).div_f64(tickets as f64);
    Ok(Life {
        asked,
        tickets,
        per_second,
        completed: completed / tickets as f64,
        search: per_ticket(server.cpu_of("search-")?, search),
        cpu: per_ticket(server.cpu()?, cpu),
    })
}

/// Tickets that were completed, once no more are.
fn settled(api: &Api) -> Result<f64, String> {
    let (end, mut since, mut before) = (Instant::now() + PATIENCE, Instant::now(), f64::NAN);
    loop {
        let completed = completed(api)?;
        if completed != before {
            (before, since) = (completed, Instant::now());
        }
        if since.elapsed() >= QUIET || Instant::now() >= end {
            return Ok(completed);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn completed(api: &Api) -> Result<f64, String> {
    const SERIES: &str = "matchwright_time_to_ticket_success_seconds_count";
    let text = api.get("/metrics")?;
    let values =
        text.lines().filter(|line| line.starts_with(SERIES)).filter_map(|line| line.rsplit(' ').next());
    Ok(values.filter_map(|value| value.parse::<f64>().ok()).sum())
}

fn prepare(api: &Api, workload: &Workload) -> Result<(), String> {
    api.call("CreateMatchmakingRuleSet", &json!({ "Name": "life", "RuleSetBody": workload.rules }))?;
    let matchmaker = json!({ "Name": "life", "RuleSetName": "life", "RequestTimeoutSeconds": 43_200,
        "AcceptanceRequired": false, "FlexMatchMode": "STANDALONE" });
    api.call("CreateMatchmakingConfiguration", &matchmaker).map(drop)
}

/// A ticket as it is asked for, with [`NAME`] where its own name is to stand.
fn body(ticket: &Ticket) -> String {
    let players: Vec<Value> =
        ticket.players.iter().enumerate().map(|(index, one)| player(index, one)).collect();
    json!({ "ConfigurationName": "life", "TicketId": NAME, "Players": players }).to_string()
}

fn player(index: usize, player: &Player) -> Value {
    let attributes = player.attributes.iter().filter_map(|(name, value)| match value {
        AttributeValue::Number(number) => Some((name.to_string(), json!({ "N": number }))),
        AttributeValue::Text(text) => Some((name.to_string(), json!({ "S": text }))),
        _ => None,
    });
    let latencies = player.latencies.iter().map(|(region, latency)| (region.to_string(), json!(latency)));
    json!({ "PlayerId": format!("{NAME}-{index}"),
            "PlayerAttributes": attributes.collect::<serde_json::Map<_, _>>(),
            "LatencyInMs": latencies.collect::<serde_json::Map<_, _>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_of_a_new_ticket_with_new_players() {
        let workload = Workload::by_name("w2").expect("it is one of all");
        let party = workload.tickets(100, 1, Timestamp(0)).into_iter().find(|one| one.players.len() > 1);
        let party = party.expect("w2 has parties");
        let text = body(&party).replace(NAME, "3-7");
        let call: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(call["TicketId"], "3-7");
        let players = call["Players"].as_array().expect("players");
        assert_eq!(players.len(), party.players.len());
        assert_eq!((&players[0]["PlayerId"], &players[1]["PlayerId"]), (&json!("3-7-0"), &json!("3-7-1")));
        assert!(players[1]["PlayerAttributes"]["skill"]["N"].is_number());
        assert_eq!(players[1]["LatencyInMs"].as_object().map(|one| one.len()), Some(8));
    }

    #[test]
    fn the_share_of_matching_is_told_against_the_goal() {
        let micros = Duration::from_micros;
        let life = Life {
            asked: None,
            tickets: 1,
            per_second: 1.0,
            completed: 1.0,
            cpu: micros(100),
            search: micros(9),
        };
        assert!(life.is_met() && life.goal().ends_with("9.0 %"), "{}", life.goal());
        let life = Life { search: micros(10), ..life };
        assert!(life.goal().starts_with("goal 14 not met"), "{}", life.goal());
    }
}
