//! From hosting's types to version 1.

use matchwright_hosting as hosting;
use matchwright_model as model;

use super::super::store::{list, milliseconds, texts};
use super::*;

impl<'a> From<&'a hosting::Change> for Change<'a> {
    fn from(change: &'a hosting::Change) -> Self {
        use hosting::Change as From;
        match change {
            From::LocationCreated { name, tags } => {
                Self::LocationCreated { name: name.as_str(), tags: texts(tags) }
            }
            From::LocationDeleted { name } => Self::LocationDeleted { name: name.as_str() },
            From::FleetCreated { id, fields, locations, tags } => Self::FleetCreated {
                id: id.as_str(),
                fields: fields.into(),
                locations: names(locations),
                tags: texts(tags),
            },
            From::FleetUpdated { id, fields } => {
                Self::FleetUpdated { id: id.as_str(), fields: fields.into() }
            }
            From::FleetLocationsChanged { id, locations } => {
                Self::FleetLocationsChanged { id: id.as_str(), locations: names(locations) }
            }
            From::FleetDeleting { id } => Self::FleetDeleting { id: id.as_str() },
            From::FleetDeleted { id } => Self::FleetDeleted { id: id.as_str() },
            From::AliasCreated { id, fields, tags } => {
                Self::AliasCreated { id: id.as_str(), fields: fields.into(), tags: texts(tags) }
            }
            From::AliasUpdated { id, fields } => {
                Self::AliasUpdated { id: id.as_str(), fields: fields.into() }
            }
            From::AliasDeleted { id } => Self::AliasDeleted { id: id.as_str() },
            From::ComputeRegistered { fleet, name, fields } => {
                Self::ComputeRegistered { fleet: fleet.as_str(), name: name.as_str(), fields: fields.into() }
            }
            From::ComputeDeregistered { fleet, name } => {
                Self::ComputeDeregistered { fleet: fleet.as_str(), name: name.as_str() }
            }
            From::TokenIssued { fleet, compute, token } => {
                Self::TokenIssued { fleet: fleet.as_str(), compute: compute.as_str(), token: token.into() }
            }
            From::QueueCreated { name, fields, tags } => {
                Self::QueueCreated { name: name.as_str(), fields: fields.into(), tags: texts(tags) }
            }
            From::QueueUpdated { name, fields } => {
                Self::QueueUpdated { name: name.as_str(), fields: fields.into() }
            }
            From::QueueDeleted { name } => Self::QueueDeleted { name: name.as_str() },
            From::TagsReplaced { resource, tags } => {
                Self::TagsReplaced { resource: resource.into(), tags: texts(tags) }
            }
            From::ProcessConnected { process, sdk, ready_by } => {
                Self::ProcessConnected { process: process.into(), sdk: sdk.into(), ready_by: ready_by.0 }
            }
            From::ProcessReconnected { process } => Self::ProcessReconnected { process: process.into() },
            From::ProcessDisconnected { process, until } => {
                Self::ProcessDisconnected { process: process.into(), until: until.0 }
            }
            From::ConnectionsLost { until } => Self::ConnectionsLost { until: until.0 },
            From::ProcessReady { process, port, log_paths } => {
                Self::ProcessReady { process: process.into(), port: *port, log_paths: names(log_paths) }
            }
            From::ProcessTerminating { process, by, is_unhealthy } => {
                Self::ProcessTerminating { process: process.into(), by: by.0, is_unhealthy: *is_unhealthy }
            }
            From::ProcessEnded { process, cause } => {
                Self::ProcessEnded { process: process.into(), cause: (*cause).into() }
            }
            From::ProcessForgotten { process } => Self::ProcessForgotten { process: process.into() },
            From::SessionStarted { id, process, fields, placement, roster, activate_by } => {
                Self::SessionStarted {
                    id: id.as_str(),
                    process: process.into(),
                    fields: fields.into(),
                    placement: placement.as_ref().map(model::PlacementId::as_str),
                    roster: roster.as_deref().map(Into::into),
                    activate_by: activate_by.0,
                }
            }
            From::SessionActivated { id } => Self::SessionActivated { id: id.as_str() },
            From::SessionUpdated { id, fields } => {
                Self::SessionUpdated { id: id.as_str(), fields: fields.into() }
            }
            From::SessionTerminating { id } => Self::SessionTerminating { id: id.as_str() },
            From::SessionEnded { id, end } => Self::SessionEnded { id: id.as_str(), end: (*end).into() },
            From::SessionForgotten { id } => Self::SessionForgotten { id: id.as_str() },
            From::SessionInformed { id, reason, backfill, roster } => Self::SessionInformed {
                id: id.as_str(),
                reason: (*reason).into(),
                backfill: backfill.as_ref().map(model::TicketId::as_str),
                roster: roster.as_deref().map(Into::into),
            },
            From::PlayersReserved { session, seats, until } => {
                Self::PlayersReserved { session: session.as_str(), seats: list(seats), until: until.0 }
            }
            From::PlayerAccepted { session, player_session } => {
                Self::PlayerAccepted { session: session.as_str(), player_session: player_session.as_str() }
            }
            From::PlayerLeft { session, player_session } => {
                Self::PlayerLeft { session: session.as_str(), player_session: player_session.as_str() }
            }
            From::ReservationTimedOut { session, player_session } => Self::ReservationTimedOut {
                session: session.as_str(),
                player_session: player_session.as_str(),
            },
            From::PlacementStarted { request, deadline } => {
                Self::PlacementStarted { request: request.into(), deadline: deadline.0 }
            }
            From::PlacementRelaxed { id } => Self::PlacementRelaxed { id: id.as_str() },
            From::PlacementFulfilled { id } => Self::PlacementFulfilled { id: id.as_str() },
            From::PlacementCancelled { id } => Self::PlacementCancelled { id: id.as_str() },
            From::PlacementTimedOut { id } => Self::PlacementTimedOut { id: id.as_str() },
            From::PlacementFailed { id } => Self::PlacementFailed { id: id.as_str() },
            From::PlacementForgotten { id } => Self::PlacementForgotten { id: id.as_str() },
            From::FleetRestored { id, fleet } => {
                Self::FleetRestored { id: id.as_str(), fleet: fleet.as_ref().into() }
            }
            From::ProcessRestored { process } => Self::ProcessRestored { process: process.as_ref().into() },
            From::SessionRestored { session } => Self::SessionRestored { session: session.as_ref().into() },
            From::PlacementRestored { placement } => {
                Self::PlacementRestored { placement: placement.as_ref().into() }
            }
            From::SessionHosted { id, placement, server, until, reservation } => Self::SessionHosted {
                id: id.as_str(),
                placement: placement.as_str(),
                server: server.into(),
                until: until.0,
                reservation_ms: milliseconds(*reservation),
            },
        }
    }
}

