//! Fixed changes of hosting. They are in the golden files for ever.

use std::sync::Arc;

use matchwright_hosting::*;
use matchwright_model::*;

use super::super::{BTreeMap, Duration, players};
use super::PRIORITIES;

const AT: Timestamp = Timestamp(1_700_000_060_000);

fn a_process() -> ProcessKey {
    ProcessKey { fleet: "fleet-1".into(), compute: "machine-1".into(), id: "process-1".into() }
}

fn an_sdk() -> Sdk {
    Sdk { version: "5.4.0".to_string(), language: "Go".to_string() }
}

fn some_tags() -> BTreeMap<String, String> {
    BTreeMap::from([("team".to_string(), "ops".to_string())])
}

fn a_fleet() -> FleetFields {
    FleetFields {
        name: "garage".to_string(),
        description: Some("under the stairs".to_string()),
        cost: Some(Cost(12_345)),
        is_protected: true,
        creation_limit: Some(CreationLimit { sessions: 3, period: Duration::from_secs(900) }),
        metric_group: Some("all".to_string()),
    }
}

fn a_compute() -> ComputeFields {
    ComputeFields {
        location: "custom-home".into(),
        ip: "192.0.2.7".to_string(),
        dns: Some("host.example".to_string()),
        certificate_path: Some("/etc/game.pem".to_string()),
    }
}

fn a_token() -> Token {
    Token { text: "3f0c5a1e-token".to_string(), expires_at: AT }
}

fn a_queue() -> QueueFields {
    QueueFields {
        timeout: Duration::from_secs(600),
        destinations: vec![Destination::Fleet("fleet-1".into()), Destination::Alias("alias-1".into())],
        latency_policies: vec![
            LatencyPolicy { max_latency_ms: 50, duration: Some(Duration::from_secs(30)) },
            LatencyPolicy { max_latency_ms: 120, duration: None },
        ],
        allowed_locations: vec!["custom-home".into()],
        priority: PRIORITIES.to_vec(),
        location_order: vec!["custom-home".into(), "custom-away".into()],
        custom_event_data: Some("season 3".to_string()),
        notification_target: Some("topic".to_string()),
    }
}

fn a_roster() -> Arc<Roster> {
    let players = players().into_iter();
    let players = players.map(|player| RosterPlayer {
        id: player.id,
        attributes: player.attributes,
        latencies: player.latencies,
    });
    Arc::new(Roster {
        match_id: MatchId::new(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef),
        matchmaker: "arena".into(),
        teams: vec![
            RosterTeam { name: "red".into(), players: players.collect() },
            RosterTeam { name: "blue".into(), players: vec![] },
        ],
        refill: Refill::Open("backfill-1".into()),
    })
}

fn a_session_wanted(policy: JoinPolicy) -> SessionFields {
    SessionFields {
        name: Some("evening".to_string()),
        max_players: 8,
        properties: vec![("map".to_string(), "harbor".to_string())],
        data: Some("{}".into()),
        creator: Some("ann".to_string()),
        token: Some("once".to_string()),
        policy,
        is_protected: true,
    }
}

fn a_request(player: &str, data: Option<&str>) -> PlayerRequest {
    PlayerRequest { player: player.into(), data: data.map(str::to_string) }
}

fn a_placement(fallback: Fallback) -> PlacementRequest {
    PlacementRequest {
        id: "01234567-89ab-cdef-0123-456789abcdef".into(),
        queue: "queue".into(),
        match_id: Some(MatchId::new(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef)),
        max_players: 8,
        name: Some("evening".to_string()),
        properties: vec![("map".to_string(), "harbor".to_string())],
        data: Some("{}".into()),
        roster: Some(a_roster()),
        latencies: vec![PlayerLatency {
            player: "ann".into(),
            region: "custom-home".into(),
            latency_ms: 24.5,
        }],
        players: vec![a_request("ann", Some("level 3")), a_request("bob", None)],
        order: Some(LocationOverride { locations: vec!["custom-home".into()], fallback }),
    }
}

fn a_running_session(status: SessionStatus, host: Host) -> Box<GameSession> {
    let statuses = [
        PlayerSessionStatus::Reserved { until: AT },
        PlayerSessionStatus::Active,
        PlayerSessionStatus::Completed { at: AT },
        PlayerSessionStatus::TimedOut { at: AT },
    ];
    let player = |status| PlayerSession {
        id: "psess-1".into(),
        player: "ann".into(),
        data: Some("level 3".to_string()),
        status,
        created_at: AT,
    };
    Box::new(GameSession {
        id: "fleet-1/custom-home/gsess-1".into(),
        fields: a_session_wanted(JoinPolicy::AcceptAll),
        host,
        location: "custom-home".into(),
        ip: "192.0.2.7".to_string(),
        dns: Some("host.example".to_string()),
        port: 7777,
        status,
        created_at: AT,
        placement: Some("placement-1".into()),
        roster: Some(a_roster()),
        update: Some(SessionUpdate {
            at: AT,
            reason: UpdateReason::RosterChanged,
            backfill: Some("backfill-1".into()),
        }),
        players: statuses.map(player).into(),
        occupied: 2,
    })
}

