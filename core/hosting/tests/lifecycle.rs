//! Every state × every event, the refused ones too. `cargo xtask bless` rewrites the tables; the diff is the review.

use std::collections::BTreeMap;
use std::time::Duration;

use expect_test::expect_file;
use matchwright_hosting::{
    Change, Command, ComputeFields, Connection, Context, Decision, Destination, FleetFields, Fresh,
    JoinPolicy, LatencyPolicy, PlacementRequest, PlayerLatency, PlayerRequest, ProcessKey, QueueFields,
    Rejection, Sdk, SessionFields, SessionPatch, SessionRequest, Settings, State, Target, TerminationMode,
    apply, decide, decide_tick, snapshot,
};
use matchwright_model::{FleetId, GameSessionId, LocationName, PlacementId, PlayerSessionId, Timestamp};

const START: Timestamp = Timestamp::from_secs(10_000);

/// The time limits of the tables, each at a moment of its own.
fn settings() -> Settings {
    let seconds = Duration::from_secs;
    Settings {
        reservation: seconds(60),
        ready_timeout: seconds(100),
        activation_timeout: seconds(110),
        reconnect_grace: seconds(200),
        termination_grace: seconds(300),
        session_retention: seconds(1000),
        placement_retention: seconds(1000),
        process_retention: seconds(1000),
        placement_attempts: 2,
        ..Settings::default()
    }
}

/// A world that commands are sent to, second by second.
#[derive(Clone)]
struct Stage {
    state: State,
    now: Timestamp,
    fleet: FleetId,
    sent: u128,
}

impl Stage {
    /// A fleet with a machine and a queue.
    fn begin() -> Self {
        let mut stage = Self { state: State::new(&settings()), now: START, fleet: "none".into(), sent: 0 };
        let location = LocationName::from("custom-here");
        stage.happens(&Command::CreateLocation { name: location.clone(), tags: BTreeMap::new() });
        let fields = FleetFields::least("fleet");
        let locations = [location.clone()].into();
        stage.happens(&Command::CreateFleet { fields, locations, tags: BTreeMap::new() });
        stage.fleet = stage.state.fleets.keys().next().expect("it was made").clone();
        stage.happens(&stage.register());
        let policy = |max_latency_ms, duration| LatencyPolicy { max_latency_ms, duration };
        let fields = QueueFields {
            timeout: Duration::from_secs(50),
            destinations: vec![Destination::Fleet(stage.fleet.clone())],
            latency_policies: vec![policy(10, Some(Duration::from_secs(20))), policy(100, None)],
            allowed_locations: Vec::new(),
            priority: Vec::new(),
            location_order: Vec::new(),
            custom_event_data: None,
            notification_target: None,
        };
        stage.happens(&Command::CreateQueue { name: "queue".into(), fields, tags: BTreeMap::new() });
        stage
    }

    fn register(&self) -> Command {
        let fields = ComputeFields {
            location: "custom-here".into(),
            ip: "10.0.0.1".into(),
            dns: None,
            certificate_path: None,
        };
        Command::RegisterCompute { fleet: self.fleet.clone(), name: "machine".into(), fields }
    }

    fn process(&self, name: &str) -> ProcessKey {
        ProcessKey { fleet: self.fleet.clone(), compute: "machine".into(), id: name.into() }
    }

