//! A player session: a seat of one player in a game session.
//!
//! ```text
//! PlayersReserved ─▶ Reserved ─ PlayerAccepted ─▶ Active ─ PlayerLeft, end of the game ─▶ Completed
//!                       └─ time is up, end of the game ─▶ TimedOut
//! ```

use matchwright_model::{GameSessionId, PlayerId, PlayerSessionId, Timestamp};

use crate::decide::{Context, Decision, Reply};
use crate::{Change, PlayerRequest, ProcessKey, Rejection, State};

#[derive(Debug, Clone, PartialEq)]
pub struct PlayerSession {
    pub id: PlayerSessionId,
    pub player: PlayerId,
    pub data: Option<String>,
    pub status: PlayerSessionStatus,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayerSessionStatus {
    /// The seat is kept until then.
    Reserved { until: Timestamp },
    Active,
    Completed { at: Timestamp },
    TimedOut { at: Timestamp },
}
