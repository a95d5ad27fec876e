//! Replies of hosting against documents written by hand (`hosted/*.json`), in JSON and in CBOR; each of its rejections
//! as an exception that the operation models (`exceptions.json`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use matchwright_engine as engine;
use matchwright_gamelift::{Ask, Front, FrontSettings, Operation, Outcome, Protocol};
use matchwright_hosting::*;
use matchwright_model::{FleetId, MatchId, PlayerSessionId, Roster, RosterTeam, Timestamp};
use serde_json::Value as Json;

/// 2026-01-02T03:04:05.250Z.
const START: Timestamp = Timestamp(1_767_323_045_250);
const END: Timestamp = Timestamp(1_767_323_105_250);

fn front() -> Front {
    Front::new(FrontSettings {
        region: "us-east-1".to_string(),
        account: "000000000000".to_string(),
        lenient_ids: false,
        lenient_latency: false,
        unknown_keys_warn: false,
        game_server_endpoint: "wss://games.example:443".to_string(),
    })
}

fn location() -> Location {
    Location { created_at: START, tags: BTreeMap::new() }
}

fn fleet() -> Fleet {
    let fields = FleetFields {
        name: "home".to_string(),
        description: Some("at home".to_string()),
        cost: Some(Cost(150_000)),
        is_protected: true,
        creation_limit: Some(CreationLimit { sessions: 3, period: Duration::from_secs(900) }),
        metric_group: Some("games".to_string()),
    };
    Fleet {
        fields,
        locations: BTreeSet::from(["custom-a".into(), "custom-b".into()]),
        status: FleetStatus::Active,
        created_at: START,
        computes: BTreeMap::new(),
        tags: BTreeMap::new(),
        events: VecDeque::new(),
        events_count: 0,
    }
}

fn least_fleet() -> Fleet {
    let fields = FleetFields::least("home");
    Fleet { fields, status: FleetStatus::Deleting, ..fleet() }
}

fn alias(routing: Routing) -> Alias {
    let fields = AliasFields { name: "live".to_string(), description: None, routing };
    Alias { fields, created_at: START, updated_at: END, tags: BTreeMap::new() }
}

fn compute() -> Compute {
    let fields = ComputeFields {
        location: "custom-a".into(),
        ip: "192.0.2.7".to_string(),
        dns: Some("pc.example".to_string()),
        certificate_path: Some("/etc/cert".to_string()),
    };
    Compute { fields, created_at: START, tokens: Vec::new() }
}

fn queue() -> Queue {
    let fields = QueueFields {
        timeout: Duration::from_secs(60),
        destinations: vec![Destination::Fleet("fleet-1".into()), Destination::Alias("alias-1".into())],
        latency_policies: vec![
            LatencyPolicy { max_latency_ms: 50, duration: Some(Duration::from_secs(20)) },
            LatencyPolicy { max_latency_ms: 100, duration: None },
        ],
        allowed_locations: vec!["custom-a".into(), "custom-b".into()],
        priority: vec![Priority::Location, Priority::Cost, Priority::Latency, Priority::Destination],
        location_order: vec!["custom-b".into()],
        custom_event_data: Some("season 7".to_string()),
        notification_target: Some("arn:topic".to_string()),
    };
    Queue { fields, created_at: START, tags: BTreeMap::new() }
}

fn least_queue() -> Queue {
    let fields = QueueFields {
        timeout: Duration::from_secs(600),
        destinations: Vec::new(),
        latency_policies: Vec::new(),
        allowed_locations: Vec::new(),
        priority: Vec::new(),
        location_order: Vec::new(),
        custom_event_data: None,
        notification_target: None,
    };
    Queue { fields, ..queue() }
}

fn seat(id: &str, player: &str, status: PlayerSessionStatus) -> PlayerSession {
    let data = (player == "ann").then(|| "red".to_string());
    PlayerSession { id: PlayerSessionId::from(id), player: player.into(), data, status, created_at: START }
}

