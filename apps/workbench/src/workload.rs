//! Rule sets and the tickets that meet them. The same seed gives the same tickets.

use std::sync::Arc;
use std::time::Duration;

use matchwright_model::{AttributeValue, Player, Region, Timestamp};
use matchwright_rules::{Options, RuleSet, compile};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, Normal};

use crate::real::Real;

/// A rule set and who plays by it.
#[derive(Debug, Clone)]
pub struct Workload {
    pub name: &'static str,
    pub about: &'static str,
    pub rules: String,
    people: People,
}

/// How the tickets of a workload are made up.
#[derive(Debug, Clone)]
struct People {
    /// Weights of the party sizes from one on.
    sizes: &'static [u32],
    skills: Skills,
    has_healers: bool,
    /// Every player blocks up to so many of those who came before him.
    blocks_max: usize,
    modes: &'static [u32],
    /// Players live near one of the first so many regions.
    homes: usize,
    /// Ratings and latencies out of these.
    real: Option<Arc<Real>>,
}

#[derive(Debug, Clone, Copy)]
enum Skills {
    /// Most are average; members of a party are alike.
    Normal,
    /// Everybody has the same.
    Same,
    /// Half far below, half far above.
    TwoClusters,
}

/// A ticket that waits.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub players: Vec<Player>,
    pub started_at: Timestamp,
}

