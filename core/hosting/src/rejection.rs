//! Refusals: the caller acts. A closed list with stable codes; a released code keeps its meaning.

use std::fmt;

use matchwright_model::{
    AliasId, ComputeName, FleetId, GameSessionId, LocationName, PlacementId, PlayerSessionId, QueueName,
};

use crate::ProcessKey;

#[derive(Debug, Clone, PartialEq)]
pub enum Rejection {
    LocationNotFound(LocationName),
    LocationExists(LocationName),
    LocationInUse {
        name: LocationName,
        fleet: FleetId,
    },
    FleetNotFound(FleetId),
    /// It is being deleted, and takes nothing new.
    FleetDeleting(FleetId),
    /// A fleet keeps at least one location.
    FleetNeedsLocation(FleetId),
    LocationNotInFleet {
        fleet: FleetId,
        location: LocationName,
    },
    /// Computes of the fleet stand there.
    FleetLocationInUse {
        fleet: FleetId,
        location: LocationName,
    },
    /// The fleet has more than one: which?
    LocationNeeded(FleetId),
    AliasNotFound(AliasId),
    /// The alias leads nowhere, and says why.
    AliasTerminal {
        alias: AliasId,
        message: String,
    },
    AliasInUse {
        alias: AliasId,
        queue: QueueName,
    },
    ComputeNotFound {
        fleet: FleetId,
        name: ComputeName,
    },
    ComputeExists {
        fleet: FleetId,
        name: ComputeName,
    },
    QueueNotFound(QueueName),
    QueueExists(QueueName),
    /// A queue that contradicts itself.
    QueueInvalid(String),
    PlacementNotFound(PlacementId),
    PlacementExists(PlacementId),
    PlacementInvalid(String),
    /// Not possible in this state: `FULFILLED`, ...
    PlacementState {
        id: PlacementId,
        status: &'static str,
        action: &'static str,
    },
    SessionNotFound(GameSessionId),
    SessionState {
        id: GameSessionId,
        status: &'static str,
        action: &'static str,
    },
    SessionInvalid(String),
    /// The server that an allocator found runs it already.
    SessionExists(GameSessionId),
    /// No process is free.
    NoCapacity {
        fleet: FleetId,
        location: LocationName,
    },
    /// The token belongs to a session that was asked for in another way.
    TokenReused {
        token: String,
        session: GameSessionId,
    },
    CreatorTooFast {
        creator: String,
        sessions: u32,
        seconds: u64,
    },
    /// No seat is free, or fewer than asked for.
    SessionFull {
        id: GameSessionId,
        free: u32,
        asked: u32,
    },
    /// The game lets nobody in.
    SessionClosed(GameSessionId),
    PlayerTwice(String),
    /// Only an agent on the machine could do it.
    ForceNeedsAgent,
    PlayerSessionNotFound(PlayerSessionId),
    PlayerSessionState {
        id: PlayerSessionId,
        status: &'static str,
        action: &'static str,
    },
    ProcessNotFound(ProcessKey),
    /// Its id was used by a process that ended: each execution needs an id of its own.
    ProcessEnded(ProcessKey),
    ProcessState {
        process: ProcessKey,
        status: &'static str,
        action: &'static str,
    },
    /// The session runs on another process.
    NotItsSession {
        process: ProcessKey,
        session: GameSessionId,
    },
    /// Unknown, expired or of another compute.
    TokenInvalid,
    Quota {
        what: &'static str,
        limit: usize,
    },
    TagQuota {
        limit: usize,
    },
    TagReserved(String),
}

impl Rejection {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        use Rejection::*;
        match self {
            LocationNotFound(_) => "E601",
            LocationExists(_) => "E602",
            LocationInUse { .. } => "E603",
            FleetNotFound(_) => "E611",
            FleetDeleting(_) => "E612",
            FleetNeedsLocation(_) => "E613",
            LocationNotInFleet { .. } => "E614",
            FleetLocationInUse { .. } => "E615",
            LocationNeeded(_) => "E616",
            AliasNotFound(_) => "E621",
            AliasTerminal { .. } => "E622",
            AliasInUse { .. } => "E623",
            ComputeNotFound { .. } => "E631",
            ComputeExists { .. } => "E632",
            QueueNotFound(_) => "E641",
            QueueExists(_) => "E642",
            QueueInvalid(_) => "E643",
            PlacementNotFound(_) => "E651",
            PlacementExists(_) => "E652",
            PlacementInvalid(_) => "E653",
            PlacementState { .. } => "E654",
            SessionNotFound(_) => "E661",
            SessionState { .. } => "E662",
            SessionInvalid(_) => "E663",
            SessionExists(_) => "E673",
            NoCapacity { .. } => "E664",
            TokenReused { .. } => "E665",
            CreatorTooFast { .. } => "E666",
            SessionFull { .. } => "E667",
            SessionClosed(_) => "E668",
            PlayerTwice(_) => "E669",
            ForceNeedsAgent => "E670",
            PlayerSessionNotFound(_) => "E671",
            PlayerSessionState { .. } => "E672",
            ProcessNotFound(_) => "E681",
            ProcessEnded(_) => "E682",
            ProcessState { .. } => "E683",
            NotItsSession { .. } => "E684",
            TokenInvalid => "E685",
            Quota { .. } => "E691",
            TagQuota { .. } => "E692",
            TagReserved(_) => "E693",
        }
    }
}

