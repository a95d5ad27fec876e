//! From the engine's types to version 1.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_engine as engine;
use matchwright_model as model;

use super::*;

impl<'a> From<&'a engine::Record> for Record<'a> {
    fn from(record: &'a engine::Record) -> Self {
        Self { at: record.at.0, change: (&record.change).into() }
    }
}

impl<'a> From<&'a engine::Change> for Change<'a> {
    fn from(change: &'a engine::Change) -> Self {
        use engine::Change as From;
        match change {
            From::RuleSetCreated { name, body, tags } => {
                Self::RuleSetCreated { name: name.as_str(), body, tags: texts(tags) }
            }
            From::RuleSetDeleted { name } => Self::RuleSetDeleted { name: name.as_str() },
            From::MatchmakerCreated { name, fields, tags } => Self::MatchmakerCreated {
                name: name.as_str(),
                fields: fields.as_ref().into(),
                tags: texts(tags),
            },
            From::MatchmakerUpdated { name, fields } => {
                Self::MatchmakerUpdated { name: name.as_str(), fields: fields.as_ref().into() }
            }
            From::MatchmakerDeleted { name } => Self::MatchmakerDeleted { name: name.as_str() },
            From::TagsReplaced { resource, tags } => {
                Self::TagsReplaced { resource: resource.into(), tags: texts(tags) }
            }
            From::TicketStarted { asked, deadline } => {
                let (id, matchmaker) = (asked.id.as_str(), asked.matchmaker.as_str());
                let (players, deadline) = (Players::Lent(&asked.players), deadline.0);
                match &asked.kind {
                    engine::TicketKind::Matchmaking => {
                        Self::TicketStarted { id, matchmaker, players, deadline }
                    }
                    engine::TicketKind::Backfill { game_session } => {
                        let game_session = game_session.as_deref();
                        Self::BackfillStarted { id, matchmaker, game_session, players, deadline }
                    }
                }
            }
            From::TicketSearching { id, reason } => {
                Self::TicketSearching { id: id.as_str(), reason: reason.map(Into::into) }
            }
            From::TicketCancelled { id, reason, rule_counts } => Self::TicketCancelled {
                id: id.as_str(),
                reason: (*reason).into(),
                rule_counts: list(rule_counts),
            },
            From::TicketTimedOut { id, rule_counts } => {
                Self::TicketTimedOut { id: id.as_str(), rule_counts: list(rule_counts) }
            }
            From::TicketForgotten { id } => Self::TicketForgotten { id: id.as_str() },
            From::MatchProposed { id, matchmaker, seats, acceptance_deadline, region, rule_counts } => {
                Self::MatchProposed {
                    id: MatchId(*id),
                    matchmaker: matchmaker.as_str(),
                    seats: list(seats),
                    acceptance_deadline: acceptance_deadline.map(|at| at.0),
                    region: region.as_ref().map(model::Region::as_str),
                    rule_counts: list(rule_counts),
                }
            }
            From::ProposalAnswered { id, ticket, players, accept } => Self::ProposalAnswered {
                id: MatchId(*id),
                ticket: ticket.as_str(),
                players: players.iter().map(model::PlayerId::as_str).collect(),
                accept: *accept,
            },
            From::AcceptanceEnded { id, outcome } => {
                Self::AcceptanceEnded { id: MatchId(*id), outcome: (*outcome).into() }
            }
            From::PlacementStarted { id } => Self::PlacementStarted { id: MatchId(*id) },
            From::PlacementAbandoned { id } => Self::PlacementAbandoned { id: MatchId(*id) },
            From::MatchCompleted { id, session } => {
                Self::MatchCompleted { id: MatchId(*id), session: session.as_deref().map(Into::into) }
            }
            From::MatchFailed { id, rule_counts } => {
                Self::MatchFailed { id: MatchId(*id), rule_counts: list(rule_counts) }
            }
            From::SinkAdvanced { sink, position } => Self::SinkAdvanced { sink, position: *position },
            From::TicketRestored { ticket } => {
                Self::TicketRestored { ticket: Box::new(ticket.as_ref().into()) }
            }
            From::MatchRestored { id, open } => {
                Self::MatchRestored { id: MatchId(*id), open: Box::new(open.as_ref().into()) }
            }
            From::WaitsRestored { matchmaker, minute, tickets, total_ms } => Self::WaitsRestored {
                matchmaker: matchmaker.as_str(),
                minute: *minute,
                tickets: *tickets,
                total_ms: *total_ms,
            },
            From::Hosting(change) => Self::Hosting(Box::new(change.as_ref().into())),
        }
    }
}

