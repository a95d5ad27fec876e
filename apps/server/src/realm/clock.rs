//! The wall clock: read here, at the door, and nowhere below.

use std::time::{SystemTime, UNIX_EPOCH};

use matchwright_model::Timestamp;

/// Now, never before `floor`: what was journaled stays in order when the clock steps back.
pub fn now(floor: Timestamp) -> Timestamp {
    wall().max(floor)
}

pub fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as u64)
}
