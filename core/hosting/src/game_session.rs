//! A game session: a running match on a server process.
//!
//! ```text
//! SessionStarted ─▶ Activating ─ SessionActivated ─▶ Active ─ SessionTerminating ─▶ Terminating
//!                       │                              │                               │
//!                       └──────────────────────────────┴───────────────────────────────┴─▶ SessionEnded ─▶ Terminated
//! ```

use std::sync::Arc;

use matchwright_model::{
    FleetId, GameSessionId, LocationName, MatchId, PlacementId, PlayerId, PlayerSessionId, Roster, TicketId,
    Timestamp,
};

use crate::decide::{Context, Decision, Reply};
use crate::{
    Change, EndCause, PlayerSession, PlayerSessionStatus, ProcessKey, Rejection, State, Target, TerminationMode,
};

#[derive(Debug, Clone, PartialEq)]
pub struct GameSession {
    pub id: GameSessionId,
    pub fields: SessionFields,
    /// Where it runs.
    pub process: ProcessKey,
    pub location: LocationName,
    pub ip: String,
    pub dns: Option<String>,
    pub port: u16,
    pub status: SessionStatus,
    pub created_at: Timestamp,
    /// The placement that made it.
    pub placement: Option<PlacementId>,
    /// What its server is to know of the match, as of the latest backfill.
    pub roster: Option<Arc<Roster>>,
    /// The latest change of the roster, for a process that missed it.
    pub update: Option<SessionUpdate>,
    /// Every player session it ever had, in the order they were made.
    pub players: Vec<PlayerSession>,
    /// Reserved and active ones.
    pub occupied: u32,
}

/// What whoever asked for a session gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionFields {
    pub name: Option<String>,
    pub max_players: u32,
    pub properties: Vec<(String, String)>,
    /// Up to 262,144 characters: shared, for it is told and kept in several places.
    pub data: Option<Arc<str>>,
    pub creator: Option<String>,
    /// A repeated request with this token gets the session that the first one made.
    pub token: Option<String>,
    pub policy: JoinPolicy,
    pub is_protected: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// Its process was asked to start it; given up at this time.
    Activating { by: Timestamp },
    Active,
    /// Its process was told to end.
    Terminating,
    Terminated { at: Timestamp, end: SessionEnd },
}

/// Whether new players may join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JoinPolicy {
    #[default]
    AcceptAll,
    DenyAll,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionEnd {
    /// Its process ended by its own wish.
    Finished,
    /// TerminateGameSession.
    Triggered,
    /// Its process was lost.
    Interrupted,
    /// Its process did not activate it in time.
    NotActivated,
}

/// Something about the match that the game server is told while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionUpdate {
    pub at: Timestamp,
    pub reason: UpdateReason,
    pub backfill: Option<TicketId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UpdateReason {
    /// A backfill found players: the roster is another.
    RosterChanged,
    BackfillFailed,
    BackfillTimedOut,
    BackfillCancelled,
}

/// CreateGameSession.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRequest {
    pub target: Target,
    /// Required where the fleet has more than one.
    pub location: Option<LocationName>,
    pub fields: SessionFields,
}

/// UpdateGameSession: only the given members change. Properties are added or changed, never taken away.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SessionPatch {
    pub name: Option<String>,
    pub max_players: Option<u32>,
    pub policy: Option<JoinPolicy>,
    pub is_protected: Option<bool>,
    pub properties: Vec<(String, String)>,
}
