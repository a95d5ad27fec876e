//! Wires one node: threads, sockets, clocks. Decides nothing: it carries commands to the engine and changes to
//! whoever follows them.
//!
//! Reading order: [`config`] (what can be set), [`Node`] (start, run, stop), [`realm`] (a journal, its writer and
//! their followers), `http` (the doors), `game_server` (sockets of game servers), `sinks` (deliveries), [`metrics`],
//! [`echo`] (a yardstick).

pub mod config;
pub mod echo;
mod game_server;
mod http;
pub mod metrics;
mod node;
pub mod realm;
mod sinks;

pub use node::{Node, NodeError};
