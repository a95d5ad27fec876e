//! A match is placed: its host is sought, and when its game runs the match is made.

use std::sync::Arc;

use matchwright_hosting as hosting;
use matchwright_hosting::{Fallback, LocationOverride, PlacementRequest, PlayerLatency, PlayerRequest};
use matchwright_model::{LocationName, MatchId, PlacementId, Player, Roster, RosterPlayer, RosterTeam};
use matchwright_rules::RuleSet;

use super::filling::{is_filled_again, join, next_refill, refill};
use super::{has_queue, hosted, match_of};
use crate::decide::Context;
use crate::{Change, Match, Matchmaker, Seat, Session, State};

/// A match whose players are all there: a standalone one is done already; one with a backfill has its game; any other
/// is placed.
pub(super) fn find_host(
    state: &State,
    context: &Context<'_>,
    id: MatchId,
    made: &Match,
    changes: &mut Vec<Change>,
) {
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
    let size = Size::of(rules, config, made.seats.len());
    let seat = |seat: &Seat| PlayerRequest { player: seat.player.clone(), data: None };
    let mut roster = roster(state, id, made, rules, None);
    let queue = config.fields.queues[0].clone();
    // A server elsewhere could not be told who joins.
    let is_told = !context.settings.hosting.elsewhere.contains_key(&queue);
    if is_filled_again(config) && is_told {
        roster.refill = next_refill(context, &size);
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
        order: only_region(state, made, config, rules),
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

/// The players of a match, each as his ticket brought him.
pub(super) fn players<'a>(state: &'a State, made: &'a Match) -> impl Iterator<Item = &'a Player> {
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
pub(super) struct Size {
    most: u32,
    pub open: u32,
}

impl Size {
    pub fn of(rules: Option<&RuleSet>, config: &Matchmaker, seated: usize) -> Self {
        let (seated, reserved) = (seated as u32, config.fields.additional_players);
        let teams = rules.into_iter().flat_map(|rules| &rules.teams);
        let full: u32 = teams.map(|team| team.max_players.0[0]).sum();
        let most = full.max(seated + reserved);
        Self { most, open: most - seated - reserved }
    }
}

/// Who plays: team by team, as the rule set lists them, those of an older roster as they stand there.
pub(super) fn roster(
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
    let refill = older.map(|roster| roster.refill.clone()).unwrap_or_default();
    Roster { match_id: id, matchmaker: made.matchmaker.clone(), teams, refill }
}

/// With the attributes that the rule set declares (D-28, D-30).
fn roster_player(rules: Option<&RuleSet>, player: &Player) -> RosterPlayer {
    let attributes = match rules {
        None => player.attributes.clone(),
        Some(rules) => {
            let declared = rules.attributes.iter().filter_map(|one| {
                let value = player.attributes.get(one.name.as_str()).or(one.default.as_ref())?;
                Some((one.name.as_str().into(), value.clone()))
            });
            declared.collect()
        }
    };
    RosterPlayer { id: player.id.clone(), attributes, latencies: player.latencies.clone() }
}

/// The game of a placement runs: its match is made, and the backfill that goes on by itself begins.
pub(super) fn complete(state: &State, context: &Context<'_>, id: &PlacementId, changes: &mut Vec<Change>) {
    let Some((match_id, _)) = match_of(state, id) else { return };
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
    if let Some(roster) = &session.roster {
        refill(state, context, session, roster, changes);
    }
}

/// Where players find their game: with the seats that this decision gives them.
pub(super) fn connection(session: &hosting::GameSession, changes: &[Change]) -> Session {
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
