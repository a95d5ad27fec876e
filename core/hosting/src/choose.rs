//! Which process a placement gets: the queue's candidates, those that its players can reach, in the order of preference.
//!
//! A candidate is a place of a fleet with a free process. Without latencies the default order is destination, then
//! location, as the API reference has it; with latencies the average latency and the cost come first.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use matchwright_model::{FleetId, LocationName};

use crate::{
    Cost, Destination, Fallback, FleetStatus, Placement, PlayerLatency, Priority, ProcessKey, Queue, Routing,
    State,
};

const ORDER: [Priority; 4] = [Priority::Latency, Priority::Cost, Priority::Destination, Priority::Location];
const ORDER_WITHOUT_LATENCIES: [Priority; 4] =
    [Priority::Destination, Priority::Location, Priority::Cost, Priority::Latency];

/// A place where a placement could go.
struct Candidate<'s> {
    fleet: &'s FleetId,
    location: &'s LocationName,
    /// Its place among the destinations.
    destination: usize,
    cost: Option<Cost>,
    /// On average over those who told one.
    latency_ms: Option<f64>,
    free: &'s ProcessKey,
}

/// The process that a placement gets now; none is taken that is in `taken`.
pub(crate) fn process_for<'s>(
    state: &'s State,
    placement: &Placement,
    queue: &'s Queue,
    taken: &BTreeSet<ProcessKey>,
) -> Option<&'s ProcessKey> {
    let mut candidates: Vec<Candidate<'s>> = Vec::new();
    for (destination, (fleet, location)) in places(state, queue) {
        let free = state.index().idle(fleet, location).find(|key| !taken.contains(*key));
        let Some(free) = free.filter(|_| allows(placement, queue, location)) else { continue };
        let cost = state.fleets[fleet].fields.cost;
        let latency_ms = average(&placement.request.latencies, location);
        candidates.push(Candidate { fleet, location, destination, cost, latency_ms, free });
    }
    let preferred = candidates.iter().min_by(|one, other| compare(placement, queue, one, other));
    preferred.map(|candidate| candidate.free)
}

/// Whether a queue leads to a place.
pub(crate) fn leads_to(state: &State, queue: &Queue, fleet: &FleetId, location: &LocationName) -> bool {
    places(state, queue).any(|(_, place)| place == (fleet, location))
}

/// How many free processes a queue leads to; those of a fleet that is named twice count twice.
pub(crate) fn count_free(state: &State, queue: &Queue) -> usize {
    places(state, queue).map(|(_, (fleet, location))| state.index().free_count(fleet, location)).sum()
}

/// The locations that a queue leads to; one of several fleets more than once.
pub fn locations_of<'s>(state: &'s State, queue: &'s Queue) -> impl Iterator<Item = &'s LocationName> {
    places(state, queue).map(|(_, (_, location))| location)
}

/// The places that a queue leads to, each with the number of its destination.
fn places<'s>(
    state: &'s State,
    queue: &'s Queue,
) -> impl Iterator<Item = (usize, (&'s FleetId, &'s LocationName))> {
    let fleets = queue.fields.destinations.iter().enumerate().filter_map(|(number, destination)| {
        let id = match destination {
            Destination::Fleet(id) => id,
            Destination::Alias(alias) => match &state.aliases.get(alias)?.fields.routing {
                Routing::Fleet(id) => id,
                Routing::Nowhere { .. } => return None,
            },
        };
        let (id, fleet) = state.fleets.get_key_value(id)?;
        (fleet.status == FleetStatus::Active).then_some((number, id, fleet))
    });
    let allowed = &queue.fields.allowed_locations;
    fleets.flat_map(move |(number, id, fleet)| {
        let locations = fleet.locations.iter().filter(|one| allowed.is_empty() || allowed.contains(one));
        locations.map(move |location| (number, (id, location)))
    })
}

/// The latency policy in force and the placement's own order let it go there.
pub(crate) fn allows(placement: &Placement, queue: &Queue, location: &LocationName) -> bool {
    if let Some(order) = &placement.request.order
        && order.fallback == Fallback::Nothing
        && !order.locations.contains(location)
    {
        return false;
    }
    let latencies = &placement.request.latencies;
    match placement.policy(queue).filter(|_| !latencies.is_empty()) {
        None => true,
        Some(policy) => worst(latencies, location).is_some_and(|worst| worst <= policy.max_latency_ms as f32),
    }
}

fn compare(placement: &Placement, queue: &Queue, one: &Candidate<'_>, other: &Candidate<'_>) -> Ordering {
    let has_latencies = !placement.request.latencies.is_empty();
    let default = match has_latencies || !queue.fields.priority.is_empty() {
        true => ORDER,
        false => ORDER_WITHOUT_LATENCIES,
    };
    let by_override = match &placement.request.order {
        Some(order) => {
            place_in(&order.locations, one.location).cmp(&place_in(&order.locations, other.location))
        }
        None => Ordering::Equal,
    };
    let rest = default.iter().filter(|criterion| !queue.fields.priority.contains(criterion));
    queue
        .fields
        .priority
        .iter()
        .chain(rest)
        .fold(by_override, |order, criterion| {
            order.then_with(|| match criterion {
                Priority::Latency => by_latency(one.latency_ms, other.latency_ms),
                // A fleet without a cost comes last.
                Priority::Cost => (one.cost.is_none(), one.cost).cmp(&(other.cost.is_none(), other.cost)),
                Priority::Destination => one.destination.cmp(&other.destination),
                Priority::Location => by_location(queue, one).cmp(&by_location(queue, other)),
            })
        })
        .then_with(|| one.fleet.cmp(other.fleet))
}

/// Where nobody told a latency comes last.
fn by_latency(one: Option<f64>, other: Option<f64>) -> Ordering {
    let known = |latency: Option<f64>| latency.unwrap_or(f64::INFINITY);
    known(one).total_cmp(&known(other))
}

fn by_location<'c>(queue: &Queue, candidate: &Candidate<'c>) -> (usize, &'c LocationName) {
    (place_in(&queue.fields.location_order, candidate.location), candidate.location)
}

/// Its place in a list; what is not in it comes last.
fn place_in(list: &[LocationName], location: &LocationName) -> usize {
    list.iter().position(|one| one == location).unwrap_or(list.len())
}

/// What players told of their latencies to a location.
fn told<'p>(latencies: &'p [PlayerLatency], location: &'p LocationName) -> impl Iterator<Item = f32> {
    latencies.iter().filter(|one| one.region.as_str() == location.as_str()).map(|one| one.latency_ms)
}

fn average(latencies: &[PlayerLatency], location: &LocationName) -> Option<f64> {
    let count = told(latencies, location).count();
    (count > 0).then(|| told(latencies, location).map(f64::from).sum::<f64>() / count as f64)
}

fn worst(latencies: &[PlayerLatency], location: &LocationName) -> Option<f32> {
    told(latencies, location).max_by(f32::total_cmp)
}
