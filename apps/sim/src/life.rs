//! A random life: players come alone and in parties, accept, reject, stop, come back; games ask for backfill; the
//! node crashes. Everything follows from the seed.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use matchwright_engine::{Command, MatchmakerFields, Record, Settings, Status};
use matchwright_model::{AttributeValue, MatchmakerName, Player, PlayerId, Region, TicketId};
use matchwright_search::SearchSettings;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::World;

/// How long and how lively.
#[derive(Debug, Clone)]
pub struct Plan {
    pub steps: u32,
    pub players: u64,
    /// One crash in so many steps.
    pub crash_every: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self { steps: 120, players: 60, crash_every: 40 }
    }
}

/// What a life came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    pub changes: usize,
    pub matches: usize,
    pub completed: usize,
    pub crashes: u32,
    /// Of all changes: the same seed gives the same hash.
    pub hash: u64,
}

/// Rule sets of different character; each life draws one for each of two matchmakers.
const RULE_SETS: [&str; 5] = [
    r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number","default":10}],
        "teams":[{"name":"solo","minPlayers":1,"maxPlayers":1,"quantity":2}],
        "rules":[{"name":"near","type":"batchDistance","batchAttribute":"skill","maxDistance":10}],
        "expansions":[{"target":"rules[near].maxDistance","steps":[{"waitTimeSeconds":5,"value":30},{"waitTimeSeconds":15,"value":100}]}]}"#,
    r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number","default":10},{"name":"mode","type":"string","default":"a"}],
        "teams":[{"name":"red","minPlayers":2,"maxPlayers":3},{"name":"blue","minPlayers":2,"maxPlayers":3}],
        "rules":[{"name":"fair","type":"distance","measurements":["avg(teams[*].players.attributes[skill])"],
                  "referenceValue":"avg(flatten(teams[*].players.attributes[skill]))","maxDistance":8},
                 {"name":"equal","type":"comparison","measurements":["count(teams[red].players)"],"referenceValue":"count(teams[blue].players)","operation":"="},
                 {"name":"same","type":"comparison","measurements":["flatten(teams[*].players.attributes[mode])"],"operation":"="}],
        "expansions":[{"target":"rules[fair].maxDistance","steps":[{"waitTimeSeconds":10,"value":60}]}]}"#,
    r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number","default":10}],
        "teams":[{"name":"all","minPlayers":3,"maxPlayers":4}],
        "rules":[{"name":"ping","type":"latency","maxLatency":60}],
        "expansions":[{"target":"teams[all].minPlayers","steps":[{"waitTimeSeconds":6,"value":2}]},
                      {"target":"rules[ping].maxLatency","steps":[{"waitTimeSeconds":8,"value":200}]}]}"#,
    r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"role","type":"string_list","default":["any"]}],
        "teams":[{"name":"pair","minPlayers":2,"maxPlayers":2,"quantity":2}],
        "algorithm":{"expansionAgeSelection":"oldest","backfillPriority":"high"},
        "rules":[{"name":"healer","type":"collection","operation":"contains","measurements":["flatten(teams[*].players.attributes[role])"],"referenceValue":"healer","minCount":1}],
        "expansions":[{"target":"rules[healer].minCount","steps":[{"waitTimeSeconds":12,"value":0}]}]}"#,
    r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number","default":10}],
        "algorithm":{"strategy":"balanced","balancedAttribute":"skill","backfillPriority":"low","batchingPreference":"largestPopulation"},
        "teams":[{"name":"red","minPlayers":1,"maxPlayers":3},{"name":"blue","minPlayers":1,"maxPlayers":3}]}"#,
];

/// Lives one life, audited change by change.
///
/// # Panics
/// When anything that must hold does not; the seed stands in the message of the caller.
pub fn live(seed: u64, plan: &Plan) -> Story {
    let mut life = Life::begin(seed, plan);
    for _ in 0..plan.steps {
        life.step();
    }
    // Time to end: whatever waits is matched, times out or is forgotten.
    life.world.advance(life.world.now + Duration::from_secs(4 * 3600));
    assert!(life.world.state.tickets.is_empty(), "every ticket ends and is forgotten");
    assert!(life.world.state.matches.is_empty(), "every proposal ends");
    life.story()
}

/// Every fourth life has its pools searched as if they were large, and swept where a few tickets wait at once.
fn search_settings(seed: u64) -> SearchSettings {
    match seed % 4 {
        3 => SearchSettings { exact_tickets: 2, sweep_tickets: 3, workers: 2, ..SearchSettings::default() },
        _ => SearchSettings::default(),
    }
}

struct Life<'p> {
    world: World,
    plan: &'p Plan,
    random: ChaCha8Rng,
    tickets: u64,
    crashes: u32,
}

impl<'p> Life<'p> {
    fn begin(seed: u64, plan: &'p Plan) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let settings =
            Settings { requeue_cancels_backfill: random.next_u64() % 2 == 0, ..Settings::default() };
        let mut world = World::new(settings, search_settings(seed), seed);
        for name in ["first", "second"] {
            let body = RULE_SETS[(random.next_u64() % RULE_SETS.len() as u64) as usize].to_string();
            let rules = Command::CreateRuleSet { name: name.into(), body, tags: BTreeMap::new() };
            world.send(&rules).expect("the rule sets of the simulation are valid");
            let fields = fields(name, random.next_u64());
            let made =
                Command::CreateMatchmaker { name: name.into(), fields: fields.into(), tags: BTreeMap::new() };
            world.send(&made).expect("the matchmakers of the simulation are valid");
        }
        Self { world, plan, random, tickets: 0, crashes: 0 }
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.random.next_u64() % below
    }

