//! A running game is filled again: by request, by itself, and by players who come back to it.

use std::sync::Arc;

use matchwright_hosting as hosting;
use matchwright_hosting::{PlayerRequest, SessionStatus, UpdateReason};
use matchwright_model::{
    GameSessionId, MatchId, MatchmakerName, Player, PlayerSessionId, Refill, Roster, TicketId,
};

use super::placing::{Size, connection, roster};
use super::{has_queue, hosted};
use crate::decide::Context;
use crate::ticket::{can_cancel, cancel, cancelled, returned, start};
use crate::{
    Asked, BackfillMode, Change, EndReason, Match, Matchmaker, Seat, State, Status, Ticket, TicketKind,
};

/// Its games are filled again without being asked.
pub(super) fn is_filled_again(config: &Matchmaker) -> bool {
    config.fields.backfill_mode == Some(BackfillMode::Automatic)
}

/// New players join a running game. Where it has no room for them any more they search on, and the backfill ends.
pub(super) fn join(
    state: &State,
    context: &Context<'_>,
    id: MatchId,
    made: &Match,
    config: &Matchmaker,
    backfill: &Ticket,
    changes: &mut Vec<Change>,
) {
    let new = made.seats.iter().filter(|seat| seat.ticket != backfill.id);
    let new: Vec<PlayerRequest> =
        new.map(|seat| PlayerRequest { player: seat.player.clone(), data: None }).collect();
    let session = session_of(state, backfill).filter(|session| session.status == SessionStatus::Active);
    let seats = session.and_then(|session| {
        let seats = hosting::seats_for_match(&context.hosting(), session, &new).ok()?;
        Some((session, seats))
    });
    let Some((session, seats)) = seats else {
        changes.push(Change::PlacementAbandoned { id });
        for ticket in made.tickets().filter_map(|id| state.tickets.get(id)) {
            changes.push(match ticket.id == backfill.id {
                true => cancelled(context, &ticket.id, EndReason::NoCapacity),
                false => returned(state, context, ticket, EndReason::NoCapacity),
            });
        }
        return;
    };
    changes.extend(seats.into_iter().map(hosted));
    let rules = state.rules_of(&made.matchmaker);
    let mut roster = roster(state, id, made, rules, session.roster.as_deref());
    let size = Size::of(rules, config, made.seats.len());
    if is_automatic(session, backfill) {
        roster.refill = match is_filled_again(config) {
            true => next_refill(context, &size),
            false => Refill::Off,
        };
    }
    let roster = Arc::new(roster);
    changes.push(hosted(hosting::Change::SessionInformed {
        id: session.id.clone(),
        reason: UpdateReason::RosterChanged,
        backfill: Some(backfill.id.clone()),
        roster: Some(roster.clone()),
    }));
    let connection = connection(session, changes);
    changes.push(Change::MatchCompleted { id, session: Some(Box::new(connection)) });
    refill(state, context, session, &roster, changes);
}

/// The hosted session that a backfill ticket is for.
fn session_of<'s>(state: &'s State, backfill: &Ticket) -> Option<&'s hosting::GameSession> {
    match &backfill.kind {
        TicketKind::Backfill { game_session: Some(id) } => {
            state.hosting.sessions.get(id.as_str()).map(|session| &**session)
        }
        _ => None,
    }
}

/// The backfill is the one that the server keeps open by itself.
fn is_automatic(session: &hosting::GameSession, backfill: &Ticket) -> bool {
    session.roster.as_ref().is_some_and(|roster| roster.refill.ticket() == Some(&backfill.id))
}

/// How a game of this size goes on being filled.
pub(super) fn next_refill(context: &Context<'_>, size: &Size) -> Refill {
    match size.open > 0 {
        true => Refill::Open(TicketId::new(context.fresh.uuid().to_string())),
        false => Refill::Resting,
    }
}