fn session(status: SessionStatus) -> GameSession {
    let fields = SessionFields {
        name: Some("Duel".to_string()),
        max_players: 4,
        properties: vec![("map".to_string(), "desert".to_string())],
        data: Some(Arc::from("{}")),
        creator: Some("ann".to_string()),
        token: Some("t-1".to_string()),
        policy: JoinPolicy::DenyAll,
        is_protected: true,
    };
    GameSession {
        id: "fleet-1/custom-a/s-1".into(),
        fields,
        host: Host::Process(ProcessKey { fleet: "fleet-1".into(), compute: "pc-1".into(), id: "p-1".into() }),
        location: "custom-a".into(),
        ip: "192.0.2.7".to_string(),
        dns: Some("pc.example".to_string()),
        port: 7777,
        status,
        created_at: START,
        placement: Some("p-1".into()),
        roster: None,
        update: None,
        players: vec![
            seat("psess-1", "ann", PlayerSessionStatus::Active),
            seat("psess-2", "eve", PlayerSessionStatus::Active),
        ],
        occupied: 2,
    }
}

fn least_session() -> GameSession {
    let fields = SessionFields::least(4);
    let activating = SessionStatus::Activating { by: END };
    GameSession { fields, dns: None, players: Vec::new(), occupied: 0, ..session(activating) }
}

fn placement(status: PlacementStatus) -> Placement {
    let player = |player: &str| PlayerRequest { player: player.into(), data: None };
    let request = PlacementRequest {
        id: "p-1".into(),
        queue: "q".into(),
        match_id: None,
        max_players: 4,
        name: Some("Duel".to_string()),
        properties: vec![("map".to_string(), "desert".to_string())],
        data: Some(Arc::from("{}")),
        roster: None,
        latencies: vec![PlayerLatency { player: "ann".into(), region: "eu-west-1".into(), latency_ms: 25.1 }],
        players: vec![player("ann"), player("bob")],
        order: Some(LocationOverride { locations: vec!["custom-a".into()], fallback: Fallback::Nothing }),
    };
    Placement {
        id: "p-1".into(),
        request,
        status,
        started_at: START,
        deadline: END,
        session: Some("fleet-1/custom-a/s-1".into()),
        attempts: 1,
        relaxed: 0,
    }
}

fn utilization(location: Option<&str>) -> Utilization {
    Utilization {
        fleet: "fleet-1".into(),
        location: location.map(Into::into),
        computes: 2,
        processes: 5,
        sessions: 3,
        players: 7,
        players_max: 12,
    }
}

fn event(number: u64, kind: FleetEventKind) -> FleetEvent {
    FleetEvent { number, at: START, kind }
}

fn events() -> Vec<FleetEvent> {
    let ended = |cause| FleetEventKind::ProcessEnded { compute: "pc-1".into(), process: "p-1".into(), cause };
    let causes = [
        EndCause::Exited,
        EndCause::Crashed,
        EndCause::NotReady,
        EndCause::Unhealthy,
        EndCause::NotEnded,
        EndCause::ComputeGone,
    ];
    let of_processes = causes.into_iter().map(ended);
    let timed_out = FleetEventKind::ActivationTimedOut { session: "fleet-1/custom-a/s-1".into() };
    let kinds =
        [FleetEventKind::Created, FleetEventKind::Deleting, timed_out].into_iter().chain(of_processes);
    kinds.enumerate().map(|(number, kind)| event(number as u64, kind)).collect()
}

fn did(reply: Reply) -> Outcome {
    Outcome::Reply(engine::Reply::Hosting(reply))
}

fn told(answer: Answer) -> Outcome {
    Outcome::Answer(engine::Answer::Hosting(Box::new(answer)))
}

fn next() -> Option<(Timestamp, String)> {
    Some((START, "fleet-1".to_string()))
}

