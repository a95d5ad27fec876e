//! The limits and time limits of hosting. Each is a key of the configuration.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_model::QueueName;

use crate::Home;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// From CreateGameSession to ActivateGameSession; then the session ends.
    pub activation_timeout: Duration,
    /// How long a seat is kept for a player who does not come.
    pub reservation: Duration,
    /// From the first connection of a process until it must be ready.
    pub ready_timeout: Duration,
    /// How long a process may be disconnected before it counts as crashed. The slowest SDK tries for 184 s.
    pub reconnect_grace: Duration,
    /// From TerminateProcess until the process is given up.
    pub termination_grace: Duration,
    /// The life of an auth token. Agents ask for a new one 15 minutes before its end.
    pub token_life: Duration,
    /// How long an ended game session, and what belongs to it, can be described.
    pub session_retention: Duration,
    /// How long an ended placement can be described and its id not be used again.
    pub placement_retention: Duration,
    /// How long the id of an ended process is refused.
    pub process_retention: Duration,
    /// Of a queue that names none.
    pub queue_timeout: Duration,
    /// How many processes a placement may try; more than one tries another where the first never activated.
    pub placement_attempts: u32,
    /// Queues whose placements an allocator hosts; no process is given to them.
    pub elsewhere: BTreeMap<QueueName, Home>,
    pub players_per_session_max: u32,
    pub locations_max: usize,
    pub fleets_max: usize,
    pub aliases_max: usize,
    pub queues_max: usize,
    pub computes_per_fleet_max: usize,
    /// Processes that are known at once; ended ones do not count.
    pub processes_max: usize,
    pub tags_max: usize,
    /// Most deadlines that one tick handles.
    pub due_per_tick: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        Self {
            activation_timeout: minutes(5),
            reservation: minutes(1),
            ready_timeout: minutes(5),
            reconnect_grace: Duration::from_secs(200),
            termination_grace: minutes(5),
            token_life: minutes(180),
            session_retention: minutes(180),
            placement_retention: minutes(180),
            process_retention: minutes(180),
            queue_timeout: minutes(10),
            placement_attempts: 1,
            elsewhere: BTreeMap::new(),
            players_per_session_max: 200,
            locations_max: 100,
            fleets_max: 100,
            aliases_max: 100,
            queues_max: 100,
            computes_per_fleet_max: 10_000,
            processes_max: 100_000,
            tags_max: 50,
            due_per_tick: 1000,
        }
    }
}
