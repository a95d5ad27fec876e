//! What hosting means for matches, and matches for hosting.
//!
//! A decision is made by the noun that it is about; then [`conclude`] reads its changes one by one and adds what
//! follows from each on the other side: a match that needs a host starts a placement, a placement that ends ends its
//! match, a game that is over ends its backfill, and a game server is told what became of it. All of it is one step.

use std::sync::Arc;

use matchwright_hosting as hosting;
use matchwright_hosting::{
    Fallback, LocationOverride, PlacementRequest, PlayerLatency, PlayerRequest, SessionStatus, UpdateReason,
};
use matchwright_model::{
    GameSessionId, LocationName, MatchId, MatchmakerName, PlacementId, Player, PlayerId, Roster,
    RosterPlayer, RosterTeam, TicketId,
};
use matchwright_rules::RuleSet;

use crate::decide::{Context, Decision, Reply};
use crate::ticket::{cancel, cancelled, returned};
use crate::{
    BackfillMode, Change, EndReason, Match, Matchmaker, Mode, Record, Rejection, Seat, Session, State,
    Status, Ticket, TicketKind,
};

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

/// A match whose players are all there: a standalone one is done already; one with a backfill has its game; any other
/// is placed.
fn find_host(state: &State, context: &Context<'_>, id: MatchId, made: &Match, changes: &mut Vec<Change>) {
    let Some(config) = has_queue(state, &made.matchmaker) else { return };
    let backfill = made.tickets().filter_map(|id| state.tickets.get(id)).find(|ticket| ticket.is_backfill());
    match backfill {
        Some(backfill) => join(state, context, id, made, config, backfill, changes),
        None => place(state, context, id, made, config, changes),
    }
}

fn place(
    state: &State,
    context: &Context<'_>,
    id: MatchId,
    made: &Match,
    config: &Matchmaker,
    changes: &mut Vec<Change>,
) {
    let rules = state.rules_of(&made.matchmaker);
    let size = Size::of(rules.as_deref(), config, made.seats.len());
    let seat = |seat: &Seat| PlayerRequest { player: seat.player.clone(), data: None };
    let mut roster = roster(state, id, made, rules.as_deref(), None);
    let queue = config.fields.queues[0].clone();
    // A server elsewhere could not be told who joins.
    let is_told = !context.settings.hosting.elsewhere.contains_key(&queue);
    if is_filled_again(config) && size.open > 0 && is_told {
        roster.auto_backfill = Some(fresh_ticket(context));
    }
    let request = PlacementRequest {
        // Placements and matches are told apart by nobody (spec 3.5).
        id: PlacementId::new(id.to_string()),
        queue,
        match_id: Some(id),
        max_players: size.most,
        name: None,
        properties: config.fields.game_properties.clone(),
        data: config.fields.game_session_data.as_deref().map(Arc::from),
        roster: Some(Arc::new(roster)),
        latencies: players(state, made).flat_map(latencies).collect(),
        players: made.seats.iter().map(seat).collect(),
        order: only_region(state, made, config, rules.as_deref()),
    };
    match hosting::decide(&state.hosting, &context.hosting(), &hosting::Command::StartPlacement(request)) {
        Ok(decided) => changes.extend(decided.changes.into_iter().map(hosted)),
        // The queue is gone.
        Err(_) => {
            let rule_counts = crate::proposal::anchor_counts(context, made);
            changes.push(Change::MatchFailed { id, rule_counts });
        }
    }
}

/// A match whose rules ask for near players plays where they are near: in the region that it was judged at, where that is
/// one of the queue's locations. Others play wherever the queue prefers.
fn only_region(
    state: &State,
    made: &Match,
    config: &Matchmaker,
    rules: Option<&RuleSet>,
) -> Option<LocationOverride> {
    let region = made.region.as_ref().filter(|_| rules.is_some_and(RuleSet::needs_latency))?;
    let location = LocationName::from(region.as_str());
    let queue = state.hosting.queues.get(&config.fields.queues[0])?;
    let is_served = hosting::locations_of(&state.hosting, queue).any(|one| *one == location);
    is_served.then(|| LocationOverride { locations: vec![location], fallback: Fallback::Nothing })
}

/// Its games are filled again without being asked.
fn is_filled_again(config: &Matchmaker) -> bool {
    config.fields.backfill_mode == Some(BackfillMode::Automatic)
}

fn fresh_ticket(context: &Context<'_>) -> TicketId {
    TicketId::new(context.fresh.uuid().to_string())
}

/// The players of a match, each as his ticket brought him.
fn players<'a>(state: &'a State, made: &'a Match) -> impl Iterator<Item = &'a Player> {
    made.tickets().filter_map(|id| state.tickets.get(id)).flat_map(|ticket| ticket.players.iter())
}