impl<'a> From<&'a hosting::Resource> for Resource<'a> {
    fn from(resource: &'a hosting::Resource) -> Self {
        use hosting::Resource as From;
        match resource {
            From::Location(name) => Self::Location(name.as_str()),
            From::Fleet(id) => Self::Fleet(id.as_str()),
            From::Alias(id) => Self::Alias(id.as_str()),
            From::Queue(name) => Self::Queue(name.as_str()),
        }
    }
}

impl<'a> From<&'a hosting::FleetFields> for FleetFields<'a> {
    fn from(fields: &'a hosting::FleetFields) -> Self {
        Self {
            name: &fields.name,
            description: fields.description.as_deref(),
            cost: fields.cost.map(|cost| cost.0),
            is_protected: fields.is_protected,
            creation_limit: fields.creation_limit.map(Into::into),
            metric_group: fields.metric_group.as_deref(),
        }
    }
}

impl From<hosting::CreationLimit> for CreationLimit {
    fn from(limit: hosting::CreationLimit) -> Self {
        Self { sessions: limit.sessions, period_ms: milliseconds(limit.period) }
    }
}

impl<'a> From<&'a hosting::Fleet> for Fleet<'a> {
    fn from(fleet: &'a hosting::Fleet) -> Self {
        Self {
            fields: (&fleet.fields).into(),
            locations: names(&fleet.locations),
            status: fleet.status.into(),
            created_at: fleet.created_at.0,
            computes: Entries::Lent(&fleet.computes),
            tags: texts(&fleet.tags),
            events: fleet.events.iter().map(Into::into).collect(),
            events_count: fleet.events_count,
        }
    }
}

