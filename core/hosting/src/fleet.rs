//! A fleet: machines of the studio's own (Anywhere) that host games, in one or more locations.
//!
//! ```text
//! FleetCreated ─▶ Active ─▶ Deleting ─▶ (gone, when its last process is)
//! ```

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use matchwright_model::{ComputeName, FleetId, LocationName, Timestamp};

use crate::decide::{Context, Decision, Draft, Reply};
use crate::resource::check_tags;
use crate::{Change, Compute, EndCause, Rejection, State, process};

/// How many events a fleet remembers.
const EVENTS_MAX: usize = 500;

#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    pub fields: FleetFields,
    /// Never empty.
    pub locations: BTreeSet<LocationName>,
    pub status: FleetStatus,
    pub created_at: Timestamp,
    pub computes: BTreeMap<ComputeName, Compute>,
    pub tags: BTreeMap<String, String>,
    /// The latest, oldest first.
    pub events: VecDeque<FleetEvent>,
    /// How many events there ever were: the number of the next one.
    pub events_count: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FleetStatus {
    Active,
    /// Its processes are told to end; it takes nothing new.
    Deleting,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FleetFields {
    pub name: String,
    pub description: Option<String>,
    /// What an hour costs, for queues that prefer the cheap.
    pub cost: Option<Cost>,
    /// New game sessions are protected. Kept and told; nothing here ends a session to save machines.
    pub is_protected: bool,
    pub creation_limit: Option<CreationLimit>,
    pub metric_group: Option<String>,
}

impl FleetFields {
    /// A fleet that says no more than it must.
    pub fn least(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: None,
            cost: None,
            is_protected: false,
            creation_limit: None,
            metric_group: None,
        }
    }
}

/// How many game sessions one creator may make in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreationLimit {
    pub sessions: u32,
    pub period: Duration,
}

/// Only the given members change; an empty text clears one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FleetPatch {
    pub name: Option<String>,
    pub description: Option<String>,
    pub cost: Option<Cost>,
    pub is_protected: Option<bool>,
    pub creation_limit: Option<CreationLimit>,
    pub metric_group: Option<String>,
}

/// An amount in hundred-thousandths, as exact as its written form (`^\d{1,5}(\.\d{1,5})?$`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(pub u64);

/// Something that happened in a fleet, as DescribeFleetEvents tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetEvent {
    /// Counts up in its fleet.
    pub number: u64,
    pub at: Timestamp,
    pub kind: FleetEventKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FleetEventKind {
    Created,
    Deleting,
    /// A process ended otherwise than by its own wish.
    ProcessEnded {
        compute: ComputeName,
        process: matchwright_model::ProcessId,
        cause: EndCause,
    },
    /// A game session was not activated in time.
    ActivationTimedOut {
        session: matchwright_model::GameSessionId,
    },
}

impl std::str::FromStr for Cost {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits =
            |text: &str| (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(());
        }
        let number = |text: &str| text.parse::<u64>().map_err(|_| ());
        Ok(Self(number(whole)? * 100_000 + number(&format!("{fraction:0<5}"))?))
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fraction = format!("{:05}", self.0 % 100_000);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{}", self.0 / 100_000),
            fraction => write!(f, "{}.{fraction}", self.0 / 100_000),
        }
    }
}

impl Fleet {
    pub(crate) fn compute(&self, own: &FleetId, name: &ComputeName) -> Result<&Compute, Rejection> {
        let missing = || Rejection::ComputeNotFound { fleet: own.clone(), name: name.clone() };
        self.computes.get(name).ok_or_else(missing)
    }

    /// The same without its computes and events, which may be many.
    pub(crate) fn without_parts(&self) -> Self {
        Self {
            fields: self.fields.clone(),
            locations: self.locations.clone(),
            status: self.status,
            created_at: self.created_at,
            computes: BTreeMap::new(),
            tags: self.tags.clone(),
            events: VecDeque::new(),
            events_count: self.events_count,
        }
    }

