//! Wires one node: threads, sockets, clocks. Decides nothing: it carries commands to the engine and changes to
//! whoever follows them.
pub mod config;
