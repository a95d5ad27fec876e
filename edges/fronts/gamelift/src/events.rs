//! Events as envelopes, member by member in the order of the published samples (spec 4).

use jiff::Timestamp as Moment;
use matchwright_amazon::{Arns, Kind};
use matchwright_engine::{
    AcceptanceOutcome, EndReason, Event, EventKind, EventPlayer, EventTicket, PlacementOutcome, RuleCount,
    Session, Source,
};
use matchwright_model::{PlacementId, Timestamp};
use uuid::Uuid;

use crate::FrontSettings;
use crate::document::Document;
use crate::encode::{CANCELLED, FAILED, NOT_ACCEPTED, TIMED_OUT};

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
        let document = Document::map([
            ("version", Document::text("0")),
            ("id", made(self.id(position))),
            ("detail-type", Document::text(detail_type)),
            ("source", Document::text("aws.gamelift")),
            ("account", Document::text(&self.settings.account)),
            ("time", time(event.at)),
            ("region", Document::text(&self.settings.region)),
            ("resources", Document::List(vec![made(resource)])),
            ("detail", self.detail(event)),
        ]);
        String::from_utf8(document.to_json()).expect("JSON is UTF-8")
    }

    /// The envelope as a notification of SNS over HTTP carries it (D-118).
    pub fn notification(&self, position: u64, event: &Event) -> String {
        let topic = event.notification_target.clone().unwrap_or_default();
        let document = Document::map([
            ("Type", Document::text("Notification")),
            ("MessageId", made(self.id(position))),
            ("TopicArn", made(topic)),
            ("Message", made(self.envelope(position, event))),
            ("Timestamp", time(event.at)),
        ]);
        String::from_utf8(document.to_json()).expect("JSON is UTF-8")
    }

    /// The member `detail`, in the order of the published samples.
    fn detail<'a>(&'a self, event: &'a Event) -> Document<'a> {
        let mut members: Vec<(&str, Document<'a>)> = Vec::new();
        let tickets = ("tickets", Document::List(event.tickets.iter().map(ticket).collect()));
        let custom = event.custom_event_data.as_ref().map(|data| ("customEventData", Document::text(data)));
        let kind = |name: &'static str| ("type", Document::text(name));
        match &event.kind {
            EventKind::Searching { estimated_wait_seconds } => {
                // Seconds, despite the name (D-117).
                let estimate = match estimated_wait_seconds {
                    Some(seconds) => Document::Int(*seconds as i64),
                    None => Document::text("NOT_AVAILABLE"),
                };
                members.extend([
                    tickets,
                    ("estimatedWaitMillis", estimate),
                    kind("MatchmakingSearching"),
                    self.session(event, None),
                ]);
            }
            EventKind::PotentialMatch { match_id, acceptance_timeout, rule_counts, .. } => {
                members.push(tickets);
                members.extend(
                    acceptance_timeout
                        .map(|span| ("acceptanceTimeout", Document::Int(span.as_secs() as i64))),
                );
                members.extend([
                    metrics(rule_counts),
                    ("acceptanceRequired", Document::Bool(acceptance_timeout.is_some())),
                    kind("PotentialMatchCreated"),
                    self.session(event, None),
                    ("matchId", made(match_id)),
                ]);
            }
            EventKind::Answered { match_id } => {
                members.extend([
                    tickets,
                    kind("AcceptMatch"),
                    self.session(event, None),
                    ("matchId", made(match_id)),
                ]);
            }
            EventKind::AcceptanceEnded { match_id, outcome } => {
                let acceptance = match outcome {
                    AcceptanceOutcome::Accepted => "Accepted",
                    AcceptanceOutcome::Rejected => "Rejected",
                    AcceptanceOutcome::TimedOut => "TimedOut",
                };
                members.extend([
                    tickets,
                    ("acceptance", Document::text(acceptance)),
                    kind("AcceptMatchCompleted"),
                    self.session(event, None),
                    ("matchId", made(match_id)),
                ]);
            }
            EventKind::Succeeded { match_id, session: placed, .. } => {
                let info = self.session(event, placed.as_deref());
                members.extend([tickets, kind("MatchmakingSucceeded"), info, ("matchId", made(match_id))]);
            }
            EventKind::TimedOut { rule_counts } => members.extend([
                ("reason", Document::text("TimedOut")),
                tickets,
                metrics(rule_counts),
                kind("MatchmakingTimedOut"),
                ("message", Document::text(TIMED_OUT)),
                self.session(event, None),
            ]),
            EventKind::Cancelled { match_id, reason, rule_counts } => {
                let message = if *reason == EndReason::NotAccepted { NOT_ACCEPTED } else { CANCELLED };
                members.extend([
                    ("reason", Document::text("Cancelled")),
                    tickets,
                    metrics(rule_counts),
                    kind("MatchmakingCancelled"),
                    ("message", Document::text(message)),
                    self.session(event, None),
                ]);
                members.extend(match_id.map(|id| ("matchId", made(id))));
            }
            EventKind::PlacementEnded { placement, started_at, outcome } => {
                members.extend(self.placement(event.at, placement, *started_at, outcome));
            }
            EventKind::Failed { match_id, rule_counts } => {
                members.push(tickets);
                members.extend(custom.clone());
                members.extend([
                    metrics(rule_counts),
                    kind("MatchmakingFailed"),
                    ("reason", Document::text("UNEXPECTED_ERROR")),
                    ("message", Document::text(FAILED)),
                    self.session(event, None),
                    ("matchId", made(match_id)),
                ]);
            }
        }
        if !members.iter().any(|(key, _)| *key == "customEventData") {
            members.extend(custom);
        }
        Document::map(members)
    }

    /// What becomes of a placement (spec 3.5).
    fn placement<'a>(
        &'a self,
        ended_at: Timestamp,
        id: &'a PlacementId,
        started_at: Timestamp,
        outcome: &'a PlacementOutcome,
    ) -> Vec<(&'static str, Document<'a>)> {
        let (kind, session) = match outcome {
            PlacementOutcome::Fulfilled(session) => ("PlacementFulfilled", Some(session)),
            PlacementOutcome::Cancelled => ("PlacementCancelled", None),
            PlacementOutcome::TimedOut => ("PlacementTimedOut", None),
            PlacementOutcome::Failed => ("PlacementFailed", None),
        };
        let mut members = vec![("type", Document::text(kind)), ("placementId", Document::text(id))];
        if let Some(session) = session {
            // The port is a text here.
            members.push(("port", made(session.port)));
            members.push(("gameSessionArn", made(self.arns.game_session(&session.id))));
            members.extend(session.ip.as_ref().map(|ip| ("ipAddress", Document::text(ip))));
            members.extend(session.dns.as_ref().map(|dns| ("dnsName", Document::text(dns))));
            members.push(("gameSessionRegion", Document::text(&self.settings.region)));
            let placed = session.player_sessions.iter().map(|(player, id)| {
                Document::map([("playerId", Document::text(player)), ("playerSessionId", Document::text(id))])
            });
            members.push(("placedPlayerSessions", Document::List(placed.collect())));
        }
        members.extend([("startTime", time(started_at)), ("endTime", time(ended_at))]);
        members
    }

    /// All players in a row, and where they play once that is known.
    fn session<'a>(&self, event: &'a Event, placed: Option<&'a Session>) -> (&'static str, Document<'a>) {
        let players = event.tickets.iter().flat_map(|ticket| &ticket.players).map(player).collect();
        let members = [
            placed.map(|session| ("gameSessionArn", made(self.arns.game_session(&session.id)))),
            placed.and_then(|session| session.ip.as_ref()).map(|ip| ("ipAddress", Document::text(ip))),
            placed.map(|session| ("port", Document::Int(i64::from(session.port)))),
            Some(("players", Document::List(players))),
        ];
        ("gameSessionInfo", Document::map(members.into_iter().flatten()))
    }
}

