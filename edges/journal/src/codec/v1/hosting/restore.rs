//! From version 1 to hosting's types.

use std::sync::Arc;
use std::time::Duration;

use matchwright_hosting as hosting;
use matchwright_model as model;
use matchwright_model::Timestamp;

use super::super::restore::{list, texts};
use super::*;

impl From<Change<'_>> for hosting::Change {
    fn from(change: Change<'_>) -> Self {
        use Change as From;
        match change {
            From::LocationCreated { name, tags } => {
                Self::LocationCreated { name: name.into(), tags: texts(tags) }
            }
            From::LocationDeleted { name } => Self::LocationDeleted { name: name.into() },
            From::FleetCreated { id, fields, locations, tags } => Self::FleetCreated {
                id: id.into(),
                fields: fields.into(),
                locations: locations.into_iter().map(Into::into).collect(),
                tags: texts(tags),
            },
            From::FleetUpdated { id, fields } => Self::FleetUpdated { id: id.into(), fields: fields.into() },
            From::FleetLocationsChanged { id, locations } => Self::FleetLocationsChanged {
                id: id.into(),
                locations: locations.into_iter().map(Into::into).collect(),
            },
            From::FleetDeleting { id } => Self::FleetDeleting { id: id.into() },
            From::FleetDeleted { id } => Self::FleetDeleted { id: id.into() },
            From::AliasCreated { id, fields, tags } => {
                Self::AliasCreated { id: id.into(), fields: fields.into(), tags: texts(tags) }
            }
            From::AliasUpdated { id, fields } => Self::AliasUpdated { id: id.into(), fields: fields.into() },
            From::AliasDeleted { id } => Self::AliasDeleted { id: id.into() },
            From::ComputeRegistered { fleet, name, fields } => {
                Self::ComputeRegistered { fleet: fleet.into(), name: name.into(), fields: fields.into() }
            }
            From::ComputeDeregistered { fleet, name } => {
                Self::ComputeDeregistered { fleet: fleet.into(), name: name.into() }
            }
            From::TokenIssued { fleet, compute, token } => {
                Self::TokenIssued { fleet: fleet.into(), compute: compute.into(), token: token.into() }
            }
            From::QueueCreated { name, fields, tags } => {
                Self::QueueCreated { name: name.into(), fields: fields.into(), tags: texts(tags) }
            }
            From::QueueUpdated { name, fields } => {
                Self::QueueUpdated { name: name.into(), fields: fields.into() }
            }
            From::QueueDeleted { name } => Self::QueueDeleted { name: name.into() },
            From::TagsReplaced { resource, tags } => {
                Self::TagsReplaced { resource: resource.into(), tags: texts(tags) }
            }
            From::ProcessConnected { process, sdk, ready_by } => Self::ProcessConnected {
                process: process.into(),
                sdk: sdk.into(),
                ready_by: Timestamp(ready_by),
            },
            From::ProcessReconnected { process } => Self::ProcessReconnected { process: process.into() },
            From::ProcessDisconnected { process, until } => {
                Self::ProcessDisconnected { process: process.into(), until: Timestamp(until) }
            }
            From::ConnectionsLost { until } => Self::ConnectionsLost { until: Timestamp(until) },
            From::ProcessReady { process, port, log_paths } => {
                Self::ProcessReady { process: process.into(), port, log_paths: list(log_paths) }
            }
            From::ProcessTerminating { process, by, is_unhealthy } => {
                Self::ProcessTerminating { process: process.into(), by: Timestamp(by), is_unhealthy }
            }
            From::ProcessEnded { process, cause } => {
                Self::ProcessEnded { process: process.into(), cause: cause.into() }
            }
            From::ProcessForgotten { process } => Self::ProcessForgotten { process: process.into() },
            From::SessionStarted { id, process, fields, placement, roster, activate_by } => {
                Self::SessionStarted {
                    id: id.into(),
                    process: process.into(),
                    fields: fields.into(),
                    placement: placement.map(Into::into),
                    roster: shared(roster),
                    activate_by: Timestamp(activate_by),
                }
            }
            From::SessionActivated { id } => Self::SessionActivated { id: id.into() },
            From::SessionUpdated { id, fields } => {
                Self::SessionUpdated { id: id.into(), fields: fields.into() }
            }
            From::SessionTerminating { id } => Self::SessionTerminating { id: id.into() },
            From::SessionEnded { id, end } => Self::SessionEnded { id: id.into(), end: end.into() },
            From::SessionForgotten { id } => Self::SessionForgotten { id: id.into() },
            From::SessionInformed { id, reason, backfill, roster } => Self::SessionInformed {
                id: id.into(),
                reason: reason.into(),
                backfill: backfill.map(Into::into),
                roster: shared(roster),
            },
            From::PlayersReserved { session, seats, until } => {
                Self::PlayersReserved { session: session.into(), seats: list(seats), until: Timestamp(until) }
            }
            From::PlayerAccepted { session, player_session } => {
                Self::PlayerAccepted { session: session.into(), player_session: player_session.into() }
            }
            From::PlayerLeft { session, player_session } => {
                Self::PlayerLeft { session: session.into(), player_session: player_session.into() }
            }
            From::ReservationTimedOut { session, player_session } => {
                Self::ReservationTimedOut { session: session.into(), player_session: player_session.into() }
            }
            From::PlacementStarted { request, deadline } => {
                Self::PlacementStarted { request: request.into(), deadline: Timestamp(deadline) }
            }
            From::PlacementRelaxed { id } => Self::PlacementRelaxed { id: id.into() },
            From::PlacementFulfilled { id } => Self::PlacementFulfilled { id: id.into() },
            From::PlacementCancelled { id } => Self::PlacementCancelled { id: id.into() },
            From::PlacementTimedOut { id } => Self::PlacementTimedOut { id: id.into() },
            From::PlacementFailed { id } => Self::PlacementFailed { id: id.into() },
            From::PlacementForgotten { id } => Self::PlacementForgotten { id: id.into() },
            From::FleetRestored { id, fleet } => {
                Self::FleetRestored { id: id.into(), fleet: Box::new(fleet.into()) }
            }
            From::ProcessRestored { process } => Self::ProcessRestored { process: Box::new(process.into()) },
            From::SessionRestored { session } => Self::SessionRestored { session: Box::new(session.into()) },
            From::PlacementRestored { placement } => {
                Self::PlacementRestored { placement: Box::new(placement.into()) }
            }
            From::SessionHosted { id, placement, server, until, reservation_ms } => Self::SessionHosted {
                id: id.into(),
                placement: placement.into(),
                server: server.into(),
                until: Timestamp(until),
                reservation: Duration::from_millis(reservation_ms),
            },
        }
    }
}

