//! The state as the shortest list of changes that rebuilds it: one codec for journal and snapshot.

use matchwright_model::Timestamp;

use crate::{Change, State};

/// Applied in order to an empty state, these rebuild `state`.
pub fn snapshot(state: &State) -> Vec<(Timestamp, Change)> {
    let _ = state;
    todo!()
}
