//! The state as the shortest list of changes that rebuilds it: one codec for journal and snapshot.

use matchwright_model::Timestamp;

use crate::{Change, State};

/// Applied in order to an empty state, these rebuild `state`.
pub fn snapshot(state: &State) -> Vec<(Timestamp, Change)> {
    let mut all = Vec::new();
    for (name, one) in &state.locations {
        all.push((one.created_at, Change::LocationCreated { name: name.clone(), tags: one.tags.clone() }));
    }
    for (id, one) in &state.fleets {
        all.push((one.created_at, Change::FleetRestored { id: id.clone(), fleet: Box::new(one.clone()) }));
    }
    for (id, one) in &state.aliases {
        let created =
            Change::AliasCreated { id: id.clone(), fields: one.fields.clone(), tags: one.tags.clone() };
        all.push((one.created_at, created));
        if one.updated_at != one.created_at {
            let updated = Change::AliasUpdated { id: id.clone(), fields: one.fields.clone() };
            all.push((one.updated_at, updated));
        }
    }
    for (name, one) in &state.queues {
        let created =
            Change::QueueCreated { name: name.clone(), fields: one.fields.clone(), tags: one.tags.clone() };
        all.push((one.created_at, created));
    }
    for one in state.processes.values() {
        all.push((one.created_at, Change::ProcessRestored { process: Box::new(one.clone()) }));
    }
    // By id, so that the same state gives the same bytes however it came about.
    let mut sessions: Vec<_> = state.sessions.values().collect();
    sessions.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    for one in sessions {
        all.push((one.created_at, Change::SessionRestored { session: one.clone() }));
    }
    let mut placements: Vec<_> = state.placements.values().collect();
    placements.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    for one in placements {
        all.push((one.started_at, Change::PlacementRestored { placement: one.clone() }));
    }
    all
}