const SOLO: &[u32] = &[1];
/// Per hundred tickets of 1 to 5 players: 1.55 players to a ticket.
const PARTIES: &[u32] = &[70, 15, 8, 4, 3];
const PEOPLE: People = People {
    sizes: PARTIES,
    skills: Skills::Normal,
    has_healers: true,
    blocks_max: 0,
    modes: &[60, 30, 10],
    homes: 8,
    real: None,
};
/// The longest that a ticket of a pool has waited.
const AGE_MAX: Duration = Duration::from_secs(30);
const REGIONS: [&str; 8] = ["amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "heath"];
/// Where the regions lie, in milliseconds of way.
const PLACES: [(f64, f64); 8] = [
    (0.0, 0.0),
    (35.0, 5.0),
    (70.0, 20.0),
    (10.0, 60.0),
    (120.0, 10.0),
    (130.0, 50.0),
    (60.0, 90.0),
    (180.0, 80.0),
];

const ATTRIBUTES: &str = r#""playerAttributes":[{"name":"skill","type":"number"},{"name":"mode","type":"string"},{"name":"role","type":"string"}]"#;
const FAIR: &str = r#"{"name":"fair","type":"distance","measurements":["avg(teams[*].players.attributes[skill])"],"referenceValue":"avg(flatten(teams[*].players.attributes[skill]))","maxDistance":10}"#;
const ONE_MODE: &str = r#"{"name":"one mode","type":"comparison","measurements":["flatten(teams[*].players.attributes[mode])"],"operation":"="}"#;

impl Workload {
    /// All of them, w1 to w5 first, then the pools that are meant to hurt.
    pub fn all() -> Vec<Self> {
        let solo = People { sizes: SOLO, ..PEOPLE };
        let fives = |more: &str| {
            format!(
                r#"{{"ruleLanguageVersion":"1.0",{ATTRIBUTES},"teams":[{{"name":"team","minPlayers":5,"maxPlayers":5,"quantity":2}}],
                "rules":[{FAIR},{ONE_MODE},{{"name":"near","type":"latency","maxLatency":80}}{more}]}}"#
            )
        };
        let roles = r#",{"name":"healers","type":"collection","operation":"contains","measurements":["teams[*].players.attributes[role]"],"referenceValue":"healer","minCount":2},
            {"name":"tanks","type":"collection","operation":"contains","measurements":["teams[*].players.attributes[role]"],"referenceValue":"tank","minCount":2}"#;
        let blocks = r#",{"name":"blocked","type":"collection","operation":"reference_intersection_count","measurements":["flatten(teams[*].players.attributes[blocks])"],
            "referenceValue":"flatten(teams[*].players[playerId])","maxCount":0}"#;
        let has_blocks = r#""playerAttributes":[{"name":"blocks","type":"string_list","default":[]},"#;
        let large = |size: u32, teams: u32| {
            format!(
                r#"{{"ruleLanguageVersion":"1.0",{ATTRIBUTES},"algorithm":{{"strategy":"balanced","balancedAttribute":"skill","batchingPreference":"largestPopulation"}},
                "teams":[{{"name":"team","minPlayers":{size},"maxPlayers":{size},"quantity":{teams}}}],
                "rules":[{{"name":"near","type":"latency","maxLatency":80}}]}}"#
            )
        };
        let make = |name, about, rules, people| Self { name, about, rules, people };
        vec![
            make("w1", "one against one, skills within 50, later 100 and 200", duel(), solo),
            make(
                "w2",
                "five against five: parties, one mode, a common region, fair averages",
                fives(""),
                PEOPLE,
            ),
            make(
                "w3",
                "three teams of three to five: fair averages, close sizes, few medics, a common region",
                trios(),
                PEOPLE,
            ),
            make("w4a", "200 players in 2 teams of 100, balanced", large(100, 2), PEOPLE),
            make("w4b", "200 players in 10 teams of 20, balanced", large(20, 10), PEOPLE),
            make("w4c", "200 players in 40 teams of 5, balanced", large(5, 40), PEOPLE),
            make("w5", "w2, and a healer and a tank in each team", fives(roles), PEOPLE),
            make(
                "block-lists",
                "w2, and nobody meets whom he blocks",
                fives(blocks).replace(r#""playerAttributes":["#, has_blocks),
                People { blocks_max: 5, ..PEOPLE },
            ),
            make("same-skill", "w2, all skills alike", fives(""), People { skills: Skills::Same, ..PEOPLE }),
            make(
                "two-clusters",
                "w2, skills in two far clusters",
                fives(""),
                People { skills: Skills::TwoClusters, ..PEOPLE },
            ),
            make("no-healers", "w5 without a healer", fives(roles), People { has_healers: false, ..PEOPLE }),
            make(
                "all-threes",
                "w2, parties of three only: no team of five can be packed",
                fives(""),
                People { sizes: &[0, 0, 1], ..PEOPLE },
            ),
            make(
                "all-fours",
                "w2, parties of four only",
                fives(""),
                People { sizes: &[0, 0, 0, 1], ..PEOPLE },
            ),
            make(
                "fours-some-solos",
                "w2, parties of four and one solo in ten",
                fives(""),
                People { sizes: &[1, 0, 0, 9], ..PEOPLE },
            ),
        ]
    }

    /// w2's rules for players with the ratings and latencies that were measured.
    pub fn real(real: Arc<Real>) -> Self {
        let fives = Self::by_name("w2").expect("it is one of all");
        let people = People { real: Some(real), ..PEOPLE };
        Self { name: "real", about: "w2 with measured ratings and latencies", people, ..fives }
    }

    /// Times between arrivals that were measured, with a mean of a second.
    pub(crate) fn gaps(&self) -> Option<&[Duration]> {
        self.people.real.as_ref().map(|real| real.gaps.as_slice())
    }

    pub fn by_name(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|workload| workload.name == name)
    }

    /// The same with players of one mode and three homes: small pools that could play together.
    pub fn compatible(&self) -> Self {
        Self { people: People { modes: &[1], homes: 3, ..self.people.clone() }, ..self.clone() }
    }

    /// The same with single players only.
    pub fn single(&self) -> Self {
        Self { people: People { sizes: SOLO, ..self.people.clone() }, ..self.clone() }
    }

    /// The compiled rule set.
    pub fn compiled(&self) -> RuleSet {
        let compiled = compile(&self.rules, Options { unknown_keys_warn: false });
        compiled.expect("the workloads' own rule sets are right").0
    }

    /// `count` tickets that wait at `now`, since up to half a minute.
    pub fn tickets(&self, count: usize, seed: u64, now: Timestamp) -> Vec<Ticket> {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        (0..count)
            .map(|number| {
                let age = AGE_MAX.mul_f64(rng.random::<f64>());
                let started_at = Timestamp(now.0.saturating_sub(age.as_millis() as u64));
                Ticket { players: self.people.party(&mut rng, number), started_at }
            })
            .collect()
    }
}

fn duel() -> String {
    format!(
        r#"{{"ruleLanguageVersion":"1.0",{ATTRIBUTES},"algorithm":{{"expansionAgeSelection":"newest"}},
        "teams":[{{"name":"one","minPlayers":1,"maxPlayers":1}},{{"name":"other","minPlayers":1,"maxPlayers":1}}],
        "rules":[{{"name":"close","type":"batchDistance","batchAttribute":"skill","maxDistance":50}}],
        "expansions":[{{"target":"rules[close].maxDistance","steps":[{{"waitTimeSeconds":10,"value":100}},{{"waitTimeSeconds":20,"value":200}}]}}]}}"#
    )
}

