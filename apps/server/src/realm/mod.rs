//! One realm: its journal, its writer, and those who follow it.
//!
//! Reading order: [`message`] (what the writer is asked), [`writer`] (decide, append, reply), [`open`] (from a folder
//! to a running realm), [`hunter`] (search as a follower), [`archivist`] (snapshots), [`hub`] (events for readers),
//! [`allocator`] (placements that others host).

pub mod allocator;
pub mod archivist;
pub mod clock;
pub mod hub;
pub mod hunter;
pub mod ids;
pub mod message;
pub mod open;
pub mod replay;
pub mod writer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;

use matchwright_engine::{Answer, Command, Query, Rejection, Reply};
use tokio::sync::oneshot::{Receiver, channel};

pub use allocator::Assigned;
pub use hub::{Encoder, Envelope, Hub, Read, Reader};
pub use message::{Message, Refusal};
pub use open::{OpenOptions, open};

/// A running realm, as the doors see it. Cheap to clone.
#[derive(Clone)]
pub struct Realm {
    pub region: Arc<str>,
    pub hub: Arc<Hub>,
    place: Arc<replay::Place>,
    writer: Sender<Message>,
}

/// What only the node holds: the way to stop a realm.
pub struct Running {
    pub realm: Realm,
    /// What the start found, for the operator.
    pub recovered: Vec<String>,
    pub recovered_position: u64,
    /// Per sink, up to where it had delivered.
    pub sinks: BTreeMap<String, u64>,
    threads: Vec<(&'static str, JoinHandle<()>)>,
}

impl Realm {
    /// Asks the writer for a change; the reply comes when it is on the disk. A rejection is the caller's affair; no room
    /// and a stop, which may also end the wait without a reply, are the operator's.
    ///
    /// # Errors
    /// The realm is stopping.
    pub fn command(&self, command: Command) -> Result<Receiver<Result<Reply, Refusal>>, Refusal> {
        let (reply, answer) = channel();
        self.send(Message::Command { command, reply: Some(reply) })?;
        Ok(answer)
    }

    /// Asks a question; it sees every change asked for before it.
    ///
    /// # Errors
    /// The realm is stopping.
    pub fn query(&self, query: Query) -> Result<Receiver<Result<Answer, Rejection>>, Refusal> {
        let (reply, answer) = channel();
        self.send(Message::Query { query, reply })?;
        Ok(answer)
    }

    /// Sends without waiting.
    pub(crate) fn send(&self, message: Message) -> Result<(), Refusal> {
        self.writer.send(message).map_err(|_| Refusal::Stopping)
    }
}

#[cfg(test)]
impl Realm {
    /// A realm whose writer is a script: what it is asked comes out of the receiver.
    pub(crate) fn scripted(encoder: Arc<dyn Encoder>) -> (Self, std::sync::mpsc::Receiver<Message>) {
        let (writer, asked) = std::sync::mpsc::channel();
        let place = replay::Place {
            folder: std::path::PathBuf::new(),
            realm: "us-east-1".to_string(),
            settings: matchwright_engine::Settings::default(),
        };
        let hub = Hub::new(1, 0, encoder);
        (Self { region: "us-east-1".into(), hub, place: Arc::new(place), writer }, asked)
    }
}

impl Running {
    /// Stops the writer after what was asked before, then its followers, and waits for them.
    pub fn stop(self) {
        let _ = self.realm.send(Message::Stop);
        drop(self.realm);
        for (name, thread) in self.threads {
            if thread.join().is_err() {
                tracing::error!("the {name} thread had panicked");
            }
        }
    }
}
