//! Generated changes of hosting.

mod fixed;

use std::sync::Arc;

use matchwright_hosting::*;
use matchwright_model::*;
use proptest::prelude::*;

use super::{attribute, btree_map, btree_set, match_id, name, option, span, text, texts, time, vec};

pub use fixed::of_every_kind;

fn location() -> impl Strategy<Value = LocationName> {
    name()
}

fn process() -> BoxedStrategy<ProcessKey> {
    (name(), name(), name()).prop_map(|(fleet, compute, id)| ProcessKey { fleet, compute, id }).boxed()
}

fn host() -> BoxedStrategy<Host> {
    let elsewhere = (time(), span()).prop_map(|(until, reservation)| Host::Elsewhere { until, reservation });
    prop_oneof![process().prop_map(Host::Process), elsewhere].boxed()
}

fn server() -> BoxedStrategy<Server> {
    (optional(), location(), text(), optional(), any::<u16>())
        .prop_map(|(session, location, ip, dns, port)| Server { session, location, ip, dns, port })
        .boxed()
}

fn sdk() -> impl Strategy<Value = Sdk> {
    (text(), text()).prop_map(|(version, language)| Sdk { version, language })
}

fn cause() -> impl Strategy<Value = EndCause> {
    use EndCause::*;
    prop::sample::select(vec![Exited, Crashed, NotReady, Unhealthy, NotEnded, ComputeGone])
}

fn properties() -> impl Strategy<Value = Vec<(String, String)>> {
    vec((text(), text()), 0..3)
}

fn data() -> impl Strategy<Value = Option<Arc<str>>> {
    option::of(text().prop_map(Into::into))
}

fn optional() -> impl Strategy<Value = Option<String>> {
    option::of(text())
}

fn fleet_fields() -> BoxedStrategy<FleetFields> {
    let limit = (any::<u32>(), span()).prop_map(|(sessions, period)| CreationLimit { sessions, period });
    let cost = any::<u64>().prop_map(Cost);
    (text(), optional(), option::of(cost), any::<bool>(), option::of(limit), optional())
        .prop_map(|(name, description, cost, is_protected, creation_limit, metric_group)| FleetFields {
            name,
            description,
            cost,
            is_protected,
            creation_limit,
            metric_group,
        })
        .boxed()
}

fn compute_fields() -> BoxedStrategy<ComputeFields> {
    (location(), text(), optional(), optional())
        .prop_map(|(location, ip, dns, certificate_path)| ComputeFields {
            location,
            ip,
            dns,
            certificate_path,
        })
        .boxed()
}

fn token() -> impl Strategy<Value = Token> {
    (text(), time()).prop_map(|(text, expires_at)| Token { text, expires_at })
}

fn fleet_event() -> BoxedStrategy<FleetEvent> {
    let kind = prop_oneof![
        Just(FleetEventKind::Created),
        Just(FleetEventKind::Deleting),
        (name(), name(), cause()).prop_map(|(compute, process, cause)| FleetEventKind::ProcessEnded {
            compute,
            process,
            cause
        }),
        name().prop_map(|session| FleetEventKind::ActivationTimedOut { session }),
    ];
    (any::<u64>(), time(), kind).prop_map(|(number, at, kind)| FleetEvent { number, at, kind }).boxed()
}

fn fleet() -> BoxedStrategy<Fleet> {
    let compute = (compute_fields(), time(), vec(token(), 0..3))
        .prop_map(|(fields, created_at, tokens)| Compute { fields, created_at, tokens });
    let status = prop::sample::select(vec![FleetStatus::Active, FleetStatus::Deleting]);
    let made = (fleet_fields(), btree_set(location(), 0..3), status, time());
    let holds = (btree_map(name(), compute, 0..3), texts(), vec(fleet_event(), 0..4), any::<u64>());
    (made, holds)
        .prop_map(|(made, holds)| Fleet {
            fields: made.0,
            locations: made.1,
            status: made.2,
            created_at: made.3,
            computes: holds.0,
            tags: holds.1,
            events: holds.2.into(),
            events_count: holds.3,
        })
        .boxed()
}

fn alias_fields() -> BoxedStrategy<AliasFields> {
    let routing =
        prop_oneof![name().prop_map(Routing::Fleet), text().prop_map(|message| Routing::Nowhere { message })];
    (text(), optional(), routing)
        .prop_map(|(name, description, routing)| AliasFields { name, description, routing })
        .boxed()
}

const PRIORITIES: [Priority; 4] =
    [Priority::Latency, Priority::Cost, Priority::Destination, Priority::Location];

