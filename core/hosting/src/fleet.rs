//! A fleet: machines of the studio's own (Anywhere) that host games, in one or more locations.
//!
//! ```text
//! FleetCreated ─▶ Active ─▶ Deleting ─▶ (gone, when its last process is)
//! ```

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use matchwright_model::{ComputeName, FleetId, LocationName, Timestamp};

use crate::decide::{Context, Decision, Reply};
use crate::resource::check_tags;
use crate::{Change, Compute, EndCause, Rejection, State};

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
    ProcessEnded { compute: ComputeName, process: matchwright_model::ProcessId, cause: EndCause },
    /// A game session was not activated in time.
    ActivationTimedOut { session: matchwright_model::GameSessionId },
}
