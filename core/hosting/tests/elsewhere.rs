//! Games of a queue that is homed elsewhere, from the placement to their end.

use std::time::Duration;

use matchwright_hosting::*;
use matchwright_model::{PlacementId, Timestamp};

const START: Timestamp = Timestamp(1_000_000);
const LIFE: Duration = Duration::from_secs(1000);
const KEPT: Duration = Duration::from_secs(500);

/// A state that is asked one command after the other.
struct World {
    state: State,
    settings: Settings,
    now: Timestamp,
    seed: u128,
}

impl World {
    fn new() -> Self {
        let mut settings = Settings::default();
        settings.elsewhere.insert("away".into(), Home { life: LIFE, reservation: KEPT });
        let mut world = Self { state: State::new(&settings), settings, now: START, seed: 0 };
        for name in ["away", "home"] {
            world.ok(Command::CreateQueue { name: name.into(), fields: queue(), tags: Default::default() });
        }
        world
    }

    fn ask(&mut self, command: Command) -> Result<Decision, Rejection> {
        self.seed += 1;
        let fresh = Fresh::new(self.seed);
        let context = Context { now: self.now, settings: &self.settings, fresh: &fresh };
        let decision = decide(&self.state, &context, &command)?;
        self.apply(&decision.changes);
        Ok(decision)
    }

    fn ok(&mut self, command: Command) -> Vec<Change> {
        self.ask(command).expect("it is accepted").changes
    }

    fn tick(&mut self, at: Timestamp) -> Vec<Change> {
        self.now = at;
        let fresh = Fresh::new(0);
        let context = Context { now: at, settings: &self.settings, fresh: &fresh };
        let changes = decide_tick(&self.state, &context);
        self.apply(&changes);
        changes
    }

    fn apply(&mut self, changes: &[Change]) {
        changes.iter().for_each(|change| apply(&mut self.state, self.now, change));
    }

    fn place(&mut self, id: &str, queue: &str) -> Vec<Change> {
        self.ok(Command::StartPlacement(request(id, queue)))
    }

    fn host(&mut self, id: &str) -> Result<Decision, Rejection> {
        self.ask(Command::HostPlacement { id: id.into(), server: server(None) })
    }

    fn placement(&self, id: &str) -> &Placement {
        &self.state.placements[&PlacementId::new(id)]
    }

    /// The session that a placement got.
    fn session(&self, placement: &str) -> &GameSession {
        let placement = self.placement(placement);
        &self.state.sessions[placement.session.as_ref().expect("it has a session")]
    }

    /// A process of ours becomes free in a fleet that both queues lead to.
    fn free_process(&mut self) -> Vec<Change> {
        let home = || "custom-a".into();
        self.ok(Command::CreateLocation { name: home(), tags: Default::default() });
        let fields = FleetFields::least("ours");
        let made =
            self.ok(Command::CreateFleet { fields, locations: [home()].into(), tags: Default::default() });
        let Change::FleetCreated { id: fleet, .. } = &made[0] else { panic!("{made:?}") };
        let destinations = Some(vec![Destination::Fleet(fleet.clone())]);
        for name in ["away", "home"] {
            let patch = QueuePatch { destinations: destinations.clone(), ..QueuePatch::default() };
            self.ok(Command::UpdateQueue { name: name.into(), patch });
        }
        let fields = ComputeFields {
            location: home(),
            ip: "192.0.2.1".to_string(),
            dns: None,
            certificate_path: None,
        };
        self.ok(Command::RegisterCompute { fleet: fleet.clone(), name: "pc".into(), fields });
        let process = ProcessKey { fleet: fleet.clone(), compute: "pc".into(), id: "p-1".into() };
        let sdk = Sdk::default();
        self.ok(Command::ConnectProcess { process: process.clone(), token: None, sdk });
        self.ok(Command::ReadyProcess { process, port: 7777, log_paths: Vec::new() })
    }
}

fn queue() -> QueueFields {
    QueueFields {
        timeout: Duration::from_secs(60),
        destinations: Vec::new(),
        latency_policies: Vec::new(),
        allowed_locations: Vec::new(),
        priority: Vec::new(),
        location_order: Vec::new(),
        custom_event_data: None,
        notification_target: None,
    }
}

fn request(id: &str, queue: &str) -> PlacementRequest {
    let player = |id: &str| PlayerRequest { player: id.into(), data: None };
    PlacementRequest {
        id: id.into(),
        queue: queue.into(),
        match_id: None,
        max_players: 4,
        name: Some("Duel".to_string()),
        properties: vec![("map".to_string(), "desert".to_string())],
        data: Some("x".into()),
        roster: None,
        latencies: Vec::new(),
        players: vec![player("ann"), player("bob")],
        order: None,
    }
}

fn server(session: Option<&str>) -> Server {
    Server {
        session: session.map(str::to_string),
        location: "cluster".into(),
        ip: "192.0.2.8".to_string(),
        dns: None,
        port: 7463,
    }
}

