//! A queue: which fleets a placement may use, and in which order.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_model::{AliasId, FleetId, LocationName, QueueName, Timestamp};

use crate::decide::{Context, Decision, Draft, Reply};
use crate::resource::check_tags;
use crate::{Change, Rejection, State, placement};

#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    pub fields: QueueFields,
    pub created_at: Timestamp,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct QueueFields {
    /// How long a placement may wait. Asked for as zero: `Settings::queue_timeout`.
    pub timeout: Duration,
    /// In the order of preference. A queue without any places nothing.
    pub destinations: Vec<Destination>,
    /// From the lowest cap upward, whatever order they came in.
    pub latency_policies: Vec<LatencyPolicy>,
    /// Only these locations; empty: all.
    pub allowed_locations: Vec<LocationName>,
    /// Overrides the default order of criteria; those left out follow in the default order.
    pub priority: Vec<Priority>,
    /// What `Priority::Location` goes by; the others follow by name.
    pub location_order: Vec<LocationName>,
    pub custom_event_data: Option<String>,
    pub notification_target: Option<String>,
}

impl QueueFields {
    /// A queue that says no more than it must.
    pub fn least(timeout: Duration, destinations: Vec<Destination>) -> Self {
        Self {
            timeout,
            destinations,
            latency_policies: Vec::new(),
            allowed_locations: Vec::new(),
            priority: Vec::new(),
            location_order: Vec::new(),
            custom_event_data: None,
            notification_target: None,
        }
    }
}

/// Each given member replaces the whole of it; an empty text or list clears it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueuePatch {
    pub timeout: Option<Duration>,
    pub destinations: Option<Vec<Destination>>,
    pub latency_policies: Option<Vec<LatencyPolicy>>,
    pub allowed_locations: Option<Vec<LocationName>>,
    pub priority: Option<Vec<Priority>>,
    pub location_order: Option<Vec<LocationName>>,
    pub custom_event_data: Option<String>,
    pub notification_target: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    Fleet(FleetId),
    Alias(AliasId),
}

/// No player may be farther away than this, for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatencyPolicy {
    pub max_latency_ms: u32,
    /// `None`: until the placement times out.
    pub duration: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    Latency,
    Cost,
    Destination,
    Location,
}

/// Fleets and aliases that a queue names must exist, what contradicts itself is refused, and latency policies are put in
/// order. A queue that names no timeout gets the one of the settings.
fn completed(
    state: &State,
    context: &Context<'_>,
    mut fields: QueueFields,
) -> Result<QueueFields, Rejection> {
    if fields.timeout.is_zero() {
        fields.timeout = context.settings.queue_timeout;
    }
    for destination in &fields.destinations {
        match destination {
            Destination::Fleet(id) => drop(state.fleet(id)?),
            Destination::Alias(id) => drop(state.alias(id)?),
        }
    }
    let invalid = |why: &str| Err(Rejection::QueueInvalid(why.to_string()));
    if fields.priority.contains(&Priority::Location) && fields.location_order.is_empty() {
        return invalid("PriorityOrder has LOCATION, which needs LocationOrder; give the locations in order");
    }
    fields.latency_policies.sort_by_key(|policy| policy.max_latency_ms);
    let endless = fields.latency_policies.iter().position(|policy| policy.duration.is_none());
    if endless.is_some_and(|place| place + 1 < fields.latency_policies.len()) {
        return invalid(
            "a PlayerLatencyPolicy without PolicyDurationSeconds lasts until the timeout, so only the one with the highest latency may have none",
        );
    }
    Ok(fields)
}

/// # Rejections, in this order
/// `QueueExists`, `FleetNotFound`, `AliasNotFound`, `QueueInvalid`, `TagReserved`, `TagQuota`, `Quota`.
pub(crate) fn decide_create(
    state: &State,
    context: &Context<'_>,
    name: &QueueName,
    fields: &QueueFields,
    tags: &BTreeMap<String, String>,
) -> Result<Decision, Rejection> {
    if state.queues.contains_key(name) {
        return Err(Rejection::QueueExists(name.clone()));
    }
    let fields = completed(state, context, fields.clone())?;
    check_tags(tags, context.settings)?;
    let limit = context.settings.queues_max;
    if state.queues.len() >= limit {
        return Err(Rejection::Quota { what: "game session queues", limit });
    }
    let made = Queue { fields: fields.clone(), created_at: context.now, tags: tags.clone() };
    let created = Change::QueueCreated { name: name.clone(), fields, tags: tags.clone() };
    Ok(Decision { changes: vec![created], reply: Reply::Queue(name.clone(), Box::new(made)) })
}

/// # Rejections, in this order
/// `QueueNotFound`, `FleetNotFound`, `AliasNotFound`, `QueueInvalid`.
pub(crate) fn decide_update(
    state: &State,
    context: &Context<'_>,
    name: &QueueName,
    patch: &QueuePatch,
) -> Result<Decision, Rejection> {
    let queue = state.queue(name)?;
    let fields = completed(state, context, patched(queue.fields.clone(), patch.clone()))?;
    let made = Queue { fields: fields.clone(), ..queue.clone() };
    let mut draft = Draft::default();
    draft.push(Change::QueueUpdated { name: name.clone(), fields });
    placement::offer_all(state, context, name, &made, &mut draft);
    Ok(Decision { changes: draft.changes, reply: Reply::Queue(name.clone(), Box::new(made)) })
}

/// Placements that wait in it fail.
///
/// # Rejections
/// `QueueNotFound`.
pub(crate) fn decide_delete(state: &State, name: &QueueName) -> Result<Decision, Rejection> {
    state.queue(name)?;
    let waiting = state.index().waiting(name).map(|(_, id)| Change::PlacementFailed { id: id.clone() });
    let mut changes: Vec<Change> = waiting.collect();
    changes.push(Change::QueueDeleted { name: name.clone() });
    Ok(Decision::done(changes))
}

fn patched(mut fields: QueueFields, patch: QueuePatch) -> QueueFields {
    fn set<T>(old: &mut T, new: Option<T>) {
        if let Some(new) = new {
            *old = new;
        }
    }
    fn text(old: &mut Option<String>, new: Option<String>) {
        if let Some(new) = new {
            *old = Some(new).filter(|text| !text.is_empty());
        }
    }
    set(&mut fields.timeout, patch.timeout);
    set(&mut fields.destinations, patch.destinations);
    set(&mut fields.latency_policies, patch.latency_policies);
    set(&mut fields.allowed_locations, patch.allowed_locations);
    set(&mut fields.priority, patch.priority);
    set(&mut fields.location_order, patch.location_order);
    text(&mut fields.custom_event_data, patch.custom_event_data);
    text(&mut fields.notification_target, patch.notification_target);
    fields
}

pub(crate) fn apply_created(
    state: &mut State,
    at: Timestamp,
    name: &QueueName,
    fields: &QueueFields,
    tags: &BTreeMap<String, String>,
) {
    let made = Queue { fields: fields.clone(), created_at: at, tags: tags.clone() };
    state.queues.insert(name.clone(), made);
}

pub(crate) fn apply_updated(state: &mut State, name: &QueueName, fields: &QueueFields) {
    if let Some(queue) = state.queues.get(name) {
        let made = Queue { fields: fields.clone(), ..queue.clone() };
        state.replace_queue(name, Some(made));
    }
}