/// Made here, where the event holds no text.
fn made(text: impl ToString) -> Document<'static> {
    Document::Text(text.to_string().into())
}

/// ISO 8601 in UTC with milliseconds.
fn time(at: Timestamp) -> Document<'static> {
    let moment = Moment::from_millisecond(at.0 as i64).unwrap_or(Moment::UNIX_EPOCH);
    made(format_args!("{moment:.3}"))
}

fn ticket(ticket: &EventTicket) -> Document<'_> {
    Document::map([
        ("ticketId", Document::text(&ticket.id)),
        ("startTime", time(ticket.started_at)),
        ("players", Document::List(ticket.players.iter().map(player).collect())),
    ])
}

fn player(player: &EventPlayer) -> Document<'_> {
    let members = [
        Some(("playerId", Document::text(&player.id))),
        player.session.as_ref().map(|id| ("playerSessionId", Document::text(id))),
        player.team.as_ref().map(|team| ("team", Document::text(team))),
        player.accepted.map(|accepted| ("accepted", Document::Bool(accepted))),
    ];
    Document::map(members.into_iter().flatten())
}

fn metrics(counts: &[RuleCount]) -> (&'static str, Document<'_>) {
    fn count(one: &RuleCount) -> Document<'_> {
        Document::map([
            ("ruleName", Document::text(&one.rule)),
            ("passedCount", Document::Int(one.passed as i64)),
            ("failedCount", Document::Int(one.failed as i64)),
        ])
    }
    ("ruleEvaluationMetrics", Document::List(counts.iter().map(count).collect()))
}