fn trios() -> String {
    format!(
        r#"{{"ruleLanguageVersion":"1.0",{ATTRIBUTES},
        "teams":[{{"name":"trio","minPlayers":3,"maxPlayers":5,"quantity":3}}],
        "rules":[{FAIR},
            {{"name":"close sizes","type":"distance","measurements":["max(count(teams[*].players))"],"referenceValue":"min(count(teams[*].players))","maxDistance":1}},
            {{"name":"few medics","type":"collection","operation":"contains","measurements":["flatten(teams[*].players.attributes[role])"],"referenceValue":"healer","maxCount":5}},
            {{"name":"near","type":"latency","maxLatency":50}}],
        "expansions":[{{"target":"rules[near].maxLatency","steps":[{{"waitTimeSeconds":10,"value":100}},{{"waitTimeSeconds":20,"value":150}}]}}]}}"#
    )
}

impl People {
    fn party(&self, rng: &mut ChaCha12Rng, number: usize) -> Vec<Player> {
        let size = pick(rng, self.sizes) + 1;
        let mean = match self.skills {
            _ if self.real.is_some() => self.rating(rng),
            Skills::Normal => normal(rng, 1500.0, 350.0),
            Skills::Same => 1500.0,
            Skills::TwoClusters => {
                let middle = if rng.random_bool(0.5) { 800.0 } else { 2200.0 };
                normal(rng, middle, 50.0)
            }
        };
        let apart = if size > 1 && !matches!(self.skills, Skills::Same) { 120.0 } else { 0.0 };
        let mode = ["ranked", "casual", "chaos"][pick(rng, self.modes)];
        let home = rng.random_range(0..self.homes);
        let host = self.real.as_ref().map(|real| &real.latencies[rng.random_range(0..real.latencies.len())]);
        (0..size)
            .map(|member| {
                let skill = normal(rng, mean, apart).round();
                let role =
                    ["healer", "tank", "scout"][pick(rng, &[10 + 10 * u32::from(self.has_healers), 25, 55])];
                let role = if role == "healer" && !self.has_healers { "scout" } else { role };
                let mut player = player(rng, format!("p{number}-{member}"), (skill, mode, role), home);
                if self.blocks_max > 0 && number > 0 {
                    let blocks: Vec<String> = (0..rng.random_range(0..=self.blocks_max))
                        .map(|_| format!("p{}-0", rng.random_range(0..number)))
                        .collect();
                    let own = player.attributes.iter().map(|(name, value)| (name.clone(), value.clone()));
                    let blocks = ("blocks".into(), AttributeValue::text_list(blocks));
                    player.attributes = own.chain([blocks]).collect();
                }
                if let Some(host) = host {
                    let named =
                        REGIONS.iter().zip(host).map(|(name, latency)| (Region::new(*name), *latency));
                    player.latencies = named.collect();
                }
                player
            })
            .collect()
    }

    fn rating(&self, rng: &mut ChaCha12Rng) -> f64 {
        let ratings = self.real.as_ref().map(|real| real.ratings.as_slice()).unwrap_or_default();
        ratings[rng.random_range(0..ratings.len())]
    }
}

fn player(rng: &mut ChaCha12Rng, id: String, (skill, mode, role): (f64, &str, &str), home: usize) -> Player {
    let text = |text: &str| AttributeValue::Text(text.to_string());
    let attributes = [("skill", AttributeValue::Number(skill)), ("mode", text(mode)), ("role", text(role))];
    let last_mile = 5.0 + 35.0 * rng.random::<f64>();
    let away = |one: (f64, f64), other: (f64, f64)| (one.0 - other.0).hypot(one.1 - other.1);
    let latency = |region: usize| (last_mile + away(PLACES[home], PLACES[region])).ceil() as u32;
    Player {
        id: id.into(),
        attributes: attributes.map(|(name, value)| (name.into(), value)).into(),
        latencies: REGIONS
            .iter()
            .enumerate()
            .map(|(index, name)| (Region::new(*name), latency(index)))
            .collect(),
        team: None,
    }
}

fn normal(rng: &mut ChaCha12Rng, mean: f64, deviation: f64) -> f64 {
    Normal::new(mean, deviation).map_or(mean, |normal| normal.sample(rng))
}

/// An index, as often as its weight says.
fn pick(rng: &mut ChaCha12Rng, weights: &[u32]) -> usize {
    let mut rest = rng.random_range(0..weights.iter().sum::<u32>());
    weights
        .iter()
        .position(|weight| {
            rest < *weight || {
                rest -= weight;
                false
            }
        })
        .unwrap_or(0)
}