impl From<hosting::FleetStatus> for FleetStatus {
    fn from(status: hosting::FleetStatus) -> Self {
        match status {
            hosting::FleetStatus::Active => Self::Active,
            hosting::FleetStatus::Deleting => Self::Deleting,
        }
    }
}

impl<'a> From<&'a hosting::FleetEvent> for FleetEvent<'a> {
    fn from(event: &'a hosting::FleetEvent) -> Self {
        Self { number: event.number, at: event.at.0, kind: (&event.kind).into() }
    }
}

impl<'a> From<&'a hosting::FleetEventKind> for FleetEventKind<'a> {
    fn from(kind: &'a hosting::FleetEventKind) -> Self {
        use hosting::FleetEventKind as From;
        match kind {
            From::Created => Self::Created,
            From::Deleting => Self::Deleting,
            From::ProcessEnded { compute, process, cause } => Self::ProcessEnded {
                compute: compute.as_str(),
                process: process.as_str(),
                cause: (*cause).into(),
            },
            From::ActivationTimedOut { session } => Self::ActivationTimedOut { session: session.as_str() },
        }
    }
}

impl<'a> From<&'a hosting::Compute> for Compute<'a> {
    fn from(compute: &'a hosting::Compute) -> Self {
        Self {
            fields: (&compute.fields).into(),
            created_at: compute.created_at.0,
            tokens: list(&compute.tokens),
        }
    }
}

impl<'a> From<&'a hosting::ComputeFields> for ComputeFields<'a> {
    fn from(fields: &'a hosting::ComputeFields) -> Self {
        Self {
            location: fields.location.as_str(),
            ip: &fields.ip,
            dns: fields.dns.as_deref(),
            certificate_path: fields.certificate_path.as_deref(),
        }
    }
}

impl<'a> From<&'a hosting::Token> for Token<'a> {
    fn from(token: &'a hosting::Token) -> Self {
        Self { text: &token.text, expires_at: token.expires_at.0 }
    }
}

impl<'a> From<&'a hosting::AliasFields> for AliasFields<'a> {
    fn from(fields: &'a hosting::AliasFields) -> Self {
        Self {
            name: &fields.name,
            description: fields.description.as_deref(),
            routing: match &fields.routing {
                hosting::Routing::Fleet(id) => Routing::Fleet(id.as_str()),
                hosting::Routing::Nowhere { message } => Routing::Nowhere { message },
            },
        }
    }
}

impl<'a> From<&'a hosting::QueueFields> for QueueFields<'a> {
    fn from(fields: &'a hosting::QueueFields) -> Self {
        Self {
            timeout_ms: milliseconds(fields.timeout),
            destinations: list(&fields.destinations),
            latency_policies: list(&fields.latency_policies),
            allowed_locations: names(&fields.allowed_locations),
            priority: list(&fields.priority),
            location_order: names(&fields.location_order),
            custom_event_data: fields.custom_event_data.as_deref(),
            notification_target: fields.notification_target.as_deref(),
        }
    }
}

impl<'a> From<&'a hosting::Destination> for Destination<'a> {
    fn from(destination: &'a hosting::Destination) -> Self {
        match destination {
            hosting::Destination::Fleet(id) => Self::Fleet(id.as_str()),
            hosting::Destination::Alias(id) => Self::Alias(id.as_str()),
        }
    }
}