    fn step(&mut self) {
        match self.draw(10) {
            0..=4 => self.start(),
            5 | 6 => self.answer(),
            7 => self.stop(),
            8 => self.backfill(),
            _ => {
                let span = Duration::from_millis(self.draw(8000));
                self.world.advance(self.world.now + span);
            }
        }
        if self.draw(self.plan.crash_every) == 0 {
            self.world.crash();
            self.crashes += 1;
        }
    }

    fn matchmaker(&mut self) -> MatchmakerName {
        MatchmakerName::from(if self.draw(2) == 0 { "first" } else { "second" })
    }

    fn start(&mut self) {
        self.tickets += 1;
        let matchmaker = self.matchmaker();
        let size = [1, 1, 1, 1, 2, 2, 3][self.draw(7) as usize];
        let first = self.draw(self.plan.players);
        let players: Arc<[Player]> =
            (0..size).map(|offset| self.player((first + offset) % self.plan.players)).collect();
        let id = TicketId::from(format!("t{}", self.tickets));
        // A party larger than any team is refused, and nothing changes.
        let before = self.world.log.len();
        if self.world.send(&Command::StartTicket { id, matchmaker, players }).is_err() {
            assert_eq!(self.world.log.len(), before, "a rejection changes nothing");
        }
    }

    fn player(&mut self, number: u64) -> Player {
        let attributes = [
            ("skill".into(), AttributeValue::Number(self.draw(60) as f64)),
            ("mode".into(), AttributeValue::Text(["a", "b"][self.draw(2) as usize].to_string())),
            (
                "role".into(),
                AttributeValue::text_list([["healer", "tank"][self.draw(2) as usize].to_string()]),
            ),
        ];
        let latencies = ["east", "west"].map(|region| (Region::from(region), 20 + self.draw(100) as u32));
        Player {
            id: PlayerId::from(format!("p{number}")),
            attributes: attributes.into(),
            latencies: latencies.into(),
            team: None,
        }
    }

    /// A random ticket that is asked answers; mostly yes.
    fn answer(&mut self) {
        let asked =
            self.world.state.tickets.values().filter(|one| matches!(one.status, Status::Proposed { .. }));
        let asked: Vec<(TicketId, Vec<PlayerId>)> = asked
            .map(|one| (one.id.clone(), one.players.iter().map(|player| player.id.clone()).collect()))
            .collect();
        for (ticket, players) in asked {
            let accept = self.draw(8) > 0;
            if self.draw(3) > 0 {
                // Refused when an earlier answer ended the proposal.
                let _ = self.world.send(&Command::AnswerProposal { ticket, players, accept });
            }
        }
    }

    fn stop(&mut self) {
        let number = self.draw(self.tickets + 1);
        // Most are over by now: refused.
        let _ = self.world.send(&Command::StopTicket { id: TicketId::from(format!("t{number}")) });
    }

    /// Some of a completed ticket's players ask for more.
    fn backfill(&mut self) {
        let done =
            self.world.state.tickets.values().filter(|one| matches!(one.status, Status::Completed { .. }));
        let done: Vec<(MatchmakerName, Vec<Player>)> = done
            .map(|one| {
                let seated = one
                    .players
                    .iter()
                    .map(|player| Player { team: one.team_of(&player.id).cloned(), ..player.clone() });
                (one.matchmaker.clone(), seated.collect())
            })
            .collect();
        if done.is_empty() {
            return;
        }
        let (matchmaker, players) = done[self.draw(done.len() as u64) as usize].clone();
        self.tickets += 1;
        let game = self.draw(4);
        let id = TicketId::from(format!("t{}", self.tickets));
        let game_session = Some(format!("game-{game}"));
        let players = players.into();
        let _ = self.world.send(&Command::StartBackfill { id, matchmaker, game_session, players });
    }

    fn story(&self) -> Story {
        use matchwright_engine::Change;
        let count =
            |is: fn(&Change) -> bool| self.world.log.iter().filter(|record| is(&record.change)).count();
        Story {
            changes: self.world.log.len(),
            matches: count(|change| matches!(change, Change::MatchProposed { .. })),
            completed: count(|change| matches!(change, Change::MatchCompleted { .. })),
            crashes: self.crashes,
            hash: hash(&self.world.log),
        }
    }
}

/// One who has nothing but a skill and his latencies.
pub(crate) fn player_of(number: u64, skill: f64, latencies: &[(Region, u32)]) -> Player {
    Player {
        id: PlayerId::from(format!("p{number}")),
        attributes: [("skill".into(), AttributeValue::Number(skill))].into(),
        latencies: latencies.iter().cloned().collect(),
        team: None,
    }
}

fn fields(rule_set: &str, random: u64) -> MatchmakerFields {
    MatchmakerFields {
        acceptance_required: !random.is_multiple_of(3),
        acceptance_timeout: Some(Duration::from_secs(5 + random % 10)),
        ..MatchmakerFields::least(rule_set.into(), Duration::from_secs(20 + random % 40))
    }
}

pub(crate) fn hash(log: &[Record]) -> u64 {
    let mut hasher = DefaultHasher::new();
    log.iter().for_each(|record| format!("{record:?}").hash(&mut hasher));
    hasher.finish()
}
