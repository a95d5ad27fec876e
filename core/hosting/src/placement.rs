//! A placement: finding a host for a match or for whoever asks.
//!
//! ```text
//! PlacementStarted ─▶ Pending ─ a process is free ─▶ (its session activates) ─▶ Fulfilled
//!                        └─ stopped, time is up, session lost ─▶ Cancelled, TimedOut, Failed
//! ```

use std::sync::Arc;
use std::time::Duration;

use matchwright_model::{
    GameSessionId, LocationName, MatchId, PlacementId, PlayerId, QueueName, Region, Roster, Timestamp,
};

use crate::decide::{Context, Decision, Reply};
use crate::{Change, PlayerRequest, ProcessKey, Queue, Rejection, State};

#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    pub id: PlacementId,
    pub request: PlacementRequest,
    pub status: PlacementStatus,
    pub started_at: Timestamp,
    pub deadline: Timestamp,
    /// The session that is being activated, or was.
    pub session: Option<GameSessionId>,
    /// How many processes it has tried.
    pub attempts: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlacementStatus {
    Pending,
    Fulfilled { at: Timestamp },
    Cancelled { at: Timestamp },
    TimedOut { at: Timestamp },
    Failed { at: Timestamp },
}

#[derive(Debug, Clone, PartialEq)]
pub struct PlacementRequest {
    pub id: PlacementId,
    pub queue: QueueName,
    /// The match it is for, where it is for one.
    pub match_id: Option<MatchId>,
    pub max_players: u32,
    pub name: Option<String>,
    pub properties: Vec<(String, String)>,
    pub data: Option<Arc<str>>,
    pub roster: Option<Arc<Roster>>,
    pub latencies: Vec<PlayerLatency>,
    /// Each gets a player session once the game runs.
    pub players: Vec<PlayerRequest>,
    pub order: Option<LocationOverride>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PlayerLatency {
    pub player: PlayerId,
    pub region: Region,
    pub latency_ms: f32,
}

/// Locations to try first, once each, whatever the queue prefers.
#[derive(Debug, Clone, PartialEq)]
pub struct LocationOverride {
    pub locations: Vec<LocationName>,
    pub fallback: Fallback,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fallback {
    /// Then the others of the queue.
    #[default]
    Queue,
    Nothing,
}
