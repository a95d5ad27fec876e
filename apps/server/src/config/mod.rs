//! What an operator can set: one file, then the environment, then the command line, the later winning.
//!
//! Reading order: [`Config`] (every key with its default), [`load`] (sources to a checked configuration),
//! [`ConfigError`] (what is wrong, where, and what to do).

mod allocator;
mod error;
mod hosting;
mod keys;
mod load;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use matchwright_engine::Settings;
use matchwright_model::PartyPolicy;
use matchwright_search::SearchSettings;
use serde::{Deserialize, Deserializer, Serialize};

pub use allocator::{AgonesApi, Allocator, AllocatorKind, Scheduling, allocators};
pub use error::ConfigError;
pub use hosting::{Hosting, Tls};
pub use keys::{KEYS, Key};
pub use load::{Sources, keyring, load};

/// The whole configuration. `docs/reference/configuration.md` says what each key does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    pub listen: SocketAddr,
    pub insecure_listen: bool,
    pub data_dir: PathBuf,
    /// `region = "a"`, or a list of several.
    #[serde(rename = "region", deserialize_with = "one_or_many")]
    pub regions: Vec<String>,
    pub account: String,
    pub sinks: Vec<Sink>,
    pub allocators: Vec<Allocator>,
    pub keys: Vec<AccessKey>,
    pub search: Search,
    pub limits: Limits,
    pub journal: Journal,
    pub events: Events,
    pub quotas: Quotas,
    pub behavior: Behavior,
    pub hosting: Hosting,
    pub tls: Tls,
}

/// A receiver of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sink {
    pub name: String,
    #[serde(rename = "type", default)]
    pub kind: SinkKind,
    pub url: String,
    #[serde(default)]
    pub format: SinkFormat,
    #[serde(default = "Sink::default_lanes")]
    pub lanes: usize,
    #[serde(default = "Sink::default_timeout_seconds")]
    pub timeout_seconds: u64,
}

impl Sink {
    fn default_lanes() -> usize {
        4
    }

    fn default_timeout_seconds() -> u64 {
        10
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SinkKind {
    #[default]
    Webhook,
}

/// How an event is wrapped for a receiver (D-118).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SinkFormat {
    #[default]
    Event,
    Sns,
}

/// A key that requests are signed with.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessKey {
    pub access_key_id: String,
    pub secret: String,
    /// The text of an IAM-like policy; without one, everything is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_file: Option<PathBuf>,
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccessKey({})", self.access_key_id)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Search {
    pub nodes_per_anchor: u64,
    pub nodes_per_step: u64,
    pub exact_tickets: usize,
    pub candidates_max: usize,
    pub sweep_tickets: usize,
    pub workers: usize,
    pub hold_seconds: f64,
    pub hold_partial_seconds: f64,
}

