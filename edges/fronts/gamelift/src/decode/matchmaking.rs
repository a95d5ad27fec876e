//! Tickets, rule sets, matchmakers (spec 1.4).

use std::fmt::Arguments;

use matchwright_amazon::{Kind, name_of};
use matchwright_engine::{BackfillMode, Command, MatchmakerFields, MatchmakerPatch, Mode, Query, Resource};
use matchwright_model::{MatchmakerName, PlayerId, TicketId};

use super::{Asked, page, page_of};
use crate::Ask;
use crate::shapes::Shapes;

const MATCHMAKER: Kind = Kind::Matchmaker;
const RULE_SET: Kind = Kind::RuleSet;
/// Results of a page where no limit is given, and the most there can be (D-15).
const PAGE_MAX: i64 = 10;

pub(super) fn stop_ticket(shapes: &Shapes<'_>) -> Option<Asked> {
    let id = shapes.required("TicketId").and_then(|id| shapes.id("TicketId", id))?;
    Some((Ask::Command(Command::StopTicket { id: id.into() }), None))
}

pub(super) fn describe_tickets(shapes: &Shapes<'_>) -> Option<Asked> {
    let ids = shapes.ids("TicketIds", 10)?;
    Some((Ask::Query(Query::Tickets(ids.into_iter().map(TicketId::from).collect())), None))
}

pub(super) fn create_rule_set(shapes: &Shapes<'_>) -> Option<Asked> {
    let name = shapes.required("Name").and_then(|name| shapes.new_name("Name", name));
    let body = body(shapes);
    let tags = shapes.tags("Tags");
    let name = name?;
    let made = Command::CreateRuleSet { name: name.into(), body: body?, tags: tags? };
    Some((Ask::Command(made), Some(Resource::RuleSet(name.into()))))
}

pub(super) fn delete_rule_set(shapes: &Shapes<'_>) -> Option<Asked> {
    let name = shapes.required("Name").and_then(|name| shapes.name("Name", name, RULE_SET))?;
    let command = Command::DeleteRuleSet { name: name.into() };
    Some((Ask::Command(command), Some(Resource::RuleSet(name.into()))))
}

pub(super) fn describe_rule_sets(shapes: &Shapes<'_>) -> Option<Asked> {
    let names = shapes.names("Names", RULE_SET, 1..=10);
    let limit = match shapes.get("Limit") {
        Some(limit) => shapes.whole("Limit", limit, 1, PAGE_MAX),
        None => Some(PAGE_MAX),
    };
    let page = page(shapes, limit);
    let names: Vec<_> = names?.into_iter().map(Into::into).collect();
    Some((Ask::Query(Query::RuleSets { names, page: page? }), None))
}

pub(super) fn validate(shapes: &Shapes<'_>) -> Option<Asked> {
    Some((Ask::Validate(body(shapes)?), None))
}

pub(super) fn update_matchmaker(shapes: &Shapes<'_>) -> Option<Asked> {
    let name = shapes.required("Name").and_then(|name| shapes.name("Name", name, MATCHMAKER));
    let patch = patch(shapes);
    let name = name?;
    let command = Command::UpdateMatchmaker { name: name.into(), patch: patch.into() };
    Some((Ask::Command(command), Some(Resource::Matchmaker(name.into()))))
}

pub(super) fn delete_matchmaker(shapes: &Shapes<'_>) -> Option<Asked> {
    let name = shapes.required("Name").and_then(|name| shapes.name("Name", name, MATCHMAKER))?;
    let command = Command::DeleteMatchmaker { name: name.into() };
    Some((Ask::Command(command), Some(Resource::Matchmaker(name.into()))))
}

pub(super) fn describe_matchmakers(shapes: &Shapes<'_>) -> Option<Asked> {
    let names = shapes.names("Names", MATCHMAKER, 0..=usize::MAX);
    let rule_set = match shapes.get("RuleSetName") {
        Some(name) => shapes.name("RuleSetName", name, RULE_SET).map(|name| Some(name.into())),
        None => Some(None),
    };
    // Here a limit above 10 is only prose, and read as 10 (D-15).
    let page = page_of(shapes, PAGE_MAX);
    let names = names?.into_iter().map(Into::into).collect();
    Some((Ask::Query(Query::Matchmakers { names, rule_set: rule_set?, page: page? }), None))
}

