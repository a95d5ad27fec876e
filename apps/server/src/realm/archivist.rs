//! Writes snapshots, as a follower with a state of its own, so that the writer never pauses for one.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use matchwright_engine::{State, apply, snapshot as shortest};
use matchwright_journal::{Fault, SnapshotName, codec, snapshot};

use super::message::{Message, ToArchive};
use super::replay::Place;

/// Nobody waits for a snapshot, so changes are taken in armfuls: a wake-up per commit would cost more than the work.
const GATHER: Duration = Duration::from_millis(20);

pub(crate) struct Archivist {
    pub state: State,
    pub position: u64,
    pub place: Arc<Place>,
    pub epoch: u64,
    pub news: Receiver<ToArchive>,
    pub writer: Sender<Message>,
    pub every_bytes: u64,
    pub every: Duration,
    /// Configured sinks: what the slowest still needs is kept.
    pub sinks: Vec<String>,
}

impl Archivist {
    /// Follows until the writer ends.
    pub fn run(mut self) {
        let mut bytes = 0;
        let mut written = Instant::now();
        loop {
            let mut no_room = false;
            match self.news.recv_timeout(Duration::from_secs(1)) {
                Ok(first) => {
                    std::thread::sleep(GATHER);
                    let waiting: Vec<ToArchive> =
                        std::iter::once(first).chain(self.news.try_iter().take(10_000)).collect();
                    for one in waiting {
                        match one {
                            ToArchive::Committed(batch) => {
                                batch.records.iter().for_each(|record| apply(&mut self.state, record));
                                self.position = batch.last_position();
                                bytes += batch.bytes;
                            }
                            ToArchive::NoRoom => no_room = true,
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let is_due = bytes >= self.every_bytes || written.elapsed() >= self.every;
            if (is_due && bytes > 0) || no_room {
                if let Err(fault) = self.write(no_room) {
                    tracing::warn!(
                        "no snapshot was written: {fault}; the journal is kept, and it is tried again later"
                    );
                }
                bytes = 0;
                written = Instant::now();
            }
        }
    }

    fn write(&self, no_room: bool) -> Result<(), Fault> {
        let name =
            SnapshotName { position: self.position, epoch: self.epoch, realm: self.place.realm.clone() };
        let folder = &self.place.folder;
        if self.position > 0 && !snapshot::list(folder, &name.realm)?.iter().any(|(other, _)| *other == name)
        {
            let started = Instant::now();
            let bytes = snapshot::write(folder, &name, shortest(&self.state).iter().map(codec::encode))?;
            tracing::info!(
                position = self.position,
                bytes,
                seconds = started.elapsed().as_secs_f64(),
                "snapshot written"
            );
            let _ = self.writer.send(Message::Snapshot { position: name.position, name: name.to_string() });
        }
        let keep = self.keep_position();
        let up_to = match no_room {
            true => self.prune_hard(keep)?,
            false => snapshot::prune(folder, &name.realm, keep)?,
        };
        if up_to > 0 {
            let _ = self.writer.send(Message::Truncate { up_to });
        }
        Ok(())
    }

    /// Up to here every configured sink has delivered.
    fn keep_position(&self) -> u64 {
        let delivered = |sink: &String| self.state.sinks.get(sink).copied().unwrap_or(0);
        self.sinks.iter().map(delivered).min().unwrap_or(self.position)
    }

    /// With no room only the newest snapshot and what sinks need is kept.
    fn prune_hard(&self, keep: u64) -> Result<u64, Fault> {
        let names = snapshot::list(&self.place.folder, &self.place.realm)?;
        let newest = names.iter().map(|(name, _)| name).max().cloned();
        let below = names.iter().map(|(name, _)| name).filter(|name| name.position <= keep).max().cloned();
        for (name, _) in names {
            if Some(&name) != newest.as_ref() && Some(&name) != below.as_ref() {
                // What cannot be deleted now is deleted after the next snapshot.
                let _ = std::fs::remove_file(name.path(&self.place.folder));
            }
        }
        Ok(newest.map_or(0, |newest| newest.position.min(keep)))
    }
}
