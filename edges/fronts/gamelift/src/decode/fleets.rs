//! Fleets of one's own machines (hosting 3.2).

use std::collections::BTreeSet;
use std::fmt::Arguments;
use std::time::Duration;

use matchwright_hosting::{Command, Cost, CreationLimit, FleetFields, FleetPatch, Query, Resource};
use matchwright_model::{FleetId, LocationName, Timestamp};

use super::{Asked, PAGE_MAX, command, page_of, query};
use crate::shapes::Shapes;

/// Of managed hosting alone. What it may have with the defaults of an Anywhere fleet is read, not refused.
const MANAGED: [&str; 12] = [
    "BuildId",
    "ScriptId",
    "ServerLaunchPath",
    "ServerLaunchParameters",
    "EC2InstanceType",
    "EC2InboundPermissions",
    "FleetType",
    "InstanceRoleArn",
    "InstanceRoleCredentialsProvider",
    "PeerVpcAwsAccountId",
    "PeerVpcId",
    "PlayerGatewayConfiguration",
];
const NO_MACHINES: &str = "only managed fleets have it; this server hosts on machines of your own";
const PROTECTION: [(&str, bool); 2] = [("NoProtection", false), ("FullProtection", true)];

pub(super) fn create(shapes: &Shapes<'_>) -> Option<Asked> {
    shapes.required("Name");
    MANAGED.iter().for_each(|key| shapes.refuse(key, NO_MACHINES));
    anywhere(shapes);
    let given = patch(shapes);
    let locations = locations(shapes);
    let tags = shapes.tags("Tags");
    let fields = FleetFields {
        name: given.name?,
        description: given.description,
        cost: given.cost,
        is_protected: given.is_protected.unwrap_or(false),
        creation_limit: given.creation_limit,
        metric_group: given.metric_group,
    };
    command(Command::CreateFleet { fields, locations: locations?, tags: tags? }, None)
}

/// Says that this is an Anywhere fleet, as the model's default is another.
fn anywhere(shapes: &Shapes<'_>) {
    let expected = "ANYWHERE, this server hosts on machines of your own";
    match shapes.get("ComputeType") {
        None => shapes.violate("ComputeType", expected, "none, which means EC2"),
        Some(kind) => {
            let kind = shapes.choice_of("ComputeType", kind, &[("ANYWHERE", "ANYWHERE"), ("EC2", "EC2")]);
            if kind == Some("EC2") {
                shapes.violate("ComputeType", expected, "EC2");
            }
        }
    }
    shapes.choice("PlayerGatewayMode", &[("DISABLED", ())]);
    if let Some(certificate) = shapes.get("CertificateConfiguration")
        && let Some(certificate) = shapes.inside("CertificateConfiguration", certificate)
    {
        certificate.required("CertificateType");
        certificate.choice("CertificateType", &[("DISABLED", ())]);
    }
}

pub(super) fn update(shapes: &Shapes<'_>) -> Option<Asked> {
    let fleet = shapes.required_fleet();
    let patch = patch(shapes);
    let fleet = fleet?;
    command(Command::UpdateFleet { fleet: fleet.clone(), patch }, Some(Resource::Fleet(fleet)))
}

/// The members that create and update share; what is not given stays `None`.
fn patch(shapes: &Shapes<'_>) -> FleetPatch {
    let groups = shapes.get("MetricGroups").and_then(|groups| {
        let group = |path: Arguments<'_>, item| shapes.text(path, item, 1..=255).map(str::to_string);
        shapes.each::<_, Vec<_>>("MetricGroups", groups, 0..=1, group)
    });
    FleetPatch {
        name: shapes.optional_text("Name", 1..=1024),
        description: shapes.optional_text("Description", 1..=1024),
        cost: shapes.get("AnywhereConfiguration").and_then(|given| {
            let given = shapes.inside("AnywhereConfiguration", given)?;
            cost(&given)
        }),
        is_protected: shapes.choice("NewGameSessionProtectionPolicy", &PROTECTION),
        creation_limit: shapes.get("ResourceCreationLimitPolicy").and_then(|given| {
            let given = shapes.inside("ResourceCreationLimitPolicy", given)?;
            creation_limit(&given)
        }),
        metric_group: groups.map(|groups| groups.into_iter().next().unwrap_or_default()),
    }
}

fn cost(shapes: &Shapes<'_>) -> Option<Cost> {
    let text = shapes.required("Cost").and_then(|cost| shapes.text("Cost", cost, 1..=11))?;
    let found = read_cost(text);
    if found.is_none() {
        shapes.violate("Cost", "1 to 5 digits, then . and 1 to 5 more where needed", format!("{text:?}"));
    }
    found
}

fn read_cost(text: &str) -> Option<Cost> {
    let (whole, fraction) = text.split_once('.').map_or((text, "0"), |(whole, fraction)| (whole, fraction));
    let fits = |part: &str| (1..=5).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit());
    if !fits(whole) || !fits(fraction) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let fraction: u64 = format!("{fraction:0<5}").parse().ok()?;
    Some(Cost(whole * 100_000 + fraction))
}

fn creation_limit(shapes: &Shapes<'_>) -> Option<CreationLimit> {
    let sessions = shapes.required_count("NewGameSessionsPerCreator");
    let minutes = shapes.required_count("PolicyPeriodInMinutes");
    Some(CreationLimit { sessions: sessions?, period: Duration::from_secs(u64::from(minutes?) * 60) })
}