impl From<Resource<'_>> for hosting::Resource {
    fn from(resource: Resource<'_>) -> Self {
        match resource {
            Resource::Location(name) => Self::Location(name.into()),
            Resource::Fleet(id) => Self::Fleet(id.into()),
            Resource::Alias(id) => Self::Alias(id.into()),
            Resource::Queue(name) => Self::Queue(name.into()),
        }
    }
}

impl From<FleetFields<'_>> for hosting::FleetFields {
    fn from(fields: FleetFields<'_>) -> Self {
        Self {
            name: fields.name.to_string(),
            description: fields.description.map(str::to_string),
            cost: fields.cost.map(hosting::Cost),
            is_protected: fields.is_protected,
            creation_limit: fields.creation_limit.map(Into::into),
            metric_group: fields.metric_group.map(str::to_string),
        }
    }
}

impl From<CreationLimit> for hosting::CreationLimit {
    fn from(limit: CreationLimit) -> Self {
        Self { sessions: limit.sessions, period: Duration::from_millis(limit.period_ms) }
    }
}

impl From<Fleet<'_>> for hosting::Fleet {
    fn from(fleet: Fleet<'_>) -> Self {
        let computes = fleet.computes.into_list().into_iter();
        Self {
            fields: fleet.fields.into(),
            locations: fleet.locations.into_iter().map(Into::into).collect(),
            status: fleet.status.into(),
            created_at: Timestamp(fleet.created_at),
            computes: computes.map(|(name, compute)| (name.into(), compute.into())).collect(),
            tags: texts(fleet.tags),
            events: fleet.events.into_iter().map(Into::into).collect(),
            events_count: fleet.events_count,
        }
    }
}

impl From<FleetStatus> for hosting::FleetStatus {
    fn from(status: FleetStatus) -> Self {
        match status {
            FleetStatus::Active => Self::Active,
            FleetStatus::Deleting => Self::Deleting,
        }
    }
}

impl From<FleetEvent<'_>> for hosting::FleetEvent {
    fn from(event: FleetEvent<'_>) -> Self {
        Self { number: event.number, at: Timestamp(event.at), kind: event.kind.into() }
    }
}

