//! What must hold when something lives for long: a process, a session, a fleet with many of both.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_hosting::{
    Answer, Change, Command, ComputeFields, Context, Decision, EndCause, FleetFields, Fresh, JoinPolicy,
    PlayerRequest, PlayersOf, ProcessKey, PushKind, Query, Rejection, Reply, Sdk, SessionFields, Settings,
    State, Target, UpdateReason, answer, apply, decide, decide_tick, snapshot,
};
use matchwright_model::{GameSessionId, LocationName, Page, Timestamp};

const START: Timestamp = Timestamp::from_secs(1000);
const HOUR: Duration = Duration::from_secs(3600);

fn process(id: &str) -> ProcessKey {
    ProcessKey { fleet: "fleet-1".into(), compute: "machine".into(), id: id.into() }
}

struct World {
    state: State,
    settings: Settings,
    now: Timestamp,
    made: u128,
}

impl World {
    /// A fleet with one machine.
    fn new() -> Self {
        let settings = Settings::default();
        let mut world = Self { state: State::new(&settings), settings, now: START, made: 0 };
        let location = LocationName::from("custom-here");
        let fields = FleetFields::least("fleet");
        let compute = ComputeFields {
            location: location.clone(),
            ip: "10.0.0.1".into(),
            dns: None,
            certificate_path: None,
        };
        let (id, tags) = ("fleet-1".into(), BTreeMap::new());
        let locations = [location.clone()].into();
        world.happen(&Change::LocationCreated { name: location, tags: tags.clone() });
        world.happen(&Change::FleetCreated { id, fields, locations, tags });
        let (fleet, name) = ("fleet-1".into(), "machine".into());
        world.happen(&Change::ComputeRegistered { fleet, name, fields: compute });
        world
    }

    fn happen(&mut self, change: &Change) {
        apply(&mut self.state, self.now, change);
    }

    fn try_ask(&mut self, command: &Command) -> Result<Decision, Rejection> {
        self.made += 1;
        let fresh = Fresh::new(self.made);
        let context = Context { now: self.now, settings: &self.settings, fresh: &fresh };
        let decision = decide(&self.state, &context, command)?;
        decision.changes.iter().for_each(|change| self.happen(change));
        Ok(decision)
    }

    #[track_caller]
    fn ask(&mut self, command: &Command) -> Reply {
        self.try_ask(command).expect("accepted").reply
    }

    fn tick(&mut self) -> Vec<Change> {
        self.made += 1;
        let fresh = Fresh::new(self.made);
        let context = Context { now: self.now, settings: &self.settings, fresh: &fresh };
        let changes = decide_tick(&self.state, &context);
        changes.iter().for_each(|change| self.happen(change));
        changes
    }

    #[track_caller]
    fn token(&mut self) -> String {
        let asked = Command::IssueToken { fleet: "fleet-1".into(), compute: "machine".into() };
        let Reply::Token(_, _, token) = self.ask(&asked) else { panic!("a token") };
        token.text
    }

    fn connect(&mut self, id: &str, token: Option<&str>) -> Result<Decision, Rejection> {
        let (process, token) = (process(id), token.map(str::to_string));
        self.try_ask(&Command::ConnectProcess { process, token, sdk: Sdk::default() })
    }

    /// A process that is ready.
    #[track_caller]
    fn ready(&mut self, id: &str) {
        self.connect(id, None).expect("it is let in");
        self.ask(&Command::ReadyProcess {
            process: process(id),
            port: 7777,
            log_paths: vec!["a.log".into()],
        });
    }

    /// A game that runs on a process.
    fn game(&mut self, id: &str, max_players: u32) -> GameSessionId {
        let session = GameSessionId::new(format!("game-{id}"));
        let fields = SessionFields {
            name: None,
            max_players,
            properties: Vec::new(),
            data: None,
            creator: None,
            token: None,
            policy: JoinPolicy::AcceptAll,
            is_protected: false,
        };
        let activate_by = self.now + HOUR;
        self.ready(id);
        self.happen(&Change::SessionStarted {
            id: session.clone(),
            process: process(id),
            fields,
            placement: None,
            roster: None,
            activate_by,
        });
        self.happen(&Change::SessionActivated { id: session.clone() });
        session
    }
}

#[test]
fn a_process_comes_back_with_the_token_that_it_was_started_with_however_old_that_is() {
    let mut world = World::new();
    let first = world.token();
    world.connect("old", Some(&first)).expect("it is let in");
    world.ask(&Command::ReadyProcess { process: process("old"), port: 7777, log_paths: Vec::new() });
    for _ in 0..20 {
        world.now = world.now + 2 * HOUR;
        world.token();
    }
    world.ask(&Command::DisconnectProcess { process: process("old") });
    assert!(world.connect("old", Some(&first)).is_ok());
    assert_eq!(
        world.connect("new", Some(&first)),
        Err(Rejection::TokenInvalid),
        "a new one needs a new token"
    );

    world.ask(&Command::EndProcess { process: process("old") });
    world.now = world.now + 4 * HOUR;
    world.token();
    let compute = &world.state.fleets["fleet-1"].computes["machine"];
    assert!(compute.tokens.len() <= 3, "with it goes the token: {} are left", compute.tokens.len());
}

#[test]
fn a_restart_may_have_come_before_the_push() {
    let mut world = World::new();
    let id = world.game("one", 4);
    world.now = world.now + Duration::from_secs(10);
    world.happen(&Change::SessionInformed {
        id,
        reason: UpdateReason::BackfillTimedOut,
        backfill: Some("b".into()),
        roster: None,
    });
    world.now = world.now + HOUR;
    world.ask(&Command::LoseConnections);
    let Reply::Connected(missed) = world.connect("one", None).expect("it is let in").reply else {
        panic!("it is connected")
    };
    let kinds: Vec<bool> =
        missed.iter().map(|push| matches!(push.kind, PushKind::UpdateSession { .. })).collect();
    assert_eq!(kinds, [true]);
}

