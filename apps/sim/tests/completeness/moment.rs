//! A pool at one moment: everybody has come, nobody was searched for yet.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use matchwright_engine::{Asked, Change, MatchmakerFields, Mode, Record, Status, Ticket, TicketKind};
use matchwright_model::{MatchId, Player, Timestamp};
use matchwright_rules::{Options, RuleSet, compile};
use matchwright_search::{Search, SearchSettings};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::brute::{Brute, Set};
use crate::player;

pub const NOW: Timestamp = Timestamp(1_000_000);

/// Who waits by which rules.
#[derive(Debug, Clone)]
pub struct Moment {
    pub body: String,
    pub tickets: Vec<Waiting>,
}

#[derive(Debug, Clone)]
pub struct Waiting {
    pub players: Vec<Player>,
    pub age: Duration,
}

/// A match: the team of every player of every ticket, by name.
pub type Made = BTreeMap<(usize, String), String>;

impl Moment {
    /// Tickets of different ages, so that no tie decides who is first.
    pub fn of(body: &str, count: usize, seed: u64) -> Self {
        Self::with(body, player, count, seed)
    }

    /// The same of other people.
    pub fn with(body: &str, people: fn(&mut ChaCha8Rng, u64) -> Player, count: usize, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut players = 0;
        let tickets = (0..count).map(|number| {
            let size = [1, 1, 1, 2][(random.next_u64() % 4) as usize];
            let party = (0..size).map(|offset| people(&mut random, players + offset)).collect();
            players += size;
            let millis = 1_000 * (random.next_u64() % 20) + number as u64;
            Waiting { players: party, age: Duration::from_millis(millis) }
        });
        Self { body: body.to_string(), tickets: tickets.collect() }
    }

    pub fn rules(&self) -> RuleSet {
        compile(&self.body, Options { unknown_keys_warn: false }).expect("a valid rule set").0
    }

    fn ticket(&self, number: usize) -> Ticket {
        let Waiting { players, age } = &self.tickets[number];
        let started_at = Timestamp(NOW.0 - age.as_millis() as u64);
        let asked = Asked {
            id: number.to_string().into(),
            matchmaker: "m".into(),
            kind: TicketKind::Matchmaking,
            players: players.clone().into(),
        };
        Ticket {
            asked: asked.into(),
            started_at,
            deadline: started_at + Duration::from_secs(3600),
            status: Status::Searching,
            reason: None,
            matched: None,
        }
    }

    /// Every set of tickets that makes a match.
    pub fn sets(&self) -> BTreeSet<Set> {
        let tickets: Vec<Ticket> = (0..self.tickets.len()).map(|number| self.ticket(number)).collect();
        Brute::new(&self.rules(), tickets.iter().collect(), NOW).sets()
    }

    /// What the search makes of it until it has nothing more to do, in this order.
    pub fn searched(&self, settings: SearchSettings) -> Vec<Made> {
        let mut search = Search::new(settings);
        let changes = [
            Change::RuleSetCreated { name: "r".into(), body: self.body.clone(), tags: BTreeMap::new() },
            Change::MatchmakerCreated { name: "m".into(), fields: fields().into(), tags: BTreeMap::new() },
        ];
        let at = Timestamp(0);
        changes.into_iter().for_each(|change| search.follow(&Record { at, change }));
        for Ticket { asked, started_at: at, deadline, .. } in
            (0..self.tickets.len()).map(|number| self.ticket(number))
        {
            let id = asked.id.clone();
            let started = Change::TicketStarted { asked, deadline };
            search.follow(&Record { at, change: started });
            search.follow(&Record { at, change: Change::TicketSearching { id, reason: None } });
        }
        let mut made = Vec::new();
        while let Some(step) = search.step(NOW, &mut || MatchId::new(made.len() as u128)) {
            made.extend(step.proposal.map(|proposal| {
                let seats = proposal.seats.iter().map(|seat| {
                    let ticket: usize = seat.ticket.as_str().parse().expect("tickets are named by number");
                    ((ticket, seat.player.to_string()), seat.team.to_string())
                });
                seats.collect::<Made>()
            }));
        }
        made
    }
}

/// The tickets of a match.
pub fn set(made: &Made) -> Set {
    made.keys().fold(0, |set, (ticket, _)| set | 1 << ticket)
}

fn fields() -> MatchmakerFields {
    MatchmakerFields {
        mode: Some(Mode::Standalone),
        ..MatchmakerFields::least("r".into(), Duration::from_secs(3600))
    }
}
