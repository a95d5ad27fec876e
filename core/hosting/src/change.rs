//! What happened: the journaled facts of hosting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use matchwright_model::{
    AliasId, ComputeName, FleetId, GameSessionId, LocationName, PlacementId, PlayerSessionId, QueueName,
    Roster, TicketId, Timestamp,
};

use crate::{
    AliasFields, ComputeFields, EndCause, Fleet, FleetFields, GameSession, Placement, PlacementRequest,
    PlayerRequest, Process, ProcessKey, QueueFields, Resource, Sdk, Server, SessionEnd, SessionFields, Token,
    UpdateReason,
};

type Tags = BTreeMap<String, String>;

#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    LocationCreated {
        name: LocationName,
        tags: Tags,
    },
    LocationDeleted {
        name: LocationName,
    },
    FleetCreated {
        id: FleetId,
        fields: FleetFields,
        locations: BTreeSet<LocationName>,
        tags: Tags,
    },
    FleetUpdated {
        id: FleetId,
        fields: FleetFields,
    },
    /// All that it has now.
    FleetLocationsChanged {
        id: FleetId,
        locations: BTreeSet<LocationName>,
    },
    FleetDeleting {
        id: FleetId,
    },
    FleetDeleted {
        id: FleetId,
    },
    AliasCreated {
        id: AliasId,
        fields: AliasFields,
        tags: Tags,
    },
    AliasUpdated {
        id: AliasId,
        fields: AliasFields,
    },
    AliasDeleted {
        id: AliasId,
    },
    ComputeRegistered {
        fleet: FleetId,
        name: ComputeName,
        fields: ComputeFields,
    },
    ComputeDeregistered {
        fleet: FleetId,
        name: ComputeName,
    },
    /// Tokens that have expired by now are forgotten with it.
    TokenIssued {
        fleet: FleetId,
        compute: ComputeName,
        token: Token,
    },
    QueueCreated {
        name: QueueName,
        fields: QueueFields,
        tags: Tags,
    },
    QueueUpdated {
        name: QueueName,
        fields: QueueFields,
    },
    QueueDeleted {
        name: QueueName,
    },
    TagsReplaced {
        resource: Resource,
        tags: Tags,
    },

    /// For the first time.
    ProcessConnected {
        process: ProcessKey,
        sdk: Sdk,
        ready_by: Timestamp,
    },
    ProcessReconnected {
        process: ProcessKey,
    },
    ProcessDisconnected {
        process: ProcessKey,
        until: Timestamp,
    },
    /// Every process is disconnected: the server was started anew.
    ConnectionsLost {
        until: Timestamp,
    },
    ProcessReady {
        process: ProcessKey,
        port: u16,
        log_paths: Vec<String>,
    },
    /// It was told to end.
    ProcessTerminating {
        process: ProcessKey,
        by: Timestamp,
        /// For its bad health, or its silence.
        is_unhealthy: bool,
    },
    ProcessEnded {
        process: ProcessKey,
        cause: EndCause,
    },
    ProcessForgotten {
        process: ProcessKey,
    },

    /// A process was taken and asked to start a game session.
    SessionStarted {
        id: GameSessionId,
        process: ProcessKey,
        fields: SessionFields,
        placement: Option<PlacementId>,
        roster: Option<Arc<Roster>>,
        activate_by: Timestamp,
    },
    SessionActivated {
        id: GameSessionId,
    },
    /// An allocator found a server elsewhere: the session of this placement runs, with what its request said.
    SessionHosted {
        id: GameSessionId,
        placement: PlacementId,
        server: Server,
        until: Timestamp,
        reservation: Duration,
    },
    /// As it is now.
    SessionUpdated {
        id: GameSessionId,
        fields: SessionFields,
    },
    SessionTerminating {
        id: GameSessionId,
    },
    /// What its player sessions become follows from it.
    SessionEnded {
        id: GameSessionId,
        end: SessionEnd,
    },
    SessionForgotten {
        id: GameSessionId,
    },
    /// Its server is told of something about its match; with the new roster where that changed.
    SessionInformed {
        id: GameSessionId,
        reason: UpdateReason,
        backfill: Option<TicketId>,
        roster: Option<Arc<Roster>>,
    },

    PlayersReserved {
        session: GameSessionId,
        seats: Vec<(PlayerSessionId, PlayerRequest)>,
        until: Timestamp,
    },
    PlayerAccepted {
        session: GameSessionId,
        player_session: PlayerSessionId,
    },
    PlayerLeft {
        session: GameSessionId,
        player_session: PlayerSessionId,
    },
    ReservationTimedOut {
        session: GameSessionId,
        player_session: PlayerSessionId,
    },

    PlacementStarted {
        request: PlacementRequest,
        deadline: Timestamp,
    },
    /// The time of another latency policy is over.
    PlacementRelaxed {
        id: PlacementId,
    },
    PlacementFulfilled {
        id: PlacementId,
    },
    PlacementCancelled {
        id: PlacementId,
    },
    PlacementTimedOut {
        id: PlacementId,
    },
    PlacementFailed {
        id: PlacementId,
    },
    PlacementForgotten {
        id: PlacementId,
    },

    // Only in snapshots: what no other change can rebuild.
    FleetRestored {
        id: FleetId,
        fleet: Box<Fleet>,
    },
    ProcessRestored {
        process: Box<Process>,
    },
    SessionRestored {
        session: Box<GameSession>,
    },
    PlacementRestored {
        placement: Box<Placement>,
    },
}
