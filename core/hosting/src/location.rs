//! A place where a studio's own machines stand.

use std::collections::BTreeMap;

use matchwright_model::{LocationName, Timestamp};

use crate::decide::{Context, Decision, Reply};
use crate::resource::check_tags;
use crate::{Change, Rejection, State};

#[derive(Debug, Clone, PartialEq)]
pub struct Location {
    pub created_at: Timestamp,
    pub tags: BTreeMap<String, String>,
}

/// # Rejections, in this order
/// `LocationExists`, `TagReserved`, `TagQuota`, `Quota`.
pub(crate) fn decide_create(
    state: &State,
    context: &Context<'_>,
    name: &LocationName,
    tags: &BTreeMap<String, String>,
) -> Result<Decision, Rejection> {
    if state.locations.contains_key(name) {
        return Err(Rejection::LocationExists(name.clone()));
    }
    check_tags(tags, context.settings)?;
    let limit = context.settings.locations_max;
    if state.locations.len() >= limit {
        return Err(Rejection::Quota { what: "locations", limit });
    }
    let made = Location { created_at: context.now, tags: tags.clone() };
    let created = Change::LocationCreated { name: name.clone(), tags: tags.clone() };
    Ok(Decision { changes: vec![created], reply: Reply::Location(name.clone(), made) })
}

/// # Rejections, in this order
/// `LocationNotFound`, `LocationInUse` (a fleet stands there).
pub(crate) fn decide_delete(state: &State, name: &LocationName) -> Result<Decision, Rejection> {
    if !state.locations.contains_key(name) {
        return Err(Rejection::LocationNotFound(name.clone()));
    }
    if let Some((fleet, _)) = state.fleets.iter().find(|(_, fleet)| fleet.locations.contains(name)) {
        return Err(Rejection::LocationInUse { name: name.clone(), fleet: fleet.clone() });
    }
    Ok(Decision::done(vec![Change::LocationDeleted { name: name.clone() }]))
}