type Case = (&'static str, Operation, Outcome);

/// Each file's operation and outcome.
fn all() -> Vec<Case> {
    [of_fleets(), of_aliases_and_computes(), of_queues(), of_sessions()].concat()
}

fn of_fleets() -> Vec<Case> {
    use Operation::*;
    let id = || FleetId::from("fleet-1");
    let one = |answer: Option<&str>| told(Answer::Fleet(id(), Box::new(fleet()), answer.map(Into::into)));
    let locations = || BTreeSet::from(["custom-b".into()]);
    let both = vec![(id(), fleet()), ("fleet-2".into(), least_fleet())];
    let listed = || told(Answer::Fleets((both.clone(), next())));
    let attributes = Answer::FleetLocations(id(), FleetStatus::Active, (vec!["custom-a".into()], None));
    let used = |location| told(Answer::Utilization((vec![utilization(location)], None)));
    vec![
        ("create_location", CreateLocation, did(Reply::Location("custom-a".into(), location()))),
        (
            "list_locations",
            ListLocations,
            told(Answer::Locations((vec![("custom-a".into(), location())], next()))),
        ),
        ("create_fleet", CreateFleet, did(Reply::Fleet(id(), Box::new(fleet())))),
        ("update_fleet", UpdateFleetAttributes, did(Reply::Fleet(id(), Box::new(fleet())))),
        ("create_fleet_locations", CreateFleetLocations, did(Reply::FleetLocations(id(), locations()))),
        ("delete_fleet_locations", DeleteFleetLocations, did(Reply::FleetLocations(id(), locations()))),
        ("describe_fleets", DescribeFleetAttributes, listed()),
        ("list_fleets", ListFleets, listed()),
        ("describe_fleet_locations", DescribeFleetLocationAttributes, told(attributes)),
        ("describe_fleet_events", DescribeFleetEvents, told(Answer::FleetEvents(id(), (events(), None)))),
        ("describe_capacity", DescribeFleetCapacity, used(None)),
        ("describe_location_capacity", DescribeFleetLocationCapacity, used(Some("custom-a"))),
        ("describe_utilization", DescribeFleetUtilization, used(None)),
        ("describe_location_utilization", DescribeFleetLocationUtilization, used(Some("custom-a"))),
        ("describe_ports", DescribeFleetPortSettings, one(Some("custom-a"))),
        ("describe_runtime", DescribeRuntimeConfiguration, one(None)),
        ("start_actions", StartFleetActions, one(None)),
        ("stop_actions", StopFleetActions, one(Some("custom-a"))),
    ]
}

fn of_aliases_and_computes() -> Vec<Case> {
    use Operation::*;
    let simple = || Box::new(alias(Routing::Fleet("fleet-1".into())));
    let mut nowhere = alias(Routing::Nowhere { message: "closed".to_string() });
    nowhere.fields.description = Some("closed for the season".to_string());
    let listed = vec![("alias-1".into(), *simple()), ("alias-2".into(), nowhere)];
    let token = Token { text: "abc-1".to_string(), expires_at: END };
    let mut unnamed = compute();
    unnamed.fields.dns = None;
    vec![
        ("create_alias", CreateAlias, did(Reply::Alias("alias-1".into(), simple()))),
        ("describe_alias", DescribeAlias, told(Answer::Alias("alias-1".into(), simple()))),
        ("list_aliases", ListAliases, told(Answer::Aliases((listed, next())))),
        ("resolve_alias", ResolveAlias, told(Answer::Resolved("fleet-1".into()))),
        (
            "register_compute",
            RegisterCompute,
            did(Reply::Compute("fleet-1".into(), "pc-1".into(), Box::new(compute()))),
        ),
        (
            "describe_compute",
            DescribeCompute,
            told(Answer::Compute("fleet-1".into(), "pc-1".into(), Box::new(unnamed))),
        ),
        (
            "list_computes",
            ListCompute,
            told(Answer::Computes("fleet-1".into(), (vec![("pc-1".into(), compute())], next()))),
        ),
        ("auth_token", GetComputeAuthToken, did(Reply::Token("fleet-1".into(), "pc-1".into(), token))),
    ]
}

fn of_queues() -> Vec<Case> {
    use Operation::*;
    let session = || Some(Box::new(session(SessionStatus::Active)));
    let listed = vec![("q".into(), queue()), ("r".into(), least_queue())];
    let mut plain = placement(PlacementStatus::Pending);
    plain.request.name = None;
    plain.request.properties.clear();
    plain.request.data = None;
    plain.request.latencies.clear();
    plain.request.order = None;
    let fulfilled = placement(PlacementStatus::Fulfilled { at: END });
    let stopped = placement(PlacementStatus::Cancelled { at: END });
    vec![
        ("create_queue", CreateGameSessionQueue, did(Reply::Queue("q".into(), Box::new(queue())))),
        ("describe_queues", DescribeGameSessionQueues, told(Answer::Queues((listed, None)))),
        ("start_placement", StartGameSessionPlacement, did(Reply::Placement(Box::new(plain), None))),
        (
            "describe_placement",
            DescribeGameSessionPlacement,
            told(Answer::Placement(Box::new(fulfilled), session())),
        ),
        ("stop_placement", StopGameSessionPlacement, did(Reply::Placement(Box::new(stopped), None))),
    ]
}

fn of_sessions() -> Vec<Case> {
    use Operation::*;
    let ended = |end| session(SessionStatus::Terminated { at: END, end });
    let many = vec![
        ended(SessionEnd::Finished),
        ended(SessionEnd::Triggered),
        ended(SessionEnd::Interrupted),
        ended(SessionEnd::NotActivated),
    ];
    let active = || Box::new(session(SessionStatus::Active));
    let seats = || {
        vec![
            seat("psess-1", "ann", PlayerSessionStatus::Reserved { until: END }),
            seat("psess-2", "bob", PlayerSessionStatus::Completed { at: END }),
            seat("psess-3", "cat", PlayerSessionStatus::TimedOut { at: END }),
            seat("psess-4", "dan", PlayerSessionStatus::Active),
        ]
    };
    let shared = Arc::new(session(SessionStatus::Active));
    let described = seats().into_iter().map(|seat| (seat, Arc::clone(&shared))).collect();
    vec![
        ("create_session", CreateGameSession, did(Reply::Session(Box::new(least_session())))),
        ("update_session", UpdateGameSession, did(Reply::Session(active()))),
        (
            "terminate_session",
            TerminateGameSession,
            did(Reply::Session(Box::new(session(SessionStatus::Terminating)))),
        ),
        ("describe_sessions", DescribeGameSessions, told(Answer::Sessions((many, next())))),
        (
            "describe_details",
            DescribeGameSessionDetails,
            told(Answer::Sessions((vec![*active(), least_session()], None))),
        ),
        ("search", SearchGameSessions, told(Answer::Found(vec![*active()], Some(20)))),
        (
            "create_player_session",
            CreatePlayerSession,
            did(Reply::PlayerSessions(seats().into_iter().take(1).collect(), active())),
        ),
        ("create_player_sessions", CreatePlayerSessions, did(Reply::PlayerSessions(seats(), active()))),
        (
            "describe_player_sessions",
            DescribePlayerSessions,
            told(Answer::PlayerSessions((described, next()))),
        ),
        ("connections", GetPlayerConnectionDetails, told(Answer::Connections(active(), vec!["ann".into()]))),
    ]
}

/// CBOR as the JSON that says the same: a time stamp is tag 1 with seconds, a single a number of fewer digits.
fn plain(value: ciborium::Value) -> Json {
    use ciborium::Value as Cbor;
    match value {
        Cbor::Tag(1, seconds) => plain(*seconds),
        Cbor::Float(number) if f64::from(number as f32) == number && number.fract() != 0.0 => {
            (number as f32).to_string().parse().expect("a number")
        }
        Cbor::Map(members) => members
            .into_iter()
            .map(|(key, value)| (key.into_text().expect("keys are texts"), plain(value)))
            .collect(),
        Cbor::Array(items) => items.into_iter().map(plain).collect(),
        other => other.deserialized().expect("plain values have a JSON form"),
    }
}

#[test]
fn every_reply_is_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hosted");
    let outcomes = all();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), outcomes.len(), "every reply has a file");
    for (name, operation, outcome) in outcomes {
        let path = folder.join(name).with_extension("json");
        let expected: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let json = front().encode(Protocol::Json, operation, Ok(outcome.clone()));
        assert_eq!(json.status, 200, "{name}");
        assert_eq!(serde_json::from_slice::<Json>(&json.body).unwrap(), expected, "{name}");
        let cbor = front().encode(Protocol::Cbor, operation, Ok(outcome));
        assert_eq!(plain(ciborium::from_reader(&cbor.body[..]).unwrap()), expected, "{name} in CBOR");
    }
}

