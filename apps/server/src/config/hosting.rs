//! `[hosting]`: time limits of game servers and of the socket they speak through; `[tls]`: its certificate.

use std::path::{Path, PathBuf};
use std::time::Duration;

use matchwright_hosting::Settings;
use serde::{Deserialize, Serialize};

use super::Quotas;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hosting {
    /// Empty: the address of the listener.
    pub public_endpoint: String,
    pub paths: Vec<String>,
    pub game_session_activation_timeout_seconds: u64,
    pub player_session_reservation_seconds: u64,
    pub process_ready_timeout_seconds: u64,
    pub reconnect_grace_seconds: u64,
    pub termination_grace_seconds: u64,
    pub heartbeat_seconds: u64,
    pub heartbeat_jitter_seconds: u64,
    pub heartbeats_missed: u32,
    pub token_life_seconds: u64,
    pub session_retention_seconds: u64,
    pub placement_retention_seconds: u64,
    pub process_retention_seconds: u64,
    pub queue_timeout_seconds: u64,
    pub placement_attempts: u32,
    pub sockets: usize,
    pub message_bytes: usize,
    pub requests_per_socket: usize,
    pub rate_limits: bool,
    pub ping_seconds: u64,
}

impl Default for Hosting {
    fn default() -> Self {
        let from = Settings::default();
        Self {
            public_endpoint: String::new(),
            paths: vec!["/game-server".to_string(), "/".to_string()],
            game_session_activation_timeout_seconds: from.activation_timeout.as_secs(),
            player_session_reservation_seconds: from.reservation.as_secs(),
            process_ready_timeout_seconds: from.ready_timeout.as_secs(),
            reconnect_grace_seconds: from.reconnect_grace.as_secs(),
            termination_grace_seconds: from.termination_grace.as_secs(),
            heartbeat_seconds: 60,
            heartbeat_jitter_seconds: 10,
            heartbeats_missed: 3,
            token_life_seconds: from.token_life.as_secs(),
            session_retention_seconds: from.session_retention.as_secs(),
            placement_retention_seconds: from.placement_retention.as_secs(),
            process_retention_seconds: from.process_retention.as_secs(),
            queue_timeout_seconds: from.queue_timeout.as_secs(),
            placement_attempts: from.placement_attempts,
            sockets: 20_000,
            message_bytes: 1 << 20,
            requests_per_socket: 64,
            rate_limits: true,
            ping_seconds: 30,
        }
    }
}

impl Hosting {
    pub(super) fn settings(&self, quotas: &Quotas) -> Settings {
        let seconds = Duration::from_secs;
        Settings {
            activation_timeout: seconds(self.game_session_activation_timeout_seconds),
            reservation: seconds(self.player_session_reservation_seconds),
            ready_timeout: seconds(self.process_ready_timeout_seconds),
            reconnect_grace: seconds(self.reconnect_grace_seconds),
            termination_grace: seconds(self.termination_grace_seconds),
            token_life: seconds(self.token_life_seconds),
            session_retention: seconds(self.session_retention_seconds),
            placement_retention: seconds(self.placement_retention_seconds),
            process_retention: seconds(self.process_retention_seconds),
            queue_timeout: seconds(self.queue_timeout_seconds),
            placement_attempts: self.placement_attempts,
            players_per_session_max: quotas.players_per_session,
            locations_max: quotas.locations,
            fleets_max: quotas.fleets,
            aliases_max: quotas.aliases,
            queues_max: quotas.queues,
            computes_per_fleet_max: quotas.computes_per_fleet,
            processes_max: quotas.processes,
            tags_max: quotas.tags,
            ..Settings::default()
        }
    }

    /// All times, with their keys.
    pub(super) fn seconds(&self) -> [(&'static str, u64); 13] {
        [
            ("hosting.game_session_activation_timeout_seconds", self.game_session_activation_timeout_seconds),
            ("hosting.player_session_reservation_seconds", self.player_session_reservation_seconds),
            ("hosting.process_ready_timeout_seconds", self.process_ready_timeout_seconds),
            ("hosting.reconnect_grace_seconds", self.reconnect_grace_seconds),
            ("hosting.termination_grace_seconds", self.termination_grace_seconds),
            ("hosting.heartbeat_seconds", self.heartbeat_seconds),
            ("hosting.heartbeat_jitter_seconds", self.heartbeat_jitter_seconds),
            ("hosting.token_life_seconds", self.token_life_seconds),
            ("hosting.session_retention_seconds", self.session_retention_seconds),
            ("hosting.placement_retention_seconds", self.placement_retention_seconds),
            ("hosting.process_retention_seconds", self.process_retention_seconds),
            ("hosting.queue_timeout_seconds", self.queue_timeout_seconds),
            ("hosting.ping_seconds", self.ping_seconds),
        ]
    }

    /// The keys whose value must be at least 1, with their values.
    pub(super) fn at_least_one(&self) -> [(&'static str, u64); 12] {
        [
            ("hosting.game_session_activation_timeout_seconds", self.game_session_activation_timeout_seconds),
            ("hosting.player_session_reservation_seconds", self.player_session_reservation_seconds),
            ("hosting.process_ready_timeout_seconds", self.process_ready_timeout_seconds),
            ("hosting.termination_grace_seconds", self.termination_grace_seconds),
            ("hosting.heartbeat_seconds", self.heartbeat_seconds),
            ("hosting.heartbeats_missed", self.heartbeats_missed.into()),
            ("hosting.token_life_seconds", self.token_life_seconds),
            ("hosting.queue_timeout_seconds", self.queue_timeout_seconds),
            ("hosting.placement_attempts", self.placement_attempts.into()),
            ("hosting.message_bytes", self.message_bytes as u64),
            ("hosting.requests_per_socket", self.requests_per_socket as u64),
            ("hosting.ping_seconds", self.ping_seconds),
        ]
    }
}

/// Both empty: a certificate of our own, made at the first start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Tls {
    /// Files are named relative to the configuration file.
    pub(super) fn resolve(&mut self, file: Option<&Path>) {
        let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
        if self.is_configured() {
            (self.certificate, self.key) = (folder.join(&self.certificate), folder.join(&self.key));
        }
    }

    pub fn is_configured(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }
}