#[test]
fn a_server_that_an_allocator_found_runs_the_game_at_once() {
    let mut world = World::new();
    world.place("p-1", "away");
    let decision = world.host("p-1").expect("it waits");
    let Reply::Placement(placement, Some(made)) = decision.reply else { panic!("{:?}", decision.reply) };
    assert_eq!(placement.status, PlacementStatus::Fulfilled { at: START });
    assert_eq!(*placement, *world.placement("p-1"));
    let session = world.session("p-1");
    assert_eq!(
        (session.status, session.host.clone()),
        (SessionStatus::Active, Host::Elsewhere { until: START + LIFE, reservation: KEPT })
    );
    assert_eq!(
        (session.ip.as_str(), session.port, session.location.as_str()),
        ("192.0.2.8", 7463, "cluster")
    );
    assert_eq!(session.id.as_str(), format!("away/cluster/{}", session_name(&"p-1".into(), START)));
    assert_eq!((session.fields.name.as_deref(), session.fields.max_players), (Some("Duel"), 4));
    let seats: Vec<_> = session.players.iter().map(|seat| (seat.player.as_str(), seat.status)).collect();
    let kept = PlayerSessionStatus::Reserved { until: START + KEPT };
    assert_eq!(seats, [("ann", kept), ("bob", kept)]);
    assert_eq!(made.id, session.id);
}

#[test]
fn no_process_of_ours_is_given_to_a_queue_elsewhere() {
    let mut world = World::new();
    world.place("p-early", "away");
    world.free_process();
    world.place("p-late", "away");
    let patch = QueuePatch { timeout: Some(Duration::from_secs(70)), ..QueuePatch::default() };
    world.ok(Command::UpdateQueue { name: "away".into(), patch });
    world.place("p-home", "home");
    let has_session = |id: &str| world.placement(id).session.is_some();
    assert_eq!(["p-early", "p-late", "p-home"].map(has_session), [false, false, true]);
}

#[test]
fn a_placement_is_hosted_once() {
    let mut world = World::new();
    world.place("p-1", "away");
    world.host("p-1").expect("it waits");
    assert_eq!(world.host("p-1").map(drop).unwrap_err().code(), "E654");
    assert_eq!(world.host("p-2").map(drop).unwrap_err().code(), "E651");
    world.place("p-3", "away");
    world.tick(START + Duration::from_secs(60));
    let late = world.host("p-3").map(drop).unwrap_err();
    assert!(late.to_string().contains("TIMED_OUT") && late.to_string().contains("be hosted"), "{late}");
}

#[test]
fn a_refused_placement_has_failed() {
    let mut world = World::new();
    world.place("p-1", "away");
    world.ok(Command::RefusePlacement { id: "p-1".into() });
    assert_eq!(world.placement("p-1").status, PlacementStatus::Failed { at: START });
    let again = world.ask(Command::RefusePlacement { id: "p-1".into() });
    assert_eq!(again.map(drop).unwrap_err().code(), "E654");
}

#[test]
fn an_allocator_may_name_the_session_but_not_one_that_exists() {
    let mut world = World::new();
    world.place("p-1", "away");
    world.place("p-2", "away");
    let named = |id: &str| Command::HostPlacement { id: id.into(), server: server(Some("room-7")) };
    world.ok(named("p-1"));
    assert_eq!(world.session("p-1").id.as_str(), "away/cluster/room-7");
    assert_eq!(world.ask(named("p-2")).map(drop).unwrap_err().code(), "E673");
}

#[test]
fn a_game_elsewhere_ends_with_its_time() {
    let mut world = World::new();
    world.place("p-1", "away");
    world.host("p-1").expect("it waits");
    let id = world.session("p-1").id.clone();
    assert_eq!(world.tick(START + KEPT - Duration::from_millis(1)), []);
    // Whoever did not come by then has lost his seat.
    assert_eq!(world.tick(START + KEPT).len(), 2);
    assert_eq!(world.tick(START + LIFE - Duration::from_millis(1)), []);
    let ended = Change::SessionEnded { id: id.clone(), end: SessionEnd::TimeUp };
    assert_eq!(world.tick(START + LIFE), [ended]);
    assert_eq!(world.tick(START + LIFE), []);
}

#[test]
fn terminating_a_game_elsewhere_ends_it_at_once() {
    let mut world = World::new();
    world.place("p-1", "away");
    world.host("p-1").expect("it waits");
    let id = world.session("p-1").id.clone();
    let ended = Change::SessionEnded { id: id.clone(), end: SessionEnd::Triggered };
    assert_eq!(
        world.ok(Command::TerminateSession { id: id.clone(), mode: TerminationMode::Trigger }),
        [ended]
    );
    let seats = &world.session("p-1").players;
    assert!(seats.iter().all(|seat| !seat.status.is_open()), "{seats:?}");
    let again = world.ask(Command::TerminateSession { id, mode: TerminationMode::Trigger });
    assert_eq!(again.map(drop).unwrap_err().code(), "E662");
}

#[test]
fn later_seats_are_kept_as_long_as_the_first() {
    let mut world = World::new();
    world.place("p-1", "away");
    world.host("p-1").expect("it waits");
    let session = world.session("p-1").id.clone();
    let players = vec![PlayerRequest { player: "cat".into(), data: None }];
    let made = world.ok(Command::ReservePlayers { session, players });
    assert!(matches!(made[..], [Change::PlayersReserved { until, .. }] if until == START + KEPT), "{made:?}");
}

#[test]
fn a_snapshot_brings_a_game_elsewhere_back() {
    let mut world = World::new();
    world.place("p-1", "away");
    world.host("p-1").expect("it waits");
    let mut again = State::new(&world.settings);
    snapshot(&world.state).iter().for_each(|(at, change)| apply(&mut again, *at, change));
    assert_eq!(again, world.state);
    assert_eq!(again.next_due(), Some(START + KEPT));
}

#[test]
fn a_session_name_fits_a_label_and_differs_for_a_later_placement_of_the_same_id() {
    let name = session_name(&"p-1".into(), START);
    assert_eq!(name, session_name(&"p-1".into(), START));
    assert_ne!(name, session_name(&"p-1".into(), START + LIFE));
    assert!(
        name.len() <= 63 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
        "{name}"
    );
}
