//! Game servers and the sockets they speak through: one socket each, for hours.
//!
//! Reading order: [`Settings`], `door` (who may in, before the upgrade is answered), `switchboard` (which socket is
//! whose, and what is told to whom), `line` (what is known of one process), `unread` (what it may not have heard),
//! `socket` (the life of one socket).

mod door;
mod line;
mod socket;
mod switchboard;
#[cfg(test)]
mod tests;
mod unread;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::config;

pub(crate) use door::{Secure, enter, is_upgrade};
pub(crate) use switchboard::Switchboard;

/// What can be set, ready for use.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Without a slash at their ends.
    pub paths: Vec<String>,
    /// Empty: where the game server connected to.
    pub public_endpoint: String,
    /// From one heartbeat to when the next must have come.
    pub heartbeat: Duration,
    pub heartbeat_jitter: Duration,
    pub heartbeats_missed: u32,
    pub token_life: Duration,
    pub message_bytes: usize,
    pub requests_per_socket: usize,
    pub has_rate_limits: bool,
    pub ping: Duration,
    /// A push is followed by a ping so much later, whose answer says that it was read.
    pub receipt: Duration,
    /// An SDK may not be ready for a game in the moment in which it hears that it is: it waits for the first heartbeat,
    /// or so long.
    pub ready_pause: Duration,
    /// How long a socket lives on whose process has a newer one.
    pub superseded: Duration,
    /// How long a message may take to leave, and an upgrade to be decided.
    pub patience: Duration,
}

impl Settings {
    pub fn new(from: &config::Hosting) -> Self {
        Self {
            paths: from.paths.iter().map(|path| path.trim_end_matches('/').to_string()).collect(),
            public_endpoint: from.public_endpoint.clone(),
            heartbeat: Duration::from_secs(from.heartbeat_seconds),
            heartbeat_jitter: Duration::from_secs(from.heartbeat_jitter_seconds),
            heartbeats_missed: from.heartbeats_missed,
            token_life: Duration::from_secs(from.token_life_seconds),
            message_bytes: from.message_bytes,
            requests_per_socket: from.requests_per_socket,
            has_rate_limits: from.rate_limits,
            ping: Duration::from_secs(from.ping_seconds),
            receipt: Duration::from_secs(2),
            ready_pause: Duration::from_millis(250),
            superseded: Duration::from_secs(30),
            patience: Duration::from_secs(10),
        }
    }

    /// After so long without a good heartbeat a process counts as unhealthy.
    pub fn silence_max(&self) -> Duration {
        self.heartbeat * self.heartbeats_missed + self.heartbeat_jitter
    }
}

/// The sockets of a node.
pub(crate) struct Sockets {
    pub settings: Settings,
    pub most: usize,
    /// One permit for each socket.
    pub free: Arc<Semaphore>,
}

impl Sockets {
    pub fn new(from: &config::Hosting) -> Self {
        let most = from.sockets.min(u32::MAX as usize);
        Self { settings: Settings::new(from), most, free: Arc::new(Semaphore::new(most)) }
    }

    pub fn open(&self) -> usize {
        self.most - self.free.available_permits()
    }

    /// Until every socket is closed.
    pub async fn closed(&self) {
        let all = u32::try_from(self.most).unwrap_or(u32::MAX);
        let _ = self.free.acquire_many(all).await;
    }
}
