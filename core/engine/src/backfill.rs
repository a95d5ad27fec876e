//! Backfill: a request to fill open slots of a running match.

use std::collections::BTreeMap;
use std::sync::Arc;

use matchwright_hosting::SessionStatus;
use matchwright_model::{GameSessionId, MatchmakerName, Player, TicketId};
use matchwright_rules::{Party, RuleSet};

use crate::decide::{Context, Decision};
use crate::ticket::{cancel, refuse_bind, refuse_twice, start};
use crate::{Asked, EndReason, Mode, Rejection, State, TicketKind};

pub(crate) struct Request<'a> {
    pub id: &'a TicketId,
    pub matchmaker: &'a MatchmakerName,
    pub game_session: Option<&'a str>,
    /// Those who play already, each with his team.
    pub players: &'a Arc<[Player]>,
}

/// Starts a backfill; an active one of the same session is replaced (D-32), whichever matchmaker that one is of. The
/// tickets of its players are left alone (D-108).
///
/// # Rejections, in this order
/// `MatchmakerNotFound`, `TicketExists`, `BackfillNeedsSession`, those of hosting on its session, `PlayerTwice`,
/// `BackfillTeam*` (D-31), `MissingAttribute`/`WrongAttributeType`, `TicketState` (the one to be replaced is being placed).
pub(crate) fn decide_start(
    state: &State,
    context: &Context<'_>,
    request: &Request<'_>,
) -> Result<Decision, Rejection> {
    let config = state.matchmaker(request.matchmaker)?;
    if state.tickets.contains_key(request.id) {
        return Err(Rejection::TicketExists(request.id.clone()));
    }
    if config.mode() == Mode::WithQueue && request.game_session.is_none() {
        return Err(Rejection::BackfillNeedsSession);
    }
    if config.mode() == Mode::WithQueue {
        check_session(state, request.game_session.unwrap_or_default())?;
    }
    refuse_twice(request.players)?;
    if let Some(rules) = state.rules_by(config) {
        check_teams(rules, request.players)?;
        Party::check(rules, request.players).map_err(refuse_bind)?;
    }
    let mut changes = Vec::new();
    let older = request.game_session.and_then(|session| state.backfill_of(session));
    if let Some(older) = older {
        if !crate::ticket::can_cancel(older) {
            let status = older.status.name();
            return Err(Rejection::TicketState { id: older.id.clone(), status, action: "replaced" });
        }
        cancel(state, context, older, EndReason::Replaced, &mut changes);
    }
    let asked = Asked {
        id: request.id.clone(),
        matchmaker: request.matchmaker.clone(),
        kind: TicketKind::Backfill { game_session: request.game_session.map(str::to_string) },
        players: request.players.clone(),
    };
    let deadline = context.now + config.fields.request_timeout;
    let reply = start(state, context, asked.into(), deadline, &mut changes);
    Ok(Decision { changes, reply })
}

/// # Rejections, in this order
/// `SessionNotFound`, `SessionState` (its game does not run).
fn check_session(state: &State, id: &str) -> Result<(), Rejection> {
    let id = GameSessionId::new(id);
    let refuse = |rejection| Err(Rejection::Hosting(rejection));
    match state.hosting.sessions.get(&id).map(|session| session.status) {
        Some(SessionStatus::Active) => Ok(()),
        Some(other) => {
            let (status, action) = (other.name(), "be backfilled");
            refuse(matchwright_hosting::Rejection::SessionState { id, status, action })
        }
        None => refuse(matchwright_hosting::Rejection::SessionNotFound(id)),
    }
}

/// What a game server asks of its own game.
///
/// # Rejections, in this order
/// `TicketNotFound` (also when it is no backfill of this session), `TicketState`.
pub(crate) fn decide_stop(
    state: &State,
    context: &Context<'_>,
    id: &TicketId,
    game_session: &str,
) -> Result<Decision, Rejection> {
    let is_own = matches!(&state.ticket(id)?.kind,
        TicketKind::Backfill { game_session: Some(session) } if session == game_session);
    match is_own {
        true => crate::ticket::decide_stop(state, context, id),
        false => Err(Rejection::TicketNotFound(id.clone())),
    }
}

fn check_teams(rules: &RuleSet, players: &[Player]) -> Result<(), Rejection> {
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for player in players {
        let team = player.team.as_ref().ok_or_else(|| Rejection::BackfillTeamMissing(player.id.clone()))?;
        let index = rules.team(team.as_str()).ok_or_else(|| Rejection::BackfillTeamUnknown {
            player: player.id.clone(),
            team: team.to_string(),
        })?;
        *sizes.entry(index).or_default() += 1;
    }
    for (index, size) in sizes {
        let team = &rules.teams[index];
        let most = team.max_players.0.iter().copied().max().unwrap_or(0);
        if size > most as usize {
            return Err(Rejection::BackfillTeamFull { team: team.name.to_string(), players: size, most });
        }
    }
    Ok(())
}
