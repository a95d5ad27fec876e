//! Everything one may ask of hosting: clients and game servers alike.

use std::collections::{BTreeMap, BTreeSet};

use matchwright_model::{
    AliasId, ComputeName, FleetId, GameSessionId, LocationName, PlacementId, PlayerId, PlayerSessionId,
    QueueName,
};

use crate::{
    AliasFields, AliasPatch, ComputeFields, FleetFields, FleetPatch, JoinPolicy, PlacementRequest,
    ProcessKey, QueueFields, QueuePatch, Sdk, Server, SessionPatch, SessionRequest,
};

type Tags = BTreeMap<String, String>;

/// A wish. [`crate::decide`] answers it with changes or a rejection.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    CreateLocation {
        name: LocationName,
        tags: Tags,
    },
    DeleteLocation {
        name: LocationName,
    },
    CreateFleet {
        fields: FleetFields,
        locations: BTreeSet<LocationName>,
        tags: Tags,
    },
    UpdateFleet {
        fleet: FleetId,
        patch: FleetPatch,
    },
    DeleteFleet {
        fleet: FleetId,
    },
    AddFleetLocations {
        fleet: FleetId,
        locations: BTreeSet<LocationName>,
    },
    RemoveFleetLocations {
        fleet: FleetId,
        locations: BTreeSet<LocationName>,
    },
    CreateAlias {
        fields: AliasFields,
        tags: Tags,
    },
    UpdateAlias {
        alias: AliasId,
        patch: AliasPatch,
    },
    DeleteAlias {
        alias: AliasId,
    },
    RegisterCompute {
        fleet: FleetId,
        name: ComputeName,
        fields: ComputeFields,
    },
    DeregisterCompute {
        fleet: FleetId,
        name: ComputeName,
    },
    /// The token in force, or a new one where that has less than half of its life left.
    IssueToken {
        fleet: FleetId,
        compute: ComputeName,
    },
    CreateQueue {
        name: QueueName,
        fields: QueueFields,
        tags: Tags,
    },
    UpdateQueue {
        name: QueueName,
        patch: QueuePatch,
    },
    DeleteQueue {
        name: QueueName,
    },
    StartPlacement(PlacementRequest),
    StopPlacement {
        id: PlacementId,
    },
    /// An allocator found a server for a placement of a queue that is homed elsewhere.
    HostPlacement {
        id: PlacementId,
        server: Server,
    },
    /// It never will.
    RefusePlacement {
        id: PlacementId,
    },
    CreateSession(SessionRequest),
    UpdateSession {
        id: GameSessionId,
        patch: SessionPatch,
    },
    TerminateSession {
        id: GameSessionId,
        mode: TerminationMode,
    },
    /// CreatePlayerSession, CreatePlayerSessions: all of them or none.
    ReservePlayers {
        session: GameSessionId,
        players: Vec<PlayerRequest>,
    },

    // What game servers say.
    /// A socket of a process was opened. `token` is `None` where the door verified a signature instead.
    ConnectProcess {
        process: ProcessKey,
        token: Option<String>,
        sdk: Sdk,
    },
    /// Its last socket is gone.
    DisconnectProcess {
        process: ProcessKey,
    },
    /// All sockets are gone: the server was started anew.
    LoseConnections,
    ReadyProcess {
        process: ProcessKey,
        port: u16,
        log_paths: Vec<String>,
    },
    /// It reported itself unhealthy, or nothing, three times in a row.
    ReportUnhealthy {
        process: ProcessKey,
    },
    ActivateSession {
        process: ProcessKey,
        session: GameSessionId,
    },
    SetJoinPolicy {
        process: ProcessKey,
        session: GameSessionId,
        policy: JoinPolicy,
    },
    AcceptPlayer {
        process: ProcessKey,
        session: GameSessionId,
        player_session: PlayerSessionId,
    },
    RemovePlayer {
        process: ProcessKey,
        session: GameSessionId,
        player_session: PlayerSessionId,
    },
    EndProcess {
        process: ProcessKey,
    },
}

/// Somebody who wants a seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayerRequest {
    pub player: PlayerId,
    pub data: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TerminationMode {
    /// The process is told to end, and ends it.
    Trigger,
    /// Needs an agent on the machine: refused.
    Force,
}
