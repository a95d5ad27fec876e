//! Which process a placement gets: the queue's candidates, those that its players can reach, in the order of preference.
//!
//! A candidate is a place of a fleet with a free process. Without latencies the default order is destination, then
//! location, as the API reference has it; with latencies the average latency and the cost come first.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

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
    let latencies = Latencies::of(&placement.request.latencies);
    for (destination, (fleet, location)) in places(state, queue) {
        let free = state.index().idle(fleet, location).find(|key| !taken.contains(*key));
        let Some(free) = free.filter(|_| allows(placement, queue, &latencies, location)) else { continue };
        let cost = state.fleets[fleet].fields.cost;
        let latency_ms = latencies.average(location);
        candidates.push(Candidate { fleet, location, destination, cost, latency_ms, free });
    }
    let preferred = candidates.iter().min_by(|one, other| compare(placement, queue, one, other));
    preferred.map(|candidate| candidate.free)
}

/// Whether a placement may go to a place at all.
pub(crate) fn admits(
    state: &State,
    placement: &Placement,
    queue: &Queue,
    fleet: &FleetId,
    location: &LocationName,
) -> bool {
    let is_place = |(_, place): (usize, (&FleetId, &LocationName))| place == (fleet, location);
    places(state, queue).any(is_place)
        && allows(placement, queue, &Latencies::of(&placement.request.latencies), location)
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
fn allows(placement: &Placement, queue: &Queue, latencies: &Latencies<'_>, location: &LocationName) -> bool {
    if let Some(order) = &placement.request.order
        && order.fallback == Fallback::Nothing
        && !order.locations.contains(location)
    {
        return false;
    }
    match placement.policy(queue).filter(|_| !latencies.is_empty()) {
        None => true,
        Some(policy) => latencies.worst(location).is_some_and(|worst| worst <= policy.max_latency_ms as f32),
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

/// What players told of their latencies, by location.
struct Latencies<'p>(BTreeMap<&'p str, Vec<f32>>);

impl<'p> Latencies<'p> {
    fn of(told: &'p [PlayerLatency]) -> Self {
        let mut by_location: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
        for one in told {
            by_location.entry(one.region.as_str()).or_default().push(one.latency_ms);
        }
        Self(by_location)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn average(&self, location: &LocationName) -> Option<f64> {
        let told = self.0.get(location.as_str())?;
        Some(told.iter().map(|latency| f64::from(*latency)).sum::<f64>() / told.len() as f64)
    }

    fn worst(&self, location: &LocationName) -> Option<f32> {
        self.0.get(location.as_str())?.iter().copied().max_by(f32::total_cmp)
    }
}