fn latencies(player: &Player) -> impl Iterator<Item = PlayerLatency> {
    player.latencies.iter().map(|(region, latency)| PlayerLatency {
        player: player.id.clone(),
        region: region.clone(),
        latency_ms: *latency as f32,
    })
}

/// How many players a game holds, and how many seats a backfill may still fill (D-116).
struct Size {
    most: u32,
    open: u32,
}

impl Size {
    fn of(rules: Option<&RuleSet>, config: &Matchmaker, seated: usize) -> Self {
        let (seated, reserved) = (seated as u32, config.fields.additional_players);
        let teams = rules.into_iter().flat_map(|rules| &rules.teams);
        let full: u32 = teams.map(|team| team.max_players.0[0]).sum();
        let most = full.max(seated + reserved);
        Self { most, open: most - seated - reserved }
    }
}

/// Who plays: team by team, as the rule set lists them, those of an older roster first.
fn roster(
    state: &State,
    id: MatchId,
    made: &Match,
    rules: Option<&RuleSet>,
    older: Option<&Roster>,
) -> Roster {
    let names = rules.into_iter().flat_map(|rules| rules.teams.iter().map(|team| &team.name));
    let mut teams: Vec<RosterTeam> =
        names.map(|name| RosterTeam { name: name.clone(), players: Vec::new() }).collect();
    for seat in &made.seats {
        let place = teams.iter().position(|team| team.name == seat.team).unwrap_or_else(|| {
            teams.push(RosterTeam { name: seat.team.clone(), players: Vec::new() });
            teams.len() - 1
        });
        let known = older.and_then(|roster| roster.players().find(|one| one.id == seat.player));
        let player = known.cloned().or_else(|| {
            let ticket = state.tickets.get(&seat.ticket)?;
            let player = ticket.players.iter().find(|player| player.id == seat.player)?;
            Some(roster_player(rules, player))
        });
        teams[place].players.extend(player);
    }
    Roster { match_id: id, matchmaker: made.matchmaker.clone(), teams, auto_backfill: None }
}

/// With the attributes that the rule set declares (D-28, D-30).
fn roster_player(rules: Option<&RuleSet>, player: &Player) -> RosterPlayer {
    let attributes = match rules {
        None => player.attributes.clone(),
        Some(rules) => {
            let declared = rules.attributes.iter().filter_map(|one| {
                let value = player.attributes.get(&one.name).or(one.default.as_ref())?;
                Some((one.name.clone(), value.clone()))
            });
            declared.collect()
        }
    };
    RosterPlayer { id: player.id.clone(), attributes }
}

/// The game of a placement runs: its match is made, and the backfill that goes on by itself begins.
fn complete(state: &State, context: &Context<'_>, id: &PlacementId, changes: &mut Vec<Change>) {
    let Some((match_id, made)) = match_of(state, id) else { return };
    let placement = &state.hosting.placements[id];
    // One that an allocator hosts is made by the same decision.
    let made_now = changes.iter().find_map(|change| match change {
        Change::Hosting(change) => hosting::hosted(&state.hosting, context.now, change),
        _ => None,
    });
    let made_now = made_now.filter(|session| session.placement.as_ref() == Some(id));
    let known = placement.session.as_ref().and_then(|id| state.hosting.sessions.get(id));
    let Some(session) = made_now.as_ref().or(known.map(|session| &**session)) else { return };
    let connection = connection(session, changes);
    changes.push(Change::MatchCompleted { id: match_id, session: Some(Box::new(connection)) });
    if let Some(roster) = &session.roster
        && let Some(ticket) = &roster.auto_backfill
    {
        let players = backfill_players(roster, session, players(state, made));
        start_backfill(state, context, ticket, session, roster, players, changes);
    }
}

/// Where players find their game: with the seats that this decision gives them.
fn connection(session: &hosting::GameSession, changes: &[Change]) -> Session {
    let given = changes.iter().filter_map(|change| match change {
        Change::Hosting(change) => match &**change {
            hosting::Change::PlayersReserved { session: one, seats, .. } if *one == session.id => Some(seats),
            _ => None,
        },
        _ => None,
    });
    let player_sessions = given.flatten().map(|(id, seat)| (seat.player.clone(), id.to_string())).collect();
    Session { player_sessions, ..Session::of(session) }
}

/// New players join a running game. Where it has no room for them any more they search on, and the backfill ends.
fn join(
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
    let mut roster = roster(state, id, made, rules.as_deref(), session.roster.as_deref());
    let open = Size::of(rules.as_deref(), config, made.seats.len()).open;
    if open > 0 && is_filled_again(config) && is_automatic(session, backfill) {
        roster.auto_backfill = Some(fresh_ticket(context));
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
    if let Some(ticket) = &roster.auto_backfill {
        let players = backfill_players(&roster, session, players(state, made));
        start_backfill(state, context, ticket, session, &roster, players, changes);
    }
}

/// The hosted session that a backfill ticket is for.
pub(crate) fn session_of<'s>(state: &'s State, backfill: &Ticket) -> Option<&'s hosting::GameSession> {
    match &backfill.kind {
        TicketKind::Backfill { game_session: Some(id) } => {
            state.hosting.sessions.get(id.as_str()).map(|session| &**session)
        }
        _ => None,
    }
}