    pub(crate) fn remember(&mut self, at: Timestamp, kind: FleetEventKind) {
        if self.events.len() == EVENTS_MAX {
            self.events.pop_front();
        }
        self.events.push_back(FleetEvent { number: self.events_count, at, kind });
        self.events_count += 1;
    }

    fn created(
        at: Timestamp,
        fields: &FleetFields,
        locations: &BTreeSet<LocationName>,
        tags: &BTreeMap<String, String>,
    ) -> Self {
        let mut fleet = Self {
            fields: fields.clone(),
            locations: locations.clone(),
            status: FleetStatus::Active,
            created_at: at,
            computes: BTreeMap::new(),
            tags: tags.clone(),
            events: VecDeque::new(),
            events_count: 0,
        };
        fleet.remember(at, FleetEventKind::Created);
        fleet
    }
}

/// # Errors
/// `FleetNotFound`, `FleetDeleting`.
pub(crate) fn active<'s>(state: &'s State, id: &FleetId) -> Result<&'s Fleet, Rejection> {
    match state.fleet(id)? {
        fleet if fleet.status == FleetStatus::Active => Ok(fleet),
        _ => Err(Rejection::FleetDeleting(id.clone())),
    }
}

fn check_locations(state: &State, locations: &BTreeSet<LocationName>) -> Result<(), Rejection> {
    match locations.iter().find(|name| !state.locations.contains_key(*name)) {
        Some(unknown) => Err(Rejection::LocationNotFound(unknown.clone())),
        None => Ok(()),
    }
}

/// An Anywhere fleet is active at once.
///
/// # Rejections, in this order
/// `LocationNotFound`, `TagReserved`, `TagQuota`, `Quota`.
pub(crate) fn decide_create(
    state: &State,
    context: &Context<'_>,
    fields: &FleetFields,
    locations: &BTreeSet<LocationName>,
    tags: &BTreeMap<String, String>,
) -> Result<Decision, Rejection> {
    check_locations(state, locations)?;
    check_tags(tags, context.settings)?;
    let limit = context.settings.fleets_max;
    if state.fleets.len() >= limit {
        return Err(Rejection::Quota { what: "fleets", limit });
    }
    let id = FleetId::new(format!("fleet-{}", context.fresh.uuid()));
    let made = Fleet::created(context.now, fields, locations, tags);
    let created = Change::FleetCreated {
        id: id.clone(),
        fields: fields.clone(),
        locations: locations.clone(),
        tags: tags.clone(),
    };
    Ok(Decision { changes: vec![created], reply: Reply::Fleet(id, Box::new(made)) })
}

/// # Rejections, in this order
/// `FleetNotFound`, `FleetDeleting`.
pub(crate) fn decide_update(state: &State, id: &FleetId, patch: &FleetPatch) -> Result<Decision, Rejection> {
    let fleet = active(state, id)?;
    let old = &fleet.fields;
    let text = |new: &Option<String>, old: &Option<String>| match new {
        Some(new) => Some(new.clone()).filter(|text| !text.is_empty()),
        None => old.clone(),
    };
    let fields = FleetFields {
        name: patch.name.clone().unwrap_or_else(|| old.name.clone()),
        description: text(&patch.description, &old.description),
        cost: patch.cost.or(old.cost),
        is_protected: patch.is_protected.unwrap_or(old.is_protected),
        creation_limit: patch.creation_limit.or(old.creation_limit),
        metric_group: text(&patch.metric_group, &old.metric_group),
    };
    let made = Fleet { fields: fields.clone(), ..fleet.without_parts() };
    let updated = Change::FleetUpdated { id: id.clone(), fields };
    Ok(Decision { changes: vec![updated], reply: Reply::Fleet(id.clone(), Box::new(made)) })
}

