//! A ticket: its states, what moves it, what becomes of it.
//!
//! ```text
//! TicketStarted ─▶ Queued ─▶ Searching ─▶ Proposed ─▶ Placing ─▶ Completed
//!                              ▲  │  ▲        │  │        │  └──▶ Failed
//!                              │  │  └────────┼──┴────────┘ (others did not accept, no host had room)
//!                              │  └──▶ TimedOut, Cancelled ◀── (rejected, not answered, stopped, re-queued)
//! ```

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use matchwright_model::{
    GameSessionId, MatchId, MatchmakerName, Player, PlayerId, TeamName, TicketId, Timestamp,
};
use matchwright_rules::{BindError, Party};

use crate::decide::{Context, Decision, Reply};
use crate::{Change, EndReason, Rejection, State};

/// What was asked for, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    pub asked: Arc<Asked>,
    pub started_at: Timestamp,
    /// When it times out; measured from `started_at`, never restarted (D-22, D-110).
    pub deadline: Timestamp,
    pub status: Status,
    /// Why it is in this status, where there is something to say (D-112).
    pub reason: Option<EndReason>,
    /// The match it is in, or was in last. Boxed, for those who wait mostly have none.
    pub matched: Option<Box<Matched>>,
}

/// What a ticket asks for: it never changes, and all who know the ticket share it.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub id: TicketId,
    pub matchmaker: MatchmakerName,
    pub kind: TicketKind,
    /// As sent.
    pub players: Arc<[Player]>,
}

/// What a match made of a ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Matched {
    pub id: MatchId,
    /// Of this ticket's players; kept when the match is not made (D-126).
    pub teams: BTreeMap<PlayerId, TeamName>,
    pub session: Option<Session>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketKind {
    Matchmaking,
    Backfill { game_session: Option<String> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Queued,
    Searching,
    /// REQUIRES_ACCEPTANCE.
    Proposed {
        match_id: MatchId,
    },
    Placing {
        match_id: MatchId,
    },
    Completed {
        at: Timestamp,
    },
    Failed {
        at: Timestamp,
    },
    Cancelled {
        at: Timestamp,
    },
    TimedOut {
        at: Timestamp,
    },
}

/// Where a match plays, as its placement found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: GameSessionId,
    pub ip: Option<String>,
    pub dns: Option<String>,
    pub port: u16,
    pub player_sessions: BTreeMap<PlayerId, String>,
}

impl Session {
    /// A game session and the seats that it has now.
    pub(crate) fn of(session: &matchwright_hosting::GameSession) -> Self {
        let open = session.players.iter().filter(|seat| seat.status.is_open());
        Self {
            id: session.id.clone(),
            ip: Some(session.ip.clone()),
            dns: session.dns.clone(),
            port: session.port,
            player_sessions: open.map(|seat| (seat.player.clone(), seat.id.to_string())).collect(),
        }
    }
}

impl Status {
    /// The field's own word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Searching => "SEARCHING",
            Self::Proposed { .. } => "REQUIRES_ACCEPTANCE",
            Self::Placing { .. } => "PLACING",
            Self::Completed { .. } => "COMPLETED",
            Self::Failed { .. } => "FAILED",
            Self::Cancelled { .. } => "CANCELLED",
            Self::TimedOut { .. } => "TIMED_OUT",
        }
    }

    pub fn ended_at(&self) -> Option<Timestamp> {
        match self {
            Self::Completed { at } | Self::Failed { at } | Self::Cancelled { at } | Self::TimedOut { at } => {
                Some(*at)
            }
            _ => None,
        }
    }

    /// Not ended yet (D-24).
    pub fn is_active(&self) -> bool {
        self.ended_at().is_none()
    }

    /// The match that holds it now.
    pub fn live_match(&self) -> Option<MatchId> {
        match self {
            Self::Proposed { match_id } | Self::Placing { match_id } => Some(*match_id),
            _ => None,
        }
    }
}

impl Ticket {
    /// As it is when it was received.
    pub(crate) fn queued(asked: &Arc<Asked>, started_at: Timestamp, deadline: Timestamp) -> Self {
        let asked = asked.clone();
        Self { asked, started_at, deadline, status: Status::Queued, reason: None, matched: None }
    }

    /// The match it is in, or was in last.
    pub fn last_match(&self) -> Option<MatchId> {
        self.matched.as_ref().map(|matched| matched.id)
    }