fn queue_fields() -> BoxedStrategy<QueueFields> {
    let destination = prop_oneof![name().prop_map(Destination::Fleet), name().prop_map(Destination::Alias)];
    let policy = (any::<u32>(), option::of(span()))
        .prop_map(|(max_latency_ms, duration)| LatencyPolicy { max_latency_ms, duration });
    let priority = prop::sample::select(PRIORITIES.to_vec());
    let places = (vec(location(), 0..3), vec(location(), 0..3));
    let lists = (vec(destination, 0..3), vec(policy, 0..3), vec(priority, 0..4), places);
    (span(), lists, optional(), optional())
        .prop_map(|(timeout, lists, custom_event_data, notification_target)| QueueFields {
            timeout,
            destinations: lists.0,
            latency_policies: lists.1,
            allowed_locations: lists.3.0,
            priority: lists.2,
            location_order: lists.3.1,
            custom_event_data,
            notification_target,
        })
        .boxed()
}

fn roster() -> BoxedStrategy<Arc<Roster>> {
    let attributes = vec((name(), attribute()), 0..3).prop_map(Listing::from_iter);
    let latencies = vec((name(), any::<u32>()), 0..3).prop_map(Listing::from_iter);
    let player = (name(), attributes, latencies).prop_map(|(id, attributes, latencies)| RosterPlayer {
        id,
        attributes,
        latencies,
    });
    let team = (name(), vec(player, 0..3)).prop_map(|(name, players)| RosterTeam { name, players });
    let refill = prop_oneof![Just(Refill::Off), Just(Refill::Resting), name().prop_map(Refill::Open)];
    (match_id(), name(), vec(team, 0..3), refill)
        .prop_map(|(match_id, matchmaker, teams, refill)| {
            Arc::new(Roster { match_id, matchmaker, teams, refill })
        })
        .boxed()
}

fn policy() -> impl Strategy<Value = JoinPolicy> {
    prop::sample::select(vec![JoinPolicy::AcceptAll, JoinPolicy::DenyAll])
}

fn session_end() -> impl Strategy<Value = SessionEnd> {
    use SessionEnd::*;
    prop::sample::select(vec![Finished, Triggered, Interrupted, NotActivated, TimeUp])
}

fn update_reason() -> impl Strategy<Value = UpdateReason> {
    use UpdateReason::*;
    prop::sample::select(vec![RosterChanged, BackfillFailed, BackfillTimedOut, BackfillCancelled])
}

fn session_fields() -> BoxedStrategy<SessionFields> {
    let asked = (optional(), any::<u32>(), properties(), data());
    (asked, optional(), optional(), policy(), any::<bool>())
        .prop_map(|(asked, creator, token, policy, is_protected)| SessionFields {
            name: asked.0,
            max_players: asked.1,
            properties: asked.2,
            data: asked.3,
            creator,
            token,
            policy,
            is_protected,
        })
        .boxed()
}

fn player_request() -> impl Strategy<Value = PlayerRequest> {
    (name(), optional()).prop_map(|(player, data)| PlayerRequest { player, data })
}

fn player_session() -> BoxedStrategy<PlayerSession> {
    let status = prop_oneof![
        time().prop_map(|until| PlayerSessionStatus::Reserved { until }),
        Just(PlayerSessionStatus::Active),
        time().prop_map(|at| PlayerSessionStatus::Completed { at }),
        time().prop_map(|at| PlayerSessionStatus::TimedOut { at }),
    ];
    (name(), name(), optional(), status, time())
        .prop_map(|(id, player, data, status, created_at)| PlayerSession {
            id,
            player,
            data,
            status,
            created_at,
        })
        .boxed()
}

fn game_session() -> BoxedStrategy<GameSession> {
    let status = prop_oneof![
        time().prop_map(|by| SessionStatus::Activating { by }),
        Just(SessionStatus::Active),
        Just(SessionStatus::Terminating),
        (time(), session_end()).prop_map(|(at, end)| SessionStatus::Terminated { at, end }),
    ];
    let update = (time(), update_reason(), option::of(name()))
        .prop_map(|(at, reason, backfill)| SessionUpdate { at, reason, backfill });
    let place = (host(), location(), text(), optional(), any::<u16>());
    let life = (status, time(), option::of(name()), option::of(roster()), option::of(update));
    let who = (vec(player_session(), 0..3), any::<u32>());
    (name(), session_fields(), place, life, who)
        .prop_map(|(id, fields, place, life, who)| GameSession {
            id,
            fields,
            host: place.0,
            location: place.1,
            ip: place.2,
            dns: place.3,
            port: place.4,
            status: life.0,
            created_at: life.1,
            placement: life.2,
            roster: life.3,
            update: life.4,
            players: who.0,
            occupied: who.1,
        })
        .boxed()
}

