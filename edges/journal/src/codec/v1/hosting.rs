//! Hosting in version 1: its structs, under the same rules as those of [`super`].

mod games;
mod restore;
mod store;

use std::collections::BTreeMap;

use matchwright_model::ComputeName;
use serde::{Deserialize, Serialize};

use super::entries::{Entries, Lend};
use super::{MatchId, Texts};
use games::*;

/// Keys and values in the order that they were given.
type Properties<'a> = Vec<(&'a str, &'a str)>;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Change<'a> {
    LocationCreated {
        name: &'a str,
        #[serde(borrow)]
        tags: Texts<'a>,
    },
    LocationDeleted {
        name: &'a str,
    },
    FleetCreated {
        id: &'a str,
        #[serde(borrow)]
        fields: FleetFields<'a>,
        #[serde(borrow)]
        locations: Vec<&'a str>,
        #[serde(borrow)]
        tags: Texts<'a>,
    },
    FleetUpdated {
        id: &'a str,
        #[serde(borrow)]
        fields: FleetFields<'a>,
    },
    FleetLocationsChanged {
        id: &'a str,
        #[serde(borrow)]
        locations: Vec<&'a str>,
    },
    FleetDeleting {
        id: &'a str,
    },
    FleetDeleted {
        id: &'a str,
    },
    AliasCreated {
        id: &'a str,
        #[serde(borrow)]
        fields: AliasFields<'a>,
        #[serde(borrow)]
        tags: Texts<'a>,
    },
    AliasUpdated {
        id: &'a str,
        #[serde(borrow)]
        fields: AliasFields<'a>,
    },
    AliasDeleted {
        id: &'a str,
    },
    ComputeRegistered {
        fleet: &'a str,
        name: &'a str,
        #[serde(borrow)]
        fields: ComputeFields<'a>,
    },
    ComputeDeregistered {
        fleet: &'a str,
        name: &'a str,
    },
    TokenIssued {
        fleet: &'a str,
        compute: &'a str,
        #[serde(borrow)]
        token: Token<'a>,
    },
    QueueCreated {
        name: &'a str,
        #[serde(borrow)]
        fields: QueueFields<'a>,
        #[serde(borrow)]
        tags: Texts<'a>,
    },
    QueueUpdated {
        name: &'a str,
        #[serde(borrow)]
        fields: QueueFields<'a>,
    },
    QueueDeleted {
        name: &'a str,
    },
    TagsReplaced {
        #[serde(borrow)]
        resource: Resource<'a>,
        #[serde(borrow)]
        tags: Texts<'a>,
    },
    ProcessConnected {
        #[serde(borrow)]
        process: ProcessKey<'a>,
        #[serde(borrow)]
        sdk: Sdk<'a>,
        ready_by: u64,
    },
    ProcessReconnected {
        #[serde(borrow)]
        process: ProcessKey<'a>,
    },
    ProcessDisconnected {
        #[serde(borrow)]
        process: ProcessKey<'a>,
        until: u64,
    },
    ConnectionsLost {
        until: u64,
    },
    ProcessReady {
        #[serde(borrow)]
        process: ProcessKey<'a>,
        port: u16,
        #[serde(borrow)]
        log_paths: Vec<&'a str>,
    },
    ProcessTerminating {
        #[serde(borrow)]
        process: ProcessKey<'a>,
        by: u64,
        is_unhealthy: bool,
    },
    ProcessEnded {
        #[serde(borrow)]
        process: ProcessKey<'a>,
        cause: EndCause,
    },
    ProcessForgotten {
        #[serde(borrow)]
        process: ProcessKey<'a>,
    },
    SessionStarted {
        id: &'a str,
        #[serde(borrow)]
        process: ProcessKey<'a>,
        #[serde(borrow)]
        fields: SessionFields<'a>,
        #[serde(borrow)]
        placement: Option<&'a str>,
        #[serde(borrow)]
        roster: Option<Roster<'a>>,
        activate_by: u64,
    },
    SessionActivated {
        id: &'a str,
    },
    SessionUpdated {
        id: &'a str,
        #[serde(borrow)]
        fields: SessionFields<'a>,
    },
    SessionTerminating {
        id: &'a str,
    },
    SessionEnded {
        id: &'a str,
        end: SessionEnd,
    },
    SessionForgotten {
        id: &'a str,
    },
    SessionInformed {
        id: &'a str,
        reason: UpdateReason,
        #[serde(borrow)]
        backfill: Option<&'a str>,
        #[serde(borrow)]
        roster: Option<Roster<'a>>,
    },
    PlayersReserved {
        session: &'a str,
        #[serde(borrow)]
        seats: Vec<Reservation<'a>>,
        until: u64,
    },
    PlayerAccepted {
        session: &'a str,
        player_session: &'a str,
    },
    PlayerLeft {
        session: &'a str,
        player_session: &'a str,
    },
    ReservationTimedOut {
        session: &'a str,
        player_session: &'a str,
    },
    PlacementStarted {
        #[serde(borrow)]
        request: PlacementRequest<'a>,
        deadline: u64,
    },
    PlacementRelaxed {
        id: &'a str,
    },
    PlacementFulfilled {
        id: &'a str,
    },
    PlacementCancelled {
        id: &'a str,
    },
    PlacementTimedOut {
        id: &'a str,
    },
    PlacementFailed {
        id: &'a str,
    },
    PlacementForgotten {
        id: &'a str,
    },
    FleetRestored {
        id: &'a str,
        #[serde(borrow)]
        fleet: Fleet<'a>,
    },
    ProcessRestored {
        #[serde(borrow)]
        process: Process<'a>,
    },
    SessionRestored {
        #[serde(borrow)]
        session: GameSession<'a>,
    },
    PlacementRestored {
        #[serde(borrow)]
        placement: Placement<'a>,
    },
    SessionHosted {
        id: &'a str,
        placement: &'a str,
        #[serde(borrow)]
        server: Server<'a>,
        until: u64,
        reservation_ms: u64,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Resource<'a> {
    Location(&'a str),
    Fleet(&'a str),
    Alias(&'a str),
    Queue(&'a str),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FleetFields<'a> {
    name: &'a str,
    #[serde(borrow)]
    description: Option<&'a str>,
    /// In hundred-thousandths.
    cost: Option<u64>,
    is_protected: bool,
    creation_limit: Option<CreationLimit>,
    #[serde(borrow)]
    metric_group: Option<&'a str>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreationLimit {
    sessions: u32,
    period_ms: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fleet<'a> {
    #[serde(borrow)]
    fields: FleetFields<'a>,
    #[serde(borrow)]
    locations: Vec<&'a str>,
    status: FleetStatus,
    created_at: u64,
    #[serde(borrow)]
    computes: Entries<'a, BTreeMap<ComputeName, matchwright_hosting::Compute>, Compute<'a>>,
    #[serde(borrow)]
    tags: Texts<'a>,
    #[serde(borrow)]
    events: Vec<FleetEvent<'a>>,
    events_count: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum FleetStatus {
    Active,
    Deleting,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FleetEvent<'a> {
    number: u64,
    at: u64,
    #[serde(borrow)]
    kind: FleetEventKind<'a>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum FleetEventKind<'a> {
    Created,
    Deleting,
    ProcessEnded { compute: &'a str, process: &'a str, cause: EndCause },
    ActivationTimedOut { session: &'a str },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Compute<'a> {
    #[serde(borrow)]
    fields: ComputeFields<'a>,
    created_at: u64,
    #[serde(borrow)]
    tokens: Vec<Token<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ComputeFields<'a> {
    location: &'a str,
    ip: &'a str,
    #[serde(borrow)]
    dns: Option<&'a str>,
    #[serde(borrow)]
    certificate_path: Option<&'a str>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Token<'a> {
    text: &'a str,
    expires_at: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AliasFields<'a> {
    name: &'a str,
    #[serde(borrow)]
    description: Option<&'a str>,
    #[serde(borrow)]
    routing: Routing<'a>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Routing<'a> {
    Fleet(&'a str),
    Nowhere { message: &'a str },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueueFields<'a> {
    timeout_ms: u64,
    #[serde(borrow)]
    destinations: Vec<Destination<'a>>,
    latency_policies: Vec<LatencyPolicy>,
    #[serde(borrow)]
    allowed_locations: Vec<&'a str>,
    priority: Vec<Priority>,
    #[serde(borrow)]
    location_order: Vec<&'a str>,
    #[serde(borrow)]
    custom_event_data: Option<&'a str>,
    #[serde(borrow)]
    notification_target: Option<&'a str>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Destination<'a> {
    Fleet(&'a str),
    Alias(&'a str),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LatencyPolicy {
    max_latency_ms: u32,
    duration_ms: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Priority {
    Latency,
    Cost,
    Destination,
    Location,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ProcessKey<'a> {
    fleet: &'a str,
    compute: &'a str,
    id: &'a str,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Process<'a> {
    #[serde(borrow)]
    key: ProcessKey<'a>,
    location: &'a str,
    #[serde(borrow)]
    sdk: Sdk<'a>,
    #[serde(borrow)]
    phase: Phase<'a>,
    connection: Connection,
    terminating: Option<u64>,
    is_unhealthy: bool,
    port: u16,
    #[serde(borrow)]
    log_paths: Vec<&'a str>,
    created_at: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sdk<'a> {
    version: &'a str,
    language: &'a str,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Phase<'a> {
    Starting { ready_by: u64 },
    Idle { since: u64 },
    Busy { session: &'a str },
    Ended { at: u64, cause: EndCause },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Connection {
    Connected,
    Lost { since: u64, until: u64 },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum EndCause {
    Exited,
    Crashed,
    NotReady,
    Unhealthy,
    NotEnded,
    ComputeGone,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Placement<'a> {
    id: &'a str,
    #[serde(borrow)]
    request: PlacementRequest<'a>,
    status: PlacementStatus,
    started_at: u64,
    deadline: u64,
    #[serde(borrow)]
    session: Option<&'a str>,
    attempts: u32,
    relaxed: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum PlacementStatus {
    Pending,
    Fulfilled { at: u64 },
    Cancelled { at: u64 },
    TimedOut { at: u64 },
    Failed { at: u64 },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlacementRequest<'a> {
    id: &'a str,
    queue: &'a str,
    match_id: Option<MatchId>,
    max_players: u32,
    #[serde(borrow)]
    name: Option<&'a str>,
    #[serde(borrow)]
    properties: Properties<'a>,
    #[serde(borrow)]
    data: Option<&'a str>,
    #[serde(borrow)]
    roster: Option<Roster<'a>>,
    #[serde(borrow)]
    latencies: Vec<PlayerLatency<'a>>,
    #[serde(borrow)]
    players: Vec<PlayerRequest<'a>>,
    #[serde(borrow)]
    order: Option<LocationOverride<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlayerLatency<'a> {
    player: &'a str,
    region: &'a str,
    latency_ms: f32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LocationOverride<'a> {
    #[serde(borrow)]
    locations: Vec<&'a str>,
    fallback: Fallback,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Fallback {
    Queue,
    Nothing,
}