impl<'a> From<&'a engine::MatchmakerFields> for MatchmakerFields<'a> {
    fn from(fields: &'a engine::MatchmakerFields) -> Self {
        Self {
            description: fields.description.as_deref(),
            rule_set: fields.rule_set.as_str(),
            request_timeout_ms: milliseconds(fields.request_timeout),
            acceptance_required: fields.acceptance_required,
            acceptance_timeout_ms: fields.acceptance_timeout.map(milliseconds),
            mode: fields.mode.map(Into::into),
            queues: fields.queues.iter().map(model::QueueName::as_str).collect(),
            notification_target: fields.notification_target.as_deref(),
            additional_players: fields.additional_players,
            custom_event_data: fields.custom_event_data.as_deref(),
            game_properties: fields.game_properties.iter().map(|(key, value)| (&**key, &**value)).collect(),
            game_session_data: fields.game_session_data.as_deref(),
            backfill_mode: fields.backfill_mode.map(Into::into),
        }
    }
}

impl From<engine::Mode> for Mode {
    fn from(mode: engine::Mode) -> Self {
        match mode {
            engine::Mode::Standalone => Self::Standalone,
            engine::Mode::WithQueue => Self::WithQueue,
        }
    }
}

impl From<engine::BackfillMode> for BackfillMode {
    fn from(mode: engine::BackfillMode) -> Self {
        match mode {
            engine::BackfillMode::Automatic => Self::Automatic,
            engine::BackfillMode::Manual => Self::Manual,
        }
    }
}

impl<'a> From<&'a engine::Resource> for Resource<'a> {
    fn from(resource: &'a engine::Resource) -> Self {
        match resource {
            engine::Resource::RuleSet(name) => Self::RuleSet(name.as_str()),
            engine::Resource::Matchmaker(name) => Self::Matchmaker(name.as_str()),
            engine::Resource::Hosted(resource) => Self::Hosted(resource.into()),
        }
    }
}

impl<'a> From<&'a model::Player> for Player<'a> {
    fn from(player: &'a model::Player) -> Self {
        Self {
            id: player.id.as_str(),
            attributes: Entries::Lent(&player.attributes),
            latencies: Entries::Lent(&player.latencies),
            team: player.team.as_ref().map(model::TeamName::as_str),
        }
    }
}

impl<'a> From<&'a model::AttributeValue> for AttributeValue<'a> {
    fn from(value: &'a model::AttributeValue) -> Self {
        use model::AttributeValue as From;
        match value {
            From::Text(text) => Self::Text(text),
            From::Number(number) => Self::Number(*number),
            From::TextList(texts) => Self::TextList(texts.iter().map(String::as_str).collect()),
            From::NumberMap(map) => Self::NumberMap(Entries::Lent(map)),
        }
    }
}

impl<'a> From<&'a engine::Seat> for Seat<'a> {
    fn from(seat: &'a engine::Seat) -> Self {
        Self { ticket: seat.ticket.as_str(), player: seat.player.as_str(), team: seat.team.as_str() }
    }
}

impl<'a> From<&'a engine::RuleCount> for RuleCount<'a> {
    fn from(count: &'a engine::RuleCount) -> Self {
        Self { rule: &count.rule, passed: count.passed, failed: count.failed }
    }
}