    /// A player's team in its match, or in the last proposal it was in (D-126).
    pub fn team_of(&self, player: &PlayerId) -> Option<&TeamName> {
        self.matched.as_ref()?.teams.get(player)
    }

    pub fn session(&self) -> Option<&Session> {
        self.matched.as_ref()?.session.as_ref()
    }
}

impl Deref for Ticket {
    type Target = Asked;

    fn deref(&self) -> &Asked {
        &self.asked
    }
}

impl Asked {
    pub fn is_backfill(&self) -> bool {
        matches!(self.kind, TicketKind::Backfill { .. })
    }
}

pub(crate) fn refuse_bind(error: BindError) -> Rejection {
    match error {
        BindError::MissingAttribute { player, attribute } => {
            Rejection::MissingAttribute { player, attribute }
        }
        BindError::WrongType { player, attribute, expected, found } => {
            Rejection::WrongAttributeType { player, attribute, expected, found }
        }
    }
}

pub(crate) fn refuse_twice(players: &[Player]) -> Result<(), Rejection> {
    for (index, player) in players.iter().enumerate() {
        if players[..index].iter().any(|earlier| earlier.id == player.id) {
            return Err(Rejection::PlayerTwice(player.id.clone()));
        }
    }
    Ok(())
}

/// Starts a ticket; first cancels every other active ticket of its players that can be cancelled (D-107).
///
/// # Rejections, in this order (D-25)
/// `MatchmakerNotFound`, `TicketExists`, `PlayerTwice`, `WrongAttributeType`/`MissingAttribute`, `PartyTooLarge`.
pub(crate) fn decide_start(
    state: &State,
    context: &Context<'_>,
    id: &TicketId,
    matchmaker: &MatchmakerName,
    players: &Arc<[Player]>,
) -> Result<Decision, Rejection> {
    let config = state.matchmaker(matchmaker)?;
    if state.tickets.contains_key(id) {
        return Err(Rejection::TicketExists(id.clone()));
    }
    refuse_twice(players)?;
    if let Some(rules) = state.rules_by(config) {
        Party::check(rules, players).map_err(refuse_bind)?;
        let most = rules.party_max();
        if players.len() > most as usize {
            return Err(Rejection::PartyTooLarge { players: players.len(), most });
        }
    }
    let mut changes = Vec::with_capacity(2);
    let own_game = crate::hosting::own_game(state, context, matchmaker, players);
    let spared = |other: &Ticket| {
        let is_own_game = own_game.is_some_and(|own| own.backfill.id == other.id);
        other.is_backfill() && (is_own_game || !context.settings.requeue_cancels_backfill)
    };
    for other in state.active_tickets_of(players).into_iter().filter(|other| !spared(other)) {
        cancel(state, context, other, EndReason::Requeued, &mut changes);
    }
    // `Team` means nothing here and is not kept (D-29).
    let listed = players;
    let players = match listed.iter().any(|player| player.team.is_some()) {
        true => listed.iter().map(|player| Player { team: None, ..player.clone() }).collect(),
        false => listed.clone(),
    };
    let deadline = context.now + config.fields.request_timeout;
    let kind = TicketKind::Matchmaking;
    let asked = Asked { id: id.clone(), matchmaker: matchmaker.clone(), kind, players };
    let reply = start(state, context, asked.into(), deadline, &mut changes);
    if let Some(own) = own_game {
        changes.push(crate::hosting::own_seats(state, context, id, listed, own));
    }
    Ok(Decision { changes, reply })
}

/// A ticket is received, and searches.
pub(crate) fn start(
    state: &State,
    context: &Context<'_>,
    asked: Arc<Asked>,
    deadline: Timestamp,
    changes: &mut Vec<Change>,
) -> Reply {
    let estimate = state.matchmaker_estimate(&asked.matchmaker, context.now);
    let reply = Reply::Ticket(Ticket::queued(&asked, context.now, deadline), estimate);
    let id = asked.id.clone();
    changes.push(Change::TicketStarted { asked, deadline });
    changes.push(Change::TicketSearching { id, reason: None });
    reply
}