#[test]
fn what_has_nothing_to_say_says_so() {
    use Operation::*;
    let operations = [DeleteLocation, DeleteFleet, DeleteAlias, DeregisterCompute, DeleteGameSessionQueue];
    for operation in operations {
        let body = |protocol| front().encode(protocol, operation, Ok(did(Reply::Done))).body;
        assert_eq!((body(Protocol::Json), body(Protocol::Cbor)), (b"{}".to_vec(), vec![0xa0]));
    }
}

/// Without an endpoint the member would break the model's least length.
#[test]
fn an_endpoint_that_is_not_set_is_not_told() {
    let mut settings = FrontSettings {
        region: "us-east-1".to_string(),
        account: "000000000000".to_string(),
        lenient_ids: false,
        lenient_latency: false,
        unknown_keys_warn: false,
        game_server_endpoint: String::new(),
    };
    let told = |settings: &FrontSettings| {
        let reply = did(Reply::Compute("fleet-1".into(), "pc-1".into(), Box::new(compute())));
        let answer =
            Front::new(settings.clone()).encode(Protocol::Json, Operation::RegisterCompute, Ok(reply));
        String::from_utf8(answer.body).unwrap().contains("GameLiftServiceSdkEndpoint")
    };
    assert!(!told(&settings));
    settings.game_server_endpoint = "ws://127.0.0.1:4600".to_string();
    assert!(told(&settings));
}

