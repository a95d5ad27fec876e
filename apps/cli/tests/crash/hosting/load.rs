//! Players and studios in a hurry who want games, until the server is gone; and what they were promised.

use std::collections::BTreeSet;
use std::thread::JoinHandle;
use std::time::Duration;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::{FLEET, LOCATION, QUEUED};
use crate::server::{Api, Failure};
use crate::text;

const THREADS: usize = 2;
/// Enough that games are missing at times, and at others processes are free.
const PAUSE: Duration = Duration::from_millis(5);

/// What was acknowledged. All of it must be known after every start.
#[derive(Debug, Default)]
pub struct Ledger {
    pub tickets: BTreeSet<String>,
    pub stopped_tickets: BTreeSet<String>,
    pub placements: BTreeSet<String>,
    pub stopped_placements: BTreeSet<String>,
    /// In the order they were acknowledged.
    pub sessions: Vec<String>,
    pub seats: Vec<String>,
}

impl Ledger {
    fn add(&mut self, more: Self) {
        self.tickets.extend(more.tickets);
        self.stopped_tickets.extend(more.stopped_tickets);
        self.placements.extend(more.placements);
        self.stopped_placements.extend(more.stopped_placements);
        self.sessions.extend(more.sessions);
        self.seats.extend(more.seats);
    }
}

pub struct Load {
    threads: Vec<JoinHandle<Ledger>>,
}

impl Load {
    pub fn start(api: &Api, fleet: &str, random: &mut impl Rng, round: usize) -> Self {
        let threads = (0..THREADS).map(|thread| {
            let (api, fleet) = (api.clone(), fleet.to_owned());
            let random = ChaCha8Rng::seed_from_u64(random.random());
            let prefix = format!("{round:05}-{thread}");
            let mut caller = Caller { api, fleet, random, prefix, number: 0, mine: Ledger::default() };
            std::thread::spawn(move || {
                while !matches!(caller.ask(), Err(Failure::Lost)) {
                    std::thread::sleep(PAUSE);
                }
                caller.mine
            })
        });
        Self { threads: threads.collect() }
    }

    /// Waits until every thread has noticed, and adds what they were promised.
    pub fn end(self, ledger: &mut Ledger) {
        for thread in self.threads {
            ledger.add(thread.join().expect("a thread of the load"));
        }
    }
}

struct Caller {
    api: Api,
    fleet: String,
    random: ChaCha8Rng,
    prefix: String,
    number: usize,
    mine: Ledger,
}

impl Caller {
    fn ask(&mut self) -> Result<(), Failure> {
        match self.random.random_range(0..100) {
            0..45 => self.queue_up(),
            45..58 => self.place(),
            58..72 => self.create(),
            72..88 => self.join(),
            88..93 => self.stop_placement(),
            93..97 => self.stop_ticket(),
            _ => self.terminate(),
        }
    }

    /// The round comes first with leading zeros: the newest are the last of the ledger. Nobody plays twice, so whoever
    /// has two seats was given one too many.
    fn name(&mut self, kind: &str) -> String {
        self.number += 1;
        format!("{kind}{}-{}", self.prefix, self.number)
    }

    fn queue_up(&mut self) -> Result<(), Failure> {
        let ticket = self.name("t");
        let players: Vec<Value> = (0..self.random.random_range(1..=2))
            .map(|one| json!({ "PlayerId": format!("of-{ticket}-{one}") }))
            .collect();
        let body = json!({ "TicketId": ticket, "ConfigurationName": QUEUED, "Players": players });
        self.api.call("StartMatchmaking", &body)?;
        self.mine.tickets.insert(ticket);
        Ok(())
    }

    fn place(&mut self) -> Result<(), Failure> {
        let id = self.name("p");
        let players: Vec<Value> = (0..self.random.random_range(1..=3))
            .map(|one| json!({ "PlayerId": format!("of-{id}-{one}") }))
            .collect();
        let body = json!({ "PlacementId": id, "GameSessionQueueName": QUEUED,
            "MaximumPlayerSessionCount": 4, "DesiredPlayerSessions": players });
        self.api.call("StartGameSessionPlacement", &body)?;
        self.mine.placements.insert(id);
        Ok(())
    }

    fn create(&mut self) -> Result<(), Failure> {
        let body = json!({ "FleetId": self.fleet, "Location": LOCATION, "Name": FLEET,
            "MaximumPlayerSessionCount": 2 });
        let made = self.api.call("CreateGameSession", &body)?;
        self.mine.sessions.push(text(&made["GameSession"], "GameSessionId").to_owned());
        Ok(())
    }

    /// Also into full games and such as are over, which is refused.
    fn join(&mut self) -> Result<(), Failure> {
        let Some(session) = recent(&mut self.random, &self.mine.sessions).cloned() else { return Ok(()) };
        let player = self.name("j");
        let body = json!({ "GameSessionId": session, "PlayerId": player });
        let made = self.api.call("CreatePlayerSession", &body)?;
        self.mine.seats.push(text(&made["PlayerSession"], "PlayerSessionId").to_owned());
        Ok(())
    }

    fn stop_placement(&mut self) -> Result<(), Failure> {
        let mine: Vec<&String> = self.mine.placements.iter().collect();
        let Some(id) = recent(&mut self.random, &mine).map(|id| (*id).clone()) else { return Ok(()) };
        self.api.call("StopGameSessionPlacement", &json!({ "PlacementId": id }))?;
        self.mine.stopped_placements.insert(id);
        Ok(())
    }

    fn stop_ticket(&mut self) -> Result<(), Failure> {
        let mine: Vec<&String> = self.mine.tickets.iter().collect();
        let Some(id) = recent(&mut self.random, &mine).map(|id| (*id).clone()) else { return Ok(()) };
        self.api.call("StopMatchmaking", &json!({ "TicketId": id }))?;
        self.mine.stopped_tickets.insert(id);
        Ok(())
    }

    fn terminate(&mut self) -> Result<(), Failure> {
        let Some(session) = recent(&mut self.random, &self.mine.sessions).cloned() else { return Ok(()) };
        let body = json!({ "GameSessionId": session, "TerminationMode": "TRIGGER_ON_PROCESS_TERMINATE" });
        self.api.call("TerminateGameSession", &body).map(|_| ())
    }
}

fn recent<'a, T>(random: &mut ChaCha8Rng, all: &'a [T]) -> Option<&'a T> {
    all.get(all.len().checked_sub(random.random_range(1..=5))?)
}
