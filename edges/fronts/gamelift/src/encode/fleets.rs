//! Locations, fleets, aliases, computes (hosting 3.1 to 3.3).

use matchwright_amazon::Kind;
use matchwright_hosting::{
    Alias, Compute, EndCause, Fleet, FleetEvent, FleetEventKind, FleetStatus, Routing, Token, Utilization,
};
use matchwright_model::{AliasId, ComputeName, FleetId, LocationName};

use super::seconds;
use crate::Front;
use crate::operations::Operation;
use crate::out::{Members, Out};

pub(super) fn location(front: &Front, name: &LocationName, out: &mut Out) {
    out.map(|location| {
        location.text("LocationName", name);
        location.text("LocationArn", &front.arns().name(Kind::Location, name.as_str()));
    });
}

pub(super) fn fleet_id(front: &Front, id: &FleetId, reply: &mut Members<'_>) {
    reply.text("FleetId", id);
    reply.text("FleetArn", &front.arns().fleet(id));
}

fn status_word(status: FleetStatus) -> &'static str {
    match status {
        FleetStatus::Active => "ACTIVE",
        FleetStatus::Deleting => "DELETING",
    }
}

pub(super) fn protection(is_protected: bool) -> &'static str {
    if is_protected { "FullProtection" } else { "NoProtection" }
}

pub(super) fn fleet(front: &Front, id: &FleetId, one: &Fleet, out: &mut Out) {
    let fields = &one.fields;
    out.map(|fleet| {
        fleet_id(front, id, fleet);
        fleet.optional_text("Description", fields.description.as_ref());
        fleet.text("Name", &fields.name);
        fleet.member("CreationTime").time(one.created_at);
        fleet.text("Status", status_word(one.status));
        fleet.text("NewGameSessionProtectionPolicy", protection(fields.is_protected));
        if let Some(limit) = fields.creation_limit {
            fleet.member("ResourceCreationLimitPolicy").map(|policy| {
                policy.int("NewGameSessionsPerCreator", limit.sessions);
                policy.int("PolicyPeriodInMinutes", seconds(limit.period) / 60);
            });
        }
        if let Some(group) = &fields.metric_group {
            fleet.member("MetricGroups").list([group].into_iter(), |out, group| out.text(group));
        }
        let certificate = fleet.member("CertificateConfiguration");
        certificate.map(|certificate| certificate.text("CertificateType", "DISABLED"));
        fleet.text("ComputeType", "ANYWHERE");
        if let Some(cost) = fields.cost {
            fleet.member("AnywhereConfiguration").map(|anywhere| anywhere.text("Cost", &cost.to_string()));
        }
        fleet.text("PlayerGatewayMode", "DISABLED");
    });
}

fn location_state(name: &LocationName, status: FleetStatus, out: &mut Out) {
    out.map(|state| {
        state.text("Location", name);
        state.text("Status", status_word(status));
        state.text("PlayerGatewayStatus", "DISABLED");
    });
}

pub(super) fn location_states<'l>(
    locations: impl Iterator<Item = &'l LocationName>,
    status: FleetStatus,
    reply: &mut Members<'_>,
) {
    reply.member("LocationStates").list(locations, |out, name| location_state(name, status, out));
}

pub(super) fn location_attributes(
    front: &Front,
    id: &FleetId,
    status: FleetStatus,
    found: &[LocationName],
    reply: &mut Members<'_>,
) {
    fleet_id(front, id, reply);
    reply.member("LocationAttributes").list(found.iter(), |out, name| {
        out.map(|attributes| {
            location_state(name, status, attributes.member("LocationState"));
            attributes.member("StoppedActions").list([].iter(), |out, action: &&str| out.text(action));
        });
    });
}

/// ListFleets tells the ids alone.
pub(super) fn fleets(
    front: &Front,
    operation: Operation,
    found: &[(FleetId, Fleet)],
    reply: &mut Members<'_>,
) {
    match operation {
        Operation::ListFleets => reply.member("FleetIds").list(found.iter(), |out, (id, _)| out.text(id)),
        _ => reply.member("FleetAttributes").list(found.iter(), |out, (id, one)| fleet(front, id, one, out)),
    }
}

/// What machines of one's own have none of: ports to open, a runtime configuration, actions to start and stop.
pub(super) fn settings(
    front: &Front,
    operation: Operation,
    id: &FleetId,
    one: &Fleet,
    location: Option<&LocationName>,
    reply: &mut Members<'_>,
) {
    debug_assert!(location.is_none_or(|name| one.locations.contains(name)), "it would have been rejected");
    if operation == Operation::DescribeRuntimeConfiguration {
        return reply.member("RuntimeConfiguration").map(|_| {});
    }
    fleet_id(front, id, reply);
    if operation == Operation::DescribeFleetPortSettings {
        reply.member("InboundPermissions").list([].iter(), |out, permission: &&str| out.text(permission));
        reply.optional_text("Location", location);
    }
}

pub(super) fn event(fleet: &FleetId, one: &FleetEvent, out: &mut Out) {
    let (code, message) = told(&one.kind);
    out.map(|event| {
        event.text("EventId", &format!("{fleet}/{}", one.number));
        event.text("ResourceId", fleet);
        event.text("EventCode", code);
        event.text("Message", &message);
        event.member("EventTime").time(one.at);
        event.int("Count", 1);
    });
}