/// Tells its processes to end; the fleet is gone with the last of them.
///
/// # Rejections, in this order
/// `FleetNotFound`, `FleetDeleting`.
pub(crate) fn decide_delete(
    state: &State,
    context: &Context<'_>,
    id: &FleetId,
) -> Result<Decision, Rejection> {
    active(state, id)?;
    let mut draft = Draft::default();
    draft.push(Change::FleetDeleting { id: id.clone() });
    let mut is_empty = true;
    for process in process::of_fleet(state, id) {
        is_empty = false;
        process::tell_to_end(context, process, &mut draft);
    }
    if is_empty {
        draft.push(Change::FleetDeleted { id: id.clone() });
    }
    Ok(draft.done())
}

/// # Rejections, in this order
/// `FleetNotFound`, `FleetDeleting`, `LocationNotFound`.
pub(crate) fn decide_add_locations(
    state: &State,
    id: &FleetId,
    locations: &BTreeSet<LocationName>,
) -> Result<Decision, Rejection> {
    let fleet = active(state, id)?;
    check_locations(state, locations)?;
    Ok(locations_changed(id, fleet.locations.union(locations).cloned().collect(), locations))
}

/// # Rejections, in this order
/// `FleetNotFound`, `FleetDeleting`, `LocationNotInFleet`, `FleetLocationInUse`, `FleetNeedsLocation`.
pub(crate) fn decide_remove_locations(
    state: &State,
    id: &FleetId,
    locations: &BTreeSet<LocationName>,
) -> Result<Decision, Rejection> {
    let fleet = active(state, id)?;
    if let Some(unknown) = locations.difference(&fleet.locations).next() {
        return Err(Rejection::LocationNotInFleet { fleet: id.clone(), location: unknown.clone() });
    }
    let in_use = fleet.computes.values().find(|compute| locations.contains(&compute.fields.location));
    if let Some(compute) = in_use {
        let location = compute.fields.location.clone();
        return Err(Rejection::FleetLocationInUse { fleet: id.clone(), location });
    }
    let left: BTreeSet<LocationName> = fleet.locations.difference(locations).cloned().collect();
    match left.is_empty() {
        true => Err(Rejection::FleetNeedsLocation(id.clone())),
        false => Ok(locations_changed(id, left, locations)),
    }
}

/// What it has now, and what was added or taken away.
fn locations_changed(
    id: &FleetId,
    locations: BTreeSet<LocationName>,
    told: &BTreeSet<LocationName>,
) -> Decision {
    let changed = Change::FleetLocationsChanged { id: id.clone(), locations };
    Decision { changes: vec![changed], reply: Reply::FleetLocations(id.clone(), told.clone()) }
}

pub(crate) fn apply_created(
    state: &mut State,
    at: Timestamp,
    id: &FleetId,
    fields: &FleetFields,
    locations: &BTreeSet<LocationName>,
    tags: &BTreeMap<String, String>,
) {
    state.fleets.insert(id.clone(), Fleet::created(at, fields, locations, tags));
}

pub(crate) fn apply_deleting(state: &mut State, at: Timestamp, id: &FleetId) {
    if let Some(fleet) = state.fleets.get_mut(id) {
        fleet.status = FleetStatus::Deleting;
        fleet.remember(at, FleetEventKind::Deleting);
    }
}

#[cfg(test)]
mod tests {
    use super::Cost;

    #[test]
    fn a_cost_is_read_as_exactly_as_it_is_written() {
        for (text, amount, shown) in [
            ("0", 0, "0"),
            ("1.5", 150_000, "1.5"),
            ("00012.00001", 1_200_001, "12.00001"),
            ("99999.99999", 9_999_999_999, "99999.99999"),
        ] {
            assert_eq!(text.parse(), Ok(Cost(amount)), "{text}");
            assert_eq!(Cost(amount).to_string(), shown);
        }
        for wrong in ["", ".", "1.", ".5", "123456", "1.123456", "-1", "1,5", "1.5.1"] {
            assert_eq!(wrong.parse::<Cost>(), Err(()), "{wrong:?}");
        }
    }
}
