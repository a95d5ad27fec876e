//! From version 1 to the engine's types.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use matchwright_engine as engine;
use matchwright_model as model;
use matchwright_model::Timestamp;

use super::*;

impl From<Record<'_>> for engine::Record {
    fn from(record: Record<'_>) -> Self {
        Self { at: Timestamp(record.at), change: record.change.into() }
    }
}

impl From<Change<'_>> for engine::Change {
    fn from(change: Change<'_>) -> Self {
        use Change as From;
        match change {
            From::RuleSetCreated { name, body, tags } => {
                Self::RuleSetCreated { name: name.into(), body: body.to_string(), tags: texts(tags) }
            }
            From::RuleSetDeleted { name } => Self::RuleSetDeleted { name: name.into() },
            From::MatchmakerCreated { name, fields, tags } => Self::MatchmakerCreated {
                name: name.into(),
                fields: Box::new(fields.into()),
                tags: texts(tags),
            },
            From::MatchmakerUpdated { name, fields } => {
                Self::MatchmakerUpdated { name: name.into(), fields: Box::new(fields.into()) }
            }
            From::MatchmakerDeleted { name } => Self::MatchmakerDeleted { name: name.into() },
            From::TagsReplaced { resource, tags } => {
                Self::TagsReplaced { resource: resource.into(), tags: texts(tags) }
            }
            From::TicketStarted { id, matchmaker, players, deadline } => Self::TicketStarted {
                asked: Arc::new(asked(id, matchmaker, TicketKind::Matchmaking, players)),
                deadline: Timestamp(deadline),
            },
            From::BackfillStarted { id, matchmaker, game_session, players, deadline } => {
                let kind = TicketKind::Backfill { game_session };
                Self::TicketStarted {
                    asked: Arc::new(asked(id, matchmaker, kind, players)),
                    deadline: Timestamp(deadline),
                }
            }
            From::TicketSearching { id, reason } => {
                Self::TicketSearching { id: id.into(), reason: reason.map(Into::into) }
            }
            From::TicketCancelled { id, reason, rule_counts } => {
                Self::TicketCancelled { id: id.into(), reason: reason.into(), rule_counts: list(rule_counts) }
            }
            From::TicketTimedOut { id, rule_counts } => {
                Self::TicketTimedOut { id: id.into(), rule_counts: list(rule_counts) }
            }
            From::TicketForgotten { id } => Self::TicketForgotten { id: id.into() },
            From::MatchProposed { id, matchmaker, seats, acceptance_deadline, region, rule_counts } => {
                Self::MatchProposed {
                    id: id.into(),
                    matchmaker: matchmaker.into(),
                    seats: list(seats),
                    acceptance_deadline: acceptance_deadline.map(Timestamp),
                    region: region.map(Into::into),
                    rule_counts: list(rule_counts),
                }
            }
            From::ProposalAnswered { id, ticket, players, accept } => Self::ProposalAnswered {
                id: id.into(),
                ticket: ticket.into(),
                players: list(players),
                accept,
            },
            From::AcceptanceEnded { id, outcome } => {
                Self::AcceptanceEnded { id: id.into(), outcome: outcome.into() }
            }
            From::PlacementStarted { id } => Self::PlacementStarted { id: id.into() },
            From::PlacementAbandoned { id } => Self::PlacementAbandoned { id: id.into() },
            From::MatchCompleted { id, session } => Self::MatchCompleted {
                id: id.into(),
                session: session.map(|session| Box::new(session.into())),
            },
            From::MatchFailed { id, rule_counts } => {
                Self::MatchFailed { id: id.into(), rule_counts: list(rule_counts) }
            }
            From::SinkAdvanced { sink, position } => Self::SinkAdvanced { sink: sink.to_string(), position },
            From::TicketRestored { ticket } => Self::TicketRestored { ticket: Box::new((*ticket).into()) },
            From::MatchRestored { id, open } => {
                Self::MatchRestored { id: id.into(), open: Box::new((*open).into()) }
            }
            From::WaitsRestored { matchmaker, minute, tickets, total_ms } => {
                Self::WaitsRestored { matchmaker: matchmaker.into(), minute, tickets, total_ms }
            }
            From::Hosting(change) => Self::Hosting(Box::new((*change).into())),
        }
    }
}

impl From<MatchmakerFields<'_>> for engine::MatchmakerFields {
    fn from(fields: MatchmakerFields<'_>) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_string);
        let properties = fields.game_properties.into_iter();
        Self {
            description: owned(fields.description),
            rule_set: fields.rule_set.into(),
            request_timeout: Duration::from_millis(fields.request_timeout_ms),
            acceptance_required: fields.acceptance_required,
            acceptance_timeout: fields.acceptance_timeout_ms.map(Duration::from_millis),
            mode: fields.mode.map(Into::into),
            queues: list(fields.queues),
            notification_target: owned(fields.notification_target),
            additional_players: fields.additional_players,
            custom_event_data: owned(fields.custom_event_data),
            game_properties: properties.map(|(key, value)| (key.to_string(), value.to_string())).collect(),
            game_session_data: owned(fields.game_session_data),
            backfill_mode: fields.backfill_mode.map(Into::into),
        }
    }
}

impl From<Mode> for engine::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Standalone => Self::Standalone,
            Mode::WithQueue => Self::WithQueue,
        }
    }
}

impl From<BackfillMode> for engine::BackfillMode {
    fn from(mode: BackfillMode) -> Self {
        match mode {
            BackfillMode::Automatic => Self::Automatic,
            BackfillMode::Manual => Self::Manual,
        }
    }
}