/// Expected, found, what to do.
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Rejection::*;
        match self {
            LocationNotFound(name) => write!(f, "Location not found: {name}; create it with CreateLocation"),
            LocationExists(name) => write!(f, "Location {name} already exists; choose another name"),
            LocationInUse { name, fleet } => {
                write!(f, "Location {name} is used by fleet {fleet}; take it out of that fleet first")
            }
            FleetNotFound(id) => write!(f, "Fleet not found: {id}"),
            FleetDeleting(id) => write!(f, "Fleet {id} is in DELETING status and takes nothing new; use another fleet"),
            FleetNeedsLocation(id) => {
                write!(f, "Fleet {id} would be left without a location; add another first, or delete the fleet")
            }
            LocationNotInFleet { fleet, location } => {
                write!(f, "Location {location} is not in fleet {fleet}; add it with CreateFleetLocations")
            }
            FleetLocationInUse { fleet, location } => {
                write!(f, "Computes of fleet {fleet} are registered in location {location}; deregister them first")
            }
            LocationNeeded(fleet) => {
                write!(f, "Fleet {fleet} has more than one location; name one with Location")
            }
            AliasNotFound(id) => write!(f, "Alias not found: {id}"),
            AliasTerminal { message, .. } => f.write_str(message),
            AliasInUse { alias, queue } => {
                write!(f, "Alias {alias} is a destination of queue {queue}; take it out of that queue first")
            }
            ComputeNotFound { fleet, name } => write!(f, "Compute {name} not found in fleet {fleet}"),
            ComputeExists { fleet, name } => {
                write!(f, "Compute {name} is already registered in fleet {fleet}; deregister it first, or use another name")
            }
            QueueNotFound(name) => write!(f, "Game session queue not found: {name}"),
            QueueExists(name) => write!(f, "Game session queue {name} already exists; choose another name"),
            QueueInvalid(why) | PlacementInvalid(why) | SessionInvalid(why) => f.write_str(why),
            PlacementNotFound(id) => write!(f, "Game session placement not found: {id}"),
            PlacementExists(id) => {
                write!(f, "Game session placement {id} already exists; every placement needs an id of its own")
            }
            PlacementState { id, status, action } => {
                write!(f, "Game session placement {id} is in {status} status and cannot {action}")
            }
            SessionNotFound(id) => write!(f, "Game session not found: {id}"),
            SessionState { id, status, action } => {
                write!(f, "Game session {id} is in {status} status and cannot {action}")
            }
            SessionExists(id) => write!(
                f,
                "Game session {id} exists already; the allocator must name another one, or none"
            ),
            NoCapacity { fleet, location } => write!(
                f,
                "No process of fleet {fleet} in location {location} is free; start more game servers, or use a queue, which waits"
            ),
            TokenReused { token, session } => write!(
                f,
                "IdempotencyToken {token} made game session {session} from another request; use a new token"
            ),
            CreatorTooFast { creator, sessions, seconds } => write!(
                f,
                "Creator {creator} may make {sessions} game sessions in {seconds} s and has; try again later"
            ),
            SessionFull { id, free, asked } => {
                write!(f, "Game session {id} has {free} free seats, but {asked} were asked for")
            }
            SessionClosed(id) => write!(f, "Game session {id} is closed to new players (DENY_ALL)"),
            PlayerTwice(player) => write!(f, "Player {player} is listed twice; list every player once"),
            ForceNeedsAgent => f.write_str(
                "TerminationMode FORCE_TERMINATE needs an agent on the machine; use TRIGGER_ON_PROCESS_TERMINATE",
            ),
            PlayerSessionNotFound(id) => write!(f, "Player session not found: {id}"),
            PlayerSessionState { id, status, action } => {
                write!(f, "Player session {id} is in {status} status and cannot be {action}")
            }
            ProcessNotFound(key) => write!(f, "Process {} is not connected", key.id),
            ProcessEnded(key) => write!(
                f,
                "Process id {} was used by a process that has ended; every execution needs an id of its own",
                key.id
            ),
            ProcessState { process, status, action } => {
                write!(f, "Process {} is {status} and cannot {action}", process.id)
            }
            NotItsSession { process, session } => {
                write!(f, "Game session {session} does not run on process {}", process.id)
            }
            TokenInvalid => f.write_str(
                "The auth token is not valid for this compute; get a new one with GetComputeAuthToken",
            ),
            Quota { what, limit } => write!(f, "At most {limit} {what} are allowed; delete one first"),
            TagQuota { limit } => write!(f, "At most {limit} tags are allowed on a resource"),
            TagReserved(key) => write!(f, "Tag key {key} starts with aws:, which is reserved; use another key"),
        }
    }
}