impl From<engine::EndReason> for EndReason {
    fn from(reason: engine::EndReason) -> Self {
        use engine::EndReason as From;
        match reason {
            From::Stopped => Self::Stopped,
            From::Requeued => Self::Requeued,
            From::Replaced => Self::Replaced,
            From::NotAccepted => Self::NotAccepted,
            From::OthersNotAccepted => Self::OthersNotAccepted,
            From::ProposalWithdrawn => Self::ProposalWithdrawn,
            From::NoCapacity => Self::NoCapacity,
            From::GameEnded => Self::GameEnded,
        }
    }
}

impl From<engine::AcceptanceOutcome> for AcceptanceOutcome {
    fn from(outcome: engine::AcceptanceOutcome) -> Self {
        match outcome {
            engine::AcceptanceOutcome::Accepted => Self::Accepted,
            engine::AcceptanceOutcome::Rejected => Self::Rejected,
            engine::AcceptanceOutcome::TimedOut => Self::TimedOut,
        }
    }
}

impl<'a> From<&'a engine::Session> for Session<'a> {
    fn from(session: &'a engine::Session) -> Self {
        let sessions = session.player_sessions.iter();
        Self {
            id: session.id.as_str(),
            ip: session.ip.as_deref(),
            dns: session.dns.as_deref(),
            port: session.port,
            player_sessions: sessions.map(|(player, session)| (player.as_str(), session.as_str())).collect(),
        }
    }
}

impl<'a> From<&'a engine::Ticket> for Ticket<'a> {
    fn from(ticket: &'a engine::Ticket) -> Self {
        let teams = ticket.matched.iter().flat_map(|matched| &matched.teams);
        Self {
            id: ticket.id.as_str(),
            matchmaker: ticket.matchmaker.as_str(),
            kind: match &ticket.kind {
                engine::TicketKind::Matchmaking => TicketKind::Matchmaking,
                engine::TicketKind::Backfill { game_session } => {
                    TicketKind::Backfill { game_session: game_session.as_deref() }
                }
            },
            players: Players::Lent(&ticket.players),
            started_at: ticket.started_at.0,
            deadline: ticket.deadline.0,
            status: ticket.status.into(),
            reason: ticket.reason.map(Into::into),
            teams: teams.map(|(player, team)| (player.as_str(), team.as_str())).collect(),
            last_match: ticket.last_match().map(MatchId),
            session: ticket.session().map(Into::into),
        }
    }
}

impl From<engine::Status> for Status {
    fn from(status: engine::Status) -> Self {
        use engine::Status as From;
        match status {
            From::Queued => Self::Queued,
            From::Searching => Self::Searching,
            From::Proposed { match_id } => Self::Proposed { match_id: MatchId(match_id) },
            From::Placing { match_id } => Self::Placing { match_id: MatchId(match_id) },
            From::Completed { at } => Self::Completed { at: at.0 },
            From::Failed { at } => Self::Failed { at: at.0 },
            From::Cancelled { at } => Self::Cancelled { at: at.0 },
            From::TimedOut { at } => Self::TimedOut { at: at.0 },
        }
    }
}

impl<'a> From<&'a engine::Match> for Match<'a> {
    fn from(open: &'a engine::Match) -> Self {
        Self {
            matchmaker: open.matchmaker.as_str(),
            seats: list(&open.seats),
            phase: match open.phase {
                engine::MatchPhase::Acceptance { deadline } => {
                    MatchPhase::Acceptance { deadline: deadline.0 }
                }
                engine::MatchPhase::Placing => MatchPhase::Placing,
            },
            answers: open.answers.iter().map(|(player, accept)| (player.as_str(), *accept)).collect(),
            region: open.region.as_ref().map(model::Region::as_str),
        }
    }
}

pub(super) fn list<'a, From, To>(items: &'a [From]) -> Vec<To>
where
    To: std::convert::From<&'a From>,
{
    items.iter().map(Into::into).collect()
}

pub(super) fn texts(map: &BTreeMap<String, String>) -> Texts<'_> {
    map.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

pub(super) fn milliseconds(span: Duration) -> u64 {
    span.as_millis() as u64
}
