//! Replies to documents: exactly the members of spec 1.4; absent optional ones are left out.

use matchwright_engine::{
    Answer, BackfillMode, EndReason, Matchmaker, Mode, Reply, RuleSetRecord, Session, Status, Ticket,
};
use matchwright_model::{AttributeValue, Player, TeamName};

use crate::decode::token;
use crate::document::Document;
use crate::operations::Operation;
use crate::{Front, Outcome};

pub(crate) fn encode<'a>(front: &Front, operation: Operation, outcome: &'a Outcome) -> Document<'a> {
    match outcome {
        Outcome::Valid => Document::map([("Valid", Document::Bool(true))]),
        Outcome::Reply(reply) => encode_reply(front, reply),
        Outcome::Answer(answer) => encode_answer(front, operation, answer),
    }
}

fn encode_reply<'a>(front: &Front, reply: &'a Reply) -> Document<'a> {
    match reply {
        Reply::Done => Document::Map(Vec::new()),
        Reply::Ticket(one, estimate) => Document::map([("MatchmakingTicket", ticket(front, one, *estimate))]),
        Reply::RuleSet(name, one) => Document::map([("RuleSet", rule_set(front, name.as_str(), one))]),
        Reply::Matchmaker(name, one) => {
            Document::map([("Configuration", matchmaker(front, name.as_str(), one))])
        }
    }
}

fn encode_answer<'a>(front: &Front, operation: Operation, answer: &'a Answer) -> Document<'a> {
    debug_assert!(operation.name().starts_with("Describe") || operation == Operation::ListTagsForResource);
    let (key, list, next) = match answer {
        Answer::Tickets(found) => {
            ("TicketList", found.iter().map(|(one, estimate)| ticket(front, one, *estimate)).collect(), None)
        }
        Answer::RuleSets { found, next } => (
            "RuleSets",
            found.iter().map(|(name, one)| rule_set(front, name.as_str(), one)).collect(),
            next.as_ref(),
        ),
        Answer::Matchmakers { found, next } => {
            let list = found.iter().map(|(name, one)| matchmaker(front, name.as_str(), one)).collect();
            ("Configurations", list, next.as_ref())
        }
        Answer::Tags(tags) => {
            let tag = |(key, value): (&'a String, &'a String)| {
                Document::map([("Key", Document::text(key)), ("Value", Document::text(value))])
            };
            ("Tags", tags.iter().map(tag).collect(), None)
        }
    };
    let members = [
        Some((key, Document::List(list))),
        next.map(|next| ("NextToken", Document::Text(token(next).into()))),
    ];
    Document::map(members.into_iter().flatten())
}

fn seconds(span: std::time::Duration) -> Document<'static> {
    Document::Int(span.as_secs() as i64)
}

fn rule_set<'a>(front: &Front, name: &'a str, one: &'a RuleSetRecord) -> Document<'a> {
    Document::map([
        ("RuleSetName", Document::text(name)),
        ("RuleSetArn", Document::Text(front.arns().rule_set(name).into())),
        ("RuleSetBody", Document::text(&one.body)),
        ("CreationTime", Document::Time(one.created_at)),
    ])
}

fn matchmaker<'a>(front: &Front, name: &'a str, one: &'a Matchmaker) -> Document<'a> {
    let fields = &one.fields;
    let optional = |key, value: &'a Option<String>| value.as_ref().map(|value| (key, Document::text(value)));
    let property = |(key, value): &'a (String, String)| {
        Document::map([("Key", Document::text(key)), ("Value", Document::text(value))])
    };
    let mode = match one.mode() {
        Mode::Standalone => "STANDALONE",
        Mode::WithQueue => "WITH_QUEUE",
    };
    let backfill = match fields.backfill_mode {
        Some(BackfillMode::Automatic) => "AUTOMATIC",
        _ => "MANUAL",
    };
    let members = [
        Some(("Name", Document::text(name))),
        Some(("ConfigurationArn", Document::Text(front.arns().matchmaker(name).into()))),
        optional("Description", &fields.description),
        (!fields.queues.is_empty()).then(|| {
            ("GameSessionQueueArns", Document::List(fields.queues.iter().map(Document::text).collect()))
        }),
        Some(("RequestTimeoutSeconds", seconds(fields.request_timeout))),
        fields.acceptance_timeout.map(|timeout| ("AcceptanceTimeoutSeconds", seconds(timeout))),
        Some(("AcceptanceRequired", Document::Bool(fields.acceptance_required))),
        Some(("RuleSetName", Document::text(&fields.rule_set))),
        Some(("RuleSetArn", Document::Text(front.arns().rule_set(fields.rule_set.as_str()).into()))),
        optional("NotificationTarget", &fields.notification_target),
        Some(("AdditionalPlayerCount", Document::Int(i64::from(fields.additional_players)))),
        optional("CustomEventData", &fields.custom_event_data),
        Some(("CreationTime", Document::Time(one.created_at))),
        (!fields.game_properties.is_empty()).then(|| {
            ("GameProperties", Document::List(fields.game_properties.iter().map(property).collect()))
        }),
        optional("GameSessionData", &fields.game_session_data),
        Some(("BackfillMode", Document::text(backfill))),
        Some(("FlexMatchMode", Document::text(mode))),
    ];
    Document::map(members.into_iter().flatten())
}