/// The players of a roster as a backfill ticket lists them: each in his team, with his latency to where they play.
fn backfill_players(roster: &Roster, session: &hosting::GameSession) -> Arc<[Player]> {
    let players = roster.teams.iter().flat_map(|team| team.players.iter().map(move |player| (team, player)));
    let players = players.map(|(team, player)| {
        let here = player.latencies.iter().filter(|(region, _)| region.as_str() == session.location.as_str());
        Player {
            id: player.id.clone(),
            attributes: player.attributes.clone(),
            latencies: here.map(|(region, latency)| (region.clone(), *latency)).collect(),
            team: Some(team.name.clone()),
        }
    });
    players.collect()
}

/// Starts the backfill that a roster keeps open by itself, where it keeps one.
pub(super) fn refill(
    state: &State,
    context: &Context<'_>,
    session: &hosting::GameSession,
    roster: &Roster,
    changes: &mut Vec<Change>,
) {
    let Some(ticket) = roster.refill.ticket() else { return };
    let Some(config) = state.matchmakers.get(&roster.matchmaker) else { return };
    let asked = Asked {
        id: ticket.clone(),
        matchmaker: roster.matchmaker.clone(),
        kind: TicketKind::Backfill { game_session: Some(session.id.to_string()) },
        players: backfill_players(roster, session),
    };
    start(state, context, asked.into(), context.now + config.fields.request_timeout, changes);
}

/// The same decision ends the game, or tells it another roster.
fn is_told(session: &hosting::GameSession, changes: &[Change]) -> bool {
    changes.iter().any(|change| match change {
        Change::Hosting(change) => match &**change {
            hosting::Change::SessionEnded { id, .. } => *id == session.id,
            hosting::Change::SessionInformed { id, roster, .. } => *id == session.id && roster.is_some(),
            _ => false,
        },
        _ => false,
    })
}

/// A backfill ended without new players: its game server is told. One that goes on by itself starts again after its
/// time, as long as its matchmaker is one that does so, and is over when it was stopped.
pub(super) fn tell_backfill_ended(
    state: &State,
    context: &Context<'_>,
    id: &TicketId,
    reason: UpdateReason,
    changes: &mut Vec<Change>,
) {
    let Some(backfill) = state.tickets.get(id).filter(|ticket| ticket.is_backfill()) else { return };
    let Some(session) = session_of(state, backfill).filter(|session| session.status == SessionStatus::Active)
    else {
        return;
    };
    if is_told(session, changes) {
        return;
    }
    let automatic = session.roster.as_deref().filter(|_| is_automatic(session, backfill));
    let goes_on = reason == UpdateReason::BackfillTimedOut
        && has_queue(state, &backfill.matchmaker).is_some_and(is_filled_again);
    let again = automatic.map(|roster| {
        let refill = match goes_on {
            true => Refill::Open(TicketId::new(context.fresh.uuid().to_string())),
            false => Refill::Off,
        };
        Arc::new(Roster { refill, ..roster.clone() })
    });
    changes.push(hosted(hosting::Change::SessionInformed {
        id: session.id.clone(),
        reason,
        backfill: Some(id.clone()),
        roster: again.clone(),
    }));
    if let Some(roster) = again {
        refill(state, context, session, &roster, changes);
    }
}

/// A running game that those who queue again were in.
#[derive(Clone, Copy)]
pub(crate) struct OwnGame<'s> {
    pub backfill: &'s Ticket,
}