fn body(shapes: &Shapes<'_>) -> Option<String> {
    let body = shapes.required("RuleSetBody")?;
    shapes.text("RuleSetBody", body, 1..=65_535).map(str::to_string)
}

pub(super) fn accept_match(shapes: &Shapes<'_>) -> Option<Asked> {
    let ticket = shapes.required("TicketId").and_then(|id| shapes.id("TicketId", id));
    let players = shapes.required("PlayerIds").and_then(|players| {
        let player = |path: Arguments<'_>, item| shapes.text(path, item, 1..=1024).map(PlayerId::from);
        shapes.each::<_, Vec<_>>("PlayerIds", players, 1..=200, player)
    });
    shapes.required("AcceptanceType");
    let accept = shapes.choice("AcceptanceType", &[("ACCEPT", true), ("REJECT", false)]);
    let command = Command::AnswerProposal { ticket: ticket?.into(), players: players?, accept: accept? };
    Some((Ask::Command(command), None))
}

pub(super) fn start_ticket(shapes: &Shapes<'_>, fresh_id: impl FnOnce() -> String) -> Option<Asked> {
    let (id, matchmaker) = (ticket_id(shapes, fresh_id), matchmaker(shapes));
    let players = shapes.players("Players", 10);
    let (id, matchmaker, players) = (id?, matchmaker?, players?);
    let touched = Resource::Matchmaker(matchmaker.clone());
    Some((Ask::Command(Command::StartTicket { id, matchmaker, players }), Some(touched)))
}

pub(super) fn start_backfill(shapes: &Shapes<'_>, fresh_id: impl FnOnce() -> String) -> Option<Asked> {
    let (id, matchmaker) = (ticket_id(shapes, fresh_id), matchmaker(shapes));
    let players = shapes.players("Players", 199);
    // Of a session that is hosted here the id is enough; any other ARN is kept as it is.
    let game_session = shapes
        .get("GameSessionArn")
        .and_then(|arn| shapes.arn("GameSessionArn", arn))
        .map(|arn| name_of(arn, Kind::GameSession).unwrap_or(arn).to_string());
    let (id, matchmaker, players) = (id?, matchmaker?, players?);
    let touched = Resource::Matchmaker(matchmaker.clone());
    Some((Ask::Command(Command::StartBackfill { id, matchmaker, game_session, players }), Some(touched)))
}

fn ticket_id(shapes: &Shapes<'_>, fresh_id: impl FnOnce() -> String) -> Option<TicketId> {
    match shapes.get("TicketId") {
        Some(id) => shapes.id("TicketId", id).map(TicketId::from),
        None => Some(fresh_id().into()),
    }
}

fn matchmaker(shapes: &Shapes<'_>) -> Option<MatchmakerName> {
    let name = shapes.required("ConfigurationName")?;
    shapes.name("ConfigurationName", name, MATCHMAKER).map(Into::into)
}

const MODES: [(&str, Mode); 2] = [("STANDALONE", Mode::Standalone), ("WITH_QUEUE", Mode::WithQueue)];
const BACKFILL_MODES: [(&str, BackfillMode); 2] =
    [("AUTOMATIC", BackfillMode::Automatic), ("MANUAL", BackfillMode::Manual)];

/// The members that create and update share; what is not given stays `None`.
fn patch(shapes: &Shapes<'_>) -> MatchmakerPatch {
    let target = shapes.topic("NotificationTarget", "/");
    let queues = shapes.get("GameSessionQueueArns").and_then(|queues| {
        let queue = |path: Arguments<'_>, item| shapes.queue(path, item, 1..=512);
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

pub(super) fn create_matchmaker(shapes: &Shapes<'_>) -> Option<Asked> {
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
