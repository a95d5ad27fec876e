//! Requests to commands and queries, operation by operation (spec 1.4).

use std::fmt::Arguments;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use matchwright_amazon::{Kind, resource_of};
use matchwright_engine::{BackfillMode, Command, MatchmakerFields, MatchmakerPatch, Mode, Query, Resource};
use matchwright_model::{MatchmakerName, Page, PlayerId, QueueName, TicketId, Timestamp};

use crate::document::Document;
use crate::errors::ApiError;
use crate::operations::Operation;
use crate::shapes::Shapes;
use crate::{Ask, Front};

const MATCHMAKER: Kind = Kind::Matchmaker;
const RULE_SET: Kind = Kind::RuleSet;
/// Results of a page where no limit is given, and the most there can be (D-15).
const PAGE_MAX: i64 = 10;

/// What is asked, and what it touches: `None` where it is nothing in particular.
type Asked = (Ask, Option<Resource>);

pub(crate) fn decode(
    front: &Front,
    operation: Operation,
    document: &Document<'_>,
    fresh_id: impl FnOnce() -> String,
) -> Result<Asked, ApiError> {
    let shapes = Shapes::new(front.settings(), document)?;
    let asked = ask(&shapes, operation, fresh_id);
    shapes.finish(asked)
}

fn ask(shapes: &Shapes<'_>, operation: Operation, fresh_id: impl FnOnce() -> String) -> Option<Asked> {
    use Operation::*;
    let command = |command: Command, resource: Option<Resource>| Some((Ask::Command(command), resource));
    match operation {
        AcceptMatch => command(accept_match(shapes)?, None),
        StopMatchmaking => {
            let id = shapes.required("TicketId").and_then(|id| shapes.id("TicketId", id))?;
            command(Command::StopTicket { id: id.into() }, None)
        }
        StartMatchmaking | StartMatchBackfill => start(shapes, operation, fresh_id),
        DescribeMatchmaking => {
            let ids = shapes.ids("TicketIds", 10)?;
            Some((Ask::Query(Query::Tickets(ids.into_iter().map(TicketId::from).collect())), None))
        }
        CreateMatchmakingRuleSet => {
            let name = shapes.required("Name").and_then(|name| shapes.new_name("Name", name));
            let body = body(shapes);
            let tags = shapes.tags("Tags");
            let name = name?;
            let made = Command::CreateRuleSet { name: name.into(), body: body?, tags: tags? };
            command(made, Some(Resource::RuleSet(name.into())))
        }
        DeleteMatchmakingRuleSet => {
            let name = shapes.required("Name").and_then(|name| shapes.name("Name", name, RULE_SET))?;
            command(Command::DeleteRuleSet { name: name.into() }, Some(Resource::RuleSet(name.into())))
        }
        DescribeMatchmakingRuleSets => {
            let names = shapes.names("Names", RULE_SET, 1..=10);
            let limit = match shapes.get("Limit") {
                Some(limit) => shapes.whole("Limit", limit, 1, PAGE_MAX),
                None => Some(PAGE_MAX),
            };
            let page = page(shapes, limit);
            let names: Vec<_> = names?.into_iter().map(Into::into).collect();
            Some((Ask::Query(Query::RuleSets { names, page: page? }), None))
        }
        ValidateMatchmakingRuleSet => Some((Ask::Validate(body(shapes)?), None)),
        CreateMatchmakingConfiguration => create_matchmaker(shapes),
        UpdateMatchmakingConfiguration => {
            let name = shapes.required("Name").and_then(|name| shapes.name("Name", name, MATCHMAKER));
            let patch = patch(shapes);
            let name = name?;
            command(
                Command::UpdateMatchmaker { name: name.into(), patch: patch.into() },
                Some(Resource::Matchmaker(name.into())),
            )
        }
        DeleteMatchmakingConfiguration => {
            let name = shapes.required("Name").and_then(|name| shapes.name("Name", name, MATCHMAKER))?;
            command(Command::DeleteMatchmaker { name: name.into() }, Some(Resource::Matchmaker(name.into())))
        }
        DescribeMatchmakingConfigurations => {
            let names = shapes.names("Names", MATCHMAKER, 0..=usize::MAX);
            let rule_set = match shapes.get("RuleSetName") {
                Some(name) => shapes.name("RuleSetName", name, RULE_SET).map(|name| Some(name.into())),
                None => Some(None),
            };
            // Here a limit above 10 is only prose, and read as 10 (D-15).
            let limit = match shapes.get("Limit") {
                Some(limit) => {
                    shapes.whole("Limit", limit, 1, i64::from(i32::MAX)).map(|limit| limit.min(PAGE_MAX))
                }
                None => Some(PAGE_MAX),
            };
            let page = page(shapes, limit);
            let names = names?.into_iter().map(Into::into).collect();
            Some((Ask::Query(Query::Matchmakers { names, rule_set: rule_set?, page: page? }), None))
        }
        TagResource | UntagResource | ListTagsForResource => tagging(shapes, operation),
    }
}