/// The model's floats are of single precision: in CBOR as such.
#[test]
fn a_latency_is_a_float_of_single_precision() {
    let one = told(Answer::Placement(Box::new(placement(PlacementStatus::Pending)), None));
    let body = front().encode(Protocol::Cbor, Operation::DescribeGameSessionPlacement, Ok(one)).body;
    let single = [&[0xfa][..], &25.1_f32.to_be_bytes()].concat();
    assert!(body.windows(single.len()).any(|window| window == single), "{body:x?}");
}

/// What the game server reads, the API tells of the session and of the placement that made it.
#[test]
fn matchmaker_data_is_told_as_game_servers_read_it() {
    let roster = Arc::new(Roster {
        match_id: MatchId::new(1),
        matchmaker: "duel".into(),
        teams: vec![RosterTeam { name: "red".into(), players: Vec::new() }],
        refill: Default::default(),
    });
    let expected = matchwright_amazon::matchmaker_data(front().arns(), &roster);
    let mut placed = placement(PlacementStatus::Pending);
    placed.request.roster = Some(Arc::clone(&roster));
    let made = GameSession { roster: Some(roster), ..session(SessionStatus::Active) };
    let cases = [
        (
            Operation::DescribeGameSessionPlacement,
            "GameSessionPlacement",
            told(Answer::Placement(placed.into(), None)),
        ),
        (Operation::UpdateGameSession, "GameSession", did(Reply::Session(made.into()))),
    ];
    for (operation, key, outcome) in cases {
        let answer = front().encode(Protocol::Json, operation, Ok(outcome));
        let body: Json = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body[key]["MatchmakerData"], expected.as_str(), "{key}");
    }
}

/// A search goes on where the answer's token says.
#[test]
fn the_token_of_a_search_is_read_again() {
    let operation = Operation::SearchGameSessions;
    let answer = front().encode(Protocol::Json, operation, Ok(told(Answer::Found(Vec::new(), Some(20)))));
    let body: Json = serde_json::from_slice(&answer.body).unwrap();
    let ask = serde_json::json!({"FleetId": "fleet-1", "NextToken": body["NextToken"]}).to_string();
    let target = http::HeaderValue::from_static("GameLift.SearchGameSessions");
    let headers = http::HeaderMap::from_iter([(http::HeaderName::from_static("x-amz-target"), target)]);
    let request = front().decode("/", &headers, ask.as_bytes(), String::new).unwrap();
    let Ask::Query(engine::Query::Hosting(Query::Search { offset, limit, .. })) = request.ask else {
        panic!("{request:?}")
    };
    assert_eq!((offset, limit), (20, 20));
}

