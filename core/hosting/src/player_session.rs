//! A player session: a seat of one player in a game session.
//!
//! ```text
//! PlayersReserved ─▶ Reserved ─ PlayerAccepted ─▶ Active ─ PlayerLeft, end of the game ─▶ Completed
//!                       └─ time is up, end of the game ─▶ TimedOut
//! ```

use matchwright_model::{GameSessionId, PlayerId, PlayerSessionId, Timestamp};

use crate::decide::{Context, Decision, Draft, Reply};
use crate::game_session::own;
use crate::{Change, GameSession, JoinPolicy, PlayerRequest, ProcessKey, Rejection, SessionStatus, State};

/// How many ended player sessions a game session remembers. A game that runs for months sees many.
const ENDED_MAX: usize = 1000;

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
    Reserved {
        until: Timestamp,
    },
    Active,
    Completed {
        at: Timestamp,
    },
    TimedOut {
        at: Timestamp,
    },
}

impl PlayerSessionStatus {
    /// The field's own word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reserved { .. } => "RESERVED",
            Self::Active => "ACTIVE",
            Self::Completed { .. } => "COMPLETED",
            Self::TimedOut { .. } => "TIMEDOUT",
        }
    }

    /// It takes one of the game's seats.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Reserved { .. } | Self::Active)
    }

    pub fn ended_at(&self) -> Option<Timestamp> {
        match self {
            Self::Completed { at } | Self::TimedOut { at } => Some(*at),
            _ => None,
        }
    }
}

pub(crate) fn refuse_twice(players: &[PlayerRequest]) -> Result<(), Rejection> {
    for (index, one) in players.iter().enumerate() {
        if players[..index].iter().any(|earlier| earlier.player == one.player) {
            return Err(Rejection::PlayerTwice(one.player.to_string()));
        }
    }
    Ok(())
}

/// Seats for players, all or none. Who has an open seat gets that one again, so that a repeated request makes no second.
///
/// # Rejections, in this order
/// `SessionNotFound`, `SessionState`, `SessionClosed`, `PlayerTwice`, `SessionFull`.
pub(crate) fn decide_reserve(
    state: &State,
    context: &Context<'_>,
    id: &GameSessionId,
    players: &[PlayerRequest],
) -> Result<Decision, Rejection> {
    let session = state.session(id)?;
    if session.status != SessionStatus::Active {
        let status = session.status.name();
        return Err(Rejection::SessionState { id: id.clone(), status, action: "take players" });
    }
    if session.fields.policy == JoinPolicy::DenyAll {
        return Err(Rejection::SessionClosed(id.clone()));
    }
    refuse_twice(players)?;
    let new = newcomers(session, players)?;
    let mut after = session.clone();
    let mut changes = Vec::new();
    if !new.is_empty() {
        let change = reserved(context, session, &new);
        if let Change::PlayersReserved { seats, until, .. } = &change {
            after.players.extend(seats.iter().map(|seat| made(context.now, seat, *until)));
            after.count();
        }
        changes.push(change);
    }
    let seats = players.iter().filter_map(|one| after.open_seat(&one.player)).cloned().collect();
    after.players.clear();
    Ok(Decision { changes, reply: Reply::PlayerSessions(seats, Box::new(after)) })
}

/// Those who have no open seat yet.
///
/// # Errors
/// `SessionFull`: there is no room for all of them.
pub(crate) fn newcomers(
    session: &GameSession,
    players: &[PlayerRequest],
) -> Result<Vec<PlayerRequest>, Rejection> {
    let new: Vec<PlayerRequest> =
        players.iter().filter(|one| session.open_seat(&one.player).is_none()).cloned().collect();
    let (free, asked) = (session.free_seats(), new.len() as u32);
    match asked > free {
        true => Err(Rejection::SessionFull { id: session.id.clone(), free, asked }),
        false => Ok(new),
    }
}

/// Seats for new players of a match in a running game. Who still has one there gives it up for the new one. The game may
/// be closed to others: they were matched for it.
///
/// # Errors
/// `SessionFull`.
pub fn seats_for_match(
    context: &Context<'_>,
    session: &GameSession,
    players: &[PlayerRequest],
) -> Result<Vec<Change>, Rejection> {
    newcomers(session, players)?;
    let older = players.iter().filter_map(|one| session.open_seat(&one.player));
    let left =
        older.map(|seat| Change::PlayerLeft { session: session.id.clone(), player_session: seat.id.clone() });
    Ok(left.chain([reserved(context, session, players)]).collect())
}