/// The backfill is the one that the server keeps open by itself.
fn is_automatic(session: &hosting::GameSession, backfill: &Ticket) -> bool {
    session.roster.as_ref().is_some_and(|roster| roster.auto_backfill.as_ref() == Some(&backfill.id))
}

/// The players of a roster as a backfill ticket lists them: each in his team, with his latency to where they play.
fn backfill_players<'a>(
    roster: &Roster,
    session: &hosting::GameSession,
    known: impl Iterator<Item = &'a Player>,
) -> Arc<[Player]> {
    let known: Vec<&Player> = known.collect();
    let here = |id: &PlayerId| {
        let player = known.iter().find(|player| player.id == *id);
        let told = player.into_iter().flat_map(|player| player.latencies.iter());
        let own = told.filter(|(region, _)| region.as_str() == session.location.as_str());
        own.map(|(region, latency)| (region.clone(), *latency)).collect()
    };
    let players = roster.teams.iter().flat_map(|team| team.players.iter().map(move |player| (team, player)));
    let players = players.map(|(team, player)| Player {
        id: player.id.clone(),
        attributes: player.attributes.clone(),
        latencies: here(&player.id),
        team: Some(team.name.clone()),
    });
    players.collect()
}

fn start_backfill(
    state: &State,
    context: &Context<'_>,
    ticket: &TicketId,
    session: &hosting::GameSession,
    roster: &Roster,
    players: Arc<[Player]>,
    changes: &mut Vec<Change>,
) {
    let Some(config) = state.matchmakers.get(&roster.matchmaker) else { return };
    changes.push(Change::BackfillStarted {
        id: ticket.clone(),
        matchmaker: roster.matchmaker.clone(),
        game_session: Some(session.id.to_string()),
        players,
        deadline: context.now + config.fields.request_timeout,
    });
    changes.push(Change::TicketSearching { id: ticket.clone(), reason: None });
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
fn tell_backfill_ended(
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
    let again = automatic
        .map(|roster| Roster { auto_backfill: goes_on.then(|| fresh_ticket(context)), ..roster.clone() });
    let again = again.map(Arc::new);
    changes.push(hosted(hosting::Change::SessionInformed {
        id: session.id.clone(),
        reason,
        backfill: Some(id.clone()),
        roster: again.clone(),
    }));
    if let Some(roster) = again
        && let Some(ticket) = &roster.auto_backfill
    {
        start_backfill(state, context, ticket, session, &roster, backfill.players.clone(), changes);
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
        id: MatchId(context.fresh.uuid().as_u128()),
        matchmaker: backfill.matchmaker.clone(),
        seats,
        acceptance_deadline: acceptance.map(|timeout| context.now + timeout),
        region: None,
        rule_counts: Vec::new(),
    }
}

/// The automatic backfill of a game goes on without a player who left it, where the settings say so.
fn forget_leaver(
    state: &State,
    context: &Context<'_>,
    session: &GameSessionId,
    seat: &matchwright_model::PlayerSessionId,
    changes: &mut Vec<Change>,
) {
    let Some(session) = state.hosting.sessions.get(session) else { return };
    let (Some(seat), Some(roster)) = (session.seat(seat), &session.roster) else { return };
    let Some(backfill) = roster.auto_backfill.as_ref().and_then(|id| state.tickets.get(id)) else { return };
    if is_told(session, changes)
        || !crate::ticket::can_cancel(backfill)
        || !roster.players().any(|player| player.id == seat.player)
    {
        return;
    }
    let mut left = (**roster).clone();
    left.teams.iter_mut().for_each(|team| team.players.retain(|player| player.id != seat.player));
    // With nobody left there is nothing to match against.
    let goes_on = left.players().next().is_some();
    left.auto_backfill = goes_on.then(|| fresh_ticket(context));
    let left = Arc::new(left);
    cancel(state, context, backfill, EndReason::Replaced, changes);
    changes.push(hosted(hosting::Change::SessionInformed {
        id: session.id.clone(),
        reason: UpdateReason::RosterChanged,
        backfill: Some(backfill.id.clone()),
        roster: Some(left.clone()),
    }));
    if let Some(ticket) = &left.auto_backfill {
        let players = backfill_players(&left, session, backfill.players.iter());
        start_backfill(state, context, ticket, session, &left, players, changes);
    }
}