fn ticket<'a>(front: &Front, one: &'a Ticket, estimate: Option<u64>) -> Document<'a> {
    let reason = one.reason.and_then(|reason| status_reason(one.status, reason)).or(ended(one.status));
    let players = one.players.iter().map(|player| self::player(player, team_of(one, player)));
    let members = [
        Some(("TicketId", Document::text(&one.id))),
        Some(("ConfigurationName", Document::text(&one.matchmaker))),
        Some(("ConfigurationArn", Document::Text(front.arns().matchmaker(one.matchmaker.as_str()).into()))),
        Some(("Status", Document::text(one.status.name()))),
        reason.map(|(code, _)| ("StatusReason", Document::text(code))),
        reason.map(|(_, message)| ("StatusMessage", Document::text(message))),
        Some(("StartTime", Document::Time(one.started_at))),
        one.status.ended_at().map(|at| ("EndTime", Document::Time(at))),
        Some(("Players", Document::List(players.collect()))),
        one.session.as_ref().map(|session| ("GameSessionConnectionInfo", connection(one, session))),
        estimate.map(|seconds| ("EstimatedWaitTime", Document::Int(seconds as i64))),
    ];
    Document::map(members.into_iter().flatten())
}

/// Shown while a match is proposed, being placed, or made (D-35). A backfill ticket brings its own.
fn team_of<'t>(ticket: &'t Ticket, player: &'t Player) -> Option<&'t TeamName> {
    let shown = ticket.status.live_match().is_some() || matches!(ticket.status, Status::Completed { .. });
    ticket.teams.get(&player.id).filter(|_| shown).or(player.team.as_ref())
}

/// StatusReason and StatusMessage of a state that something led to (D-112).
fn status_reason(status: Status, reason: EndReason) -> Option<(&'static str, &'static str)> {
    Some(match (status, reason) {
        (Status::Searching, EndReason::NoCapacity) => {
            ("PlacementFailed", "No game server had room for the match.")
        }
        (Status::Searching, _) => ("AcceptanceFailed", "The proposed match was not accepted by all players."),
        (Status::Cancelled { .. }, EndReason::NotAccepted) => ("Cancelled", NOT_ACCEPTED),
        (Status::Cancelled { .. }, _) => ("Cancelled", CANCELLED),
        _ => return None,
    })
}

pub(crate) const NOT_ACCEPTED: &str = "One or more players rejected or did not accept the proposed match.";
pub(crate) const CANCELLED: &str = "Cancelled by request.";
pub(crate) const TIMED_OUT: &str = "Removed from matchmaking due to timing out.";
pub(crate) const FAILED: &str = "An unexpected error was encountered during match placing.";

fn ended(status: Status) -> Option<(&'static str, &'static str)> {
    match status {
        Status::TimedOut { .. } => Some(("TimedOut", TIMED_OUT)),
        Status::Failed { .. } => Some(("UNEXPECTED_ERROR", FAILED)),
        _ => None,
    }
}

fn connection<'a>(ticket: &'a Ticket, session: &'a Session) -> Document<'a> {
    let own =
        ticket.players.iter().filter_map(|player| Some((player, session.player_sessions.get(&player.id)?)));
    let sessions = own.map(|(player, id)| {
        Document::map([("PlayerId", Document::text(&player.id)), ("PlayerSessionId", Document::text(id))])
    });
    let members = [
        Some(("GameSessionArn", Document::text(&session.id))),
        session.ip.as_ref().map(|ip| ("IpAddress", Document::text(ip))),
        session.dns.as_ref().map(|dns| ("DnsName", Document::text(dns))),
        Some(("Port", Document::Int(i64::from(session.port)))),
        Some(("MatchedPlayerSessions", Document::List(sessions.collect()))),
    ];
    Document::map(members.into_iter().flatten())
}

/// As it was sent (D-30), but for the team.
fn player<'a>(player: &'a Player, team: Option<&'a TeamName>) -> Document<'a> {
    let attributes = player.attributes.iter().map(|(name, value)| (name.as_str(), attribute(value)));
    let latencies = player
        .latencies
        .iter()
        .map(|(region, latency)| (region.as_str(), Document::Int(i64::from(*latency))));
    let members = [
        Some(("PlayerId", Document::text(&player.id))),
        (!player.attributes.is_empty()).then(|| ("PlayerAttributes", Document::map(attributes))),
        team.map(|team| ("Team", Document::text(team))),
        (!player.latencies.is_empty()).then(|| ("LatencyInMs", Document::map(latencies))),
    ];
    Document::map(members.into_iter().flatten())
}

fn attribute(value: &AttributeValue) -> Document<'_> {
    let (key, value) = match value {
        AttributeValue::Text(one) => ("S", Document::text(one)),
        AttributeValue::Number(number) => ("N", Document::Double(*number)),
        AttributeValue::TextList(list) => ("SL", Document::List(list.iter().map(Document::text).collect())),
        AttributeValue::NumberMap(map) => {
            ("SDM", Document::map(map.iter().map(|(key, value)| (key.as_str(), Document::Double(*value)))))
        }
    };
    Document::map([(key, value)])
}