    fn decided(
        &self,
        decide: impl FnOnce(&Context<'_>) -> Result<Decision, Rejection>,
    ) -> Result<Decision, Rejection> {
        let (settings, fresh) = (settings(), Fresh::new(self.sent));
        decide(&Context { now: self.now, settings: &settings, fresh: &fresh })
    }

    /// # Panics
    /// Where it is refused.
    fn happens(&mut self, command: &Command) {
        let decided = self.decided(|context| decide(&self.state, context, command));
        let decided = decided.unwrap_or_else(|rejection| panic!("{command:?}: {rejection}"));
        self.apply(&decided.changes);
    }

    fn apply(&mut self, changes: &[Change]) {
        changes.iter().for_each(|change| apply(&mut self.state, self.now, change));
        self.sent += 1;
        let mut rebuilt = State::new(&settings());
        snapshot(&self.state).iter().for_each(|(at, change)| apply(&mut rebuilt, *at, change));
        assert!(rebuilt == self.state, "a snapshot rebuilds the state after {changes:?}");
    }

    fn after(mut self, commands: impl IntoIterator<Item = Command>) -> Self {
        commands.into_iter().for_each(|command| self.happens(&command));
        self
    }

    /// Lets time pass; what is due happens.
    fn later(mut self, seconds: u64) -> Self {
        self.now = self.now + Duration::from_secs(seconds);
        while self.state.next_due().is_some_and(|due| due <= self.now) {
            let changes = self.tick();
            self.apply(&changes);
        }
        self
    }

    fn tick(&self) -> Vec<Change> {
        let decided = self.decided(|context| {
            let changes = decide_tick(&self.state, context);
            Ok(Decision { changes, reply: matchwright_hosting::Reply::Done })
        });
        decided.map(|decided| decided.changes).unwrap_or_default()
    }

    fn connect(&self, name: &str) -> Command {
        Command::ConnectProcess { process: self.process(name), token: None, sdk: Sdk::default() }
    }

    fn ready(&self, name: &str) -> Command {
        Command::ReadyProcess { process: self.process(name), port: 7000, log_paths: Vec::new() }
    }

    fn up(self, name: &str) -> Self {
        let commands = [self.connect(name), self.ready(name)];
        self.after(commands)
    }

    fn create(&self) -> Command {
        let fields = SessionFields {
            name: None,
            max_players: 2,
            properties: Vec::new(),
            data: None,
            creator: None,
            token: Some("game".into()),
            policy: JoinPolicy::AcceptAll,
            is_protected: false,
        };
        let target = Target::Fleet(self.fleet.clone());
        Command::CreateSession(SessionRequest { target, location: None, fields })
    }

    /// The id of the game that `create` makes.
    fn game(&self) -> GameSessionId {
        GameSessionId::new(format!("{}/custom-here/game", self.fleet))
    }

    fn activate(&self, name: &str, session: GameSessionId) -> Command {
        Command::ActivateSession { process: self.process(name), session }
    }

    fn terminate(&self) -> Command {
        Command::TerminateSession { id: self.game(), mode: TerminationMode::Trigger }
    }

    /// A process `x` that runs a game.
    fn playing() -> Self {
        let stage = Self::begin().up("x");
        let commands = [stage.create(), stage.activate("x", stage.game())];
        stage.after(commands)
    }

    fn seat(&self) -> PlayerSessionId {
        let session = &self.state.sessions[&self.game()];
        session.players.first().map_or_else(|| "psess-none".into(), |seat| seat.id.clone())
    }

    fn placed(&self) -> GameSessionId {
        let placement = &self.state.placements[&PlacementId::from("placement")];
        let sessions =
            self.state.sessions.values().filter(|one| one.placement.as_ref() == Some(&placement.id));
        sessions
            .max_by_key(|session| session.created_at)
            .map_or_else(|| "none".into(), |session| session.id.clone())
    }
}

fn players(names: &[&str]) -> Vec<PlayerRequest> {
    names.iter().map(|name| PlayerRequest { player: (*name).into(), data: None }).collect()
}

fn place(latency_ms: Option<f32>) -> Command {
    let told = |latency_ms| PlayerLatency { player: "ann".into(), region: "custom-here".into(), latency_ms };
    Command::StartPlacement(PlacementRequest {
        id: "placement".into(),
        queue: "queue".into(),
        match_id: None,
        max_players: 2,
        name: None,
        properties: Vec::new(),
        data: None,
        roster: None,
        latencies: latency_ms.map(told).into_iter().collect(),
        players: players(&["ann"]),
        order: None,
    })
}

/// What happens in a state: a command, or so many seconds that pass at once.
enum Event {
    Command(Box<Command>),
    Seconds(u64),
}

type Row = (&'static str, Event);

fn brief(change: &Change) -> String {
    let text = format!("{change:?}");
    let name = text.split([' ', '{']).next().unwrap_or_default().to_string();
    match change {
        Change::ProcessEnded { cause, .. } => format!("{name}({cause:?})"),
        Change::SessionEnded { end, .. } => format!("{name}({end:?})"),
        _ => name,
    }
}

/// What a decision says, and what `shown` then is. Ids that differ from run to run in length only are cut.
fn outcome(stage: &Stage, event: &Event, shown: impl Fn(&Stage) -> String) -> String {
    let mut next = stage.clone();
    let decided = match event {
        Event::Command(command) => stage.decided(|context| decide(&stage.state, context, command)),
        Event::Seconds(seconds) => {
            next.now = next.now + Duration::from_secs(*seconds);
            let changes = next.tick();
            Ok(Decision { changes, reply: matchwright_hosting::Reply::Done })
        }
    };
    match decided {
        Err(rejection) => format!("refused [{}]", rejection.code()),
        Ok(decision) if decision.changes.is_empty() => "nothing".to_string(),
        Ok(decision) => {
            next.apply(&decision.changes);
            let changes: Vec<String> = decision.changes.iter().map(brief).collect();
            format!("{} => {}", changes.join(", "), shown(&next))
        }
    }
}

fn table(
    states: Vec<(&'static str, Stage)>,
    events: impl Fn(&Stage) -> Vec<Row>,
    shown: impl Fn(&Stage) -> String,
) -> String {
    let mut table = String::new();
    for (name, stage) in states {
        table.push_str(&format!("{name} ({})\n", shown(&stage)));
        for (event, what) in events(&stage) {
            table.push_str(&format!("  {event}: {}\n", outcome(&stage, &what, &shown)));
        }
        table.push('\n');
    }
    table
}

fn process_shown(stage: &Stage) -> String {
    let Some(process) = stage.state.processes.get(&stage.process("x")) else {
        return "forgotten".to_string();
    };
    let mut text = process.phase.name().to_string();
    if matches!(process.connection, Connection::Lost { .. }) {
        text.push_str(", away");
    }
    if process.terminating.is_some() {
        text.push_str(", told to end");
    }
    match stage.state.sessions.get(&stage.game()) {
        Some(session) => format!("{text}, game {}", session.status.name()),
        None => text,
    }
}

#[test]
fn every_state_of_a_process_meets_every_event() {
    let x = |stage: &Stage| stage.process("x");
    let begin = || {
        let stage = Stage::begin();
        let connect = stage.connect("x");
        stage.after([connect])
    };
    let idle = || Stage::begin().up("x");
    let activating = || {
        let stage = idle();
        let create = stage.create();
        stage.after([create])
    };
    let away = |stage: Stage| {
        let process = x(&stage);
        stage.after([Command::DisconnectProcess { process }])
    };
    let told = |stage: Stage| {
        let process = x(&stage);
        stage.after([Command::ReportUnhealthy { process }])
    };
    let ended = |stage: Stage| {
        let process = x(&stage);
        stage.after([Command::EndProcess { process }])
    };
    let terminating = || {
        let stage = Stage::playing();
        let terminate = stage.terminate();
        stage.after([terminate])
    };
    let states = vec![
        ("starting", begin()),
        ("starting, away", away(begin())),
        ("idle", idle()),
        ("idle, away", away(idle())),
        ("idle, told to end", told(idle())),
        ("idle, told to end, away", away(told(idle()))),
        ("busy, activating", activating()),
        ("busy, activating, away", away(activating())),
        ("busy, activating, told to end", told(activating())),
        ("busy, playing", Stage::playing()),
        ("busy, playing, away", away(Stage::playing())),
        ("busy, playing, told to end", told(Stage::playing())),
        ("busy, terminating", terminating()),
        ("busy, terminating, away", away(terminating())),
        ("busy, not activated in time", activating().later(110)),
        ("ended", ended(idle())),
        ("ended with its game", ended(Stage::playing())),
        ("ended by a crash", away(idle()).later(200)),
    ];
    let events = |stage: &Stage| -> Vec<Row> {
        let process = || x(stage);
        let is = |command| Event::Command(Box::new(command));
        vec![
            ("it connects", is(stage.connect("x"))),
            ("its last socket is gone", is(Command::DisconnectProcess { process: process() })),
            ("the server is started anew", is(Command::LoseConnections)),
            ("ProcessReady", is(stage.ready("x"))),
            ("three bad heartbeats", is(Command::ReportUnhealthy { process: process() })),
            ("CreateGameSession", is(stage.create())),
            ("StartGameSessionPlacement", is(place(None))),
            ("ActivateGameSession", is(stage.activate("x", stage.game()))),
            ("TerminateGameSession", is(stage.terminate())),
            ("ProcessEnding", is(Command::EndProcess { process: process() })),
            (
                "its compute is deregistered",
                is(Command::DeregisterCompute { fleet: stage.fleet.clone(), name: "machine".into() }),
            ),
            ("its fleet is deleted", is(Command::DeleteFleet { fleet: stage.fleet.clone() })),
            ("100 s pass", Event::Seconds(100)),
            ("110 s pass", Event::Seconds(110)),
            ("200 s pass", Event::Seconds(200)),
            ("300 s pass", Event::Seconds(300)),
            ("1000 s pass", Event::Seconds(1000)),
        ]
    };
    expect_file!["lifecycle_process.txt"].assert_eq(&table(states, events, process_shown));
}

fn game_shown(stage: &Stage) -> String {
    let Some(session) = stage.state.sessions.get(&stage.game()) else { return "forgotten".to_string() };
    format!("{}, {} of {} seats", session.status.name(), session.occupied, session.fields.max_players)
}

#[test]
fn every_state_of_a_game_session_meets_every_event() {
    let closed = |stage: Stage| {
        let (process, session) = (stage.process("x"), stage.game());
        stage.after([Command::SetJoinPolicy { process, session, policy: JoinPolicy::DenyAll }])
    };
    let full = |stage: Stage| {
        let session = stage.game();
        stage.after([Command::ReservePlayers { session, players: players(&["ann", "bob"]) }])
    };
    let activating = || {
        let stage = Stage::begin().up("x");
        let create = stage.create();
        stage.after([create])
    };
    let ends = |stage: Stage, command: fn(&Stage) -> Command| {
        let command = command(&stage);
        stage.after([command])
    };
    let end = |stage: &Stage| Command::EndProcess { process: stage.process("x") };
    let states = vec![
        ("activating", activating()),
        ("active", Stage::playing()),
        ("active, full", full(Stage::playing())),
        ("active, closed", closed(Stage::playing())),
        ("terminating", ends(Stage::playing(), Stage::terminate)),
        ("terminating before it ran", ends(activating(), Stage::terminate)),
        ("terminated, finished", ends(Stage::playing(), end)),
        ("terminated, not activated", activating().later(110)),
    ];
    let events = |stage: &Stage| -> Vec<Row> {
        let (is, id) = (|command| Event::Command(Box::new(command)), || stage.game());
        let update = |patch| Command::UpdateSession { id: id(), patch };
        let smaller = SessionPatch { max_players: Some(1), ..SessionPatch::default() };
        let huge = SessionPatch { max_players: Some(201), ..SessionPatch::default() };
        let policy = |policy| Command::SetJoinPolicy { process: stage.process("x"), session: id(), policy };
        let force = Command::TerminateSession { id: id(), mode: TerminationMode::Force };
        let reserve = |names: &[&str]| Command::ReservePlayers { session: id(), players: players(names) };
        vec![
            ("ActivateGameSession", is(stage.activate("x", id()))),
            ("ActivateGameSession by a stranger", is(stage.activate("y", id()))),
            ("CreateGameSession with its token", is(stage.create())),
            ("UpdateGameSession to 1 seat", is(update(smaller))),
            ("UpdateGameSession to 201 seats", is(update(huge))),
            ("UpdatePlayerSessionCreationPolicy DENY_ALL", is(policy(JoinPolicy::DenyAll))),
            ("CreatePlayerSession", is(reserve(&["eve"]))),
            ("CreatePlayerSession of ann", is(reserve(&["ann"]))),
            ("CreatePlayerSessions of three", is(reserve(&["eve", "fay", "gus"]))),
            ("TerminateGameSession TRIGGER", is(stage.terminate())),
            ("TerminateGameSession FORCE", is(force)),
            ("ProcessEnding", is(Command::EndProcess { process: stage.process("x") })),
            ("60 s pass", Event::Seconds(60)),
            ("110 s pass", Event::Seconds(110)),
            ("300 s pass", Event::Seconds(300)),
            ("1000 s pass", Event::Seconds(1000)),
        ]
    };
    expect_file!["lifecycle_game_session.txt"].assert_eq(&table(states, events, game_shown));
}

fn seat_shown(stage: &Stage) -> String {
    let Some(session) = stage.state.sessions.get(&stage.game()) else { return "forgotten".to_string() };
    let seats: Vec<String> =
        session.players.iter().map(|seat| format!("{} {}", seat.player, seat.status.name())).collect();
    seats.join(", ")
}

#[test]
fn every_state_of_a_player_session_meets_every_event() {
    let reserved = || {
        let stage = Stage::playing();
        let session = stage.game();
        stage.after([Command::ReservePlayers { session, players: players(&["ann"]) }])
    };
    let then = |stage: Stage, command: fn(&Stage) -> Command| {
        let command = command(&stage);
        stage.after([command])
    };
    fn accept(stage: &Stage) -> Command {
        let process = stage.process("x");
        Command::AcceptPlayer { process, session: stage.game(), player_session: stage.seat() }
    }
    fn remove(stage: &Stage) -> Command {
        let process = stage.process("x");
        Command::RemovePlayer { process, session: stage.game(), player_session: stage.seat() }
    }
    fn end(stage: &Stage) -> Command {
        Command::EndProcess { process: stage.process("x") }
    }
    let states = vec![
        ("reserved", reserved()),
        ("active", then(reserved(), accept)),
        ("completed", then(then(reserved(), accept), remove)),
        ("removed before he came", then(reserved(), remove)),
        ("timed out", reserved().later(60)),
        ("reserved, game terminating", then(reserved(), Stage::terminate)),
        ("completed with the game", then(then(reserved(), accept), end)),
        ("timed out with the game", then(reserved(), end)),
    ];
    let events = |stage: &Stage| -> Vec<Row> {
        let is = |command| Event::Command(Box::new(command));
        let unknown = Command::AcceptPlayer {
            process: stage.process("x"),
            session: stage.game(),
            player_session: "psess-unknown".into(),
        };
        let again = Command::ReservePlayers { session: stage.game(), players: players(&["ann"]) };
        vec![
            ("AcceptPlayerSession", is(accept(stage))),
            ("AcceptPlayerSession of an unknown one", is(unknown)),
            ("RemovePlayerSession", is(remove(stage))),
            ("CreatePlayerSession of the same player", is(again)),
            ("TerminateGameSession", is(stage.terminate())),
            ("ProcessEnding", is(end(stage))),
            ("60 s pass", Event::Seconds(60)),
            ("1000 s pass", Event::Seconds(1000)),
        ]
    };
    expect_file!["lifecycle_player_session.txt"].assert_eq(&table(states, events, seat_shown));
}

fn placement_shown(stage: &Stage) -> String {
    let Some(placement) = stage.state.placements.get(&PlacementId::from("placement")) else {
        return "forgotten".to_string();
    };
    let game = placement.session.as_ref().and_then(|id| stage.state.sessions.get(id));
    let game = game.map_or("no game", |session| session.status.name());
    format!("{}, {game}, {} tried, {} steps", placement.status.name(), placement.attempts, placement.relaxed)
}

#[test]
fn every_state_of_a_placement_meets_every_event() {
    let waiting = |latency| Stage::begin().after([place(latency)]);
    let starting = || Stage::begin().up("x").after([place(None)]);
    let end = |stage: &Stage| Command::EndProcess { process: stage.process("x") };
    let then = |stage: Stage, command: &dyn Fn(&Stage) -> Command| {
        let command = command(&stage);
        stage.after([command])
    };
    let activate = |stage: &Stage| stage.activate("x", stage.placed());
    let delete = |_: &Stage| Command::DeleteQueue { name: "queue".into() };
    let stop = |_: &Stage| Command::StopPlacement { id: "placement".into() };
    let twice =
        || then(then(starting(), &end).up("y"), &|stage| Command::EndProcess { process: stage.process("y") });
    let states = vec![
        ("pending, waits", waiting(None)),
        ("pending, waits for a near place", waiting(Some(50.0))),
        ("pending, waits for any place", waiting(Some(50.0)).later(20)),
        ("pending, its game starts", starting()),
        ("pending, its game starts, the queue is gone", then(starting(), &delete)),
        ("pending, lost its process", then(starting(), &end)),
        ("fulfilled", then(starting(), &activate)),
        ("cancelled", then(waiting(None), &stop)),
        ("timed out", waiting(None).later(50)),
        ("failed with its queue", then(waiting(None), &delete)),
        ("failed after two processes", twice()),
    ];
    let events = |stage: &Stage| -> Vec<Row> {
        let is = |command| Event::Command(Box::new(command));
        let terminate = Command::TerminateSession { id: stage.placed(), mode: TerminationMode::Trigger };
        vec![
            ("StartGameSessionPlacement with its id", is(place(None))),
            ("StopGameSessionPlacement", is(stop(stage))),
            ("DeleteGameSessionQueue", is(delete(stage))),
            ("another process connects", is(stage.connect("z"))),
            ("ActivateGameSession", is(activate(stage))),
            ("TerminateGameSession", is(terminate)),
            ("ProcessEnding", is(end(stage))),
            ("three bad heartbeats", is(Command::ReportUnhealthy { process: stage.process("x") })),
            ("20 s pass", Event::Seconds(20)),
            ("50 s pass", Event::Seconds(50)),
            ("110 s pass", Event::Seconds(110)),
            ("1000 s pass", Event::Seconds(1000)),
        ]
    };
    expect_file!["lifecycle_placement.txt"].assert_eq(&table(states, events, placement_shown));
}

#[test]
fn a_process_that_gets_ready_goes_to_the_placement_that_waits() {
    let waiting = Stage::begin().after([place(Some(50.0))]);
    let get_ready = |stage: Stage| {
        let connect = stage.connect("x");
        let stage = stage.after([connect]);
        let ready = Event::Command(Box::new(stage.ready("x")));
        outcome(&stage, &ready, placement_shown)
    };
    let too_far = "ProcessReady => PENDING, no game, 0 tried, 0 steps";
    assert_eq!(get_ready(waiting.clone()), too_far, "the policy in force keeps players from far places");
    let near = "ProcessReady, SessionStarted => PENDING, ACTIVATING, 1 tried, 1 steps";
    assert_eq!(get_ready(waiting.later(20)), near);
}

fn fleet_shown(stage: &Stage) -> String {
    let fleet = stage.state.fleets.get(&stage.fleet);
    let live = stage.state.processes.values().filter(|process| process.is_live()).count();
    let status = fleet.map_or("gone".to_string(), |fleet| format!("{:?}", fleet.status));
    format!("{status}, {live} processes")
}

#[test]
fn every_state_of_a_fleet_meets_every_event() {
    let deleting = |stage: Stage| {
        let fleet = stage.fleet.clone();
        stage.after([Command::DeleteFleet { fleet }])
    };
    let away = |stage: Stage| {
        let process = stage.process("x");
        stage.after([Command::DisconnectProcess { process }])
    };
    let states = vec![
        ("active", Stage::begin()),
        ("active with a process", Stage::begin().up("x")),
        ("active with a game", Stage::playing()),
        ("deleting with a process", deleting(Stage::begin().up("x"))),
        ("deleting with a process that is away", away(deleting(Stage::begin().up("x")))),
        ("deleting with a game and a process", deleting(Stage::playing().up("y"))),
        ("deleted", deleting(Stage::begin())),
    ];
    let events = |stage: &Stage| -> Vec<Row> {
        let (is, fleet) = (|command| Event::Command(Box::new(command)), || stage.fleet.clone());
        let locations = || [LocationName::from("custom-here")].into();
        let patch = Default::default();
        vec![
            ("DeleteFleet", is(Command::DeleteFleet { fleet: fleet() })),
            ("UpdateFleetAttributes", is(Command::UpdateFleet { fleet: fleet(), patch })),
            (
                "CreateFleetLocations",
                is(Command::AddFleetLocations { fleet: fleet(), locations: locations() }),
            ),
            (
                "DeleteFleetLocations",
                is(Command::RemoveFleetLocations { fleet: fleet(), locations: locations() }),
            ),
            ("RegisterCompute", is(stage.register())),
            ("DeregisterCompute", is(Command::DeregisterCompute { fleet: fleet(), name: "machine".into() })),
            ("GetComputeAuthToken", is(Command::IssueToken { fleet: fleet(), compute: "machine".into() })),
            ("a new process connects", is(stage.connect("new"))),
            ("a process gets ready", is(stage.ready("x"))),
            ("ProcessEnding", is(Command::EndProcess { process: stage.process("x") })),
            ("CreateGameSession", is(stage.create())),
            ("StartGameSessionPlacement", is(place(None))),
            ("DeleteLocation", is(Command::DeleteLocation { name: "custom-here".into() })),
            ("200 s pass", Event::Seconds(200)),
            ("300 s pass", Event::Seconds(300)),
        ]
    };
    expect_file!["lifecycle_fleet.txt"].assert_eq(&table(states, events, fleet_shown));
}
