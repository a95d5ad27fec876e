//! What game servers are told without asking. Computed from changes, as events are.

use matchwright_model::{TicketId, Timestamp};

use crate::{Change, GameSession, ProcessKey, State, UpdateReason};

/// What a process is told without asking.
#[derive(Debug, Clone, PartialEq)]
pub struct Push {
    pub process: ProcessKey,
    pub kind: PushKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum PushKind {
    /// Start this game.
    CreateSession(Box<GameSession>),
    UpdateSession { session: Box<GameSession>, reason: UpdateReason, backfill: Option<TicketId> },
    /// End before this time.
    Terminate { by: Timestamp },
    /// It has ended: its sockets are of no more use.
    Close,
}

/// The push of a change, or none. `state` is the state just before the change is applied.
pub fn push(state: &State, at: Timestamp, change: &Change) -> Option<Push> {
    let _ = (state, at, change);
    todo!()
}