fn body(shapes: &Shapes<'_>) -> Option<String> {
    let body = shapes.required("RuleSetBody")?;
    shapes.text("RuleSetBody", body, 1..=65_535).map(str::to_string)
}

fn accept_match(shapes: &Shapes<'_>) -> Option<Command> {
    let ticket = shapes.required("TicketId").and_then(|id| shapes.id("TicketId", id));
    let players = shapes.required("PlayerIds").and_then(|players| {
        let player = |path: Arguments<'_>, item| shapes.text(path, item, 1..=1024).map(PlayerId::from);
        shapes.each::<_, Vec<_>>("PlayerIds", players, 1..=200, player)
    });
    shapes.required("AcceptanceType");
    let accept = shapes.choice("AcceptanceType", &[("ACCEPT", true), ("REJECT", false)]);
    Some(Command::AnswerProposal { ticket: ticket?.into(), players: players?, accept: accept? })
}

fn start(shapes: &Shapes<'_>, operation: Operation, fresh_id: impl FnOnce() -> String) -> Option<Asked> {
    let id = match shapes.get("TicketId") {
        Some(id) => shapes.id("TicketId", id).map(TicketId::from),
        None => Some(fresh_id().into()),
    };
    let name = shapes.required("ConfigurationName");
    let name = name.and_then(|name| shapes.name("ConfigurationName", name, MATCHMAKER));
    let backfill = operation == Operation::StartMatchBackfill;
    let players = shapes.players("Players", if backfill { 199 } else { 10 });
    let game_session = match (backfill, shapes.get("GameSessionArn")) {
        (true, Some(arn)) => shapes.arn("GameSessionArn", arn).map(|arn| Some(arn.to_string())),
        _ => Some(None),
    };
    let name = name?;
    let (id, matchmaker, players) = (id?, MatchmakerName::from(name), players?);
    let touched = Resource::Matchmaker(matchmaker.clone());
    let game_session = game_session?;
    let command = match backfill {
        true => Command::StartBackfill { id, matchmaker, game_session, players },
        false => Command::StartTicket { id, matchmaker, players },
    };
    Some((Ask::Command(command), Some(touched)))
}

const MODES: [(&str, Mode); 2] = [("STANDALONE", Mode::Standalone), ("WITH_QUEUE", Mode::WithQueue)];
const BACKFILL_MODES: [(&str, BackfillMode); 2] =
    [("AUTOMATIC", BackfillMode::Automatic), ("MANUAL", BackfillMode::Manual)];