impl From<&hosting::LatencyPolicy> for LatencyPolicy {
    fn from(policy: &hosting::LatencyPolicy) -> Self {
        Self { max_latency_ms: policy.max_latency_ms, duration_ms: policy.duration.map(milliseconds) }
    }
}

impl From<&hosting::Priority> for Priority {
    fn from(priority: &hosting::Priority) -> Self {
        match priority {
            hosting::Priority::Latency => Self::Latency,
            hosting::Priority::Cost => Self::Cost,
            hosting::Priority::Destination => Self::Destination,
            hosting::Priority::Location => Self::Location,
        }
    }
}

impl<'a> From<&'a hosting::ProcessKey> for ProcessKey<'a> {
    fn from(key: &'a hosting::ProcessKey) -> Self {
        Self { fleet: key.fleet.as_str(), compute: key.compute.as_str(), id: key.id.as_str() }
    }
}

impl<'a> From<&'a hosting::Process> for Process<'a> {
    fn from(process: &'a hosting::Process) -> Self {
        Self {
            key: (&process.key).into(),
            location: process.location.as_str(),
            sdk: (&process.sdk).into(),
            phase: (&process.phase).into(),
            connection: process.connection.into(),
            terminating: process.terminating.map(|by| by.0),
            is_unhealthy: process.is_unhealthy,
            port: process.port,
            log_paths: names(&process.log_paths),
            created_at: process.created_at.0,
        }
    }
}

impl<'a> From<&'a hosting::Sdk> for Sdk<'a> {
    fn from(sdk: &'a hosting::Sdk) -> Self {
        Self { version: &sdk.version, language: &sdk.language }
    }
}

impl<'a> From<&'a hosting::Phase> for Phase<'a> {
    fn from(phase: &'a hosting::Phase) -> Self {
        use hosting::Phase as From;
        match phase {
            From::Starting { ready_by } => Self::Starting { ready_by: ready_by.0 },
            From::Idle { since } => Self::Idle { since: since.0 },
            From::Busy { session } => Self::Busy { session: session.as_str() },
            From::Ended { at, cause } => Self::Ended { at: at.0, cause: (*cause).into() },
        }
    }
}

impl From<hosting::Connection> for Connection {
    fn from(connection: hosting::Connection) -> Self {
        match connection {
            hosting::Connection::Connected => Self::Connected,
            hosting::Connection::Lost { since, until } => Self::Lost { since: since.0, until: until.0 },
        }
    }
}

impl From<hosting::EndCause> for EndCause {
    fn from(cause: hosting::EndCause) -> Self {
        use hosting::EndCause as From;
        match cause {
            From::Exited => Self::Exited,
            From::Crashed => Self::Crashed,
            From::NotReady => Self::NotReady,
            From::Unhealthy => Self::Unhealthy,
            From::NotEnded => Self::NotEnded,
            From::ComputeGone => Self::ComputeGone,
        }
    }
}

impl<'a> From<&'a hosting::GameSession> for GameSession<'a> {
    fn from(session: &'a hosting::GameSession) -> Self {
        Self {
            id: session.id.as_str(),
            fields: (&session.fields).into(),
            host: (&session.host).into(),
            location: session.location.as_str(),
            ip: &session.ip,
            dns: session.dns.as_deref(),
            port: session.port,
            status: session.status.into(),
            created_at: session.created_at.0,
            placement: session.placement.as_ref().map(model::PlacementId::as_str),
            roster: session.roster.as_deref().map(Into::into),
            update: session.update.as_ref().map(Into::into),
            players: list(&session.players),
            occupied: session.occupied,
        }
    }
}

impl<'a> From<&'a hosting::Host> for Host<'a> {
    fn from(host: &'a hosting::Host) -> Self {
        use hosting::Host as From;
        match host {
            From::Process(key) => Self::Process(key.into()),
            From::Elsewhere { until, reservation } => {
                Self::Elsewhere { until: until.0, reservation_ms: milliseconds(*reservation) }
            }
        }
    }
}