impl From<Resource<'_>> for engine::Resource {
    fn from(resource: Resource<'_>) -> Self {
        match resource {
            Resource::RuleSet(name) => Self::RuleSet(name.into()),
            Resource::Matchmaker(name) => Self::Matchmaker(name.into()),
            Resource::Hosted(resource) => Self::Hosted(resource.into()),
        }
    }
}

impl From<Player<'_>> for model::Player {
    fn from(player: Player<'_>) -> Self {
        let attributes = player.attributes.into_list().into_iter();
        let latencies = player.latencies.into_list().into_iter();
        Self {
            id: player.id.into(),
            attributes: attributes.map(|(name, value)| (name.into(), value.into())).collect(),
            latencies: latencies.map(|(region, latency)| (region.into(), latency)).collect(),
            team: player.team.map(Into::into),
        }
    }
}

impl From<AttributeValue<'_>> for model::AttributeValue {
    fn from(value: AttributeValue<'_>) -> Self {
        use AttributeValue as From;
        match value {
            From::Text(text) => Self::Text(text.to_string()),
            From::Number(number) => Self::Number(number),
            From::TextList(texts) => Self::TextList(list(texts)),
            From::NumberMap(map) => {
                let entries = map.into_list().into_iter();
                Self::NumberMap(entries.map(|(key, number)| (key.to_string(), number)).collect())
            }
        }
    }
}

impl From<Seat<'_>> for engine::Seat {
    fn from(seat: Seat<'_>) -> Self {
        Self { ticket: seat.ticket.into(), player: seat.player.into(), team: seat.team.into() }
    }
}

impl From<RuleCount<'_>> for engine::RuleCount {
    fn from(count: RuleCount<'_>) -> Self {
        Self { rule: count.rule.to_string(), passed: count.passed, failed: count.failed }
    }
}

impl From<EndReason> for engine::EndReason {
    fn from(reason: EndReason) -> Self {
        use EndReason as From;
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

impl From<AcceptanceOutcome> for engine::AcceptanceOutcome {
    fn from(outcome: AcceptanceOutcome) -> Self {
        match outcome {
            AcceptanceOutcome::Accepted => Self::Accepted,
            AcceptanceOutcome::Rejected => Self::Rejected,
            AcceptanceOutcome::TimedOut => Self::TimedOut,
        }
    }
}

impl From<Session<'_>> for engine::Session {
    fn from(session: Session<'_>) -> Self {
        let sessions = session.player_sessions.into_iter();
        Self {
            id: session.id.into(),
            ip: session.ip.map(str::to_string),
            dns: session.dns.map(str::to_string),
            port: session.port,
            player_sessions: sessions.map(|(player, session)| (player.into(), session.to_string())).collect(),
        }
    }
}

impl From<Ticket<'_>> for engine::Ticket {
    fn from(ticket: Ticket<'_>) -> Self {
        let teams = ticket.teams.into_iter().map(|(player, team)| (player.into(), team.into()));
        let matched = ticket.last_match.map(|id| engine::Matched {
            id: id.into(),
            teams: teams.collect(),
            session: ticket.session.map(Into::into),
        });
        Self {
            asked: Arc::new(asked(ticket.id, ticket.matchmaker, ticket.kind, ticket.players)),
            started_at: Timestamp(ticket.started_at),
            deadline: Timestamp(ticket.deadline),
            status: ticket.status.into(),
            reason: ticket.reason.map(Into::into),
            matched: matched.map(Box::new),
        }
    }
}

fn asked(id: &str, matchmaker: &str, kind: TicketKind<'_>, players: Players<'_>) -> engine::Asked {
    engine::Asked {
        id: id.into(),
        matchmaker: matchmaker.into(),
        kind: match kind {
            TicketKind::Matchmaking => engine::TicketKind::Matchmaking,
            TicketKind::Backfill { game_session } => {
                engine::TicketKind::Backfill { game_session: game_session.map(str::to_string) }
            }
        },
        players: players.into(),
    }
}

impl From<Status> for engine::Status {
    fn from(status: Status) -> Self {
        use Status as From;
        match status {
            From::Queued => Self::Queued,
            From::Searching => Self::Searching,
            From::Proposed { match_id } => Self::Proposed { match_id: match_id.into() },
            From::Placing { match_id } => Self::Placing { match_id: match_id.into() },
            From::Completed { at } => Self::Completed { at: Timestamp(at) },
            From::Failed { at } => Self::Failed { at: Timestamp(at) },
            From::Cancelled { at } => Self::Cancelled { at: Timestamp(at) },
            From::TimedOut { at } => Self::TimedOut { at: Timestamp(at) },
        }
    }
}

impl From<Match<'_>> for engine::Match {
    fn from(open: Match<'_>) -> Self {
        Self {
            matchmaker: open.matchmaker.into(),
            seats: list(open.seats),
            phase: match open.phase {
                MatchPhase::Acceptance { deadline } => {
                    engine::MatchPhase::Acceptance { deadline: Timestamp(deadline) }
                }
                MatchPhase::Placing => engine::MatchPhase::Placing,
            },
            answers: open.answers.into_iter().map(|(player, accept)| (player.into(), accept)).collect(),
            region: open.region.map(Into::into),
        }
    }
}

impl From<MatchId> for model::MatchId {
    fn from(id: MatchId) -> Self {
        id.0
    }
}

pub(super) fn list<From, To: std::convert::From<From>>(items: Vec<From>) -> Vec<To> {
    items.into_iter().map(Into::into).collect()
}

pub(super) fn texts(map: Texts<'_>) -> BTreeMap<String, String> {
    map.into_iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}