/// The backfill of the game that all of these players were in, where it searches and the settings let them back. All
/// must have been in one team, for a party plays together.
pub(crate) fn own_game<'s>(
    state: &'s State,
    context: &Context<'_>,
    matchmaker: &MatchmakerName,
    players: &[Player],
) -> Option<OwnGame<'s>> {
    if !context.settings.backfill_offers_own_seat {
        return None;
    }
    let first = players.first()?;
    state.active_tickets_of(std::slice::from_ref(first)).iter().find_map(|ticket| {
        let backfill = state.tickets.get(&ticket.id).filter(|one| {
            one.is_backfill() && one.matchmaker == *matchmaker && one.status == Status::Searching
        })?;
        let session = session_of(state, backfill).filter(|one| one.status == SessionStatus::Active)?;
        let roster = session.roster.as_deref()?;
        let team = |player: &Player| {
            let listed = backfill.players.iter().find(|one| one.id == player.id)?;
            listed.team.as_ref().filter(|_| roster.players().any(|one| one.id == player.id))
        };
        let was_there = |player: &Player| team(player).is_some() && team(player) == team(first);
        // Somebody must be left whom the backfill is for, nobody may be elsewhere, and there must be room.
        let is_shared = backfill.players.len() > players.len();
        let are_free = backfill.players.iter().all(|one| state.live_match_of(&one.id).is_none());
        let wanted = players.iter().map(|one| PlayerRequest { player: one.id.clone(), data: None });
        let has_room =
            hosting::seats_for_match(&context.hosting(), session, &wanted.collect::<Vec<_>>()).is_ok();
        (is_shared && are_free && has_room && players.iter().all(was_there)).then_some(OwnGame { backfill })
    })
}

/// A match of players with the backfill of their own game, each in the team that he was in.
pub(crate) fn own_seats(
    state: &State,
    context: &Context<'_>,
    ticket: &TicketId,
    players: &[Player],
    OwnGame { backfill }: OwnGame<'_>,
) -> Change {
    let seats = backfill.players.iter().filter_map(|player| {
        let is_back = players.iter().any(|one| one.id == player.id);
        let ticket = if is_back { ticket } else { &backfill.id };
        Some(Seat { ticket: ticket.clone(), player: player.id.clone(), team: player.team.clone()? })
    });
    let mut seats: Vec<Seat> = seats.collect();
    // The seats of a ticket stand together, the older ticket first.
    seats.sort_by_key(|seat| seat.ticket == *ticket);
    let acceptance = state.matchmakers.get(&backfill.matchmaker).and_then(Matchmaker::acceptance);
    Change::MatchProposed {
        id: MatchId::new(context.fresh.uuid().as_u128()),
        matchmaker: backfill.matchmaker.clone(),
        seats,
        acceptance_deadline: acceptance.map(|timeout| context.now + timeout),
        region: None,
        rule_counts: Vec::new(),
    }
}

/// A game that is filled by itself is filled without a player who left it, where the settings say so.
pub(super) fn forget_leaver(
    state: &State,
    context: &Context<'_>,
    session: &GameSessionId,
    seat: &PlayerSessionId,
    changes: &mut Vec<Change>,
) {
    let Some(session) = state.hosting.sessions.get(session) else { return };
    let (Some(seat), Some(roster)) = (session.seat(seat), &session.roster) else { return };
    let Some(config) = has_queue(state, &roster.matchmaker).filter(|config| is_filled_again(config)) else {
        return;
    };
    let backfill = roster.refill.ticket().and_then(|id| state.tickets.get(id));
    // A match that is being made goes on with him, and so does a backfill that somebody asked for.
    let can_change = match &roster.refill {
        Refill::Off => false,
        Refill::Resting => {
            session.status == SessionStatus::Active && state.backfill_of(session.id.as_str()).is_none()
        }
        Refill::Open(_) => backfill.is_some_and(can_cancel),
    };
    let is_listed = roster.players().any(|player| player.id == seat.player);
    if !can_change || !is_listed || is_told(session, changes) {
        return;
    }
    let mut left = (**roster).clone();
    left.teams.iter_mut().for_each(|team| team.players.retain(|player| player.id != seat.player));
    let players = left.players().count();
    left.refill = match players {
        // Nobody is left to match against.
        0 => Refill::Off,
        _ => next_refill(context, &Size::of(state.rules_of(&left.matchmaker), config, players)),
    };
    let left = Arc::new(left);
    if let Some(backfill) = backfill {
        cancel(state, context, backfill, EndReason::Replaced, changes);
    }
    changes.push(hosted(hosting::Change::SessionInformed {
        id: session.id.clone(),
        reason: UpdateReason::RosterChanged,
        backfill: backfill.map(|backfill| backfill.id.clone()),
        roster: Some(left.clone()),
    }));
    refill(state, context, session, &left, changes);
}