impl<'a> From<&'a hosting::Server> for Server<'a> {
    fn from(server: &'a hosting::Server) -> Self {
        Self {
            session: server.session.as_deref(),
            location: server.location.as_str(),
            ip: &server.ip,
            dns: server.dns.as_deref(),
            port: server.port,
        }
    }
}

impl<'a> From<&'a hosting::SessionFields> for SessionFields<'a> {
    fn from(fields: &'a hosting::SessionFields) -> Self {
        Self {
            name: fields.name.as_deref(),
            max_players: fields.max_players,
            properties: properties(&fields.properties),
            data: fields.data.as_deref(),
            creator: fields.creator.as_deref(),
            token: fields.token.as_deref(),
            policy: fields.policy.into(),
            is_protected: fields.is_protected,
        }
    }
}

impl From<hosting::SessionStatus> for SessionStatus {
    fn from(status: hosting::SessionStatus) -> Self {
        use hosting::SessionStatus as From;
        match status {
            From::Activating { by } => Self::Activating { by: by.0 },
            From::Active => Self::Active,
            From::Terminating => Self::Terminating,
            From::Terminated { at, end } => Self::Terminated { at: at.0, end: end.into() },
        }
    }
}

impl From<hosting::JoinPolicy> for JoinPolicy {
    fn from(policy: hosting::JoinPolicy) -> Self {
        match policy {
            hosting::JoinPolicy::AcceptAll => Self::AcceptAll,
            hosting::JoinPolicy::DenyAll => Self::DenyAll,
        }
    }
}

impl From<hosting::SessionEnd> for SessionEnd {
    fn from(end: hosting::SessionEnd) -> Self {
        use hosting::SessionEnd as From;
        match end {
            From::Finished => Self::Finished,
            From::Triggered => Self::Triggered,
            From::Interrupted => Self::Interrupted,
            From::NotActivated => Self::NotActivated,
            From::TimeUp => Self::TimeUp,
        }
    }
}

impl<'a> From<&'a hosting::SessionUpdate> for SessionUpdate<'a> {
    fn from(update: &'a hosting::SessionUpdate) -> Self {
        Self {
            at: update.at.0,
            reason: update.reason.into(),
            backfill: update.backfill.as_ref().map(model::TicketId::as_str),
        }
    }
}

impl From<hosting::UpdateReason> for UpdateReason {
    fn from(reason: hosting::UpdateReason) -> Self {
        use hosting::UpdateReason as From;
        match reason {
            From::RosterChanged => Self::RosterChanged,
            From::BackfillFailed => Self::BackfillFailed,
            From::BackfillTimedOut => Self::BackfillTimedOut,
            From::BackfillCancelled => Self::BackfillCancelled,
        }
    }
}

impl<'a> From<&'a model::Roster> for Roster<'a> {
    fn from(roster: &'a model::Roster) -> Self {
        Self {
            match_id: MatchId(roster.match_id),
            matchmaker: roster.matchmaker.as_str(),
            teams: list(&roster.teams),
            refill: match &roster.refill {
                model::Refill::Off => Refill::Off,
                model::Refill::Resting => Refill::Resting,
                model::Refill::Open(ticket) => Refill::Open(ticket.as_str()),
            },
        }
    }
}

impl<'a> From<&'a model::RosterTeam> for RosterTeam<'a> {
    fn from(team: &'a model::RosterTeam) -> Self {
        Self { name: team.name.as_str(), players: list(&team.players) }
    }
}

impl<'a> Lend<'a, Compute<'a>> for BTreeMap<model::ComputeName, hosting::Compute> {
    fn lend(&'a self) -> impl ExactSizeIterator<Item = (&'a str, Compute<'a>)> {
        self.iter().map(|(name, compute)| (name.as_str(), compute.into()))
    }
}

impl<'a> From<&'a model::RosterPlayer> for RosterPlayer<'a> {
    fn from(player: &'a model::RosterPlayer) -> Self {
        Self {
            id: player.id.as_str(),
            attributes: Entries::Lent(&player.attributes),
            latencies: Entries::Lent(&player.latencies),
        }
    }
}