fn placement_request() -> BoxedStrategy<PlacementRequest> {
    use proptest::num::f32::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    let latency = (name(), name(), POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO)
        .prop_map(|(player, region, latency_ms)| PlayerLatency { player, region, latency_ms });
    let fallback = prop::sample::select(vec![Fallback::Queue, Fallback::Nothing]);
    let order = (vec(location(), 0..3), fallback)
        .prop_map(|(locations, fallback)| LocationOverride { locations, fallback });
    let asked = (name(), name(), option::of(match_id()), any::<u32>());
    let given = (optional(), properties(), data(), option::of(roster()));
    let who = (vec(latency, 0..3), vec(player_request(), 0..3), option::of(order));
    (asked, given, who)
        .prop_map(|(asked, given, who)| PlacementRequest {
            id: asked.0,
            queue: asked.1,
            match_id: asked.2,
            max_players: asked.3,
            name: given.0,
            properties: given.1,
            data: given.2,
            roster: given.3,
            latencies: who.0,
            players: who.1,
            order: who.2,
        })
        .boxed()
}

fn placement() -> BoxedStrategy<Placement> {
    let status = prop_oneof![
        Just(PlacementStatus::Pending),
        time().prop_map(|at| PlacementStatus::Fulfilled { at }),
        time().prop_map(|at| PlacementStatus::Cancelled { at }),
        time().prop_map(|at| PlacementStatus::TimedOut { at }),
        time().prop_map(|at| PlacementStatus::Failed { at }),
    ];
    let tries = (any::<u32>(), any::<u32>());
    (name(), placement_request(), status, time(), time(), option::of(name()), tries)
        .prop_map(|(id, request, status, started_at, deadline, session, (attempts, relaxed))| Placement {
            id,
            request,
            status,
            started_at,
            deadline,
            session,
            attempts,
            relaxed,
        })
        .boxed()
}

fn live_process() -> BoxedStrategy<Process> {
    let phase = prop_oneof![
        time().prop_map(|ready_by| Phase::Starting { ready_by }),
        time().prop_map(|since| Phase::Idle { since }),
        name().prop_map(|session| Phase::Busy { session }),
        (time(), cause()).prop_map(|(at, cause)| Phase::Ended { at, cause }),
    ];
    let connection = prop_oneof![
        Just(Connection::Connected),
        (time(), time()).prop_map(|(since, until)| Connection::Lost { since, until }),
    ];
    let life = (phase, connection, option::of(time()), time());
    (process(), location(), sdk(), life, any::<u16>(), vec(text(), 0..3))
        .prop_map(|(key, location, sdk, life, port, log_paths)| Process {
            key,
            location,
            sdk,
            phase: life.0,
            connection: life.1,
            terminating: life.2,
            is_unhealthy: life.2.is_some(),
            port,
            log_paths,
            created_at: life.3,
        })
        .boxed()
}

pub fn resource() -> BoxedStrategy<Resource> {
    prop_oneof![
        name().prop_map(Resource::Location),
        name().prop_map(Resource::Fleet),
        name().prop_map(Resource::Alias),
        name().prop_map(Resource::Queue),
    ]
    .boxed()
}

fn of_a_fleet() -> BoxedStrategy<Change> {
    let places = || btree_set(location(), 0..3);
    prop_oneof![
        (name(), texts()).prop_map(|(name, tags)| Change::LocationCreated { name, tags }),
        name().prop_map(|name| Change::LocationDeleted { name }),
        (name(), fleet_fields(), places(), texts()).prop_map(|(id, fields, locations, tags)| {
            Change::FleetCreated { id, fields, locations, tags }
        }),
        (name(), fleet_fields()).prop_map(|(id, fields)| Change::FleetUpdated { id, fields }),
        (name(), places()).prop_map(|(id, locations)| Change::FleetLocationsChanged { id, locations }),
        name().prop_map(|id| Change::FleetDeleting { id }),
        name().prop_map(|id| Change::FleetDeleted { id }),
        (name(), name(), compute_fields()).prop_map(|(fleet, name, fields)| Change::ComputeRegistered {
            fleet,
            name,
            fields
        }),
        (name(), name()).prop_map(|(fleet, name)| Change::ComputeDeregistered { fleet, name }),
        (name(), name(), token()).prop_map(|(fleet, compute, token)| Change::TokenIssued {
            fleet,
            compute,
            token
        }),
        (resource(), texts()).prop_map(|(resource, tags)| Change::TagsReplaced { resource, tags }),
    ]
    .boxed()
}