impl From<FleetEventKind<'_>> for hosting::FleetEventKind {
    fn from(kind: FleetEventKind<'_>) -> Self {
        use FleetEventKind as From;
        match kind {
            From::Created => Self::Created,
            From::Deleting => Self::Deleting,
            From::ProcessEnded { compute, process, cause } => {
                Self::ProcessEnded { compute: compute.into(), process: process.into(), cause: cause.into() }
            }
            From::ActivationTimedOut { session } => Self::ActivationTimedOut { session: session.into() },
        }
    }
}

impl From<Compute<'_>> for hosting::Compute {
    fn from(compute: Compute<'_>) -> Self {
        Self {
            fields: compute.fields.into(),
            created_at: Timestamp(compute.created_at),
            tokens: list(compute.tokens),
        }
    }
}

impl From<ComputeFields<'_>> for hosting::ComputeFields {
    fn from(fields: ComputeFields<'_>) -> Self {
        Self {
            location: fields.location.into(),
            ip: fields.ip.to_string(),
            dns: fields.dns.map(str::to_string),
            certificate_path: fields.certificate_path.map(str::to_string),
        }
    }
}

impl From<Token<'_>> for hosting::Token {
    fn from(token: Token<'_>) -> Self {
        Self { text: token.text.to_string(), expires_at: Timestamp(token.expires_at) }
    }
}

impl From<AliasFields<'_>> for hosting::AliasFields {
    fn from(fields: AliasFields<'_>) -> Self {
        Self {
            name: fields.name.to_string(),
            description: fields.description.map(str::to_string),
            routing: match fields.routing {
                Routing::Fleet(id) => hosting::Routing::Fleet(id.into()),
                Routing::Nowhere { message } => hosting::Routing::Nowhere { message: message.to_string() },
            },
        }
    }
}

impl From<QueueFields<'_>> for hosting::QueueFields {
    fn from(fields: QueueFields<'_>) -> Self {
        Self {
            timeout: Duration::from_millis(fields.timeout_ms),
            destinations: list(fields.destinations),
            latency_policies: list(fields.latency_policies),
            allowed_locations: list(fields.allowed_locations),
            priority: list(fields.priority),
            location_order: list(fields.location_order),
            custom_event_data: fields.custom_event_data.map(str::to_string),
            notification_target: fields.notification_target.map(str::to_string),
        }
    }
}

impl From<Destination<'_>> for hosting::Destination {
    fn from(destination: Destination<'_>) -> Self {
        match destination {
            Destination::Fleet(id) => Self::Fleet(id.into()),
            Destination::Alias(id) => Self::Alias(id.into()),
        }
    }
}

impl From<LatencyPolicy> for hosting::LatencyPolicy {
    fn from(policy: LatencyPolicy) -> Self {
        Self {
            max_latency_ms: policy.max_latency_ms,
            duration: policy.duration_ms.map(Duration::from_millis),
        }
    }
}

impl From<Priority> for hosting::Priority {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::Latency => Self::Latency,
            Priority::Cost => Self::Cost,
            Priority::Destination => Self::Destination,
            Priority::Location => Self::Location,
        }
    }
}

impl From<ProcessKey<'_>> for hosting::ProcessKey {
    fn from(key: ProcessKey<'_>) -> Self {
        Self { fleet: key.fleet.into(), compute: key.compute.into(), id: key.id.into() }
    }
}

impl From<Process<'_>> for hosting::Process {
    fn from(process: Process<'_>) -> Self {
        Self {
            key: process.key.into(),
            location: process.location.into(),
            sdk: process.sdk.into(),
            phase: process.phase.into(),
            connection: process.connection.into(),
            terminating: process.terminating.map(Timestamp),
            is_unhealthy: process.is_unhealthy,
            port: process.port,
            log_paths: list(process.log_paths),
            created_at: Timestamp(process.created_at),
        }
    }
}

impl From<Sdk<'_>> for hosting::Sdk {
    fn from(sdk: Sdk<'_>) -> Self {
        Self { version: sdk.version.to_string(), language: sdk.language.to_string() }
    }
}

impl From<Phase<'_>> for hosting::Phase {
    fn from(phase: Phase<'_>) -> Self {
        use Phase as From;
        match phase {
            From::Starting { ready_by } => Self::Starting { ready_by: Timestamp(ready_by) },
            From::Idle { since } => Self::Idle { since: Timestamp(since) },
            From::Busy { session } => Self::Busy { session: session.into() },
            From::Ended { at, cause } => Self::Ended { at: Timestamp(at), cause: cause.into() },
        }
    }
}