/// New seats for these players.
pub(crate) fn reserved(context: &Context<'_>, session: &GameSession, players: &[PlayerRequest]) -> Change {
    let seat =
        |one: &PlayerRequest| (PlayerSessionId::new(format!("psess-{}", context.fresh.uuid())), one.clone());
    let seats = players.iter().map(seat).collect();
    Change::PlayersReserved {
        session: session.id.clone(),
        seats,
        until: context.now + session.reservation(context.settings),
    }
}

fn made(at: Timestamp, (id, request): &(PlayerSessionId, PlayerRequest), until: Timestamp) -> PlayerSession {
    PlayerSession {
        id: id.clone(),
        player: request.player.clone(),
        data: request.data.clone(),
        status: PlayerSessionStatus::Reserved { until },
        created_at: at,
    }
}

/// AcceptPlayerSession: the player has come. His seat is not given to a second one: accepting it again is refused.
///
/// # Rejections, in this order
/// `ProcessNotFound`, `NotItsSession`, `PlayerSessionNotFound`, `PlayerSessionState`.
pub(crate) fn decide_accept(
    state: &State,
    key: &ProcessKey,
    session: &GameSessionId,
    id: &PlayerSessionId,
) -> Result<Decision, Rejection> {
    let seat = seat_of(state, key, session, id)?;
    match seat.status {
        PlayerSessionStatus::Reserved { .. } => {
            let accepted = Change::PlayerAccepted { session: session.clone(), player_session: id.clone() };
            Ok(Decision::done(vec![accepted]))
        }
        status => {
            Err(Rejection::PlayerSessionState { id: id.clone(), status: status.name(), action: "accepted" })
        }
    }
}

/// RemovePlayerSession: the player has left, or never came. Saying so again changes nothing.
///
/// # Rejections, in this order
/// `ProcessNotFound`, `NotItsSession`, `PlayerSessionNotFound`.
pub(crate) fn decide_remove(
    state: &State,
    key: &ProcessKey,
    session: &GameSessionId,
    id: &PlayerSessionId,
) -> Result<Decision, Rejection> {
    let seat = seat_of(state, key, session, id)?;
    let left = Change::PlayerLeft { session: session.clone(), player_session: id.clone() };
    Ok(Decision::done(seat.status.is_open().then_some(left).into_iter().collect()))
}

fn seat_of<'s>(
    state: &'s State,
    key: &ProcessKey,
    session: &GameSessionId,
    id: &PlayerSessionId,
) -> Result<&'s PlayerSession, Rejection> {
    let session = own(state, key, session)?;
    session.seat(id).ok_or_else(|| Rejection::PlayerSessionNotFound(id.clone()))
}

/// Nobody came in time: the seat is free again.
pub(crate) fn decide_deadline(
    state: &State,
    context: &Context<'_>,
    session: &GameSessionId,
    id: &PlayerSessionId,
    draft: &mut Draft,
) {
    let Some(found) = state.sessions.get(session) else { return };
    // Its game may have ended with its process in the same tick, and the seat with it.
    let seat =
        found.seat(id).filter(|_| !found.process().is_some_and(|process| draft.taken.contains(process)));
    let is_over = |seat: &PlayerSession| matches!(seat.status, PlayerSessionStatus::Reserved { until } if until <= context.now);
    if seat.is_some_and(is_over) {
        draft.push(Change::ReservationTimedOut { session: session.clone(), player_session: id.clone() });
    }
}

pub(crate) fn apply_reserved(
    state: &mut State,
    at: Timestamp,
    session: &GameSessionId,
    seats: &[(PlayerSessionId, PlayerRequest)],
    until: Timestamp,
) {
    seats.iter().for_each(|seat| state.add_seat(session, made(at, seat, until)));
    state.forget_ended_seats(session, ENDED_MAX);
}

/// Moves an open seat to a status; one that has ended stays as it is.
pub(crate) fn apply_moved(
    state: &mut State,
    session: &GameSessionId,
    id: &PlayerSessionId,
    status: PlayerSessionStatus,
) {
    state.change_seats(session, |seat| seat.id == *id && seat.status.is_open(), |seat| seat.status = status);
}

/// The game is over: who sat there has played, who had not come is late.
pub(crate) fn apply_game_over(state: &mut State, at: Timestamp, session: &GameSessionId) {
    let status = |seat: &mut PlayerSession| {
        seat.status = match seat.status {
            PlayerSessionStatus::Active => PlayerSessionStatus::Completed { at },
            _ => PlayerSessionStatus::TimedOut { at },
        };
    };
    state.change_seats(session, |seat| seat.status.is_open(), status);
}
