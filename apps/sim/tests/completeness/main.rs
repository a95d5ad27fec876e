//! A match is found if and only if one exists: after everything that happens, brute force over the tickets that still
//! wait must find nothing. `quiescence` lets everything happen, `grammar` draws the rule sets as well. `moment` is a pool
//! at one moment: `packing` counts its matches against the most that exist, `metamorphic` changes rules and tickets so
//! that the answer is known from the one before.

mod brute;
/// Random rule sets and players, as the proof of the bound draws them.
#[path = "../../../../core/rules/src/bound/soundness/generate.rs"]
mod generate;
mod grammar;
mod metamorphic;
mod moment;
mod packing;
mod quiescence;
mod rule_sets;

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_engine::{Command, MatchmakerFields, Settings, Status};
use matchwright_model::{AttributeValue, Player, PlayerId, Region, TicketId};
use matchwright_rules::{Options, RuleSet, compile};
use matchwright_search::SearchSettings;
use matchwright_sim::World;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::brute::{Brute, waiting};
use crate::rule_sets::RULE_SETS;

fn unlimited() -> SearchSettings {
    SearchSettings { nodes_per_anchor: u64::MAX, nodes_per_step: u64::MAX, ..SearchSettings::default() }
}

/// A standalone matchmaker `m` with this rule set.
fn world(body: &str, search: SearchSettings, acceptance: Option<Duration>, seed: u64) -> World {
    let settings = Settings { requeue_cancels_backfill: seed.is_multiple_of(2), ..Settings::default() };
    let mut world = World::new(settings, search, seed);
    let rules = Command::CreateRuleSet { name: "r".into(), body: body.to_string(), tags: BTreeMap::new() };
    world.send(&rules).expect("a valid rule set");
    let fields = MatchmakerFields {
        acceptance_required: acceptance.is_some(),
        acceptance_timeout: acceptance,
        ..MatchmakerFields::least("r".into(), Duration::from_secs(3600))
    };
    world
        .send(&Command::CreateMatchmaker { name: "m".into(), fields: fields.into(), tags: BTreeMap::new() })
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
        attributes: [("skill".into(), skill), ("role".into(), roles)].into(),
        latencies: [(Region::from("east"), latency(random)), (Region::from("west"), latency(random))].into(),
        team: None,
    }
}

/// Lives a small pool; tells (moments with a match left over, moments looked at, matches made).
fn live(body: &str, search: SearchSettings, seed: u64) -> (usize, usize, usize) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut world = world(body, search, None, seed);
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
        let waiting = waiting(&world);
        if waiting.len() <= 9 {
            looked += 1;
            missed += usize::from(Brute::new(rules, waiting, world.now).any().is_some());
        }
    }
    let made =
        world.state.tickets.values().filter(|one| matches!(one.status, Status::Completed { .. })).count();
    (missed, looked, made)
}

#[test]
fn with_an_unlimited_budget_no_match_is_ever_missed() {
    for (name, body) in RULE_SETS {
        let mut made_in_all = 0;
        for seed in 0..12 {
            let (missed, looked, made) = live(body, unlimited(), seed);
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
