//! Wires one node: threads, sockets, clocks. Decides nothing: it carries commands to the engine and changes to
//! whoever follows them.
//!
//! Reading order: [`config`] (what can be set), [`realm`] (a journal, its writer and their followers), [`metrics`].

pub mod config;
pub mod metrics;
pub mod realm;