pub(super) fn delete(shapes: &Shapes<'_>) -> Option<Asked> {
    let fleet = shapes.required_fleet()?;
    command(Command::DeleteFleet { fleet: fleet.clone() }, Some(Resource::Fleet(fleet)))
}

/// Each in a structure of its own.
fn locations(shapes: &Shapes<'_>) -> Option<BTreeSet<LocationName>> {
    let given = shapes.required("Locations")?;
    shapes.each("Locations", given, 1..=100, |path, one| shapes.inside(path, one)?.required_location())
}

pub(super) fn add_locations(shapes: &Shapes<'_>) -> Option<Asked> {
    let (fleet, locations) = (shapes.required_fleet(), locations(shapes));
    let fleet = fleet?;
    let touched = Resource::Fleet(fleet.clone());
    command(Command::AddFleetLocations { fleet, locations: locations? }, Some(touched))
}

pub(super) fn remove_locations(shapes: &Shapes<'_>) -> Option<Asked> {
    let fleet = shapes.required_fleet();
    let given = shapes.required("Locations");
    let locations = given.and_then(|given| shapes.locations("Locations", given, 100));
    let fleet = fleet?;
    let touched = Resource::Fleet(fleet.clone());
    command(Command::RemoveFleetLocations { fleet, locations: locations? }, Some(touched))
}

pub(super) fn describe(shapes: &Shapes<'_>) -> Option<Asked> {
    let (ids, page) = (shapes.fleets("FleetIds"), page_of(shapes, PAGE_MAX));
    query(Query::Fleets { ids: ids?, page: page? }, None)
}

pub(super) fn list(shapes: &Shapes<'_>) -> Option<Asked> {
    shapes.refuse("BuildId", "Anywhere fleets have no builds");
    shapes.refuse("ScriptId", "Anywhere fleets have no scripts");
    query(Query::Fleets { ids: Vec::new(), page: page_of(shapes, PAGE_MAX)? }, None)
}

pub(super) fn describe_locations(shapes: &Shapes<'_>) -> Option<Asked> {
    let fleet = shapes.required_fleet();
    let only = shapes.get("Locations").and_then(|given| shapes.locations("Locations", given, 100));
    let page = page_of(shapes, PAGE_MAX)?;
    let fleet = fleet?;
    let touched = Resource::Fleet(fleet.clone());
    query(Query::FleetLocations { fleet, only: only.unwrap_or_default(), page }, Some(touched))
}

pub(super) fn events(shapes: &Shapes<'_>) -> Option<Asked> {
    let fleet = shapes.required_fleet();
    let from = shapes.time("StartTime").unwrap_or_default();
    let to = shapes.time("EndTime").unwrap_or(Timestamp(u64::MAX));
    let page = page_of(shapes, PAGE_MAX)?;
    let fleet = fleet?;
    let touched = Resource::Fleet(fleet.clone());
    query(Query::FleetEvents { fleet, from, to, page }, Some(touched))
}

pub(super) fn utilization(shapes: &Shapes<'_>) -> Option<Asked> {
    let (ids, page) = (shapes.fleets("FleetIds"), page_of(shapes, PAGE_MAX));
    query(Query::Utilization { ids: ids?, location: None, page: page? }, None)
}

pub(super) fn location_utilization(shapes: &Shapes<'_>) -> Option<Asked> {
    let (fleet, location) = (shapes.required_fleet(), shapes.required_location());
    let fleet = fleet?;
    let touched = Resource::Fleet(fleet.clone());
    let page = page_of(shapes, 1)?;
    query(Query::Utilization { ids: vec![fleet], location: Some(location?), page }, Some(touched))
}

pub(super) fn port_settings(shapes: &Shapes<'_>) -> Option<Asked> {
    let (fleet, location) = (shapes.required_fleet(), shapes.optional_location());
    one(fleet?, location)
}

pub(super) fn runtime(shapes: &Shapes<'_>) -> Option<Asked> {
    one(shapes.required_fleet()?, None)
}

/// Starting and stopping what machines of one's own do not have changes nothing: it only asks for the fleet.
pub(super) fn actions(shapes: &Shapes<'_>) -> Option<Asked> {
    let (fleet, location) = (shapes.required_fleet(), shapes.optional_location());
    shapes.required("Actions").and_then(|actions| {
        shapes.each::<_, Vec<_>>("Actions", actions, 1..=1, |path, action| {
            shapes.choice_of(path, action, &[("AUTO_SCALING", ())])
        })
    });
    one(fleet?, location)
}

fn one(id: FleetId, location: Option<LocationName>) -> Option<Asked> {
    let touched = Resource::Fleet(id.clone());
    query(Query::Fleet { id, location }, Some(touched))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_as_exact_as_it_is_written() {
        let cases =
            [("0.5", 50_000), ("1", 100_000), ("00012.00034", 1_200_034), ("99999.99999", 9_999_999_999)];
        for (text, expected) in cases {
            assert_eq!(read_cost(text), Some(Cost(expected)), "{text}");
        }
        for text in ["", ".5", "5.", "123456", "1.123456", "-1", "1.2.3", "1e3", "+1"] {
            assert_eq!(read_cost(text), None, "{text}");
        }
    }
}
