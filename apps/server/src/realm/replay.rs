//! Events that memory no longer holds, told again from the newest fitting snapshot and the journal's pages.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use matchwright_engine::{Record, Settings, State, apply, tell};
use matchwright_journal::{Fault, Frame, Log, SnapshotName, codec, snapshot};

use super::Realm;
use super::hub::Envelope;
use super::message::Message;

/// Frames per page: small, because the writer reads them between two commits.
const FRAMES_PER_PAGE: usize = 16;

/// How often a reader that starts looks again for a snapshot.
const TRIES: usize = 3;

/// Where a realm's journal lies and what it is read with.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub folder: PathBuf,
    pub realm: String,
    pub settings: Settings,
}

/// A replay under way.
pub(crate) struct CatchUp {
    state: State,
    position: u64,
    /// Events up to here were read before.
    after: u64,
}

impl CatchUp {
    /// Loads the newest snapshot at or below `after`, or the oldest one when everything below it is gone.
    pub fn start(realm: &Realm, after: u64) -> Result<Self, String> {
        let mut found = Self::load(realm, after);
        // What was listed may be pruned before it is read: then a newer snapshot stands in for it.
        for _ in 0..TRIES {
            if found.is_ok() {
                break;
            }
            found = Self::load(realm, after);
        }
        found.map_err(|fault| fault.to_string())
    }

    fn load(realm: &Realm, after: u64) -> Result<Self, Fault> {
        let place: &Arc<Place> = &realm.place;
        let names: Vec<SnapshotName> =
            snapshot::list(&place.folder, &place.realm)?.into_iter().map(|(name, _)| name).collect();
        let fitting = names.iter().rev().find(|name| name.position <= after);
        let chosen = match fitting {
            Some(name) => Some(name),
            // Without a snapshot below, the journal may still reach back to its first record.
            None => match page(realm, 0) {
                Ok(_) => None,
                Err(Fault::Truncated { .. }) => names.first(),
                Err(fault) => return Err(fault),
            },
        };
        let mut state = State::new(&place.settings);
        if let Some(name) = chosen {
            load(place, name, &mut state)?;
        }
        Ok(Self { state, position: chosen.map_or(0, |name| name.position), after })
    }

    pub fn position(&self) -> u64 {
        self.position
    }

    /// The events of the next page; empty when the page held none.
    pub fn page(&mut self, realm: &Realm) -> Result<Vec<Envelope>, String> {
        let frames = match page(realm, self.position) {
            Ok(frames) => frames,
            // The journal was shortened past this reader: it goes on with what is still kept.
            Err(Fault::Truncated { .. }) => {
                *self = Self::start(realm, self.after.max(self.position))?;
                return Ok(Vec::new());
            }
            Err(fault) => return Err(fault.to_string()),
        };
        let mut found = Vec::new();
        for frame in &frames {
            for (position, bytes) in frame.records_after(self.position) {
                let record = codec::decode(bytes).map_err(|error| error.to_string())?;
                if position > self.after
                    && let Some(event) = tell(&self.state, &record)
                {
                    found.push(realm.hub.wrap(position, event));
                }
                apply(&mut self.state, &record);
            }
            self.position = frame.last_position();
        }
        Ok(found)
    }
}

fn page(realm: &Realm, after: u64) -> Result<Vec<Frame>, Fault> {
    let (reply, answer) = std::sync::mpsc::sync_channel(1);
    let sent = realm.send(Message::Page { after, frames: FRAMES_PER_PAGE, reply });
    match sent {
        Ok(()) => answer.recv_timeout(Duration::from_secs(60)).unwrap_or(Err(Fault::Stopped)),
        Err(_) => Err(Fault::Stopped),
    }
}

fn load(place: &Place, name: &SnapshotName, state: &mut State) -> Result<(), Fault> {
    for bytes in snapshot::read(&place.folder, name)? {
        apply(state, &decode(name.position, &bytes)?);
    }
    Ok(())
}

fn decode(position: u64, bytes: &[u8]) -> Result<Record, Fault> {
    codec::decode(bytes).map_err(|error| Fault::Record { position, why: error.to_string() })
}

/// The state that the journal holds.
pub(crate) fn rebuild(place: &Place, log: &mut dyn Log) -> Result<State, Fault> {
    let mut names: Vec<SnapshotName> =
        snapshot::list(&place.folder, &place.realm)?.into_iter().map(|(name, _)| name).collect();
    names.sort();
    let mut state = State::new(&place.settings);
    let mut after = 0;
    while let Some(name) = names.pop() {
        match load(place, &name, &mut state) {
            Ok(()) => {
                after = name.position;
                break;
            }
            Err(Fault::SnapshotDamaged { .. }) => state = State::new(&place.settings),
            Err(fault) => return Err(fault),
        }
    }
    while after < log.last_position() {
        for frame in log.read(after, 256)? {
            for (position, bytes) in frame.records_after(after) {
                apply(&mut state, &decode(position, bytes)?);
            }
            after = frame.last_position();
        }
    }
    Ok(state)
}
