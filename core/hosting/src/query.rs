//! Questions. They change nothing and see every change before them.

use std::collections::BTreeMap;
use std::sync::Arc;

use matchwright_model::{
    AliasId, ComputeName, FleetId, GameSessionId, LocationName, Page, Paged, PlacementId, PlayerId,
    PlayerSessionId, QueueName, Timestamp,
};

use crate::{
    Alias, Compute, Filter, Fleet, FleetEvent, FleetStatus, GameSession, Location, Phase, Placement,
    PlayerSession, Queue, Rejection, Resource, Routing, SessionStatus, Sort, State, process,
};

/// A fleet, by itself or by an alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Fleet(FleetId),
    Alias(AliasId),
}

/// Which game sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionsOf {
    Target { target: Target, location: Option<LocationName> },
    One(GameSessionId),
}

/// Which player sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlayersOf {
    Session(GameSessionId),
    Player(PlayerId),
    One(PlayerSessionId),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    Locations {
        page: Page,
    },
    /// Exactly those that exist, in the order asked; without ids a page.
    Fleets {
        ids: Vec<FleetId>,
        page: Page,
    },
    /// Rejected where the fleet has no such location.
    Fleet {
        id: FleetId,
        location: Option<LocationName>,
    },
    /// Those of `only` that the fleet has, in the order asked; without any, a page of all.
    FleetLocations {
        fleet: FleetId,
        only: Vec<LocationName>,
        page: Page,
    },
    /// Events of a fleet in a span of time, the newest first.
    FleetEvents {
        fleet: FleetId,
        from: Timestamp,
        to: Timestamp,
        page: Page,
    },
    /// By fleet and location; a location only where one is named, which each of the fleets must have.
    Utilization {
        ids: Vec<FleetId>,
        location: Option<LocationName>,
        page: Page,
    },
    /// Of this name; only those that lead nowhere, or only those that lead somewhere.
    Aliases {
        name: Option<String>,
        leads_nowhere: Option<bool>,
        page: Page,
    },
    Alias(AliasId),
    Resolve(AliasId),
    Computes {
        fleet: FleetId,
        location: Option<LocationName>,
        page: Page,
    },
    Compute {
        fleet: FleetId,
        name: ComputeName,
    },
    /// With names: exactly those, unknown ones rejected; else a page.
    Queues {
        names: Vec<QueueName>,
        page: Page,
    },
    Placement(PlacementId),
    /// By the word of their status, where one is given.
    Sessions {
        of: SessionsOf,
        status: Option<&'static str>,
        page: Page,
    },
    /// Active sessions that a filter admits.
    Search {
        target: Target,
        location: Option<LocationName>,
        filter: Option<Filter>,
        sort: Option<Sort>,
        limit: usize,
        offset: usize,
    },
    PlayerSessions {
        of: PlayersOf,
        status: Option<&'static str>,
        page: Page,
    },
    /// Where players of an active session connect to.
    Connections {
        session: GameSessionId,
        players: Vec<PlayerId>,
    },
    Tags(Resource),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Locations(Paged<(LocationName, Location)>),
    /// Without their computes and events.
    Fleets(Paged<(FleetId, Fleet)>),
    /// Without its computes and events; with the location that was asked for.
    Fleet(FleetId, Box<Fleet>, Option<LocationName>),
    FleetLocations(FleetId, FleetStatus, Paged<LocationName>),
    FleetEvents(FleetId, Paged<FleetEvent>),
    Utilization(Paged<Utilization>),
    Aliases(Paged<(AliasId, Alias)>),
    Alias(AliasId, Box<Alias>),
    Resolved(FleetId),
    Computes(FleetId, Paged<(ComputeName, Compute)>),
    Compute(FleetId, ComputeName, Box<Compute>),
    Queues(Paged<(QueueName, Queue)>),
    /// With its session, once there is one.
    Placement(Box<Placement>, Option<Box<GameSession>>),
    /// Without their player sessions.
    Sessions(Paged<GameSession>),
    /// Where the next ones begin.
    Found(Vec<GameSession>, Option<usize>),
    /// Each with its game session, which is told without its player sessions.
    PlayerSessions(Paged<(PlayerSession, Arc<GameSession>)>),
    /// Those of the players asked for that have a seat.
    Connections(Box<GameSession>, Vec<PlayerId>),
    Tags(BTreeMap<String, String>),
}

