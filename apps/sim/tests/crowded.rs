//! Backfill among more tickets than the complete search looks at.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_engine::{Command, MatchmakerFields, Settings, Status};
use matchwright_model::{AttributeValue, Player, TicketId};
use matchwright_search::SearchSettings;
use matchwright_sim::World;

/// Nobody who waits alone can host, so that nobody is matched before a game asks for players.
const HOSTED: &str = r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"host","type":"number","default":0}],
    "teams":[{"name":"red","minPlayers":2,"maxPlayers":2},{"name":"blue","minPlayers":1,"maxPlayers":1}],
    "rules":[{"name":"hosted","type":"comparison","measurements":["max(teams[blue].players.attributes[host])"],
              "referenceValue":1,"operation":"="}]}"#;

fn player(id: &str, host: f64, team: Option<&str>) -> Player {
    Player {
        id: id.into(),
        attributes: [("host".into(), AttributeValue::Number(host))].into_iter().collect(),
        latencies: [].into_iter().collect(),
        team: team.map(Into::into),
    }
}

/// A player of a backfill who asks to play keeps both tickets here.
fn world() -> World {
    let settings = Settings { requeue_cancels_backfill: false, ..Settings::default() };
    let mut world = World::new(settings, SearchSettings::default(), 1);
    let rules = Command::CreateRuleSet { name: "r".into(), body: HOSTED.to_string(), tags: BTreeMap::new() };
    world.send(&rules).expect("a valid rule set");
    let fields = MatchmakerFields::least("r".into(), Duration::from_secs(3600));
    world
        .send(&Command::CreateMatchmaker { name: "m".into(), fields: fields.into(), tags: BTreeMap::new() })
        .expect("a matchmaker");
    world
}

/// A game with an open seat, in which p0 plays.
fn fill(world: &mut World) {
    let backfill = Command::StartBackfill {
        id: "fill".into(),
        matchmaker: "m".into(),
        game_session: None,
        players: vec![player("p0", 0.0, Some("red")), player("boss", 1.0, Some("blue"))].into(),
    };
    world.send(&backfill).expect("a backfill of standalone sessions");
}

/// Sixty who wait alone.
fn start(world: &mut World, name: &str) {
    for number in 0..60 {
        let id = TicketId::from(format!("t{number}"));
        let players = vec![player(&format!("{name}{number}"), 0.0, None)].into();
        world.send(&Command::StartTicket { id, matchmaker: "m".into(), players }).expect("a ticket");
    }
}

#[test]
fn a_game_is_filled_out_of_a_crowd() {
    let mut world = world();
    fill(&mut world);
    start(&mut world, "q");
    world.advance(world.now + Duration::from_secs(120));
    let done = |id: &str| {
        let ticket = world.state.tickets.get(id).expect("it is kept");
        matches!(ticket.status, Status::Completed { .. })
    };
    assert!(done("fill"), "the game was filled");
    let filled = (0..60).filter(|number| done(&format!("t{number}"))).count();
    assert_eq!(filled, 1, "with one player");
}

#[test]
fn a_listed_player_who_waits_as_well_is_passed_over() {
    let mut world = world();
    start(&mut world, "p");
    fill(&mut world);
    world.advance(world.now + Duration::from_secs(120));
    let ticket = world.state.tickets.get("fill").expect("it is kept");
    assert!(matches!(ticket.status, Status::Completed { .. }), "{:?}", ticket.status);
    let own = world.state.tickets.get("t0");
    let is_over = own.is_some_and(|ticket| matches!(ticket.status, Status::Completed { .. }));
    assert!(!is_over, "p0 plays in the game already and was not matched into it once more");
}
