//! Players in a hurry, on a few threads, until the server is gone; and what they were promised.

use std::collections::BTreeSet;
use std::thread::JoinHandle;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::server::{Api, Failure};

const THREADS: usize = 3;

/// What was acknowledged. Everything in it must be true after every start.
#[derive(Debug, Default)]
pub struct Ledger {
    pub started: BTreeSet<String>,
    pub stopped: BTreeSet<String>,
}

pub struct Load {
    before: Ledger,
    threads: Vec<JoinHandle<Ledger>>,
}

impl Load {
    pub fn start(api: Api, random: &mut impl Rng, round: usize, before: Ledger) -> Self {
        let threads = (0..THREADS).map(|thread| {
            let (api, seed) = (api.clone(), random.random());
            std::thread::spawn(move || hurry(&api, ChaCha8Rng::seed_from_u64(seed), round, thread))
        });
        Self { threads: threads.collect(), before }
    }

    /// Waits until every thread has noticed, and adds what they were promised.
    pub fn end(self) -> Ledger {
        let mut ledger = self.before;
        for thread in self.threads {
            let more = thread.join().expect("a thread of the load");
            ledger.started.extend(more.started);
            ledger.stopped.extend(more.stopped);
        }
        ledger
    }
}

fn hurry(api: &Api, mut random: ChaCha8Rng, round: usize, thread: usize) -> Ledger {
    let mut ledger = Ledger::default();
    let mut mine: Vec<(String, String)> = Vec::new();
    for number in 0.. {
        let outcome = match random.random_range(0..10) {
            0..6 => {
                // The round comes first with leading zeros: the newest tickets are the last of the ledger.
                let ticket = format!("t{round:05}-{thread}-{number}");
                // A small crowd: the same player often asks again while his older ticket lives.
                let player = format!("player-{}", random.random_range(0..60));
                let matchmaker = if random.random_bool(0.5) { "open" } else { "asked" };
                let body = json!({"TicketId": ticket, "ConfigurationName": matchmaker, "Players": [{"PlayerId": player}]});
                let outcome = api.call("StartMatchmaking", &body).map(|_| ());
                if outcome.is_ok() {
                    ledger.started.insert(ticket.clone());
                    mine.push((ticket, player));
                }
                outcome
            }
            6..9 => answer(api, &mut random, &mine),
            _ => stop(api, &mut random, &mine, &mut ledger),
        };
        if matches!(outcome, Err(Failure::Lost)) {
            break;
        }
    }
    ledger
}

/// Most say yes. Whoever is not asked at the moment is refused, which is fine.
fn answer(api: &Api, random: &mut ChaCha8Rng, mine: &[(String, String)]) -> Result<(), Failure> {
    let yes = if random.random_bool(0.85) { "ACCEPT" } else { "REJECT" };
    for (ticket, player) in mine.iter().rev().take(4) {
        let body = json!({"TicketId": ticket, "PlayerIds": [player], "AcceptanceType": yes});
        match api.call("AcceptMatch", &body) {
            Err(Failure::Lost) => return Err(Failure::Lost),
            Ok(_) | Err(Failure::Refused(_)) => {}
        }
    }
    Ok(())
}

fn stop(
    api: &Api,
    random: &mut ChaCha8Rng,
    mine: &[(String, String)],
    ledger: &mut Ledger,
) -> Result<(), Failure> {
    let Some((ticket, _)) = mine.get(mine.len().saturating_sub(1 + random.random_range(0..5))) else {
        return Ok(());
    };
    let outcome = api.call("StopMatchmaking", &json!({"TicketId": ticket}));
    if outcome.is_ok() {
        ledger.stopped.insert(ticket.clone());
    }
    outcome.map(|_| ())
}