/// How busy a fleet is, or one of its locations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utilization {
    pub fleet: FleetId,
    pub location: Option<LocationName>,
    /// Registered ones.
    pub computes: u32,
    pub processes: u32,
    pub sessions: u32,
    pub players: u32,
    pub players_max: u32,
}

/// Answers a query.
///
/// # Rejections
/// Those of what it names and does not find.
pub fn answer(state: &State, query: &Query) -> Result<Answer, Rejection> {
    Ok(match query {
        Query::Locations { page } => {
            let all =
                state.locations.iter().map(|(name, one)| ((one.created_at, name.as_str()), (name, one)));
            Answer::Locations(owned(page.of(all)))
        }
        Query::Fleets { ids, page } => Answer::Fleets(fleets(state, ids, page)),
        Query::Fleet { id, location } => {
            location.as_ref().map_or(Ok(()), |location| is_in(state, id, location))?;
            Answer::Fleet(id.clone(), Box::new(state.fleet(id)?.without_parts()), location.clone())
        }
        Query::FleetLocations { fleet, only, page } => {
            let found = state.fleet(fleet)?;
            Answer::FleetLocations(fleet.clone(), found.status, fleet_locations(found, only, page))
        }
        Query::FleetEvents { fleet, from, to, page } => {
            let events = &state.fleet(fleet)?.events;
            Answer::FleetEvents(fleet.clone(), fleet_events(events.iter(), *from, *to, page))
        }
        Query::Utilization { ids, location, page } => {
            if let Some(location) = location {
                ids.iter().try_for_each(|id| is_in(state, id, location))?;
            }
            let (fleets, next) = fleets(state, ids, page);
            let of = |(id, _): (FleetId, Fleet)| utilization(state, &id, location.as_ref());
            Answer::Utilization((fleets.into_iter().map(of).collect(), next))
        }
        Query::Aliases { name, leads_nowhere, page } => {
            let named = |alias: &Alias| name.as_ref().is_none_or(|name| alias.fields.name == *name);
            let leads = |alias: &Alias| {
                leads_nowhere
                    .is_none_or(|nowhere| matches!(alias.fields.routing, Routing::Nowhere { .. }) == nowhere)
            };
            let found = state.aliases.iter().filter(|(_, alias)| named(alias) && leads(alias));
            let all = found.map(|(id, one)| ((one.created_at, id.as_str()), (id, one)));
            Answer::Aliases(owned(page.of(all)))
        }
        Query::Alias(id) => Answer::Alias(id.clone(), Box::new(state.alias(id)?.clone())),
        Query::Resolve(id) => Answer::Resolved(state.resolve(&Target::Alias(id.clone()))?.0.clone()),
        Query::Computes { fleet, location, page } => {
            let here =
                |compute: &Compute| location.as_ref().is_none_or(|one| compute.fields.location == *one);
            let found = state.fleet(fleet)?.computes.iter().filter(|(_, compute)| here(compute));
            let all = found.map(|(name, one)| ((one.created_at, name.as_str()), (name, one)));
            Answer::Computes(fleet.clone(), owned(page.of(all)))
        }
        Query::Compute { fleet, name } => {
            let found = state.fleet(fleet)?.compute(fleet, name)?;
            Answer::Compute(fleet.clone(), name.clone(), Box::new(found.clone()))
        }
        Query::Queues { names, page } if names.is_empty() => {
            let all = state.queues.iter().map(|(name, one)| ((one.created_at, name.as_str()), (name, one)));
            Answer::Queues(owned(page.of(all)))
        }
        Query::Queues { names, .. } => {
            let found = names.iter().map(|name| Ok((name.clone(), state.queue(name)?.clone())));
            Answer::Queues((found.collect::<Result<_, _>>()?, None))
        }
        Query::Placement(id) => {
            let placement = state.placement(id)?;
            let session = placement.session.as_ref().and_then(|id| state.sessions.get(id));
            Answer::Placement(Box::new(placement.clone()), session.cloned())
        }
        Query::Sessions { of, status, page } => Answer::Sessions(sessions(state, of, *status, page)?),
        Query::Search { target, location, filter, sort, limit, offset } => {
            let found = search(state, target, location.as_ref(), filter.as_ref(), sort.as_ref())?;
            let page = found.iter().skip(*offset).take(*limit).map(|one| one.without_players());
            let next = offset + limit;
            Answer::Found(page.collect(), (found.len() > next).then_some(next))
        }
        Query::PlayerSessions { of, status, page } => {
            Answer::PlayerSessions(player_sessions(state, of, *status, page)?)
        }
        Query::Connections { session, players } => connections(state, session, players)?,
        Query::Tags(resource) => Answer::Tags(state.tags(resource)?.clone()),
    })
}