fn told(kind: &FleetEventKind) -> (&'static str, String) {
    match kind {
        FleetEventKind::Created => ("FLEET_CREATED", "The fleet was created and is active.".to_string()),
        FleetEventKind::Deleting => ("FLEET_DELETED", "The fleet is being deleted.".to_string()),
        FleetEventKind::ProcessEnded { compute, process, cause } => {
            let (code, what) = ended(*cause);
            (code, format!("Server process {process} on compute {compute} {what}."))
        }
        FleetEventKind::ActivationTimedOut { session } => (
            "GAME_SESSION_ACTIVATION_TIMEOUT",
            format!(
                "Game session {session} was not activated in time; its server must call ActivateGameSession."
            ),
        ),
    }
}

fn ended(cause: EndCause) -> (&'static str, &'static str) {
    match cause {
        EndCause::Exited => ("GENERIC_EVENT", "ended"),
        EndCause::Crashed => ("SERVER_PROCESS_CRASHED", "lost its connection and did not come back"),
        EndCause::NotReady => ("SERVER_PROCESS_PROCESS_READY_TIMEOUT", "did not call ProcessReady in time"),
        EndCause::Unhealthy => ("SERVER_PROCESS_TERMINATED_UNHEALTHY", "was unhealthy three times in a row"),
        EndCause::NotEnded => ("SERVER_PROCESS_PROCESS_EXIT_TIMEOUT", "did not end when told to"),
        EndCause::ComputeGone => {
            ("SERVER_PROCESS_FORCE_TERMINATED", "lost its compute, which was deregistered")
        }
    }
}

/// One structure where a location was named, else a list.
pub(super) fn utilizations(
    front: &Front,
    operation: Operation,
    found: &[Utilization],
    reply: &mut Members<'_>,
) {
    use Operation::*;
    match operation {
        DescribeFleetLocationUtilization => found.iter().for_each(|one| {
            utilization(front, one, reply.member("FleetUtilization"));
        }),
        DescribeFleetUtilization => {
            reply.member("FleetUtilization").list(found.iter(), |out, one| utilization(front, one, out))
        }
        DescribeFleetLocationCapacity => found.iter().for_each(|one| {
            capacity(front, one, reply.member("FleetCapacity"));
        }),
        _ => reply.member("FleetCapacity").list(found.iter(), |out, one| capacity(front, one, out)),
    }
}

fn utilization(front: &Front, one: &Utilization, out: &mut Out) {
    out.map(|utilization| {
        fleet_id(front, &one.fleet, utilization);
        utilization.int("ActiveServerProcessCount", one.processes);
        utilization.int("ActiveGameSessionCount", one.sessions);
        utilization.int("CurrentPlayerSessionCount", one.players);
        utilization.int("MaximumPlayerSessionCount", one.players_max);
        utilization.optional_text("Location", one.location.as_ref());
    });
}

/// An instance is a registered compute: as many as there are are wanted and active.
fn capacity(front: &Front, one: &Utilization, out: &mut Out) {
    let counts = [
        ("DESIRED", one.computes),
        ("MINIMUM", 0),
        ("MAXIMUM", one.computes),
        ("PENDING", 0),
        ("ACTIVE", one.computes),
        ("IDLE", 0),
        ("TERMINATING", 0),
    ];
    out.map(|capacity| {
        fleet_id(front, &one.fleet, capacity);
        let instances = capacity.member("InstanceCounts");
        instances.map(|instances| counts.iter().for_each(|(key, count)| instances.int(key, *count)));
        capacity.optional_text("Location", one.location.as_ref());
    });
}

pub(super) fn alias(front: &Front, id: &AliasId, one: &Alias, out: &mut Out) {
    out.map(|alias| {
        alias.text("AliasId", id);
        alias.text("Name", &one.fields.name);
        alias.text("AliasArn", &front.arns().name(Kind::Alias, id.as_str()));
        alias.optional_text("Description", one.fields.description.as_ref());
        alias.member("RoutingStrategy").map(|routing| match &one.fields.routing {
            Routing::Fleet(fleet) => {
                routing.text("Type", "SIMPLE");
                routing.text("FleetId", fleet);
            }
            Routing::Nowhere { message } => {
                routing.text("Type", "TERMINAL");
                routing.text("Message", message);
            }
        });
        alias.member("CreationTime").time(one.created_at);
        alias.member("LastUpdatedTime").time(one.updated_at);
    });
}

fn compute_name(front: &Front, fleet: &FleetId, name: &ComputeName, reply: &mut Members<'_>) {
    fleet_id(front, fleet, reply);
    reply.text("ComputeName", name);
    reply.text("ComputeArn", &front.arns().compute(name));
}

pub(super) fn compute(front: &Front, fleet: &FleetId, name: &ComputeName, one: &Compute, out: &mut Out) {
    let endpoint = Some(&front.settings().game_server_endpoint).filter(|endpoint| !endpoint.is_empty());
    out.map(|compute| {
        compute_name(front, fleet, name, compute);
        compute.text("IpAddress", &one.fields.ip);
        compute.optional_text("DnsName", one.fields.dns.as_ref());
        compute.text("ComputeStatus", "ACTIVE");
        compute.text("Location", &one.fields.location);
        compute.member("CreationTime").time(one.created_at);
        compute.optional_text("GameLiftServiceSdkEndpoint", endpoint);
    });
}

pub(super) fn token(
    front: &Front,
    fleet: &FleetId,
    name: &ComputeName,
    one: &Token,
    reply: &mut Members<'_>,
) {
    compute_name(front, fleet, name, reply);
    reply.text("AuthToken", &one.text);
    reply.member("ExpirationTimestamp").time(one.expires_at);
}
