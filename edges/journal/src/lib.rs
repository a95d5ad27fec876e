//! Keeps changes and gives them back in order. Knows no command, no decision, no state, no socket; starts no thread.
//!
//! Reading order: [`Log`] and [`Fault`] (what a journal promises and how it fails), [`Frame`] (the bytes of a group
//! commit), [`codec`] (a record and its bytes), [`SqliteLog`] (the embedded engine), [`snapshot`] (files),
//! [`Recovered`] (what a start found, and replay), [`inspect`] (a journal as an operator reads it). The format is
//! written down in `docs/internals/journal.md`.

pub mod codec;
mod database;
mod frame;
pub mod inspect;
mod log;
mod recovery;
pub mod snapshot;
mod sqlite;
mod wal;

pub use frame::{Frame, FrameError};
pub use log::{Fault, Log};
pub use recovery::{Recovered, Repair, SnapshotFound};
pub use snapshot::SnapshotName;
pub use sqlite::{Options, SqliteLog};