fn owned<K: Clone, V: Clone>((found, next): Paged<(&K, &V)>) -> Paged<(K, V)> {
    (found.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect(), next)
}

fn bare((id, fleet): (&FleetId, &Fleet)) -> (FleetId, Fleet) {
    (id.clone(), fleet.without_parts())
}

fn fleets(state: &State, ids: &[FleetId], page: &Page) -> Paged<(FleetId, Fleet)> {
    if ids.is_empty() {
        let all = state.fleets.iter().map(|(id, one)| ((one.created_at, id.as_str()), (id, one)));
        let (found, next) = page.of(all);
        return (found.into_iter().map(bare).collect(), next);
    }
    let found = ids.iter().filter_map(|id| state.fleets.get_key_value(id));
    (found.map(bare).collect(), None)
}

fn fleet_locations(fleet: &Fleet, only: &[LocationName], page: &Page) -> Paged<LocationName> {
    if only.is_empty() {
        return page.of(fleet.locations.iter().map(|one| ((fleet.created_at, one.as_str()), one.clone())));
    }
    (only.iter().filter(|one| fleet.locations.contains(*one)).cloned().collect(), None)
}

/// The newest first: a page goes on below a number.
fn fleet_events<'e>(
    events: impl DoubleEndedIterator<Item = &'e FleetEvent>,
    from: Timestamp,
    to: Timestamp,
    page: &Page,
) -> Paged<FleetEvent> {
    let below = page.after.as_ref().and_then(|(_, number)| number.parse().ok()).unwrap_or(u64::MAX);
    let in_span = |one: &&FleetEvent| from <= one.at && one.at <= to && one.number < below;
    let mut rest: Vec<FleetEvent> = events.rev().filter(in_span).take(page.limit + 1).cloned().collect();
    let more = rest.len() > page.limit;
    rest.truncate(page.limit);
    let next = rest.last().filter(|_| more).map(|last| (last.at, last.number.to_string()));
    (rest, next)
}

fn is_in(state: &State, id: &FleetId, location: &LocationName) -> Result<(), Rejection> {
    match state.fleet(id)?.locations.contains(location) {
        true => Ok(()),
        false => Err(Rejection::LocationNotInFleet { fleet: id.clone(), location: location.clone() }),
    }
}

fn utilization(state: &State, fleet: &FleetId, location: Option<&LocationName>) -> Utilization {
    let here = |one: &LocationName| location.is_none_or(|location| location == one);
    let processes = process::of_fleet(state, fleet).filter(|process| {
        here(&process.location) && matches!(process.phase, Phase::Idle { .. } | Phase::Busy { .. })
    });
    let registered = state.fleets.get(fleet).into_iter().flat_map(|fleet| fleet.computes.values());
    let computes = registered.filter(|compute| here(&compute.fields.location));
    let live = state.index().live_sessions(fleet).map(|(_, id)| &state.sessions[id]);
    let mut found = Utilization {
        fleet: fleet.clone(),
        location: location.cloned(),
        computes: computes.count() as u32,
        processes: processes.count() as u32,
        sessions: 0,
        players: 0,
        players_max: 0,
    };
    for session in live.filter(|session| here(&session.location)) {
        found.sessions += 1;
        found.players += session.occupied;
        found.players_max += session.fields.max_players;
    }
    found
}

