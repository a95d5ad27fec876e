//! Requests to commands and queries, operation by operation: a file for each noun (spec 1.4, hosting 3).

mod aliases;
mod computes;
mod fleets;
mod game_sessions;
mod locations;
mod matchmaking;
mod placements;
mod player_sessions;
mod queues;
mod tags;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use matchwright_engine::{Command, Query, Resource};
use matchwright_hosting as hosting;
use matchwright_model::{Page, Timestamp};

use crate::document::Document;
use crate::errors::ApiError;
use crate::operations::Operation;
use crate::shapes::{Shapes, Violations};
use crate::{Ask, Front};

/// What is asked, and what it touches: `None` where it is nothing in particular.
type Asked = (Ask, Option<Resource>);

/// Results of a page of hosting where no limit is given, and the most there can be: a higher limit is read as this
/// one, for the model has none. Game sessions may be large.
const PAGE_MAX: i64 = 100;
const SESSIONS_MAX: i64 = 20;

pub(crate) fn decode(
    front: &Front,
    operation: Operation,
    document: &Document<'_>,
    fresh_id: impl FnOnce() -> String,
) -> Result<Asked, ApiError> {
    let violations = Violations::default();
    let shapes = Shapes::new(front, document, &violations)?;
    let asked = ask(&shapes, operation, fresh_id);
    shapes.finish(asked)
}

fn ask(shapes: &Shapes<'_>, operation: Operation, fresh_id: impl FnOnce() -> String) -> Option<Asked> {
    use Operation::*;
    match operation {
        AcceptMatch => matchmaking::accept_match(shapes),
        StartMatchmaking => matchmaking::start_ticket(shapes, fresh_id),
        StartMatchBackfill => matchmaking::start_backfill(shapes, fresh_id),
        StopMatchmaking => matchmaking::stop_ticket(shapes),
        DescribeMatchmaking => matchmaking::describe_tickets(shapes),
        CreateMatchmakingRuleSet => matchmaking::create_rule_set(shapes),
        DeleteMatchmakingRuleSet => matchmaking::delete_rule_set(shapes),
        DescribeMatchmakingRuleSets => matchmaking::describe_rule_sets(shapes),
        ValidateMatchmakingRuleSet => matchmaking::validate(shapes),
        CreateMatchmakingConfiguration => matchmaking::create_matchmaker(shapes),
        UpdateMatchmakingConfiguration => matchmaking::update_matchmaker(shapes),
        DeleteMatchmakingConfiguration => matchmaking::delete_matchmaker(shapes),
        DescribeMatchmakingConfigurations => matchmaking::describe_matchmakers(shapes),
        TagResource => tags::tag(shapes),
        UntagResource => tags::untag(shapes),
        ListTagsForResource => tags::list(shapes),
        CreateLocation => locations::create(shapes),
        DeleteLocation => locations::delete(shapes),
        ListLocations => locations::list(shapes),
        CreateFleet => fleets::create(shapes),
        UpdateFleetAttributes => fleets::update(shapes),
        DeleteFleet => fleets::delete(shapes),
        CreateFleetLocations => fleets::add_locations(shapes),
        DeleteFleetLocations => fleets::remove_locations(shapes),
        DescribeFleetAttributes => fleets::describe(shapes),
        ListFleets => fleets::list(shapes),
        DescribeFleetLocationAttributes => fleets::describe_locations(shapes),
        DescribeFleetEvents => fleets::events(shapes),
        DescribeFleetCapacity | DescribeFleetUtilization => fleets::utilization(shapes),
        DescribeFleetLocationCapacity | DescribeFleetLocationUtilization => {
            fleets::location_utilization(shapes)
        }
        DescribeFleetPortSettings => fleets::port_settings(shapes),
        DescribeRuntimeConfiguration => fleets::runtime(shapes),
        StartFleetActions | StopFleetActions => fleets::actions(shapes),
        CreateAlias => aliases::create(shapes),
        UpdateAlias => aliases::update(shapes),
        DeleteAlias => aliases::delete(shapes),
        DescribeAlias => aliases::describe(shapes),
        ResolveAlias => aliases::resolve(shapes),
        ListAliases => aliases::list(shapes),
        RegisterCompute => computes::register(shapes),
        DeregisterCompute => computes::deregister(shapes),
        DescribeCompute => computes::describe(shapes),
        ListCompute => computes::list(shapes),
        GetComputeAuthToken => computes::token(shapes),
        CreateGameSessionQueue => queues::create(shapes),
        UpdateGameSessionQueue => queues::update(shapes),
        DeleteGameSessionQueue => queues::delete(shapes),
        DescribeGameSessionQueues => queues::describe(shapes),
        StartGameSessionPlacement => placements::start(shapes),
        StopGameSessionPlacement => placements::stop(shapes),
        DescribeGameSessionPlacement => placements::describe(shapes),
        CreateGameSession => game_sessions::create(shapes),
        UpdateGameSession => game_sessions::update(shapes),
        TerminateGameSession => game_sessions::terminate(shapes),
        DescribeGameSessions | DescribeGameSessionDetails => game_sessions::describe(shapes),
        SearchGameSessions => game_sessions::search(shapes),
        CreatePlayerSession => player_sessions::create(shapes),
        CreatePlayerSessions => player_sessions::create_several(shapes),
        DescribePlayerSessions => player_sessions::describe(shapes),
        GetPlayerConnectionDetails => player_sessions::connections(shapes),
    }
}

/// Hosting is asked to do something.
fn command(command: hosting::Command, touched: Option<hosting::Resource>) -> Option<Asked> {
    Some((Ask::Command(Command::Hosting(Box::new(command))), touched.map(Resource::Hosted)))
}

/// Hosting is asked a question.
fn query(query: hosting::Query, touched: Option<hosting::Resource>) -> Option<Asked> {
    Some((Ask::Query(Query::Hosting(query)), touched.map(Resource::Hosted)))
}

/// The page that is asked for, of at most this many; a higher limit is read as that.
fn page_of(shapes: &Shapes<'_>, most: i64) -> Option<Page> {
    let limit = match shapes.get("Limit") {
        Some(limit) => shapes.whole("Limit", limit, 1, i64::from(i32::MAX)).map(|limit| limit.min(most)),
        None => Some(most),
    };
    page(shapes, limit)
}

fn page(shapes: &Shapes<'_>, limit: Option<i64>) -> Option<Page> {
    let after = match shapes.get("NextToken") {
        Some(token) => {
            let text = shapes.text("NextToken", token, 1..=1024)?;
            let read = read_token(text);
            if read.is_none() {
                shapes.violate("NextToken", "a token of an earlier answer", "another text");
            }
            Some(read?)
        }
        None => None,
    };
    Some(Page { after, limit: limit? as usize })
}

/// Opaque to clients: creation time and name of the last one told.
pub(crate) fn token(after: &(Timestamp, String)) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}/{}", after.0.0, after.1))
}

fn read_token(token: &str) -> Option<(Timestamp, String)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (at, name) = text.split_once('/')?;
    Some((Timestamp(at.parse().ok()?), name.to_string()))
}
