//! Events as envelopes, member by member in the order of the published samples (spec 4).

use jiff::Timestamp as Moment;
use matchwright_amazon::{Arns, Kind};
use matchwright_engine::{
    AcceptanceOutcome, EndReason, Event, EventKind, EventPlayer, EventTicket, PlacementOutcome, RuleCount,
    Session, Source,
};
use matchwright_model::{MatchId, PlacementId, Timestamp};
use uuid::Uuid;

use crate::encode::{CANCELLED, FAILED, NOT_ACCEPTED, TIMED_OUT};
use crate::out::{Members, Out};
use crate::{FrontSettings, Protocol};

/// Makes envelopes for one realm.
#[derive(Debug, Clone)]
pub struct Envelopes {
    settings: FrontSettings,
    arns: Arns,
    /// Of the journal: with a position it names an event for ever, over restarts and retries (D-118).
    journal: Uuid,
}

impl Envelopes {
    pub fn new(settings: &FrontSettings, journal: u128) -> Self {
        let arns = Arns::new(&settings.region, &settings.account);
        Self { settings: settings.clone(), arns, journal: Uuid::from_u128(journal) }
    }

    pub fn id(&self, position: u64) -> String {
        Uuid::new_v5(&self.journal, &position.to_be_bytes()).to_string()
    }

    /// The event as JSON.
    pub fn envelope(&self, position: u64, event: &Event) -> String {
        let (detail_type, resource) = match &event.source {
            Source::Matchmaker(name) => ("GameLift Matchmaking Event", self.arns.matchmaker(name.as_str())),
            Source::Queue(name) => {
                ("GameLift Queue Placement Event", self.arns.name(Kind::Queue, name.as_str()))
            }
        };
        written(|envelope| {
            envelope.text("version", "0");
            envelope.text("id", &self.id(position));
            envelope.text("detail-type", detail_type);
            envelope.text("source", "aws.gamelift");
            envelope.text("account", &self.settings.account);
            time(envelope, "time", event.at);
            envelope.text("region", &self.settings.region);
            envelope.member("resources").list([resource].iter(), |out, resource| out.text(resource));
            envelope.member("detail").map(|detail| self.detail(event, detail));
        })
    }

    /// The envelope as a notification of SNS over HTTP carries it (D-118).
    pub fn notification(&self, position: u64, event: &Event) -> String {
        written(|notification| {
            notification.text("Type", "Notification");
            notification.text("MessageId", &self.id(position));
            notification.text("TopicArn", event.notification_target.as_deref().unwrap_or_default());
            notification.text("Message", &self.envelope(position, event));
            time(notification, "Timestamp", event.at);
        })
    }

    /// The members of `detail`, in the order of the published samples.
    fn detail(&self, event: &Event, detail: &mut Members<'_>) {
        match &event.kind {
            EventKind::Searching { estimated_wait_seconds } => {
                tickets(detail, event);
                // Seconds, despite the name (D-117).
                let estimate = detail.member("estimatedWaitMillis");
                match estimated_wait_seconds {
                    Some(seconds) => estimate.int(*seconds as i64),
                    None => estimate.text("NOT_AVAILABLE"),
                }
                detail.text("type", "MatchmakingSearching");
                self.session(detail, event, None);
            }
            EventKind::PotentialMatch { match_id, acceptance_timeout, rule_counts, .. } => {
                tickets(detail, event);
                if let Some(span) = acceptance_timeout {
                    detail.int("acceptanceTimeout", span.as_secs() as i64);
                }
                metrics(detail, rule_counts);
                detail.member("acceptanceRequired").bool(acceptance_timeout.is_some());
                detail.text("type", "PotentialMatchCreated");
                self.session(detail, event, None);
                the_match(detail, *match_id);
            }
            EventKind::Answered { match_id } => {
                tickets(detail, event);
                detail.text("type", "AcceptMatch");
                self.session(detail, event, None);
                the_match(detail, *match_id);
            }
            EventKind::AcceptanceEnded { match_id, outcome } => {
                let acceptance = match outcome {
                    AcceptanceOutcome::Accepted => "Accepted",
                    AcceptanceOutcome::Rejected => "Rejected",
                    AcceptanceOutcome::TimedOut => "TimedOut",
                };
                tickets(detail, event);
                detail.text("acceptance", acceptance);
                detail.text("type", "AcceptMatchCompleted");
                self.session(detail, event, None);
                the_match(detail, *match_id);
            }
            EventKind::Succeeded { match_id, session, .. } => {
                tickets(detail, event);
                detail.text("type", "MatchmakingSucceeded");
                self.session(detail, event, session.as_deref());
                the_match(detail, *match_id);
            }
            EventKind::TimedOut { rule_counts } => {
                detail.text("reason", "TimedOut");
                tickets(detail, event);
                metrics(detail, rule_counts);
                detail.text("type", "MatchmakingTimedOut");
                detail.text("message", TIMED_OUT);
                self.session(detail, event, None);
            }
            EventKind::Cancelled { match_id, reason, rule_counts } => {
                let message = if *reason == EndReason::NotAccepted { NOT_ACCEPTED } else { CANCELLED };
                detail.text("reason", "Cancelled");
                tickets(detail, event);
                metrics(detail, rule_counts);
                detail.text("type", "MatchmakingCancelled");
                detail.text("message", message);
                self.session(detail, event, None);
                if let Some(id) = match_id {
                    the_match(detail, *id);
                }
            }
            EventKind::PlacementEnded { placement, started_at, outcome } => {
                self.placement(detail, event.at, placement, *started_at, outcome);
            }
            EventKind::Failed { match_id, rule_counts } => {
                tickets(detail, event);
                custom(detail, event);
                metrics(detail, rule_counts);
                detail.text("type", "MatchmakingFailed");
                detail.text("reason", "UNEXPECTED_ERROR");
                detail.text("message", FAILED);
                self.session(detail, event, None);
                the_match(detail, *match_id);
                // What the studio added stands in the middle here.
                return;
            }
        }
        custom(detail, event);
    }