/// The newest of a fleet's sessions come last: a page goes on behind one of them.
fn sessions(
    state: &State,
    of: &SessionsOf,
    status: Option<&str>,
    page: &Page,
) -> Result<Paged<GameSession>, Rejection> {
    let has_status = |session: &GameSession| status.is_none_or(|status| session.status.name() == status);
    let (target, location) = match of {
        SessionsOf::One(id) => {
            let found = state.session(id)?;
            return Ok((has_status(found).then(|| found.without_players()).into_iter().collect(), None));
        }
        SessionsOf::Target { target, location } => (target, location),
    };
    let (fleet, _) = state.resolve(target)?;
    location.as_ref().map_or(Ok(()), |location| is_in(state, fleet, location))?;
    let here = |session: &GameSession| location.as_ref().is_none_or(|one| session.location == *one);
    let index = state.index();
    // Most of those that are kept have ended.
    let all: Box<dyn Iterator<Item = &(Timestamp, GameSessionId)>> = match status {
        None | Some(SessionStatus::TERMINATED) => Box::new(index.sessions(fleet)),
        Some(_) => Box::new(index.live_sessions(fleet)),
    };
    let all = all.map(|(at, id)| ((*at, id.as_str()), &state.sessions[id]));
    let wanted = all.filter(|(_, session)| here(session) && has_status(session));
    let (found, next) = page.of_sorted(wanted);
    Ok((found.into_iter().map(|session| session.without_players()).collect(), next))
}

fn search<'s>(
    state: &'s State,
    target: &'s Target,
    location: Option<&LocationName>,
    filter: Option<&Filter>,
    sort: Option<&Sort>,
) -> Result<Vec<&'s GameSession>, Rejection> {
    let (fleet, _) = state.resolve(target)?;
    location.map_or(Ok(()), |location| is_in(state, fleet, location))?;
    let live = state.index().live_sessions(fleet).map(|(_, id)| &*state.sessions[id]);
    let mut found: Vec<&GameSession> = live
        .filter(|session| session.status == SessionStatus::Active)
        .filter(|session| location.is_none_or(|location| session.location == *location))
        .filter(|session| filter.is_none_or(|filter| filter.admits(session)))
        .collect();
    if let Some(sort) = sort {
        found.sort_by(|one, other| sort.compare(one, other));
    }
    Ok(found)
}

fn connections(state: &State, id: &GameSessionId, players: &[PlayerId]) -> Result<Answer, Rejection> {
    let session = state.session(id)?;
    if session.status != SessionStatus::Active {
        let status = session.status.name();
        return Err(Rejection::SessionState { id: id.clone(), status, action: "be connected to" });
    }
    let sits = |player: &&PlayerId| {
        session.players.iter().any(|seat| seat.player == **player && seat.status.is_open())
    };
    let seated = players.iter().filter(sits).cloned().collect();
    Ok(Answer::Connections(Box::new(session.without_players()), seated))
}

type Seat<'s> = (&'s PlayerSession, &'s GameSession);

fn player_sessions(
    state: &State,
    of: &PlayersOf,
    status: Option<&str>,
    page: &Page,
) -> Result<Paged<(PlayerSession, Arc<GameSession>)>, Rejection> {
    let all: Vec<Seat<'_>> = match of {
        PlayersOf::One(id) => {
            let (session, seat) =
                state.seat(id).ok_or_else(|| Rejection::PlayerSessionNotFound(id.clone()))?;
            vec![(seat, session)]
        }
        PlayersOf::Session(id) => {
            let session = state.session(id)?;
            session.players.iter().map(|seat| (seat, session)).collect()
        }
        PlayersOf::Player(player) => {
            let sessions = state.index().sessions_of(player).map(|id| &*state.sessions[id]);
            let own = |session: &'_ GameSession| -> Vec<usize> {
                let seats = session.players.iter().enumerate();
                seats.filter(|(_, seat)| seat.player == *player).map(|(place, _)| place).collect()
            };
            sessions
                .flat_map(|one| own(one).into_iter().map(move |place| (&one.players[place], one)))
                .collect()
        }
    };
    let has_status = |seat: &PlayerSession| status.is_none_or(|status| seat.status.name() == status);
    let wanted = all.into_iter().filter(|(seat, _)| has_status(seat));
    let (found, next) = page.of(wanted.map(|one| ((one.0.created_at, one.0.id.as_str()), one)));
    let mut shared: BTreeMap<&GameSessionId, Arc<GameSession>> = BTreeMap::new();
    let mut told = Vec::with_capacity(found.len());
    for (seat, session) in found {
        let one = shared.entry(&session.id).or_insert_with(|| Arc::new(session.without_players()));
        told.push((seat.clone(), Arc::clone(one)));
    }
    Ok((told, next))
}