/// The members that create and update share; what is not given stays `None`.
fn patch(shapes: &Shapes<'_>) -> MatchmakerPatch {
    let target = shapes.optional_text("NotificationTarget", 0..=300).filter(|target| {
        let topic = target.strip_suffix(".fifo").unwrap_or(target);
        let fits = topic.chars().all(|c| c.is_ascii_alphanumeric() || ":_/-".contains(c));
        if !fits {
            shapes.violate("NotificationTarget", "the ARN of a topic", format!("{target:?}"));
        }
        fits
    });
    let queues = shapes.get("GameSessionQueueArns").and_then(|queues| {
        let queue = |path: Arguments<'_>, item| shapes.name(path, item, Kind::Queue).map(QueueName::from);
        shapes.each("GameSessionQueueArns", queues, 0..=200, queue)
    });
    MatchmakerPatch {
        description: shapes.optional_text("Description", 1..=1024),
        rule_set: shapes
            .get("RuleSetName")
            .and_then(|name| shapes.name("RuleSetName", name, RULE_SET))
            .map(Into::into),
        request_timeout: shapes.seconds("RequestTimeoutSeconds", 43_200),
        acceptance_required: shapes.boolean("AcceptanceRequired"),
        acceptance_timeout: shapes.seconds("AcceptanceTimeoutSeconds", 600),
        mode: shapes.choice("FlexMatchMode", &MODES),
        queues,
        notification_target: target,
        additional_players: shapes
            .get("AdditionalPlayerCount")
            .and_then(|count| shapes.whole("AdditionalPlayerCount", count, 0, i64::from(i32::MAX)))
            .map(|count| count as u32),
        custom_event_data: shapes.optional_text("CustomEventData", 0..=256),
        game_properties: shapes.game_properties("GameProperties"),
        game_session_data: shapes.optional_text("GameSessionData", 1..=4096),
        backfill_mode: shapes.choice("BackfillMode", &BACKFILL_MODES),
    }
}

fn create_matchmaker(shapes: &Shapes<'_>) -> Option<Asked> {
    let name = shapes.required("Name").and_then(|name| shapes.new_name("Name", name));
    for key in ["RequestTimeoutSeconds", "AcceptanceRequired", "RuleSetName"] {
        shapes.required(key);
    }
    let given = patch(shapes);
    let tags = shapes.tags("Tags");
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let fields = MatchmakerFields {
        description: given.description,
        rule_set: given.rule_set?,
        request_timeout: given.request_timeout?,
        acceptance_required: given.acceptance_required?,
        acceptance_timeout: given.acceptance_timeout,
        mode: given.mode,
        queues: given.queues.unwrap_or_default(),
        notification_target: some(given.notification_target),
        additional_players: given.additional_players.unwrap_or(0),
        custom_event_data: some(given.custom_event_data),
        game_properties: given.game_properties.unwrap_or_default(),
        game_session_data: given.game_session_data,
        backfill_mode: given.backfill_mode,
    };
    let name = name?;
    let command = Command::CreateMatchmaker { name: name.into(), fields: fields.into(), tags: tags? };
    Some((Ask::Command(command), Some(Resource::Matchmaker(name.into()))))
}

fn tagging(shapes: &Shapes<'_>, operation: Operation) -> Option<Asked> {
    let arn = shapes.required("ResourceARN").and_then(|arn| shapes.text("ResourceARN", arn, 1..=1011));
    let tags = match operation {
        Operation::TagResource => shapes.required("Tags").and_then(|_| shapes.tags("Tags")),
        _ => Some(Default::default()),
    };
    let keys = match operation {
        Operation::UntagResource => shapes.required("TagKeys").and_then(|keys| {
            let key = |path: Arguments<'_>, item| shapes.text(path, item, 1..=128).map(str::to_string);
            shapes.each("TagKeys", keys, 0..=200, key)
        }),
        _ => Some(Vec::new()),
    };
    let arn = arn?;
    let Some(resource) = resource_of(arn) else {
        shapes.violate(
            "ResourceARN",
            "the ARN of a matchmaking configuration or rule set",
            format!("{arn:?}"),
        );
        return None;
    };
    let touched = resource.clone();
    let ask = match operation {
        Operation::TagResource => Ask::Command(Command::Tag { resource, tags: tags? }),
        Operation::UntagResource => Ask::Command(Command::Untag { resource, keys: keys? }),
        _ => Ask::Query(Query::Tags(resource)),
    };
    Some((ask, Some(touched)))
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
