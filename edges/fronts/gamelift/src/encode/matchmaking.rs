//! Tickets, rule sets, matchmakers (spec 1.4).

use matchwright_amazon::Kind;
use matchwright_engine::{BackfillMode, EndReason, Matchmaker, Mode, RuleSetRecord, Session, Status, Ticket};
use matchwright_model::{AttributeValue, Player, TeamName};

use super::{pair, seconds};
use crate::Front;
use crate::out::Out;

pub(super) fn rule_set(front: &Front, name: &str, one: &RuleSetRecord, out: &mut Out) {
    out.map(|rule_set| {
        rule_set.text("RuleSetName", name);
        rule_set.text("RuleSetArn", &front.arns().name(Kind::RuleSet, name));
        rule_set.text("RuleSetBody", &one.body);
        rule_set.member("CreationTime").time(one.created_at);
    });
}

pub(super) fn matchmaker(front: &Front, name: &str, one: &Matchmaker, out: &mut Out) {
    let fields = &one.fields;
    let mode = match one.mode() {
        Mode::Standalone => "STANDALONE",
        Mode::WithQueue => "WITH_QUEUE",
    };
    let backfill = match fields.backfill_mode {
        Some(BackfillMode::Automatic) => "AUTOMATIC",
        _ => "MANUAL",
    };
    out.map(|matchmaker| {
        matchmaker.text("Name", name);
        matchmaker.text("ConfigurationArn", &front.arns().matchmaker(name));
        matchmaker.optional_text("Description", fields.description.as_ref());
        if !fields.queues.is_empty() {
            matchmaker.member("GameSessionQueueArns").list(fields.queues.iter(), |out, queue| {
                out.text(&front.arns().name(Kind::Queue, queue.as_str()))
            });
        }
        matchmaker.int("RequestTimeoutSeconds", seconds(fields.request_timeout));
        if let Some(timeout) = fields.acceptance_timeout {
            matchmaker.int("AcceptanceTimeoutSeconds", seconds(timeout));
        }
        matchmaker.member("AcceptanceRequired").bool(fields.acceptance_required);
        matchmaker.text("RuleSetName", &fields.rule_set);
        matchmaker.text("RuleSetArn", &front.arns().name(Kind::RuleSet, fields.rule_set.as_str()));
        matchmaker.optional_text("NotificationTarget", fields.notification_target.as_ref());
        matchmaker.int("AdditionalPlayerCount", fields.additional_players);
        matchmaker.optional_text("CustomEventData", fields.custom_event_data.as_ref());
        matchmaker.member("CreationTime").time(one.created_at);
        if !fields.game_properties.is_empty() {
            let properties = matchmaker.member("GameProperties");
            properties.list(fields.game_properties.iter(), |out, (key, value)| pair(key, value, out));
        }
        matchmaker.optional_text("GameSessionData", fields.game_session_data.as_ref());
        matchmaker.text("BackfillMode", backfill);
        matchmaker.text("FlexMatchMode", mode);
    });
}

pub(super) fn ticket(front: &Front, one: &Ticket, estimate: Option<u64>, out: &mut Out) {
    let reason = one.reason.and_then(|reason| status_reason(one.status, reason)).or(ended(one.status));
    out.map(|ticket| {
        ticket.text("TicketId", &one.id);
        ticket.text("ConfigurationName", &one.matchmaker);
        let arn = front.arns().parts(Kind::Matchmaker, one.matchmaker.as_str());
        ticket.member("ConfigurationArn").arn(&arn);
        ticket.text("Status", one.status.name());
        if let Some((code, message)) = reason {
            ticket.text("StatusReason", code);
            ticket.text("StatusMessage", message);
        }
        ticket.member("StartTime").time(one.started_at);
        if let Some(at) = one.status.ended_at() {
            ticket.member("EndTime").time(at);
        }
        let players = ticket.member("Players");
        players.list(one.players.iter(), |out, player| self::player(player, team_of(one, player), out));
        if let Some(session) = one.session() {
            connection(front, one, session, ticket.member("GameSessionConnectionInfo"));
        }
        if let Some(seconds) = estimate {
            ticket.int("EstimatedWaitTime", seconds as i64);
        }
    });
}

/// Shown while a match is proposed, being placed, or made (D-35). A backfill ticket brings its own.
fn team_of<'t>(ticket: &'t Ticket, player: &'t Player) -> Option<&'t TeamName> {
    let shown = ticket.status.live_match().is_some() || matches!(ticket.status, Status::Completed { .. });
    ticket.team_of(&player.id).filter(|_| shown).or(player.team.as_ref())
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

fn connection(front: &Front, ticket: &Ticket, session: &Session, out: &mut Out) {
    let own =
        ticket.players.iter().filter_map(|player| Some((player, session.player_sessions.get(&player.id)?)));
    out.map(|connection| {
        connection.text("GameSessionArn", &front.arns().game_session(&session.id));
        connection.optional_text("IpAddress", session.ip.as_ref());
        connection.optional_text("DnsName", session.dns.as_ref());
        connection.int("Port", session.port);
        connection.member("MatchedPlayerSessions").list(own, |out, (player, id)| {
            out.map(|matched| {
                matched.text("PlayerId", &player.id);
                matched.text("PlayerSessionId", id);
            });
        });
        connection.text("PlayerGatewayStatus", "DISABLED");
    });
}

/// As it was sent (D-30), but for the team.
fn player(one: &Player, team: Option<&TeamName>, out: &mut Out) {
    out.map(|player| {
        player.text("PlayerId", &one.id);
        if !one.attributes.is_empty() {
            player.member("PlayerAttributes").map(|attributes| {
                one.attributes
                    .iter()
                    .for_each(|(name, value)| attribute(value, attributes.entry(name.as_str())));
            });
        }
        player.optional_text("Team", team);
        if !one.latencies.is_empty() {
            player.member("LatencyInMs").map(|latencies| {
                one.latencies
                    .iter()
                    .for_each(|(region, latency)| latencies.entry(region.as_str()).int(i64::from(*latency)));
            });
        }
    });
}

fn attribute(value: &AttributeValue, out: &mut Out) {
    out.map(|typed| match value {
        AttributeValue::Text(one) => typed.text("S", one),
        AttributeValue::Number(number) => typed.member("N").double(*number),
        AttributeValue::TextList(list) => typed.member("SL").list(list.iter(), |out, one| out.text(one)),
        AttributeValue::NumberMap(map) => typed.member("SDM").map(|numbers| {
            map.iter().for_each(|(key, number)| numbers.entry(key).double(*number));
        }),
    });
}
