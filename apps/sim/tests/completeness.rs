//! A match is found if and only if one exists: after every arrival and every passing of time, brute force over the
//! tickets that still wait must find nothing. No bounds, no symmetry, no order: all subsets, all teams.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use matchwright_engine::{Command, MatchmakerFields, Settings, Status, Ticket};
use matchwright_model::{AttributeValue, Player, PlayerId, Region, TicketId, Timestamp};
use matchwright_rules::{ExpansionAge, Lineup, Party, RuleSet, judge};
use matchwright_search::SearchSettings;
use matchwright_sim::World;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const RULE_SETS: [(&str, &str); 6] = [
    (
        "near skills",
        r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number"},{"name":"role","type":"string_list"}],
        "teams":[{"name":"t","minPlayers":2,"maxPlayers":2,"quantity":2}],
        "rules":[{"name":"r","type":"distance","measurements":["max(flatten(teams[*].players.attributes[skill]))"],
                  "referenceValue":"min(flatten(teams[*].players.attributes[skill]))","maxDistance":12}],
        "expansions":[{"target":"rules[r].maxDistance","steps":[{"waitTimeSeconds":10,"value":30}]}]}"#,
    ),
    (
        "fair averages",
        r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number"},{"name":"role","type":"string_list"}],
        "teams":[{"name":"red","minPlayers":2,"maxPlayers":3},{"name":"blue","minPlayers":2,"maxPlayers":3}],
        "rules":[{"name":"f","type":"distance","measurements":["avg(teams[*].players.attributes[skill])"],
                  "referenceValue":"avg(flatten(teams[*].players.attributes[skill]))","maxDistance":2},
                 {"name":"e","type":"comparison","measurements":["count(teams[red].players)"],"referenceValue":"count(teams[blue].players)","operation":"="}]}"#,
    ),
    (
        "roles",
        r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number"},{"name":"role","type":"string_list"}],
        "teams":[{"name":"red","minPlayers":2,"maxPlayers":2},{"name":"blue","minPlayers":2,"maxPlayers":2}],
        "rules":[{"name":"h1","type":"collection","operation":"contains","measurements":["teams[red].players.attributes[role]"],"referenceValue":"healer","minCount":1},
                 {"name":"h2","type":"collection","operation":"contains","measurements":["teams[blue].players.attributes[role]"],"referenceValue":"healer","minCount":1,"maxCount":1}]}"#,
    ),
    (
        "common region",
        r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number"},{"name":"role","type":"string_list"}],
        "teams":[{"name":"all","minPlayers":3,"maxPlayers":4}],
        "rules":[{"name":"p","type":"latency","maxLatency":60}],
        "expansions":[{"target":"rules[p].maxLatency","steps":[{"waitTimeSeconds":8,"value":100}]},
                      {"target":"teams[all].minPlayers","steps":[{"waitTimeSeconds":12,"value":2}]}]}"#,
    ),
    (
        "oldest decides",
        r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number"},{"name":"role","type":"string_list"}],
        "algorithm":{"expansionAgeSelection":"oldest"},
        "teams":[{"name":"a","minPlayers":1,"maxPlayers":2},{"name":"b","minPlayers":1,"maxPlayers":2}],
        "rules":[{"name":"n","type":"batchDistance","batchAttribute":"skill","maxDistance":3}],
        "expansions":[{"target":"rules[n].maxDistance","steps":[{"waitTimeSeconds":5,"value":10},{"waitTimeSeconds":15,"value":25}]}]}"#,
    ),
    (
        "either or",
        r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number"},{"name":"role","type":"string_list"}],
        "teams":[{"name":"a","minPlayers":2,"maxPlayers":2},{"name":"b","minPlayers":1,"maxPlayers":1}],
        "rules":[{"name":"low","type":"comparison","measurements":["avg(flatten(teams[*].players.attributes[skill]))"],"referenceValue":15,"operation":"<"},
                 {"name":"tanks","type":"collection","operation":"intersection","measurements":["flatten(teams[*].players.attributes[role])"],"minCount":1},
                 {"name":"c","type":"compound","statement":"xor(low,tanks)"}]}"#,
    ),
];

fn world(body: &str, search: SearchSettings, seed: u64) -> World {
    let mut world = World::new(Settings::default(), search, seed);
    let rules = Command::CreateRuleSet { name: "r".into(), body: body.to_string(), tags: BTreeMap::new() };
    world.send(&rules).expect("a valid rule set");
    let fields = MatchmakerFields {
        description: None,
        rule_set: "r".into(),
        request_timeout: Duration::from_secs(3600),
        acceptance_required: false,
        acceptance_timeout: None,
        mode: None,
        queues: Vec::new(),
        notification_target: None,
        additional_players: 0,
        custom_event_data: None,
        game_properties: Vec::new(),
        game_session_data: None,
        backfill_mode: None,
    };
    world
        .send(&Command::CreateMatchmaker { name: "m".into(), fields, tags: BTreeMap::new() })
        .expect("valid");
    world
}