impl<'a> From<&'a hosting::PlayerSession> for PlayerSession<'a> {
    fn from(session: &'a hosting::PlayerSession) -> Self {
        Self {
            id: session.id.as_str(),
            player: session.player.as_str(),
            data: session.data.as_deref(),
            status: session.status.into(),
            created_at: session.created_at.0,
        }
    }
}

impl From<hosting::PlayerSessionStatus> for PlayerSessionStatus {
    fn from(status: hosting::PlayerSessionStatus) -> Self {
        use hosting::PlayerSessionStatus as From;
        match status {
            From::Reserved { until } => Self::Reserved { until: until.0 },
            From::Active => Self::Active,
            From::Completed { at } => Self::Completed { at: at.0 },
            From::TimedOut { at } => Self::TimedOut { at: at.0 },
        }
    }
}

impl<'a> From<&'a (model::PlayerSessionId, hosting::PlayerRequest)> for Reservation<'a> {
    fn from((id, request): &'a (model::PlayerSessionId, hosting::PlayerRequest)) -> Self {
        Self { id: id.as_str(), request: request.into() }
    }
}

impl<'a> From<&'a hosting::PlayerRequest> for PlayerRequest<'a> {
    fn from(request: &'a hosting::PlayerRequest) -> Self {
        Self { player: request.player.as_str(), data: request.data.as_deref() }
    }
}

impl<'a> From<&'a hosting::Placement> for Placement<'a> {
    fn from(placement: &'a hosting::Placement) -> Self {
        Self {
            id: placement.id.as_str(),
            request: (&placement.request).into(),
            status: placement.status.into(),
            started_at: placement.started_at.0,
            deadline: placement.deadline.0,
            session: placement.session.as_ref().map(model::GameSessionId::as_str),
            attempts: placement.attempts,
            relaxed: placement.relaxed,
        }
    }
}

impl From<hosting::PlacementStatus> for PlacementStatus {
    fn from(status: hosting::PlacementStatus) -> Self {
        use hosting::PlacementStatus as From;
        match status {
            From::Pending => Self::Pending,
            From::Fulfilled { at } => Self::Fulfilled { at: at.0 },
            From::Cancelled { at } => Self::Cancelled { at: at.0 },
            From::TimedOut { at } => Self::TimedOut { at: at.0 },
            From::Failed { at } => Self::Failed { at: at.0 },
        }
    }
}

impl<'a> From<&'a hosting::PlacementRequest> for PlacementRequest<'a> {
    fn from(request: &'a hosting::PlacementRequest) -> Self {
        Self {
            id: request.id.as_str(),
            queue: request.queue.as_str(),
            match_id: request.match_id.map(MatchId),
            max_players: request.max_players,
            name: request.name.as_deref(),
            properties: properties(&request.properties),
            data: request.data.as_deref(),
            roster: request.roster.as_deref().map(Into::into),
            latencies: list(&request.latencies),
            players: list(&request.players),
            order: request.order.as_ref().map(Into::into),
        }
    }
}

impl<'a> From<&'a hosting::PlayerLatency> for PlayerLatency<'a> {
    fn from(latency: &'a hosting::PlayerLatency) -> Self {
        Self {
            player: latency.player.as_str(),
            region: latency.region.as_str(),
            latency_ms: latency.latency_ms,
        }
    }
}

impl<'a> From<&'a hosting::LocationOverride> for LocationOverride<'a> {
    fn from(order: &'a hosting::LocationOverride) -> Self {
        Self {
            locations: names(&order.locations),
            fallback: match order.fallback {
                hosting::Fallback::Queue => Fallback::Queue,
                hosting::Fallback::Nothing => Fallback::Nothing,
            },
        }
    }
}

fn names<'a, T: AsRef<str> + 'a>(items: impl IntoIterator<Item = &'a T>) -> Vec<&'a str> {
    items.into_iter().map(AsRef::as_ref).collect()
}

fn properties(pairs: &[(String, String)]) -> Properties<'_> {
    pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}
