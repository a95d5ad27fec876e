//! Queues and placements (hosting 3.4, 3.5).

use matchwright_amazon::{Kind, matchmaker_data};
use matchwright_hosting::{
    Destination, Fallback, GameSession, LatencyPolicy, LocationOverride, Placement, PlayerLatency,
    PlayerRequest, Priority, Queue,
};
use matchwright_model::{LocationName, QueueName};

use super::{pair, seconds};
use crate::Front;
use crate::out::{Members, Out};

pub(super) fn queue(front: &Front, name: &QueueName, one: &Queue, out: &mut Out) {
    let fields = &one.fields;
    out.map(|queue| {
        queue.text("Name", name);
        queue.text("GameSessionQueueArn", &front.arns().name(Kind::Queue, name.as_str()));
        queue.int("TimeoutInSeconds", seconds(fields.timeout));
        let policies = queue.member("PlayerLatencyPolicies");
        policies.list(fields.latency_policies.iter(), |out, policy| latency_policy(policy, out));
        let destinations = queue.member("Destinations");
        destinations.list(fields.destinations.iter(), |out, one| destination(front, one, out));
        if !fields.allowed_locations.is_empty() {
            let filter = queue.member("FilterConfiguration");
            filter.map(|filter| locations("AllowedLocations", &fields.allowed_locations, filter));
        }
        if !fields.priority.is_empty() || !fields.location_order.is_empty() {
            queue.member("PriorityConfiguration").map(|priority| {
                let order = priority.member("PriorityOrder");
                order.list(fields.priority.iter(), |out, one| out.text(priority_word(*one)));
                locations("LocationOrder", &fields.location_order, priority);
            });
        }
        queue.optional_text("CustomEventData", fields.custom_event_data.as_ref());
        queue.optional_text("NotificationTarget", fields.notification_target.as_ref());
    });
}

fn latency_policy(one: &LatencyPolicy, out: &mut Out) {
    out.map(|policy| {
        policy.int("MaximumIndividualPlayerLatencyMilliseconds", one.max_latency_ms);
        if let Some(duration) = one.duration {
            policy.int("PolicyDurationSeconds", seconds(duration));
        }
    });
}

fn destination(front: &Front, one: &Destination, out: &mut Out) {
    let arn = match one {
        Destination::Fleet(id) => front.arns().fleet(id),
        Destination::Alias(id) => front.arns().name(Kind::Alias, id.as_str()),
    };
    out.map(|destination| destination.text("DestinationArn", &arn));
}

fn locations(key: &'static str, names: &[LocationName], members: &mut Members<'_>) {
    members.member(key).list(names.iter(), |out, name| out.text(name));
}

fn priority_word(one: Priority) -> &'static str {
    match one {
        Priority::Latency => "LATENCY",
        Priority::Cost => "COST",
        Priority::Destination => "DESTINATION",
        Priority::Location => "LOCATION",
    }
}

/// With the session that it made, once there is one; that is final only when it is FULFILLED.
pub(super) fn placement(front: &Front, one: &Placement, session: Option<&GameSession>, out: &mut Out) {
    let request = &one.request;
    out.map(|placement| {
        placement.text("PlacementId", &one.id);
        placement.text("GameSessionQueueName", &request.queue);
        placement.text("Status", one.status.name());
        if !request.properties.is_empty() {
            let properties = placement.member("GameProperties");
            properties.list(request.properties.iter(), |out, (key, value)| pair(key, value, out));
        }
        placement.int("MaximumPlayerSessionCount", request.max_players);
        placement.optional_text("GameSessionName", request.name.as_ref());
        if let Some(session) = session {
            connection(front, one, session, placement);
        }
        if !request.latencies.is_empty() {
            placement.member("PlayerLatencies").list(request.latencies.iter(), |out, one| latency(one, out));
        }
        placement.member("StartTime").time(one.started_at);
        if let Some(at) = one.status.ended_at() {
            placement.member("EndTime").time(at);
        }
        placement.optional_text("GameSessionData", request.data.as_ref());
        if let Some(roster) = &request.roster {
            placement.text("MatchmakerData", &matchmaker_data(front.arns(), roster));
        }
        if let Some(order) = &request.order {
            location_override(order, placement.member("PriorityConfigurationOverride"));
        }
        placement.text("PlayerGatewayStatus", "DISABLED");
    });
}

fn connection(front: &Front, one: &Placement, session: &GameSession, placement: &mut Members<'_>) {
    let arn = front.arns().game_session(&session.id);
    placement.text("GameSessionId", &arn);
    placement.text("GameSessionArn", &arn);
    placement.text("GameSessionRegion", &session.location);
    placement.text("IpAddress", &session.ip);
    placement.optional_text("DnsName", session.dns.as_ref());
    placement.int("Port", session.port);
    // Who came back later has another seat: of each the first one.
    let seat = |wanted: &PlayerRequest| session.players.iter().find(|seat| seat.player == wanted.player);
    let placed = one.request.players.iter().filter_map(seat);
    placement.member("PlacedPlayerSessions").list(placed, |out, seat| {
        out.map(|placed| {
            placed.text("PlayerId", &seat.player);
            placed.text("PlayerSessionId", &seat.id);
        });
    });
}

fn latency(one: &PlayerLatency, out: &mut Out) {
    out.map(|latency| {
        latency.text("PlayerId", &one.player);
        latency.text("RegionIdentifier", &one.region);
        latency.member("LatencyInMilliseconds").float(one.latency_ms);
    });
}

fn location_override(one: &LocationOverride, out: &mut Out) {
    let fallback = match one.fallback {
        Fallback::Queue => "DEFAULT_AFTER_SINGLE_PASS",
        Fallback::Nothing => "NONE",
    };
    out.map(|order| {
        order.text("PlacementFallbackStrategy", fallback);
        locations("LocationOrder", &one.locations, order);
    });
}