/// One of each, with its natural class and a text that it must hold.
fn rejections() -> Vec<(Rejection, &'static str, &'static str)> {
    use Rejection::*;
    let (not_found, limit) = ("NotFoundException", "LimitExceededException");
    let (tagging, invalid) = ("TaggingFailedException", "InvalidRequestException");
    let (conflict, state) = ("ConflictException", "InvalidGameSessionStatusException");
    let process = || ProcessKey { fleet: "fleet-1".into(), compute: "pc-1".into(), id: "p-1".into() };
    let session = || "fleet-1/custom-a/s-1".into();
    let (status, action) = ("TERMINATED", "be updated");
    vec![
        (LocationNotFound("custom-a".into()), not_found, "custom-a"),
        (LocationExists("custom-a".into()), conflict, "already exists"),
        (LocationInUse { name: "custom-a".into(), fleet: "fleet-1".into() }, invalid, "fleet-1"),
        (FleetNotFound("fleet-1".into()), not_found, "fleet-1"),
        (FleetDeleting("fleet-1".into()), "InvalidFleetStatusException", "DELETING"),
        (FleetNeedsLocation("fleet-1".into()), invalid, "fleet-1"),
        (LocationNotInFleet { fleet: "fleet-1".into(), location: "custom-a".into() }, not_found, "custom-a"),
        (FleetLocationInUse { fleet: "fleet-1".into(), location: "custom-a".into() }, invalid, "custom-a"),
        (LocationNeeded("fleet-1".into()), invalid, "fleet-1"),
        (AliasNotFound("alias-1".into()), not_found, "alias-1"),
        (
            AliasTerminal { alias: "alias-1".into(), message: "closed".to_string() },
            "TerminalRoutingStrategyException",
            "closed",
        ),
        (AliasInUse { alias: "alias-1".into(), queue: "q".into() }, invalid, "alias-1"),
        (ComputeNotFound { fleet: "fleet-1".into(), name: "pc-1".into() }, not_found, "pc-1"),
        (ComputeExists { fleet: "fleet-1".into(), name: "pc-1".into() }, conflict, "pc-1"),
        (QueueNotFound("q".into()), not_found, "q"),
        (QueueExists("q".into()), conflict, "already exists"),
        (QueueInvalid("it contradicts itself".to_string()), invalid, "it contradicts itself"),
        (PlacementNotFound("p-1".into()), not_found, "p-1"),
        (PlacementExists("p-1".into()), invalid, "p-1"),
        (PlacementInvalid("it contradicts itself".to_string()), invalid, "it contradicts itself"),
        (
            PlacementState { id: "p-1".into(), status: "FULFILLED", action: "be stopped" },
            invalid,
            "FULFILLED",
        ),
        (SessionNotFound(session()), not_found, "s-1"),
        (SessionState { id: session(), status, action }, state, "TERMINATED"),
        (SessionExists(session()), invalid, "s-1"),
        (SessionInvalid("too many players".to_string()), invalid, "too many players"),
        (
            NoCapacity { fleet: "fleet-1".into(), location: "custom-a".into() },
            "FleetCapacityExceededException",
            "custom-a",
        ),
        (
            TokenReused { token: "t-1".to_string(), session: session() },
            "IdempotentParameterMismatchException",
            "t-1",
        ),
        (CreatorTooFast { creator: "ann".to_string(), sessions: 1, seconds: 1 }, limit, "ann"),
        (SessionFull { id: session(), free: 0, asked: 1 }, "GameSessionFullException", "s-1"),
        (SessionClosed(session()), state, "DENY_ALL"),
        (PlayerTwice("ann".to_string()), invalid, "ann"),
        (ForceNeedsAgent, invalid, "TRIGGER_ON_PROCESS_TERMINATE"),
        (PlayerSessionNotFound("psess-1".into()), not_found, "psess-1"),
        (PlayerSessionState { id: "psess-1".into(), status, action }, invalid, "psess-1"),
        (ProcessNotFound(process()), not_found, "p-1"),
        (ProcessEnded(process()), invalid, "p-1"),
        (ProcessState { process: process(), status, action }, invalid, "p-1"),
        (NotItsSession { process: process(), session: session() }, invalid, "p-1"),
        (TokenInvalid, invalid, "GetComputeAuthToken"),
        (Quota { what: "fleets", limit: 100 }, limit, "100 fleets"),
        (TagQuota { limit: 50 }, tagging, "50"),
        (TagReserved("aws:x".to_string()), tagging, "aws:x"),
    ]
}

#[test]
fn every_rejection_is_an_exception_that_the_operation_models() {
    let models: BTreeMap<String, Vec<String>> =
        serde_json::from_str(include_str!("exceptions.json")).unwrap();
    for operation in Operation::ALL {
        let modelled = &models[operation.name()];
        for (rejection, natural, text) in &rejections() {
            let is_modelled = modelled.iter().any(|class| class == natural);
            let class = if is_modelled { natural } else { "InvalidRequestException" };
            let wrapped = engine::Rejection::Hosting(rejection.clone());
            let answer = front().encode(Protocol::Json, *operation, Err(wrapped));
            let body: Json = serde_json::from_slice(&answer.body).unwrap();
            let place = format!("{}: {rejection:?}", operation.name());
            assert_eq!((answer.status, &body["__type"]), (400, &Json::from(class)), "{place}");
            let message = body["Message"].as_str().expect("a message");
            assert!(message.contains(text), "{place}: {message}");
            assert!(message.ends_with(&format!(" [{}]", rejection.code())), "{place}: {message}");
        }
    }
}

/// The list of errors that users read knows every code.
#[test]
fn every_code_is_in_the_list_of_errors() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/reference/errors.md");
    let list = fs::read_to_string(list).expect("the list");
    for (rejection, ..) in rejections() {
        let code = rejection.code();
        assert!(list.contains(&format!("| {code} |")), "{code}: {rejection}");
    }
}