fn of_a_way() -> BoxedStrategy<Change> {
    prop_oneof![
        (name(), alias_fields(), texts()).prop_map(|(id, fields, tags)| Change::AliasCreated {
            id,
            fields,
            tags
        }),
        (name(), alias_fields()).prop_map(|(id, fields)| Change::AliasUpdated { id, fields }),
        name().prop_map(|id| Change::AliasDeleted { id }),
        (name(), queue_fields(), texts()).prop_map(|(name, fields, tags)| Change::QueueCreated {
            name,
            fields,
            tags
        }),
        (name(), queue_fields()).prop_map(|(name, fields)| Change::QueueUpdated { name, fields }),
        name().prop_map(|name| Change::QueueDeleted { name }),
    ]
    .boxed()
}

fn of_a_process() -> BoxedStrategy<Change> {
    prop_oneof![
        (process(), sdk(), time()).prop_map(|(process, sdk, ready_by)| Change::ProcessConnected {
            process,
            sdk,
            ready_by
        }),
        process().prop_map(|process| Change::ProcessReconnected { process }),
        (process(), time()).prop_map(|(process, until)| Change::ProcessDisconnected { process, until }),
        time().prop_map(|until| Change::ConnectionsLost { until }),
        (process(), any::<u16>(), vec(text(), 0..3))
            .prop_map(|(process, port, log_paths)| Change::ProcessReady { process, port, log_paths }),
        (process(), time(), any::<bool>())
            .prop_map(|(process, by, is_unhealthy)| Change::ProcessTerminating { process, by, is_unhealthy }),
        (process(), cause()).prop_map(|(process, cause)| Change::ProcessEnded { process, cause }),
        process().prop_map(|process| Change::ProcessForgotten { process }),
    ]
    .boxed()
}

fn of_a_session() -> BoxedStrategy<Change> {
    let started = (name(), process(), session_fields(), option::of(name()), option::of(roster()), time());
    let hosted = (name(), name(), server(), time(), span());
    let informed = (name(), update_reason(), option::of(name()), option::of(roster()));
    prop_oneof![
        started.prop_map(|(id, process, fields, placement, roster, activate_by)| {
            Change::SessionStarted { id, process, fields, placement, roster, activate_by }
        }),
        name().prop_map(|id| Change::SessionActivated { id }),
        (name(), session_fields()).prop_map(|(id, fields)| Change::SessionUpdated { id, fields }),
        name().prop_map(|id| Change::SessionTerminating { id }),
        (name(), session_end()).prop_map(|(id, end)| Change::SessionEnded { id, end }),
        name().prop_map(|id| Change::SessionForgotten { id }),
        hosted.prop_map(|(id, placement, server, until, reservation)| Change::SessionHosted {
            id,
            placement,
            server,
            until,
            reservation
        }),
        informed.prop_map(|(id, reason, backfill, roster)| Change::SessionInformed {
            id,
            reason,
            backfill,
            roster
        }),
    ]
    .boxed()
}

fn of_a_seat() -> BoxedStrategy<Change> {
    let seats = vec((name(), player_request()), 0..3);
    prop_oneof![
        (name(), seats, time()).prop_map(|(session, seats, until)| Change::PlayersReserved {
            session,
            seats,
            until
        }),
        (name(), name())
            .prop_map(|(session, player_session)| Change::PlayerAccepted { session, player_session }),
        (name(), name()).prop_map(|(session, player_session)| Change::PlayerLeft { session, player_session }),
        (name(), name())
            .prop_map(|(session, player_session)| Change::ReservationTimedOut { session, player_session }),
    ]
    .boxed()
}

fn of_a_placement() -> BoxedStrategy<Change> {
    prop_oneof![
        (placement_request(), time())
            .prop_map(|(request, deadline)| Change::PlacementStarted { request, deadline }),
        name().prop_map(|id| Change::PlacementRelaxed { id }),
        name().prop_map(|id| Change::PlacementFulfilled { id }),
        name().prop_map(|id| Change::PlacementCancelled { id }),
        name().prop_map(|id| Change::PlacementTimedOut { id }),
        name().prop_map(|id| Change::PlacementFailed { id }),
        name().prop_map(|id| Change::PlacementForgotten { id }),
    ]
    .boxed()
}

fn of_a_snapshot() -> BoxedStrategy<Change> {
    prop_oneof![
        (name(), fleet()).prop_map(|(id, fleet)| Change::FleetRestored { id, fleet: Box::new(fleet) }),
        live_process().prop_map(|process| Change::ProcessRestored { process: Box::new(process) }),
        game_session().prop_map(|session| Change::SessionRestored { session: Box::new(session) }),
        placement().prop_map(|placement| Change::PlacementRestored { placement: Box::new(placement) }),
    ]
    .boxed()
}

/// Any change.
pub fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        of_a_fleet(),
        of_a_way(),
        of_a_process(),
        of_a_session(),
        of_a_seat(),
        of_a_placement(),
        of_a_snapshot()
    ]
}
