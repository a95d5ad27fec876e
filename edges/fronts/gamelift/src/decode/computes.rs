//! Computes and their tokens (hosting 3.3).

use matchwright_hosting::{Command, ComputeFields, Query, Resource};
use matchwright_model::{ComputeName, FleetId};

use super::{Asked, PAGE_MAX, command, page_of, query};
use crate::shapes::Shapes;

pub(super) fn register(shapes: &Shapes<'_>) -> Option<Asked> {
    let fleet = shapes.required_fleet();
    let name = shapes.new_compute("ComputeName");
    let fields = fields(shapes);
    let fleet = fleet?;
    let touched = Resource::Fleet(fleet.clone());
    command(Command::RegisterCompute { fleet, name: name?, fields: fields? }, Some(touched))
}

fn fields(shapes: &Shapes<'_>) -> Option<ComputeFields> {
    // The model asks for none of the two; machines of one's own have nobody else to tell them.
    let ip = shapes.required("IpAddress").and_then(|ip| shapes.text("IpAddress", ip, 1..=128));
    let ip = ip.and_then(|ip| {
        shapes.only("IpAddress", ip, "hexadecimal digits, : and .", |c| {
            c.is_ascii_hexdigit() || ":.".contains(c)
        })
    });
    let location = shapes.required_location();
    let dns = shapes.get("DnsName").and_then(|name| {
        let name = shapes.text("DnsName", name, 1..=256)?;
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        shapes.only("DnsName", name, "letters, digits, _, - and .", fits)
    });
    Some(ComputeFields {
        location: location?,
        ip: ip?.to_string(),
        dns: dns.map(str::to_string),
        certificate_path: shapes.optional_text("CertificatePath", 1..=1024),
    })
}

fn one(shapes: &Shapes<'_>) -> Option<(FleetId, ComputeName)> {
    let (fleet, name) = (shapes.required_fleet(), shapes.compute("ComputeName"));
    Some((fleet?, name?))
}

pub(super) fn deregister(shapes: &Shapes<'_>) -> Option<Asked> {
    let (fleet, name) = one(shapes)?;
    let touched = Resource::Fleet(fleet.clone());
    command(Command::DeregisterCompute { fleet, name }, Some(touched))
}

pub(super) fn token(shapes: &Shapes<'_>) -> Option<Asked> {
    let (fleet, compute) = one(shapes)?;
    let touched = Resource::Fleet(fleet.clone());
    command(Command::IssueToken { fleet, compute }, Some(touched))
}

pub(super) fn describe(shapes: &Shapes<'_>) -> Option<Asked> {
    let (fleet, name) = one(shapes)?;
    let touched = Resource::Fleet(fleet.clone());
    query(Query::Compute { fleet, name }, Some(touched))
}

pub(super) fn list(shapes: &Shapes<'_>) -> Option<Asked> {
    let fleet = shapes.required_fleet();
    let location = shapes.optional_location();
    shapes.refuse("ContainerGroupDefinitionName", "Anywhere fleets have no containers");
    let is_active = shapes.choice("ComputeStatus", &[("ACTIVE", true), ("IMPAIRED", false)]);
    let mut page = page_of(shapes, PAGE_MAX)?;
    if is_active == Some(false) {
        // No compute is ever impaired here: a page of nothing.
        page.limit = 0;
    }
    let fleet = fleet?;
    let touched = Resource::Fleet(fleet.clone());
    query(Query::Computes { fleet, location, page }, Some(touched))
}
