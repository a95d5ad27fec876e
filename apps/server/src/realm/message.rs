//! What the writer is asked, and what its followers hear.

use std::sync::Arc;

use matchwright_engine::{Answer, Command, Event, Proposal, Query, Record, Rejection, Reply};
use matchwright_journal::{Fault, Frame};
use tokio::sync::oneshot;

pub type CommandReply = oneshot::Sender<Result<Reply, Refusal>>;

/// Everything that reaches the writer.
pub enum Message {
    Command {
        command: Command,
        reply: Option<CommandReply>,
    },
    Query {
        query: Query,
        reply: oneshot::Sender<Result<Answer, Rejection>>,
    },
    /// Search found a match.
    Propose(Proposal),
    /// Frames above a position, for a reader that is behind what is kept in memory.
    Page {
        after: u64,
        frames: usize,
        reply: std::sync::mpsc::SyncSender<Result<Vec<Frame>, Fault>>,
    },
    /// A snapshot is whole and on the disk.
    Snapshot {
        position: u64,
        name: String,
    },
    /// Frames up to here are needed by nobody.
    Truncate {
        up_to: u64,
    },
    Stop,
}

/// Why a command was not done.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// The caller acts.
    Rejected(Rejection),
    /// The journal has no room; the operator acts. With the fault's code.
    Full {
        code: &'static str,
    },
    Stopping,
}

/// A group commit, as followers hear of it once it is on the disk.
#[derive(Debug, Clone)]
pub struct Batch {
    pub first_position: u64,
    pub records: Arc<Vec<Record>>,
    pub bytes: u64,
}

impl Batch {
    pub fn last_position(&self) -> u64 {
        self.first_position + self.records.len() as u64 - 1
    }
}

/// What search hears.
pub enum ToSearch {
    Committed(Batch),
    Rejected(Proposal),
}

/// What the snapshot writer hears.
pub enum ToArchive {
    Committed(Batch),
    /// The journal has no room: a snapshot may let it forget.
    NoRoom,
}

/// What the event hub hears: the events of a commit, and how far the journal is.
pub struct Told {
    pub events: Vec<(u64, Event)>,
    pub last_position: u64,
}
