//! What game servers are told without asking. Computed from changes, as events are.

use matchwright_model::{TicketId, Timestamp};

use crate::{
    Change, Connection, GameSession, Phase, Process, ProcessKey, SessionStatus, State, UpdateReason,
    game_session,
};

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
    UpdateSession {
        session: Box<GameSession>,
        reason: UpdateReason,
        backfill: Option<TicketId>,
    },
    /// End before this time.
    Terminate {
        by: Timestamp,
    },
    /// It has ended: its sockets are of no more use.
    Close,
}

/// The push of a change, or none. `state` is the state just before the change is applied.
pub fn push(state: &State, at: Timestamp, change: &Change) -> Option<Push> {
    let to = |process: &ProcessKey, kind: PushKind| Some(Push { process: process.clone(), kind });
    match change {
        Change::SessionStarted { process, .. } => {
            let session = game_session::started(state, at, change)?;
            to(process, PushKind::CreateSession(Box::new(session)))
        }
        Change::SessionInformed { id, reason, backfill, roster } => {
            let mut session = state.sessions.get(id)?.without_players();
            session.roster = roster.clone().or(session.roster);
            // Elsewhere nobody listens.
            let process = session.process()?.clone();
            let kind = PushKind::UpdateSession {
                session: Box::new(session),
                reason: *reason,
                backfill: backfill.clone(),
            };
            to(&process, kind)
        }
        Change::ProcessTerminating { process, by, .. } => to(process, PushKind::Terminate { by: *by }),
        Change::ProcessEnded { process, .. } => to(process, PushKind::Close),
        _ => None,
    }
}

/// What a process that was away must be told again: it may have missed it.
pub(crate) fn missed(state: &State, process: &Process) -> Vec<Push> {
    let mut kinds = Vec::new();
    if let Phase::Busy { session } = &process.phase
        && let Some(session) = state.sessions.get(session)
    {
        match (session.status, &session.update, process.connection) {
            (SessionStatus::Activating { .. }, ..) => {
                kinds.push(PushKind::CreateSession(Box::new(session.without_players())));
            }
            (SessionStatus::Active, Some(update), Connection::Lost { since, .. }) if update.at >= since => {
                kinds.push(PushKind::UpdateSession {
                    session: Box::new(session.without_players()),
                    reason: update.reason,
                    backfill: update.backfill.clone(),
                });
            }
            _ => {}
        }
    }
    kinds.extend(process.terminating.map(|by| PushKind::Terminate { by }));
    kinds.into_iter().map(|kind| Push { process: process.key.clone(), kind }).collect()
}
