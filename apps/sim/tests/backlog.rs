//! Very many tickets that come due at once: their pool is swept from end to end, not served by age.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use matchwright_engine::{Change, Command, MatchmakerFields, Settings};
use matchwright_model::{AttributeValue, Player, TicketId};
use matchwright_search::SearchSettings;
use matchwright_sim::World;

const DUEL: &str = r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number"}],
    "teams":[{"name":"solo","minPlayers":1,"maxPlayers":1,"quantity":2}],
    "rules":[{"name":"near","type":"distance","measurements":["max(flatten(teams[*].players.attributes[skill]))"],
              "referenceValue":"min(flatten(teams[*].players.attributes[skill]))","maxDistance":25}]}"#;

const TICKETS: usize = 300;
const HOLD: Duration = Duration::from_secs(5);

/// Who was matched with whom, where tickets have the skills 0, 10, 20 … and came in another order.
fn pairs(search: SearchSettings) -> BTreeSet<(usize, usize)> {
    let mut world = World::new(Settings::default(), SearchSettings { hold: HOLD, ..search }, 1);
    let rules = Command::CreateRuleSet { name: "r".into(), body: DUEL.to_string(), tags: BTreeMap::new() };
    world.send(&rules).expect("a valid rule set");
    let fields = MatchmakerFields::least("r".into(), Duration::from_secs(600));
    let made = Command::CreateMatchmaker { name: "m".into(), fields: fields.into(), tags: BTreeMap::new() };
    world.send(&made).expect("a matchmaker");
    for number in (0..TICKETS).map(|index| index * 101 % TICKETS) {
        let player = Player {
            id: format!("p{number}").into(),
            attributes: [("skill".into(), AttributeValue::Number(10.0 * number as f64))].into(),
            latencies: [].into_iter().collect(),
            team: None,
        };
        let id = TicketId::from(format!("t{number}"));
        let start = Command::StartTicket { id, matchmaker: "m".into(), players: vec![player].into() };
        world.send(&start).expect("a ticket");
    }
    assert!(world.log.iter().all(|record| !matches!(record.change, Change::MatchProposed { .. })));
    world.advance(world.now + HOLD);
    let number = |id: &TicketId| id.as_str()[1..].parse().expect("a number");
    let proposed = world.log.iter().filter_map(|record| match &record.change {
        Change::MatchProposed { seats, .. } => {
            let (one, other) = (number(&seats[0].ticket), number(&seats[1].ticket));
            Some((usize::min(one, other), usize::max(one, other)))
        }
        _ => None,
    });
    proposed.collect()
}

#[test]
fn a_backlog_is_matched_from_end_to_end() {
    let swept = pairs(SearchSettings { sweep_tickets: 100, ..SearchSettings::default() });
    let neighbours: BTreeSet<_> = (0..TICKETS / 2).map(|pair| (2 * pair, 2 * pair + 1)).collect();
    assert_eq!(swept, neighbours);
    let by_age = pairs(SearchSettings { sweep_tickets: 0, ..SearchSettings::default() });
    assert_ne!(by_age, neighbours, "by age the first to come have the choice");
    assert!(by_age.len() > TICKETS / 3);
}

#[test]
fn several_workers_serve_a_backlog() {
    let two = pairs(SearchSettings { sweep_tickets: 100, workers: 2, ..SearchSettings::default() });
    assert_eq!(two.len(), TICKETS / 2);
}

#[test]
fn fewer_tickets_than_a_backlog_are_served_by_age() {
    let few = pairs(SearchSettings { sweep_tickets: TICKETS + 1, ..SearchSettings::default() });
    assert_eq!(few, pairs(SearchSettings { sweep_tickets: 0, ..SearchSettings::default() }));
}