impl From<Connection> for hosting::Connection {
    fn from(connection: Connection) -> Self {
        match connection {
            Connection::Connected => Self::Connected,
            Connection::Lost { since, until } => {
                Self::Lost { since: Timestamp(since), until: Timestamp(until) }
            }
        }
    }
}

impl From<EndCause> for hosting::EndCause {
    fn from(cause: EndCause) -> Self {
        use EndCause as From;
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

impl From<GameSession<'_>> for hosting::GameSession {
    fn from(session: GameSession<'_>) -> Self {
        Self {
            id: session.id.into(),
            fields: session.fields.into(),
            host: session.host.into(),
            location: session.location.into(),
            ip: session.ip.to_string(),
            dns: session.dns.map(str::to_string),
            port: session.port,
            status: session.status.into(),
            created_at: Timestamp(session.created_at),
            placement: session.placement.map(Into::into),
            roster: shared(session.roster),
            update: session.update.map(Into::into),
            players: list(session.players),
            occupied: session.occupied,
        }
    }
}

impl From<Host<'_>> for hosting::Host {
    fn from(host: Host<'_>) -> Self {
        use Host as From;
        match host {
            From::Process(key) => Self::Process(key.into()),
            From::Elsewhere { until, reservation_ms } => Self::Elsewhere {
                until: Timestamp(until),
                reservation: Duration::from_millis(reservation_ms),
            },
        }
    }
}

impl From<Server<'_>> for hosting::Server {
    fn from(server: Server<'_>) -> Self {
        Self {
            session: server.session.map(str::to_string),
            location: server.location.into(),
            ip: server.ip.to_string(),
            dns: server.dns.map(str::to_string),
            port: server.port,
        }
    }
}

impl From<SessionFields<'_>> for hosting::SessionFields {
    fn from(fields: SessionFields<'_>) -> Self {
        Self {
            name: fields.name.map(str::to_string),
            max_players: fields.max_players,
            properties: properties(fields.properties),
            data: fields.data.map(Into::into),
            creator: fields.creator.map(str::to_string),
            token: fields.token.map(str::to_string),
            policy: fields.policy.into(),
            is_protected: fields.is_protected,
        }
    }
}

impl From<SessionStatus> for hosting::SessionStatus {
    fn from(status: SessionStatus) -> Self {
        use SessionStatus as From;
        match status {
            From::Activating { by } => Self::Activating { by: Timestamp(by) },
            From::Active => Self::Active,
            From::Terminating => Self::Terminating,
            From::Terminated { at, end } => Self::Terminated { at: Timestamp(at), end: end.into() },
        }
    }
}

impl From<JoinPolicy> for hosting::JoinPolicy {
    fn from(policy: JoinPolicy) -> Self {
        match policy {
            JoinPolicy::AcceptAll => Self::AcceptAll,
            JoinPolicy::DenyAll => Self::DenyAll,
        }
    }
}

impl From<SessionEnd> for hosting::SessionEnd {
    fn from(end: SessionEnd) -> Self {
        match end {
            SessionEnd::Finished => Self::Finished,
            SessionEnd::Triggered => Self::Triggered,
            SessionEnd::Interrupted => Self::Interrupted,
            SessionEnd::NotActivated => Self::NotActivated,
            SessionEnd::TimeUp => Self::TimeUp,
        }
    }
}

impl From<SessionUpdate<'_>> for hosting::SessionUpdate {
    fn from(update: SessionUpdate<'_>) -> Self {
        Self {
            at: Timestamp(update.at),
            reason: update.reason.into(),
            backfill: update.backfill.map(Into::into),
        }
    }
}

impl From<UpdateReason> for hosting::UpdateReason {
    fn from(reason: UpdateReason) -> Self {
        use UpdateReason as From;
        match reason {
            From::RosterChanged => Self::RosterChanged,
            From::BackfillFailed => Self::BackfillFailed,
            From::BackfillTimedOut => Self::BackfillTimedOut,
            From::BackfillCancelled => Self::BackfillCancelled,
        }
    }
}

impl From<Roster<'_>> for model::Roster {
    fn from(roster: Roster<'_>) -> Self {
        Self {
            match_id: roster.match_id.into(),
            matchmaker: roster.matchmaker.into(),
            teams: list(roster.teams),
            refill: match roster.refill {
                Refill::Off => model::Refill::Off,
                Refill::Resting => model::Refill::Resting,
                Refill::Open(ticket) => model::Refill::Open(ticket.into()),
            },
        }
    }
}