fn player(random: &mut ChaCha8Rng, number: u64) -> Player {
    let roles = [vec![], vec!["healer"], vec!["tank"], vec!["healer", "tank"]];
    let roles = &roles[(random.next_u64() % 4) as usize];
    let roles = AttributeValue::text_list(roles.iter().map(|role| (*role).to_string()));
    let skill = AttributeValue::Number((random.next_u64() % 40) as f64);
    let latency = |random: &mut ChaCha8Rng| 20 + (random.next_u64() % 90) as u32;
    Player {
        id: PlayerId::from(format!("p{number}")),
        attributes: [("skill".to_string(), skill), ("role".to_string(), roles)].into(),
        latencies: [(Region::from("east"), latency(random)), (Region::from("west"), latency(random))].into(),
        team: None,
    }
}

/// Is any legal match among these tickets?
fn match_exists(rules: &RuleSet, tickets: &[&Ticket], now: Timestamp) -> bool {
    let parties: Vec<Arc<Party>> = tickets
        .iter()
        .map(|ticket| Arc::new(Party::bind(rules, &ticket.players).expect("it fits")))
        .collect();
    let brute = Brute { rules, tickets, parties, now };
    brute.any(0, &mut Lineup::empty(rules), &mut Vec::new())
}

struct Brute<'a> {
    rules: &'a RuleSet,
    tickets: &'a [&'a Ticket],
    parties: Vec<Arc<Party>>,
    now: Timestamp,
}

impl Brute<'_> {
    fn any(&self, index: usize, lineup: &mut Lineup, taken: &mut Vec<usize>) -> bool {
        if index == self.tickets.len() {
            return !taken.is_empty() && self.is_match(lineup, taken);
        }
        if self.any(index + 1, lineup, taken) {
            return true;
        }
        for team in 0..self.rules.teams.len() {
            let most = self.rules.teams[team].max_players.0.iter().max().expect("a tier");
            if lineup.teams[team].len() + self.parties[index].members.len() > *most as usize {
                continue;
            }
            lineup.push(self.parties[index].clone(), team);
            taken.push(index);
            let found = self.any(index + 1, lineup, taken);
            taken.pop();
            lineup.pop();
            if found {
                return true;
            }
        }
        false
    }

    fn is_match(&self, lineup: &Lineup, taken: &[usize]) -> bool {
        let ages = taken.iter().map(|index| self.now.since(self.tickets[*index].started_at));
        let age = match self.rules.algorithm.expansion_age {
            ExpansionAge::Newest => ages.min(),
            ExpansionAge::Oldest => ages.max(),
        };
        let tier = self.rules.tier(age.expect("tickets"));
        judge(self.rules, lineup, tier, matchwright_model::PartyPolicy::Individual).valid
    }
}

/// Lives a small pool; tells (moments with a match left over, moments looked at, matches made).
fn live(body: &str, search: SearchSettings, seed: u64) -> (usize, usize, usize) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut world = world(body, search, seed);
    let (mut missed, mut looked, mut players) = (0, 0, 0);
    for ticket in 0..14 {
        if random.next_u64() % 3 == 0 {
            world.advance(world.now + Duration::from_millis(random.next_u64() % 9000));
        } else {
            let size = [1, 1, 1, 2][(random.next_u64() % 4) as usize];
            let party = (0..size).map(|offset| player(&mut random, players + offset)).collect();
            players += size;
            let id = TicketId::from(format!("t{ticket}"));
            let _ = world.send(&Command::StartTicket { id, matchmaker: "m".into(), players: party });
        }
        let rules = world.state.rules_of(&"m".into()).expect("rules");
        let waiting: Vec<&Ticket> =
            world.state.tickets.values().filter(|ticket| ticket.status == Status::Searching).collect();
        if waiting.len() <= 9 {
            looked += 1;
            missed += usize::from(match_exists(&rules, &waiting, world.now));
        }
    }
    let made =
        world.state.tickets.values().filter(|one| matches!(one.status, Status::Completed { .. })).count();
    (missed, looked, made)
}

#[test]
fn with_an_unlimited_budget_no_match_is_ever_missed() {
    let unlimited =
        SearchSettings { nodes_per_anchor: u64::MAX, nodes_per_step: u64::MAX, ..SearchSettings::default() };
    for (name, body) in RULE_SETS {
        let mut made_in_all = 0;
        for seed in 0..12 {
            let (missed, looked, made) = live(body, unlimited.clone(), seed);
            assert_eq!(
                missed, 0,
                "{name}, seed {seed}: a match was left over at {missed} of {looked} moments"
            );
            made_in_all += made;
        }
        assert!(made_in_all > 0, "{name}: no match at all proves nothing");
    }
}

#[test]
fn the_default_budget_finds_at_least_98_percent() {
    let (mut missed, mut looked) = (0, 0);
    for (_, body) in RULE_SETS {
        for seed in 100..112 {
            let (m, l, _) = live(body, SearchSettings::default(), seed);
            missed += m;
            looked += l;
        }
    }
    assert!(missed * 50 <= looked, "a match was left over at {missed} of {looked} moments");
}