/// # Rejections, in this order
/// `TicketNotFound`, `TicketState` (PLACING or ended, D-36).
pub(crate) fn decide_stop(
    state: &State,
    context: &Context<'_>,
    id: &TicketId,
) -> Result<Decision, Rejection> {
    let ticket = state.ticket(id)?;
    if !can_cancel(ticket) {
        let status = ticket.status.name();
        return Err(Rejection::TicketState { id: id.clone(), status, action: "canceled" });
    }
    let mut changes = Vec::new();
    cancel(state, context, ticket, EndReason::Stopped, &mut changes);
    Ok(Decision::done(changes))
}

pub(crate) fn can_cancel(ticket: &Ticket) -> bool {
    matches!(ticket.status, Status::Queued | Status::Searching | Status::Proposed { .. })
}

/// Cancels a ticket; a proposal that holds it is dropped and the others go back to searching (D-37).
///
/// Tickets that `changes` ends or returns already are left alone.
pub(crate) fn cancel(
    state: &State,
    context: &Context<'_>,
    ticket: &Ticket,
    reason: EndReason,
    changes: &mut Vec<Change>,
) {
    let is_done =
        changes.iter().any(|change| matches!(change, Change::TicketCancelled { id, .. } if *id == ticket.id));
    if !can_cancel(ticket) || is_done {
        return;
    }
    match ticket.status {
        Status::Proposed { match_id } => {
            let is_dropped = changes
                .iter()
                .any(|change| matches!(change, Change::AcceptanceEnded { id, .. } if *id == match_id));
            if is_dropped {
                // It was sent back to searching a moment ago, by the same command.
                changes.retain(
                    |change| !matches!(change, Change::TicketSearching { id, .. } if *id == ticket.id),
                );
                changes.push(cancelled(context, &ticket.id, reason));
            } else {
                crate::proposal::withdraw(state, context, match_id, &ticket.id, reason, changes);
            }
        }
        _ => changes.push(cancelled(context, &ticket.id, reason)),
    }
}

pub(crate) fn cancelled(context: &Context<'_>, id: &TicketId, reason: EndReason) -> Change {
    Change::TicketCancelled { id: id.clone(), reason, rule_counts: context.rule_counts(id) }
}

/// Back to searching with its clocks, or timed out at once when its deadline has passed (D-110). Where one of its players
/// started another ticket while it was placed and could not be cancelled, it is cancelled now (D-107): nobody searches
/// twice.
pub(crate) fn returned(state: &State, context: &Context<'_>, ticket: &Ticket, reason: EndReason) -> Change {
    let is_newer = |other: &&Ticket| other.id != ticket.id && !other.is_backfill();
    if !ticket.is_backfill() && state.active_tickets_of(&ticket.players).iter().any(is_newer) {
        return cancelled(context, &ticket.id, EndReason::Requeued);
    }
    if ticket.deadline <= context.now {
        return Change::TicketTimedOut {
            id: ticket.id.clone(),
            rule_counts: context.rule_counts(&ticket.id),
        };
    }
    Change::TicketSearching { id: ticket.id.clone(), reason: Some(reason) }
}

/// The request deadline passed. It waits while a proposal or placement may still succeed (D-111).
pub(crate) fn decide_deadline(
    state: &State,
    context: &Context<'_>,
    id: &TicketId,
    changes: &mut Vec<Change>,
) {
    let Some(ticket) = state.tickets.get(id) else { return };
    match ticket.status {
        Status::Queued | Status::Searching => {
            changes.push(Change::TicketTimedOut { id: id.clone(), rule_counts: context.rule_counts(id) });
        }
        Status::Proposed { match_id } if context.settings.deadline_during_acceptance => {
            crate::proposal::drop_for_deadline(state, context, match_id, changes);
        }
        _ => {}
    }
}

pub(crate) fn apply_started(state: &mut State, at: Timestamp, asked: &Arc<Asked>, deadline: Timestamp) {
    state.insert_ticket(Ticket::queued(asked, at, deadline));
}

pub(crate) fn apply_searching(state: &mut State, id: &TicketId, reason: Option<EndReason>) {
    state.move_ticket(id, Status::Searching, |ticket| ticket.reason = reason);
}

pub(crate) fn apply_ended(
    state: &mut State,
    at: Timestamp,
    id: &TicketId,
    status: Status,
    reason: Option<EndReason>,
) {
    debug_assert_eq!(status.ended_at(), Some(at), "a ticket ends when its change happens");
    state.move_ticket(id, status, |ticket| ticket.reason = reason);
}

pub(crate) fn apply_forgotten(state: &mut State, id: &TicketId) {
    state.forget_ticket(id);
}