fn a_kept_fleet() -> Box<Fleet> {
    let event = |number, kind| FleetEvent { number, at: AT, kind };
    let ended = FleetEventKind::ProcessEnded {
        compute: "machine-1".into(),
        process: "process-1".into(),
        cause: EndCause::Crashed,
    };
    let late = FleetEventKind::ActivationTimedOut { session: "fleet-1/custom-home/gsess-1".into() };
    let compute = Compute { fields: a_compute(), created_at: AT, tokens: vec![a_token()] };
    Box::new(Fleet {
        fields: a_fleet(),
        locations: ["custom-home".into(), "custom-away".into()].into(),
        status: FleetStatus::Active,
        created_at: AT,
        computes: BTreeMap::from([("machine-1".into(), compute)]),
        tags: some_tags(),
        events: [
            event(0, FleetEventKind::Created),
            event(1, ended),
            event(2, late),
            event(3, FleetEventKind::Deleting),
        ]
        .into(),
        events_count: 4,
    })
}

fn a_kept_process(phase: Phase, connection: Connection) -> Change {
    let process = Process {
        key: a_process(),
        location: "custom-home".into(),
        sdk: an_sdk(),
        phase,
        connection,
        terminating: Some(AT),
        is_unhealthy: true,
        port: 7777,
        log_paths: vec!["logs".to_string()],
        created_at: AT,
    };
    Change::ProcessRestored { process: Box::new(process) }
}

fn of_fleets() -> Vec<Change> {
    let bare = FleetFields::least("bare");
    let resources = [
        Resource::Location("custom-home".into()),
        Resource::Fleet("fleet-1".into()),
        Resource::Alias("alias-1".into()),
        Resource::Queue("queue".into()),
    ];
    let alias = |routing| AliasFields { name: "live".to_string(), description: None, routing };
    let nowhere = alias(Routing::Nowhere { message: "closed".to_string() });
    let mut changes = vec![
        Change::LocationCreated { name: "custom-home".into(), tags: some_tags() },
        Change::LocationDeleted { name: "custom-home".into() },
        Change::FleetCreated {
            id: "fleet-1".into(),
            fields: a_fleet(),
            locations: ["custom-home".into()].into(),
            tags: some_tags(),
        },
        Change::FleetUpdated { id: "fleet-1".into(), fields: bare },
        Change::FleetLocationsChanged { id: "fleet-1".into(), locations: ["custom-away".into()].into() },
        Change::FleetDeleting { id: "fleet-1".into() },
        Change::FleetDeleted { id: "fleet-1".into() },
        Change::AliasCreated {
            id: "alias-1".into(),
            fields: alias(Routing::Fleet("fleet-1".into())),
            tags: some_tags(),
        },
        Change::AliasUpdated { id: "alias-1".into(), fields: nowhere },
        Change::AliasDeleted { id: "alias-1".into() },
        Change::ComputeRegistered { fleet: "fleet-1".into(), name: "machine-1".into(), fields: a_compute() },
        Change::ComputeDeregistered { fleet: "fleet-1".into(), name: "machine-1".into() },
        Change::TokenIssued { fleet: "fleet-1".into(), compute: "machine-1".into(), token: a_token() },
        Change::QueueCreated { name: "queue".into(), fields: a_queue(), tags: some_tags() },
        Change::QueueUpdated { name: "queue".into(), fields: a_queue() },
        Change::QueueDeleted { name: "queue".into() },
    ];
    changes.extend(resources.map(|resource| Change::TagsReplaced { resource, tags: some_tags() }));
    changes
}

fn of_processes() -> Vec<Change> {
    use EndCause::*;
    let process = a_process;
    let mut changes = vec![
        Change::ProcessConnected { process: process(), sdk: an_sdk(), ready_by: AT },
        Change::ProcessReconnected { process: process() },
        Change::ProcessDisconnected { process: process(), until: AT },
        Change::ConnectionsLost { until: AT },
        Change::ProcessReady { process: process(), port: 7777, log_paths: vec!["logs".to_string()] },
        Change::ProcessTerminating { process: process(), by: AT, is_unhealthy: false },
        Change::ProcessTerminating { process: process(), by: AT, is_unhealthy: true },
    ];
    let causes = [Exited, Crashed, NotReady, Unhealthy, NotEnded, ComputeGone];
    changes.extend(causes.map(|cause| Change::ProcessEnded { process: process(), cause }));
    changes.push(Change::ProcessForgotten { process: process() });
    changes
}

