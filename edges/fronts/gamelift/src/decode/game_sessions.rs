//! Game sessions (hosting 3.6).

use matchwright_hosting::{
    Command, JoinPolicy, Query, Resource, SessionFields, SessionPatch, SessionRequest, SessionsOf, Target,
    TerminationMode,
};
use matchwright_model::GameSessionId;

use super::{Asked, SESSIONS_MAX, command, page_of, query};
use crate::search;
use crate::shapes::Shapes;

const POLICIES: [(&str, JoinPolicy); 2] =
    [("ACCEPT_ALL", JoinPolicy::AcceptAll), ("DENY_ALL", JoinPolicy::DenyAll)];
const PROTECTION: [(&str, bool); 2] = [("NoProtection", false), ("FullProtection", true)];
const MODES: [(&str, TerminationMode); 2] =
    [("TRIGGER_ON_PROCESS_TERMINATE", TerminationMode::Trigger), ("FORCE_TERMINATE", TerminationMode::Force)];
/// None is ever in error here, but one may ask.
const STATUSES: [(&str, &str); 5] = [
    ("ACTIVATING", "ACTIVATING"),
    ("ACTIVE", "ACTIVE"),
    ("TERMINATING", "TERMINATING"),
    ("TERMINATED", "TERMINATED"),
    ("ERROR", "ERROR"),
];

pub(super) fn create(shapes: &Shapes<'_>) -> Option<Asked> {
    let target = target(shapes);
    let max_players = shapes.required_count("MaximumPlayerSessionCount");
    let location = shapes.optional_location();
    let token = |key: &str| shapes.get(key).and_then(|token| shapes.letters(key, token, 1..=48));
    // The older name of the same thing.
    let token = match (token("IdempotencyToken"), token("GameSessionId")) {
        (Some(token), Some(id)) if token != id => {
            shapes.violate(
                "GameSessionId",
                "none beside IdempotencyToken, which took its place",
                format!("{id:?}"),
            );
            None
        }
        (token, id) => token.or(id),
    };
    let fields = SessionFields {
        name: shapes.optional_text("Name", 1..=1024),
        max_players: max_players.unwrap_or(0),
        properties: shapes.game_properties("GameProperties").unwrap_or_default(),
        data: shapes.game_session_data(),
        creator: shapes.optional_text("CreatorId", 1..=1024),
        token: token.map(str::to_string),
        policy: JoinPolicy::AcceptAll,
        is_protected: false,
    };
    let target = target?;
    let touched = touched(&target);
    command(Command::CreateSession(SessionRequest { target, location, fields }), Some(touched))
}

/// A fleet, by itself or by an alias: exactly one.
fn target(shapes: &Shapes<'_>) -> Option<Target> {
    match (shapes.get("FleetId"), shapes.get("AliasId")) {
        (Some(id), None) => shapes.fleet("FleetId", id).map(Target::Fleet),
        (None, Some(id)) => shapes.alias("AliasId", id).map(Target::Alias),
        (fleet, _) => {
            let found = if fleet.is_some() { "both" } else { "none" };
            shapes.violate("FleetId", "either FleetId or AliasId", found);
            None
        }
    }
}

fn touched(target: &Target) -> Resource {
    match target {
        Target::Fleet(id) => Resource::Fleet(id.clone()),
        Target::Alias(id) => Resource::Alias(id.clone()),
    }
}

/// The fleet that a game session runs in, as its id tells.
pub(super) fn fleet_of(session: &GameSessionId) -> Option<Resource> {
    let (fleet, _) = session.as_str().split_once('/')?;
    Some(Resource::Fleet(fleet.into()))
}

pub(super) fn update(shapes: &Shapes<'_>) -> Option<Asked> {
    let id = shapes.required_game_session();
    let patch = SessionPatch {
        name: shapes.optional_text("Name", 1..=1024),
        max_players: shapes.count("MaximumPlayerSessionCount"),
        policy: shapes.choice("PlayerSessionCreationPolicy", &POLICIES),
        is_protected: shapes.choice("ProtectionPolicy", &PROTECTION),
        properties: shapes.game_properties("GameProperties").unwrap_or_default(),
    };
    let id = id?;
    let touched = fleet_of(&id);
    command(Command::UpdateSession { id, patch }, touched)
}

pub(super) fn terminate(shapes: &Shapes<'_>) -> Option<Asked> {
    let id = shapes.required_game_session();
    let mode = shapes.required("TerminationMode").and_then(|_| shapes.choice("TerminationMode", &MODES));
    let id = id?;
    let touched = fleet_of(&id);
    command(Command::TerminateSession { id, mode: mode? }, touched)
}

pub(super) fn describe(shapes: &Shapes<'_>) -> Option<Asked> {
    let location = shapes.optional_location();
    let of = match (shapes.get("GameSessionId"), shapes.get("FleetId").or(shapes.get("AliasId"))) {
        (Some(id), None) => shapes.game_session("GameSessionId", id).map(SessionsOf::One),
        (Some(_), Some(_)) => {
            shapes.violate("GameSessionId", "one of FleetId, AliasId, GameSessionId", "more than one");
            None
        }
        (None, _) => target(shapes).map(|target| SessionsOf::Target { target, location }),
    };
    let status = shapes.choice("StatusFilter", &STATUSES);
    let page = page_of(shapes, SESSIONS_MAX);
    let of = of?;
    let touched = match &of {
        SessionsOf::One(id) => fleet_of(id),
        SessionsOf::Target { target, .. } => Some(touched(target)),
    };
    query(Query::Sessions { of, status, page: page? }, touched)
}

pub(super) fn search(shapes: &Shapes<'_>) -> Option<Asked> {
    let target = target(shapes);
    let location = shapes.optional_location();
    let filter = expression(shapes, "FilterExpression", search::parse_filter);
    let sort = expression(shapes, "SortExpression", search::parse_sort);
    let page = page_of(shapes, SESSIONS_MAX)?;
    let target = target?;
    let touched = touched(&target);
    // A search goes on at a number: its order is not that of creation.
    let offset = page.after.map_or(0, |(at, _)| usize::try_from(at.0).unwrap_or(usize::MAX));
    query(Query::Search { target, location, filter, sort, limit: page.limit, offset }, Some(touched))
}

fn expression<T>(
    shapes: &Shapes<'_>,
    key: &str,
    parse: impl Fn(&str) -> Result<T, search::SearchError>,
) -> Option<T> {
    let text = shapes.text(key, shapes.get(key)?, 1..=1024)?;
    parse(text)
        .map_err(|why| {
            shapes.violate(key, format_args!("{} at position {}", why.expected, why.position), why.found)
        })
        .ok()
}
