//! Everything happens to a small pool: parties come, stop, are asked and say no, games ask for players, time passes, the
//! node crashes. Whenever search has nothing more to do, nothing is left to be found.
//!
//! `MATCHWRIGHT_QUIET_SEEDS=N` lives more pools, `MATCHWRIGHT_QUIET_SEED=S` one of them.

use std::time::Duration;

use matchwright_engine::{Command, Status};
use matchwright_model::{Player, PlayerId, TicketId};
use matchwright_sim::World;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::brute::{Brute, waiting};
use crate::rule_sets::RULE_SETS;
use crate::{player, unlimited, world};

/// Pools up to this size are listed.
const TICKETS_MAX: usize = 12;
const STEPS: u32 = 40;

pub fn seeds(default: u64) -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    match number("MATCHWRIGHT_QUIET_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("MATCHWRIGHT_QUIET_SEEDS").unwrap_or(default),
    }
}

struct Life {
    world: World,
    random: ChaCha8Rng,
    /// Of every player as he first came.
    people: fn(&mut ChaCha8Rng, u64) -> Player,
    tickets: u64,
    players: u64,
}

/// What was seen.
#[derive(Debug, Default, Clone, Copy)]
pub struct Seen {
    pub looks: usize,
    pub matches: usize,
    pub returned: usize,
    pub filled: usize,
}

/// Lives a pool of a rule set.
///
/// # Errors
/// A match that search left over, and after what.
pub fn live(
    body: &str,
    people: fn(&mut ChaCha8Rng, u64) -> Player,
    seed: u64,
    tickets_max: usize,
) -> Result<Seen, String> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let acceptance = random.next_u64().is_multiple_of(2).then_some(Duration::from_secs(7));
    let world = world(body, unlimited(), acceptance, seed);
    let mut life = Life { world, random, people, tickets: 0, players: 0 };
    let mut seen = Seen::default();
    for step in 0..STEPS {
        let act = life.step(tickets_max);
        let rules = life.world.state.rules_of(&"m".into()).expect("a rule set");
        let waiting = waiting(&life.world);
        if waiting.len() <= tickets_max {
            seen.looks += 1;
            if let Some(left) = Brute::new(rules, waiting, life.world.now).any() {
                return Err(format!("step {step}, {act}: {left:?} could play"));
            }
        }
    }
    Ok(life.seen(seen))
}

impl Life {
    fn draw(&mut self, below: u64) -> u64 {
        self.random.next_u64() % below
    }

    fn step(&mut self, tickets_max: usize) -> &'static str {
        match self.draw(20) {
            0..=8 if waiting(&self.world).len() < tickets_max => self.start(),
            0..=11 => {
                let span = Duration::from_millis(self.draw(9_000));
                self.world.advance(self.world.now + span);
                "time passed"
            }
            12..=15 => self.answer(),
            16 => {
                let number = self.draw(self.tickets + 1);
                let _ = self.world.send(&Command::StopTicket { id: format!("t{number}").into() });
                "a ticket stopped"
            }
            17 | 18 if waiting(&self.world).len() < tickets_max => self.backfill(),
            17 | 18 => "nothing",
            _ => {
                self.world.crash();
                "a crash"
            }
        }
    }

    /// A party of new players, or of some who were here before.
    fn start(&mut self) -> &'static str {
        self.tickets += 1;
        let size = [1, 1, 1, 2][self.draw(4) as usize];
        let first = match self.draw(4) {
            0 if self.players > size => self.draw(self.players - size),
            _ => self.players,
        };
        self.players = self.players.max(first + size);
        let players = (0..size).map(|offset| (self.people)(&mut self.random, first + offset)).collect();
        let id = format!("t{}", self.tickets).into();
        // Refused when one of them is in a match, or no team has room for so many.
        let _ = self.world.send(&Command::StartTicket { id, matchmaker: "m".into(), players });
        "a ticket came"
    }

    /// Those who are asked answer; one in four says no.
    fn answer(&mut self) -> &'static str {
        let all = self.world.state.tickets.values();
        let asked: Vec<(TicketId, Vec<PlayerId>)> = all
            .filter(|ticket| matches!(ticket.status, Status::Proposed { .. }))
            .map(|ticket| (ticket.id.clone(), ticket.players.iter().map(|one| one.id.clone()).collect()))
            .collect();
        for (ticket, players) in asked {
            let accept = self.draw(4) > 0;
            // Refused when an answer before this one ended the proposal.
            let _ = self.world.send(&Command::AnswerProposal { ticket, players, accept });
        }
        "answers came"
    }

    /// A game with one or two players, new ones or those who wait, asks for more.
    fn backfill(&mut self) -> &'static str {
        self.tickets += 1;
        let rules = self.world.state.rules_of(&"m".into()).expect("a rule set").clone();
        let count = 1 + self.draw(2);
        let players: Vec<Player> = (0..count)
            .map(|_| {
                let number = match self.draw(3) {
                    0 if self.players > 0 => self.draw(self.players),
                    _ => self.players,
                };
                self.players = self.players.max(number + 1);
                let team = self.draw(rules.teams.len() as u64) as usize;
                let player = (self.people)(&mut self.random, number);
                Player { team: Some(rules.teams[team].name.clone()), ..player }
            })
            .collect();
        let id = format!("t{}", self.tickets).into();
        let backfill = Command::StartBackfill {
            id,
            matchmaker: "m".into(),
            game_session: None,
            players: players.into(),
        };
        // Refused when a player is named twice, or a team is too small for those who play in it.
        let _ = self.world.send(&backfill);
        "a game asked for players"
    }

    fn seen(&self, seen: Seen) -> Seen {
        use matchwright_engine::Change;
        let count =
            |is: fn(&Change) -> bool| self.world.log.iter().filter(|record| is(&record.change)).count();
        let completed = |ticket: &&matchwright_engine::Ticket| {
            ticket.is_backfill() && matches!(ticket.status, Status::Completed { .. })
        };
        Seen {
            matches: count(|change| matches!(change, Change::MatchProposed { .. })),
            returned: count(|change| {
                matches!(change, Change::AcceptanceEnded { outcome, .. }
                    if *outcome != matchwright_engine::AcceptanceOutcome::Accepted)
            }),
            filled: self.world.state.tickets.values().filter(completed).count(),
            ..seen
        }
    }
}

impl Seen {
    pub fn and(self, other: Self) -> Self {
        Self {
            looks: self.looks + other.looks,
            matches: self.matches + other.matches,
            returned: self.returned + other.returned,
            filled: self.filled + other.filled,
        }
    }
}

#[test]
fn when_search_rests_nothing_is_left_to_be_found() {
    for (name, body) in RULE_SETS {
        let mut all = Seen::default();
        for seed in seeds(12) {
            match live(body, player, seed, TICKETS_MAX) {
                Ok(seen) => all = all.and(seen),
                Err(left) => panic!("{name}, MATCHWRIGHT_QUIET_SEED={seed}: {left}"),
            }
        }
        println!("{name}: {all:?}");
        assert!(all.matches > 0, "{name}: no match at all proves nothing");
    }
}
