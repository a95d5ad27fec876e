//! A queue: which fleets a placement may use, and in which order.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_model::{AliasId, FleetId, LocationName, QueueName, Timestamp};

use crate::decide::{Context, Decision, Reply};
use crate::resource::check_tags;
use crate::{Change, Rejection, State};

#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    pub fields: QueueFields,
    pub created_at: Timestamp,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct QueueFields {
    /// How long a placement may wait.
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