impl From<RosterTeam<'_>> for model::RosterTeam {
    fn from(team: RosterTeam<'_>) -> Self {
        Self { name: team.name.into(), players: list(team.players) }
    }
}

impl From<RosterPlayer<'_>> for model::RosterPlayer {
    fn from(player: RosterPlayer<'_>) -> Self {
        let attributes = player.attributes.into_list().into_iter();
        let latencies = player.latencies.into_list().into_iter();
        Self {
            id: player.id.into(),
            attributes: attributes.map(|(name, value)| (name.into(), value.into())).collect(),
            latencies: latencies.map(|(region, latency)| (region.into(), latency)).collect(),
        }
    }
}

impl From<PlayerSession<'_>> for hosting::PlayerSession {
    fn from(session: PlayerSession<'_>) -> Self {
        Self {
            id: session.id.into(),
            player: session.player.into(),
            data: session.data.map(str::to_string),
            status: session.status.into(),
            created_at: Timestamp(session.created_at),
        }
    }
}

impl From<PlayerSessionStatus> for hosting::PlayerSessionStatus {
    fn from(status: PlayerSessionStatus) -> Self {
        use PlayerSessionStatus as From;
        match status {
            From::Reserved { until } => Self::Reserved { until: Timestamp(until) },
            From::Active => Self::Active,
            From::Completed { at } => Self::Completed { at: Timestamp(at) },
            From::TimedOut { at } => Self::TimedOut { at: Timestamp(at) },
        }
    }
}

impl From<Reservation<'_>> for (model::PlayerSessionId, hosting::PlayerRequest) {
    fn from(reservation: Reservation<'_>) -> Self {
        (reservation.id.into(), reservation.request.into())
    }
}

impl From<PlayerRequest<'_>> for hosting::PlayerRequest {
    fn from(request: PlayerRequest<'_>) -> Self {
        Self { player: request.player.into(), data: request.data.map(str::to_string) }
    }
}

impl From<Placement<'_>> for hosting::Placement {
    fn from(placement: Placement<'_>) -> Self {
        Self {
            id: placement.id.into(),
            request: placement.request.into(),
            status: placement.status.into(),
            started_at: Timestamp(placement.started_at),
            deadline: Timestamp(placement.deadline),
            session: placement.session.map(Into::into),
            attempts: placement.attempts,
            relaxed: placement.relaxed,
        }
    }
}

impl From<PlacementStatus> for hosting::PlacementStatus {
    fn from(status: PlacementStatus) -> Self {
        use PlacementStatus as From;
        match status {
            From::Pending => Self::Pending,
            From::Fulfilled { at } => Self::Fulfilled { at: Timestamp(at) },
            From::Cancelled { at } => Self::Cancelled { at: Timestamp(at) },
            From::TimedOut { at } => Self::TimedOut { at: Timestamp(at) },
            From::Failed { at } => Self::Failed { at: Timestamp(at) },
        }
    }
}

impl From<PlacementRequest<'_>> for hosting::PlacementRequest {
    fn from(request: PlacementRequest<'_>) -> Self {
        Self {
            id: request.id.into(),
            queue: request.queue.into(),
            match_id: request.match_id.map(Into::into),
            max_players: request.max_players,
            name: request.name.map(str::to_string),
            properties: properties(request.properties),
            data: request.data.map(Into::into),
            roster: shared(request.roster),
            latencies: list(request.latencies),
            players: list(request.players),
            order: request.order.map(Into::into),
        }
    }
}

impl From<PlayerLatency<'_>> for hosting::PlayerLatency {
    fn from(latency: PlayerLatency<'_>) -> Self {
        Self { player: latency.player.into(), region: latency.region.into(), latency_ms: latency.latency_ms }
    }
}

impl From<LocationOverride<'_>> for hosting::LocationOverride {
    fn from(order: LocationOverride<'_>) -> Self {
        Self {
            locations: list(order.locations),
            fallback: match order.fallback {
                Fallback::Queue => hosting::Fallback::Queue,
                Fallback::Nothing => hosting::Fallback::Nothing,
            },
        }
    }
}

fn shared(roster: Option<Roster<'_>>) -> Option<Arc<model::Roster>> {
    roster.map(|roster| Arc::new(roster.into()))
}

fn properties(pairs: Properties<'_>) -> Vec<(String, String)> {
    pairs.into_iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}