#[test]
fn a_session_remembers_its_open_seats_and_the_latest_ended_ones() {
    let mut world = World::new();
    let session = world.game("one", 4);
    let reserve = |world: &mut World, player: String| {
        let players = vec![PlayerRequest { player: player.as_str().into(), data: None }];
        let reply = world.ask(&Command::ReservePlayers { session: session.clone(), players });
        let Reply::PlayerSessions(seats, _) = reply else { panic!("a seat") };
        seats[0].id.clone()
    };
    let stays = reserve(&mut world, "stays".into());
    let first = reserve(&mut world, "regular".into());
    let of_one =
        |id| Command::RemovePlayer { process: process("one"), session: session.clone(), player_session: id };
    world.ask(&of_one(first.clone()));
    let mut last = first.clone();
    for number in 0..1200 {
        // Half of them are the same player.
        let player = if number % 2 == 0 { "regular".to_string() } else { format!("p{number}") };
        last = reserve(&mut world, player);
        world.ask(&of_one(last.clone()));
    }
    let kept = &world.state.sessions["game-one"].players;
    assert!(kept.len() <= 1002, "{} are kept", kept.len());
    assert!(world.state.seat(&stays).is_some() && world.state.seat(&last).is_some());
    assert!(world.state.seat(&first).is_none());
    let page = Page { limit: 2000, after: None };
    let asked = |player: &str, page: &Page| Query::PlayerSessions {
        of: PlayersOf::Player(player.into()),
        status: None,
        page: page.clone(),
    };
    for (player, some) in [("regular", true), ("p1", false), ("p1199", true)] {
        let Ok(Answer::PlayerSessions((found, _))) = answer(&world.state, &asked(player, &page)) else {
            panic!("an answer")
        };
        assert_eq!(!found.is_empty(), some, "{player}");
    }
    let mut rebuilt = State::new(&world.settings);
    snapshot(&world.state).iter().for_each(|(at, change)| apply(&mut rebuilt, *at, change));
    assert_eq!(rebuilt, world.state, "indexes included");
}

#[test]
fn a_fleet_is_gone_with_the_last_of_its_processes_whatever_ended_before() {
    let mut world = World::new();
    ["a", "b", "c", "d"].iter().for_each(|id| world.ready(id));
    world.ask(&Command::EndProcess { process: process("c") });
    world.ask(&Command::DeleteFleet { fleet: "fleet-1".into() });
    world.ask(&Command::EndProcess { process: process("a") });
    assert!(world.state.fleets.contains_key("fleet-1"));
    world.now = world.now + HOUR;
    let changes = world.tick();
    let gone = changes.iter().filter(|change| matches!(change, Change::FleetDeleted { .. })).count();
    assert_eq!((gone, world.state.fleets.len()), (1, 0), "both of the others were due in one tick");
}

#[test]
fn of_ended_sessions_only_those_who_ask_for_them_hear() {
    let mut world = World::new();
    let (ended, runs) = (world.game("one", 4), world.game("two", 4));
    world.ask(&Command::EndProcess { process: process("one") });
    let target = || Target::Fleet("fleet-1".into());
    let page = Page { limit: 10, after: None };
    let of = |status| Query::Sessions {
        of: matchwright_hosting::SessionsOf::Target { target: target(), location: None },
        status,
        page: page.clone(),
    };
    for (status, expected) in [
        (None, vec![&ended, &runs]),
        (Some("TERMINATED"), vec![&ended]),
        (Some("ACTIVE"), vec![&runs]),
        (Some("ACTIVATING"), vec![]),
        (Some("ERROR"), vec![]),
    ] {
        let Ok(Answer::Sessions((found, _))) = answer(&world.state, &of(status)) else { panic!("an answer") };
        assert_eq!(found.iter().map(|one| &one.id).collect::<Vec<_>>(), expected, "{status:?}");
    }
    let search =
        Query::Search { target: target(), location: None, filter: None, sort: None, limit: 9, offset: 0 };
    let Ok(Answer::Found(found, None)) = answer(&world.state, &search) else { panic!("an answer") };
    assert_eq!(found.iter().map(|one| &one.id).collect::<Vec<_>>(), [&runs]);
}

#[test]
fn what_is_kept_of_an_ended_process_is_little() {
    let mut world = World::new();
    world.ready("one");
    world.ask(&Command::EndProcess { process: process("one") });
    let ended = &world.state.processes[&process("one")];
    assert!(ended.log_paths.is_empty());
    assert_eq!(world.connect("one", None), Err(Rejection::ProcessEnded(process("one"))));
    world.now = world.now + world.settings.process_retention;
    assert_eq!(world.tick(), [Change::ProcessForgotten { process: process("one") }]);
    assert!(world.connect("one", None).is_ok());
}

#[test]
fn a_process_that_reports_itself_ill_and_stays_is_ended_as_such() {
    let mut world = World::new();
    ["ill", "deaf"].iter().for_each(|id| world.ready(id));
    world.ask(&Command::ReportUnhealthy { process: process("ill") });
    world.ask(&Command::DeleteFleet { fleet: "fleet-1".into() });
    world.now = world.now + HOUR;
    let changes = world.tick();
    let cause = |id: &str| {
        changes.iter().find_map(|change| match change {
            Change::ProcessEnded { process: ended, cause } if *ended == process(id) => Some(*cause),
            _ => None,
        })
    };
    assert_eq!(cause("ill"), Some(EndCause::Unhealthy));
    assert_eq!(cause("deaf"), Some(EndCause::NotEnded));
}