    /// What becomes of a placement (spec 3.5).
    fn placement(
        &self,
        detail: &mut Members<'_>,
        ended_at: Timestamp,
        id: &PlacementId,
        started_at: Timestamp,
        outcome: &PlacementOutcome,
    ) {
        let (kind, session) = match outcome {
            PlacementOutcome::Fulfilled(session) => ("PlacementFulfilled", Some(session)),
            PlacementOutcome::Cancelled => ("PlacementCancelled", None),
            PlacementOutcome::TimedOut => ("PlacementTimedOut", None),
            PlacementOutcome::Failed => ("PlacementFailed", None),
        };
        detail.text("type", kind);
        detail.text("placementId", id);
        if let Some(session) = session {
            // The port is a text here.
            detail.text("port", &session.port.to_string());
            detail.text("gameSessionArn", &self.arns.game_session(&session.id));
            detail.optional_text("ipAddress", session.ip.as_ref());
            detail.optional_text("dnsName", session.dns.as_ref());
            detail.text("gameSessionRegion", &self.settings.region);
            detail.member("placedPlayerSessions").list(
                session.player_sessions.iter(),
                |out, (player, id)| {
                    out.map(|placed| {
                        placed.text("playerId", player);
                        placed.text("playerSessionId", id);
                    });
                },
            );
        }
        time(detail, "startTime", started_at);
        time(detail, "endTime", ended_at);
    }

    /// All players in a row, and where they play once that is known.
    fn session(&self, detail: &mut Members<'_>, event: &Event, placed: Option<&Session>) {
        detail.member("gameSessionInfo").map(|info| {
            if let Some(session) = placed {
                info.text("gameSessionArn", &self.arns.game_session(&session.id));
                info.optional_text("ipAddress", session.ip.as_ref());
                info.int("port", session.port);
            }
            let players = event.tickets.iter().flat_map(|ticket| &ticket.players);
            info.member("players").list(players, player);
        });
    }
}

fn written(write: impl FnOnce(&mut Members<'_>)) -> String {
    let mut out = Out::new(Protocol::Json);
    out.map(write);
    String::from_utf8(out.into_bytes()).expect("JSON is UTF-8")
}

/// ISO 8601 in UTC with milliseconds.
fn time(members: &mut Members<'_>, key: &'static str, at: Timestamp) {
    let moment = Moment::from_millisecond(at.0 as i64).unwrap_or(Moment::UNIX_EPOCH);
    members.text(key, &format!("{moment:.3}"));
}

fn the_match(detail: &mut Members<'_>, id: MatchId) {
    detail.text("matchId", id.encode(&mut [0; MatchId::LENGTH]));
}

fn custom(detail: &mut Members<'_>, event: &Event) {
    detail.optional_text("customEventData", event.custom_event_data.as_ref());
}

fn tickets(detail: &mut Members<'_>, event: &Event) {
    detail.member("tickets").list(event.tickets.iter(), ticket);
}

fn ticket(out: &mut Out, one: &EventTicket) {
    out.map(|ticket| {
        ticket.text("ticketId", &one.id);
        time(ticket, "startTime", one.started_at);
        ticket.member("players").list(one.players.iter(), player);
    });
}

fn player(out: &mut Out, one: &EventPlayer) {
    out.map(|player| {
        player.text("playerId", &one.id);
        player.optional_text("playerSessionId", one.session.as_ref());
        player.optional_text("team", one.team.as_ref());
        if let Some(accepted) = one.accepted {
            player.member("accepted").bool(accepted);
        }
    });
}

fn metrics(detail: &mut Members<'_>, counts: &[RuleCount]) {
    detail.member("ruleEvaluationMetrics").list(counts.iter(), |out, one| {
        out.map(|count| {
            count.text("ruleName", &one.rule);
            count.int("passedCount", one.passed as i64);
            count.int("failedCount", one.failed as i64);
        });
    });
}
