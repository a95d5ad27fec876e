//! A server process: one execution of a game server program, which hosts one game session in its life.
//!
//! ```text
//! ProcessConnected ─▶ Starting ─ ProcessReady ─▶ Idle ─ SessionStarted ─▶ Busy
//!                        │                         │                        │
//!                        └─────────────────────────┴────────────────────────┴─▶ ProcessEnded ─▶ Ended ─▶ (forgotten)
//! ```
//! Beside its phase it is connected or not, and may have been told to end; neither hinders the other. A process that
//! is not connected, or was told to end, gets no game session.

use matchwright_model::{ComputeName, FleetId, GameSessionId, ProcessId, Timestamp};

use crate::decide::{Context, Decision, Reply};
use crate::{Change, Rejection, SessionEnd, State};

/// Which process: its id is unique on its compute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessKey {
    pub fleet: FleetId,
    pub compute: ComputeName,
    pub id: ProcessId,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Process {
    pub key: ProcessKey,
    pub sdk: Sdk,
    pub phase: Phase,
    pub connection: Connection,
    /// It was told to end: given up at this time.
    pub terminating: Option<Timestamp>,
    /// Set by `ProcessReady`.
    pub port: u16,
    pub log_paths: Vec<String>,
    pub created_at: Timestamp,
}

/// What a process says of its SDK.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sdk {
    pub version: String,
    pub language: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Connected once, not ready yet; given up at this time.
    Starting { ready_by: Timestamp },
    Idle { since: Timestamp },
    /// With the one session of its life, which may have ended before it.
    Busy { session: GameSessionId },
    Ended { at: Timestamp, cause: EndCause },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    Connected,
    /// Since when, and when it counts as crashed.
    Lost { since: Timestamp, until: Timestamp },
}

/// Why a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndCause {
    /// ProcessEnding: its own wish, or what it was told.
    Exited,
    /// It did not come back after its connection broke.
    Crashed,
    /// It was not ready in time.
    NotReady,
    /// It reported itself unhealthy, or nothing, three times in a row, and did not end when told to.
    Unhealthy,
    /// It did not end when told to.
    NotEnded,
    /// Its compute was deregistered.
    ComputeGone,
}