impl Default for Search {
    fn default() -> Self {
        let from = SearchSettings::default();
        Self {
            nodes_per_anchor: from.nodes_per_anchor,
            nodes_per_step: from.nodes_per_step,
            exact_tickets: from.exact_tickets,
            candidates_max: from.candidates_max,
            sweep_tickets: from.sweep_tickets,
            workers: from.workers,
            hold_seconds: from.hold.as_secs_f64(),
            hold_partial_seconds: from.hold_partial.as_secs_f64(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    pub body_bytes: usize,
    pub header_read_seconds: u64,
    pub body_read_seconds: u64,
    pub requests: usize,
    pub connections: usize,
    pub drain_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            header_read_seconds: 30,
            body_read_seconds: 30,
            requests: 4096,
            connections: 10_000,
            drain_seconds: 10,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Journal {
    /// 0: as much as the disk holds.
    pub max_bytes: u64,
    pub snapshot_bytes: u64,
    pub snapshot_minutes: u64,
}

impl Default for Journal {
    fn default() -> Self {
        Self { max_bytes: 0, snapshot_bytes: 64 << 20, snapshot_minutes: 30 }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Events {
    pub keep: usize,
    pub keep_alive_seconds: u64,
}

impl Default for Events {
    fn default() -> Self {
        Self { keep: 100_000, keep_alive_seconds: 15 }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quotas {
    pub rule_sets: usize,
    pub matchmakers: usize,
    pub tags: usize,
    pub ticket_retention_seconds: u64,
    pub locations: usize,
    pub fleets: usize,
    pub aliases: usize,
    pub queues: usize,
    pub computes_per_fleet: usize,
    pub processes: usize,
    pub players_per_session: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        let (from, hosting) = (Settings::default(), matchwright_hosting::Settings::default());
        Self {
            rule_sets: from.rule_sets_max,
            matchmakers: from.matchmakers_max,
            tags: from.tags_max,
            ticket_retention_seconds: from.ticket_retention.as_secs(),
            locations: hosting.locations_max,
            fleets: hosting.fleets_max,
            aliases: hosting.aliases_max,
            queues: hosting.queues_max,
            computes_per_fleet: hosting.computes_per_fleet_max,
            processes: hosting.processes_max,
            players_per_session: hosting.players_per_session_max,
        }
    }
}

/// Where the public material leaves a choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Behavior {
    pub lenient_ids: bool,
    pub lenient_latency: bool,
    pub lenient_rule_sets: bool,
    pub party_aggregation: PartyAggregation,
    pub requeue_cancels_backfill: bool,
    pub backfill_forgets_leavers: bool,
    pub backfill_offers_own_seat: bool,
    pub backfill_fullest_first: bool,
    pub deadline_during_acceptance: bool,
}

impl Default for Behavior {
    fn default() -> Self {
        Self {
            lenient_ids: false,
            lenient_latency: false,
            lenient_rule_sets: false,
            party_aggregation: PartyAggregation::Individual,
            requeue_cancels_backfill: true,
            backfill_forgets_leavers: false,
            backfill_offers_own_seat: false,
            backfill_fullest_first: false,
            deadline_during_acceptance: false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartyAggregation {
    Individual,
    Literal,
}

impl From<PartyAggregation> for PartyPolicy {
    fn from(one: PartyAggregation) -> Self {
        match one {
            PartyAggregation::Individual => Self::Individual,
            PartyAggregation::Literal => Self::Literal,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 4600)),
            insecure_listen: false,
            data_dir: PathBuf::from("matchwright-data"),
            regions: vec!["us-east-1".to_string()],
            account: "000000000000".to_string(),
            sinks: Vec::new(),
            allocators: Vec::new(),
            keys: Vec::new(),
            search: Search::default(),
            limits: Limits::default(),
            journal: Journal::default(),
            events: Events::default(),
            quotas: Quotas::default(),
            behavior: Behavior::default(),
            hosting: Hosting::default(),
            tls: Tls::default(),
        }
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a name, or a list of names")]
    enum Names {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Names::deserialize(deserializer)? {
        Names::One(name) => vec![name],
        Names::Many(names) => names,
    })
}

impl Config {
    pub fn engine_settings(&self) -> Settings {
        Settings {
            rule_sets_max: self.quotas.rule_sets,
            matchmakers_max: self.quotas.matchmakers,
            tags_max: self.quotas.tags,
            ticket_retention: Duration::from_secs(self.quotas.ticket_retention_seconds),
            requeue_cancels_backfill: self.behavior.requeue_cancels_backfill,
            backfill_forgets_leavers: self.behavior.backfill_forgets_leavers,
            backfill_offers_own_seat: self.behavior.backfill_offers_own_seat,
            deadline_during_acceptance: self.behavior.deadline_during_acceptance,
            party_policy: self.behavior.party_aggregation.into(),
            unknown_keys_warn: self.behavior.lenient_rule_sets,
            hosting: self.hosting.settings(&self.quotas),
            ..Settings::default()
        }
    }

    pub fn search_settings(&self) -> SearchSettings {
        SearchSettings {
            nodes_per_anchor: self.search.nodes_per_anchor,
            nodes_per_step: self.search.nodes_per_step,
            exact_tickets: self.search.exact_tickets,
            candidates_max: self.search.candidates_max,
            sweep_tickets: self.search.sweep_tickets,
            workers: self.search.workers,
            hold: Duration::from_secs_f64(self.search.hold_seconds),
            hold_partial: Duration::from_secs_f64(self.search.hold_partial_seconds),
            party_policy: self.behavior.party_aggregation.into(),
            fullest_first: self.behavior.backfill_fullest_first,
        }
    }
}
