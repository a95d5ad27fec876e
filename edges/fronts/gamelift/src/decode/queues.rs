//! Queues (hosting 3.4).

use std::fmt::Arguments;
use std::time::Duration;

use matchwright_amazon::{Kind, name_of};
use matchwright_hosting::{
    Command, Destination, LatencyPolicy, Priority, Query, QueueFields, QueuePatch, Resource,
};
use matchwright_model::LocationName;

use super::{Asked, command, page_of, query};
use crate::shapes::Shapes;

const PRIORITIES: [(&str, Priority); 4] = [
    ("LATENCY", Priority::Latency),
    ("COST", Priority::Cost),
    ("DESTINATION", Priority::Destination),
    ("LOCATION", Priority::Location),
];

pub(super) fn create(shapes: &Shapes<'_>) -> Option<Asked> {
    let name = shapes.required("Name").and_then(|name| shapes.letters("Name", name, 1..=128));
    let given = patch(shapes);
    let tags = shapes.tags("Tags");
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let fields = QueueFields {
        timeout: given.timeout.unwrap_or_default(),
        destinations: given.destinations.unwrap_or_default(),
        latency_policies: given.latency_policies.unwrap_or_default(),
        allowed_locations: given.allowed_locations.unwrap_or_default(),
        priority: given.priority.unwrap_or_default(),
        location_order: given.location_order.unwrap_or_default(),
        custom_event_data: some(given.custom_event_data),
        notification_target: some(given.notification_target),
    };
    let name = name?;
    let created = Command::CreateQueue { name: name.into(), fields, tags: tags? };
    command(created, Some(Resource::Queue(name.into())))
}

pub(super) fn update(shapes: &Shapes<'_>) -> Option<Asked> {
    let name = shapes.required_queue("Name");
    let patch = patch(shapes);
    let name = name?;
    command(Command::UpdateQueue { name: name.clone(), patch }, Some(Resource::Queue(name)))
}

pub(super) fn delete(shapes: &Shapes<'_>) -> Option<Asked> {
    let name = shapes.required_queue("Name")?;
    command(Command::DeleteQueue { name: name.clone() }, Some(Resource::Queue(name)))
}

pub(super) fn describe(shapes: &Shapes<'_>) -> Option<Asked> {
    let names = match shapes.get("Names") {
        Some(names) => {
            let read = |path: Arguments<'_>, name| shapes.queue(path, name, 1..=256);
            shapes.each("Names", names, 0..=usize::MAX, read)
        }
        None => Some(Vec::new()),
    };
    let page = page_of(shapes, 50);
    query(Query::Queues { names: names?, page: page? }, None)
}

/// The members that create and update share; what is not given stays `None`.
fn patch(shapes: &Shapes<'_>) -> QueuePatch {
    let destinations = shapes.get("Destinations").and_then(|given| {
        shapes
            .each("Destinations", given, 0..=usize::MAX, |path, one| destination(&shapes.inside(path, one)?))
    });
    let latency_policies = shapes.get("PlayerLatencyPolicies").and_then(|given| {
        let read = |path: Arguments<'_>, one| latency_policy(&shapes.inside(path, one)?);
        shapes.each("PlayerLatencyPolicies", given, 0..=usize::MAX, read)
    });
    let priority = shapes.get("PriorityConfiguration").and_then(|given| {
        let given = shapes.inside("PriorityConfiguration", given)?;
        Some((priority_order(&given), locations_once(&given, "LocationOrder", 100)))
    });
    let (priority, location_order) = priority.unzip();
    QueuePatch {
        // Zero is as good as none.
        timeout: shapes
            .get("TimeoutInSeconds")
            .and_then(|seconds| shapes.whole("TimeoutInSeconds", seconds, 0, 43_200))
            .map(|seconds| Duration::from_secs(seconds as u64)),
        destinations,
        latency_policies,
        allowed_locations: shapes.get("FilterConfiguration").and_then(|given| {
            let given = shapes.inside("FilterConfiguration", given)?;
            Some(locations_once(&given, "AllowedLocations", 100))
        }),
        priority,
        location_order,
        custom_event_data: shapes.optional_text("CustomEventData", 0..=256),
        notification_target: shapes.topic("NotificationTarget", ""),
    }
}

/// The ARN of a fleet or of an alias.
fn destination(shapes: &Shapes<'_>) -> Option<Destination> {
    let given = shapes.required("DestinationArn")?;
    let is_alias = given.text().is_some_and(|text| {
        text.starts_with("alias-") || text.starts_with("arn:") && name_of(text, Kind::Alias).is_some()
    });
    match is_alias {
        true => shapes.alias("DestinationArn", given).map(Destination::Alias),
        false => shapes.fleet("DestinationArn", given).map(Destination::Fleet),
    }
}

fn latency_policy(shapes: &Shapes<'_>) -> Option<LatencyPolicy> {
    let most = shapes.required_count("MaximumIndividualPlayerLatencyMilliseconds");
    let seconds = shapes.count("PolicyDurationSeconds");
    let duration = seconds.map(|seconds| Duration::from_secs(seconds.into()));
    Some(LatencyPolicy { max_latency_ms: most?, duration })
}

fn priority_order(shapes: &Shapes<'_>) -> Vec<Priority> {
    let order: Option<Vec<Priority>> = shapes.get("PriorityOrder").and_then(|order| {
        shapes.each("PriorityOrder", order, 1..=4, |path, one| shapes.choice_of(path, one, &PRIORITIES))
    });
    let order = order.unwrap_or_default();
    let word =
        |one: &Priority| PRIORITIES.iter().find(|(_, priority)| priority == one).map(|(word, _)| *word);
    shapes.distinct("PriorityOrder", order.iter().filter_map(word));
    order
}

/// Locations in an order, each once; none where none are given.
pub(super) fn locations_once(shapes: &Shapes<'_>, key: &str, most: usize) -> Vec<LocationName> {
    let given = shapes.get(key).and_then(|given| shapes.locations::<Vec<_>>(key, given, most));
    let order = given.unwrap_or_default();
    shapes.distinct(key, order.iter().map(LocationName::as_str));
    order
}
