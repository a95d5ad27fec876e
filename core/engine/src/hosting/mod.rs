//! What hosting means for matches, and matches for hosting.
//!
//! A decision is made by the noun that it is about; then [`conclude`] reads its changes one by one and adds what
//! follows from each on the other side: a match that needs a host starts a placement, a placement that ends ends its
//! match (`placing.rs`), a game that is over ends its backfill, and a game server is told what became of it
//! (`filling.rs`). All of it is one step.

mod filling;
mod placing;

use matchwright_hosting as hosting;
use matchwright_hosting::UpdateReason;
use matchwright_model::{GameSessionId, MatchId, MatchmakerName, PlacementId};

use crate::decide::{Context, Decision, Reply};
use crate::ticket::{cancel, returned};
use crate::{Change, EndReason, Match, Matchmaker, Mode, Record, Rejection, State};

use filling::{forget_leaver, tell_backfill_ended};
pub(crate) use filling::{own_game, own_seats};
use placing::{complete, find_host};

/// # Rejections
/// Those of hosting.
pub(crate) fn decide(
    state: &State,
    context: &Context<'_>,
    command: &hosting::Command,
) -> Result<Decision, Rejection> {
    let decided = hosting::decide(&state.hosting, &context.hosting(), command).map_err(Rejection::Hosting)?;
    let changes = decided.changes.into_iter().map(hosted).collect();
    Ok(Decision { changes, reply: Reply::Hosting(decided.reply) })
}

/// A game server asks for the game that it runs, and for no other.
///
/// # Rejections, in this order
/// `SessionNotFound`, `NotItsSession`.
pub(crate) fn refuse_foreign(
    state: &State,
    process: &hosting::ProcessKey,
    session: &GameSessionId,
) -> Result<(), Rejection> {
    let refuse = |rejection| Err(Rejection::Hosting(rejection));
    match state.hosting.sessions.get(session) {
        None => refuse(hosting::Rejection::SessionNotFound(session.clone())),
        Some(found) if found.process() != Some(process) => {
            let (process, session) = (process.clone(), session.clone());
            refuse(hosting::Rejection::NotItsSession { process, session })
        }
        Some(_) => Ok(()),
    }
}

pub(crate) fn hosted(change: hosting::Change) -> Change {
    Change::Hosting(Box::new(change))
}

/// What a game server is told of a change, without asking. `state` is the state just before the change is applied.
pub fn push(state: &State, record: &Record) -> Option<hosting::Push> {
    match &record.change {
        Change::Hosting(change) => hosting::push(&state.hosting, record.at, change),
        _ => None,
    }
}

/// Adds to a decision what follows from its changes.
pub(crate) fn conclude(state: &State, context: &Context<'_>, changes: &mut Vec<Change>) {
    let mut next = 0;
    while let Some(change) = changes.get(next) {
        next += 1;
        match change {
            Change::MatchProposed { id, acceptance_deadline: None, matchmaker, seats, region, .. }
                if has_queue(state, matchmaker).is_some() =>
            {
                let made = Match::proposed(matchmaker.clone(), seats.clone(), None, region.clone());
                let id = *id;
                find_host(state, context, id, &made, changes);
            }
            Change::PlacementStarted { id } => {
                let id = *id;
                find_host(state, context, id, &state.matches[&id], changes);
            }
            Change::Hosting(change) => {
                let change = change.clone();
                after_hosting(state, context, &change, changes);
            }
            Change::TicketCancelled { id, reason, .. } => {
                let why = match reason {
                    EndReason::NoCapacity => UpdateReason::BackfillFailed,
                    _ => UpdateReason::BackfillCancelled,
                };
                let id = id.clone();
                tell_backfill_ended(state, context, &id, why, changes);
            }
            Change::TicketTimedOut { id, .. } => {
                let id = id.clone();
                tell_backfill_ended(state, context, &id, UpdateReason::BackfillTimedOut, changes);
            }
            _ => {}
        }
    }
}

/// The configuration of a matchmaker whose matches are placed.
fn has_queue<'s>(state: &'s State, matchmaker: &MatchmakerName) -> Option<&'s Matchmaker> {
    state.matchmakers.get(matchmaker).filter(|config| config.mode() == Mode::WithQueue)
}

fn after_hosting(state: &State, context: &Context<'_>, change: &hosting::Change, changes: &mut Vec<Change>) {
    match change {
        hosting::Change::PlacementFulfilled { id } => complete(state, context, id, changes),
        hosting::Change::PlacementTimedOut { id } => {
            let Some((id, made)) = match_of(state, id) else { return };
            changes.push(Change::PlacementAbandoned { id });
            return_all(state, context, made, changes);
        }
        hosting::Change::PlacementFailed { id } | hosting::Change::PlacementCancelled { id } => {
            if let Some((id, made)) = match_of(state, id) {
                let rule_counts = crate::proposal::anchor_counts(context, made);
                changes.push(Change::MatchFailed { id, rule_counts });
            }
        }
        hosting::Change::SessionEnded { id, .. } => end_backfill(state, context, id, changes),
        // Its game goes on for a while, but is no place to send players to.
        hosting::Change::ProcessTerminating { process, .. } => {
            if let Some(session) = state.hosting.session_on(process) {
                end_backfill(state, context, &session.id, changes);
            }
        }
        hosting::Change::PlayerLeft { session, player_session }
            if context.settings.backfill_forgets_leavers =>
        {
            forget_leaver(state, context, session, player_session, changes);
        }
        _ => {}
    }
}

fn return_all(state: &State, context: &Context<'_>, made: &Match, changes: &mut Vec<Change>) {
    let tickets = made.tickets().filter_map(|id| state.tickets.get(id));
    changes.extend(tickets.map(|ticket| returned(state, context, ticket, EndReason::NoCapacity)));
}

/// The match that a placement is for, while it is placed.
fn match_of<'s>(state: &'s State, id: &PlacementId) -> Option<(MatchId, &'s Match)> {
    let id = state.hosting.placements.get(id)?.request.match_id?;
    Some((id, state.matches.get(&id)?))
}

fn end_backfill(state: &State, context: &Context<'_>, session: &GameSessionId, changes: &mut Vec<Change>) {
    if let Some(backfill) = state.backfill_of(session.as_str()) {
        cancel(state, context, backfill, EndReason::GameEnded, changes);
    }
}
