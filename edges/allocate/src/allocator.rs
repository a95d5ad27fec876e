//! One question for a game server, and what may come of it.

use std::sync::Arc;

/// A server is wanted for one game session.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The same in every repetition and in no other request: who gave a server for it gives that one again. Letters,
    /// digits and hyphens, at most 63.
    pub session: String,
    pub placement: String,
    pub queue: String,
    pub name: Option<String>,
    pub max_players: u32,
    pub properties: Vec<(String, String)>,
    pub data: Option<Arc<str>>,
    /// Who plays, in the form that game servers read.
    pub matchmaker_data: Option<String>,
    pub players: Vec<String>,
    pub latencies: Vec<Latency>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Latency {
    pub player: String,
    pub region: String,
    pub latency_ms: f32,
}

/// Where the game runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// An IP address, or a name where nothing else is known.
    pub address: String,
    pub dns: Option<String>,
    pub port: u16,
    /// The allocator's own name for the session: letters, digits and hyphens, at most 63.
    pub session: Option<String>,
}

/// Why no server was found. All but the last are asked again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("no server is free")]
    NoCapacity,
    #[error("others took the server that was found")]
    Contention,
    /// Not reached, or answered by something that was not expected: an operator may be at work on it.
    #[error("{0}")]
    Unanswered(String),
    /// The request is wrong: asking again would not help.
    #[error("{0}")]
    Refused(String),
}

/// Somebody who has game servers. `allocate` blocks until it is answered or the try failed.
pub trait Allocator: Send + Sync + 'static {
    /// # Errors
    /// There is no server, or not yet, or nobody knows. A server may have been taken all the same: that is why a
    /// repetition says the same session.
    fn allocate(&self, request: &Request) -> Result<Server, Failure>;
}