fn of_sessions() -> Vec<Change> {
    use SessionEnd::*;
    use UpdateReason::*;
    let id: GameSessionId = "fleet-1/custom-home/gsess-1".into();
    let mut changes = vec![
        Change::SessionStarted {
            id: id.clone(),
            process: a_process(),
            fields: a_session_wanted(JoinPolicy::AcceptAll),
            placement: Some("placement-1".into()),
            roster: Some(a_roster()),
            activate_by: AT,
        },
        Change::SessionActivated { id: id.clone() },
        Change::SessionHosted {
            id: "queue/gsess-1".into(),
            placement: "placement-1".into(),
            server: Server {
                session: Some("gsess-1".to_string()),
                location: "cluster".into(),
                ip: "192.0.2.8".to_string(),
                dns: Some("node.example".to_string()),
                port: 7463,
            },
            until: AT,
            reservation: Duration::from_secs(7),
        },
        Change::SessionUpdated { id: id.clone(), fields: a_session_wanted(JoinPolicy::DenyAll) },
        Change::SessionTerminating { id: id.clone() },
    ];
    let ends = [Finished, Triggered, Interrupted, NotActivated, TimeUp];
    changes.extend(ends.map(|end| Change::SessionEnded { id: id.clone(), end }));
    changes.push(Change::SessionForgotten { id: id.clone() });
    let reasons = [RosterChanged, BackfillFailed, BackfillTimedOut, BackfillCancelled];
    changes.extend(reasons.map(|reason| Change::SessionInformed {
        id: id.clone(),
        reason,
        backfill: Some("backfill-1".into()),
        roster: (reason == RosterChanged).then(a_roster),
    }));
    let seat = || ("psess-1".into(), a_request("ann", Some("level 3")));
    changes.extend([
        Change::PlayersReserved { session: id.clone(), seats: vec![seat()], until: AT },
        Change::PlayerAccepted { session: id.clone(), player_session: "psess-1".into() },
        Change::PlayerLeft { session: id.clone(), player_session: "psess-1".into() },
        Change::ReservationTimedOut { session: id, player_session: "psess-1".into() },
    ]);
    changes
}

fn of_placements() -> Vec<Change> {
    let id: PlacementId = "placement-1".into();
    vec![
        Change::PlacementStarted { request: a_placement(Fallback::Queue), deadline: AT },
        Change::PlacementRelaxed { id: id.clone() },
        Change::PlacementFulfilled { id: id.clone() },
        Change::PlacementCancelled { id: id.clone() },
        Change::PlacementTimedOut { id: id.clone() },
        Change::PlacementFailed { id: id.clone() },
        Change::PlacementForgotten { id },
    ]
}

fn of_snapshots() -> Vec<Change> {
    let going = Fleet { status: FleetStatus::Deleting, ..*a_kept_fleet() };
    let lost = Connection::Lost { since: AT, until: AT };
    let session = "fleet-1/custom-home/gsess-1".into();
    let mut changes = vec![
        Change::FleetRestored { id: "fleet-1".into(), fleet: a_kept_fleet() },
        Change::FleetRestored { id: "fleet-1".into(), fleet: Box::new(going) },
        a_kept_process(Phase::Starting { ready_by: AT }, Connection::Connected),
        a_kept_process(Phase::Idle { since: AT }, lost),
        a_kept_process(Phase::Busy { session }, Connection::Connected),
        a_kept_process(Phase::Ended { at: AT, cause: EndCause::Exited }, lost),
    ];
    let statuses = [
        SessionStatus::Activating { by: AT },
        SessionStatus::Active,
        SessionStatus::Terminating,
        SessionStatus::Terminated { at: AT, end: SessionEnd::Triggered },
    ];
    changes.extend(statuses.map(|status| Change::SessionRestored {
        session: a_running_session(status, Host::Process(a_process())),
    }));
    let elsewhere = Host::Elsewhere { until: AT, reservation: Duration::from_secs(7) };
    let active = SessionStatus::Active;
    changes.push(Change::SessionRestored { session: a_running_session(active, elsewhere) });
    let statuses = [
        PlacementStatus::Pending,
        PlacementStatus::Fulfilled { at: AT },
        PlacementStatus::Cancelled { at: AT },
        PlacementStatus::TimedOut { at: AT },
        PlacementStatus::Failed { at: AT },
    ];
    changes.extend(statuses.map(|status| {
        let placement = Placement {
            id: "placement-1".into(),
            request: a_placement(Fallback::Nothing),
            status,
            started_at: AT,
            deadline: AT,
            session: Some("fleet-1/custom-home/gsess-1".into()),
            attempts: 2,
            relaxed: 1,
        };
        Change::PlacementRestored { placement: Box::new(placement) }
    }));
    changes
}

/// One or more of every variant, in the order of their declaration.
pub fn of_every_kind() -> Vec<Change> {
    [of_fleets(), of_processes(), of_sessions(), of_placements(), of_snapshots()].concat()
}
