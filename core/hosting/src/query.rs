//! Questions. They change nothing and see every change before them.

use std::collections::BTreeMap;

use matchwright_model::{
    AliasId, ComputeName, FleetId, GameSessionId, LocationName, Page, Paged, PlacementId, PlayerId, PlayerSessionId,
    QueueName, Timestamp,
};

use crate::{
    Alias, Compute, Filter, Fleet, FleetEvent, GameSession, Location, Placement, PlayerSession,
    PlayerSessionStatus, Queue, Rejection, Resource, SessionStatus, Sort, State,
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
    Locations { page: Page },
    /// Exactly those that exist, in the order asked; without ids a page.
    Fleets { ids: Vec<FleetId>, page: Page },
    /// Events of a fleet in a span of time, the newest first.
    FleetEvents { fleet: FleetId, from: Timestamp, to: Timestamp, page: Page },
    /// By fleet and location; a location only where one is named.
    Utilization { ids: Vec<FleetId>, location: Option<LocationName>, page: Page },
    Aliases { name: Option<String>, page: Page },
    Alias(AliasId),
    Resolve(AliasId),
    Computes { fleet: FleetId, location: Option<LocationName>, page: Page },
    Compute { fleet: FleetId, name: ComputeName },
    /// With names: exactly those, unknown ones rejected; else a page.
    Queues { names: Vec<QueueName>, page: Page },
    Placement(PlacementId),
    /// By the word of their status, where one is given.
    Sessions { of: SessionsOf, status: Option<&'static str>, page: Page },
    /// Active sessions that a filter admits.
    Search { target: Target, location: Option<LocationName>, filter: Option<Filter>, sort: Option<Sort>, limit: usize, offset: usize },
    PlayerSessions { of: PlayersOf, status: Option<&'static str>, page: Page },
    Tags(Resource),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Locations(Paged<(LocationName, Location)>),
    Fleets(Paged<(FleetId, Fleet)>),
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
    PlayerSessions(Paged<(PlayerSession, std::sync::Arc<GameSession>)>),
    Tags(BTreeMap<String, String>),
}

/// How busy a fleet is, or one of its locations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utilization {
    pub fleet: FleetId,
    pub location: Option<LocationName>,
    pub processes: u32,
    pub sessions: u32,
    pub players: u32,
    pub players_max: u32,
}

/// Answers a query.
///
/// # Rejections
/// Those of what it names and does not find.
pub fn answer(state: &State, query: &Query, now: Timestamp) -> Result<Answer, Rejection> {
    let _ = (state, query, now);
    todo!()
}
