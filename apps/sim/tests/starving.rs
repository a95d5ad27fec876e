//! Who waits in vain in a bucket that is a little too large to be searched completely.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_engine::{Command, MatchmakerFields, Settings, Status};
use matchwright_model::{AttributeValue, Player, TicketId};
use matchwright_search::SearchSettings;
use matchwright_sim::World;

/// What two players bring is exactly what is asked for, so that whoever is near or like another says nothing.
const EXACT: &str = r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"weight","type":"number"}],
    "teams":[{"name":"all","minPlayers":4,"maxPlayers":4}],
    "rules":[{"name":"exact","type":"comparison","operation":"=","referenceValue":100,
              "measurements":["sum(teams[all].players.attributes[weight])"]}]}"#;

/// All come at once, too many for the complete search; four of them are the only match.
const WEIGHTS: [(usize, f64); 4] = [(0, 10.0), (17, 20.0), (19, 30.0), (21, 40.0)];
const TICKETS: usize = 60;
const HOLD: Duration = Duration::from_secs(2);

/// Those who are matched within two minutes.
fn matched() -> Vec<usize> {
    let mut world = World::new(Settings::default(), SearchSettings { hold: HOLD, ..Default::default() }, 1);
    let rules = Command::CreateRuleSet { name: "r".into(), body: EXACT.to_string(), tags: BTreeMap::new() };
    world.send(&rules).expect("a valid rule set");
    let fields = MatchmakerFields::least("r".into(), Duration::from_secs(3600));
    let made = Command::CreateMatchmaker { name: "m".into(), fields: fields.into(), tags: BTreeMap::new() };
    world.send(&made).expect("a matchmaker");
    for number in 0..TICKETS {
        let weight = WEIGHTS.iter().find(|(at, _)| *at == number).map_or(1.0, |(_, weight)| *weight);
        let player = Player {
            id: format!("p{number}").into(),
            attributes: [("weight".into(), AttributeValue::Number(weight))].into_iter().collect(),
            latencies: [].into_iter().collect(),
            team: None,
        };
        let id = TicketId::from(format!("t{number}"));
        let start = Command::StartTicket { id, matchmaker: "m".into(), players: vec![player].into() };
        world.send(&start).expect("a ticket");
    }
    world.advance(world.now + Duration::from_secs(120));
    let is_matched = |number: &usize| {
        let ticket = world.state.tickets.get(format!("t{number}").as_str()).expect("it is kept");
        matches!(ticket.status, Status::Completed { .. })
    };
    (0..TICKETS).filter(is_matched).collect()
}

#[test]
fn who_waits_in_vain_is_searched_for_completely() {
    let all: Vec<usize> = WEIGHTS.iter().map(|(number, _)| *number).collect();
    assert_eq!(matched(), all);
}
