//! Events for readers: the latest in memory, older ones from the journal again.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use matchwright_engine::{Event, Source};
use tokio::sync::watch;

use super::message::Told;
use super::replay::CatchUp;
use crate::metrics::Meters;

/// Turns an event and its position into the bytes that outsiders read.
pub trait Encoder: Send + Sync {
    fn envelope(&self, position: u64, event: &Event) -> String;
    fn notification(&self, position: u64, event: &Event) -> String;
}

/// An event for outsiders. Its bytes are made when the first of them asks, once for all.
#[derive(Clone)]
pub struct Envelope {
    pub position: u64,
    inner: Arc<Inner>,
}

struct Inner {
    event: Event,
    encoder: Arc<dyn Encoder>,
    // Boxed, for most events are kept for readers who never come.
    envelope: OnceLock<Box<Bytes>>,
    notification: OnceLock<Box<Bytes>>,
}

impl Envelope {
    pub fn source(&self) -> &Source {
        &self.inner.event.source
    }

    pub fn envelope(&self) -> &Bytes {
        let Inner { event, encoder, envelope, .. } = &*self.inner;
        envelope.get_or_init(|| Box::new(encoder.envelope(self.position, event).into()))
    }

    pub fn notification(&self) -> &Bytes {
        let Inner { event, encoder, notification, .. } = &*self.inner;
        notification.get_or_init(|| Box::new(encoder.notification(self.position, event).into()))
    }
}

/// The events of one realm.
pub struct Hub {
    ring: Mutex<Ring>,
    wake: Condvar,
    heads: watch::Sender<u64>,
    encoder: Arc<dyn Encoder>,
}

struct Ring {
    events: VecDeque<Envelope>,
    keep: usize,
    /// The ring holds every event above this position.
    floor: u64,
    /// Every event up to this position was told.
    head: u64,
    is_closed: bool,
}

/// What the ring has for a reader.
pub(crate) enum Look {
    Events(Vec<Envelope>),
    /// Nothing above the reader's position up to here.
    Nothing {
        head: u64,
    },
    /// The ring begins above the reader's position.
    Behind,
    Closed,
}

impl Hub {
    /// `floor`: every event above it is pushed before the first reader comes.
    pub(crate) fn new(keep: usize, floor: u64, encoder: Arc<dyn Encoder>) -> Arc<Self> {
        let ring = Ring { events: VecDeque::new(), keep, floor, head: floor, is_closed: false };
        let (heads, _) = watch::channel(floor);
        Arc::new(Self { ring: Mutex::new(ring), wake: Condvar::new(), heads, encoder })
    }

    pub(crate) fn wrap(&self, position: u64, event: Event) -> Envelope {
        let encoder = self.encoder.clone();
        let inner = Inner { event, encoder, envelope: OnceLock::new(), notification: OnceLock::new() };
        Envelope { position, inner: Arc::new(inner) }
    }

    pub(crate) fn push(&self, events: impl IntoIterator<Item = (u64, Event)>, head: u64) {
        let wrapped: Vec<Envelope> =
            events.into_iter().map(|(position, event)| self.wrap(position, event)).collect();
        let mut ring = self.ring();
        for envelope in wrapped {
            if ring.events.len() == ring.keep
                && let Some(oldest) = ring.events.pop_front()
            {
                ring.floor = oldest.position;
            }
            ring.events.push_back(envelope);
        }
        ring.head = head;
        drop(ring);
        self.heads.send_replace(head);
        self.wake.notify_all();
    }

    /// Follows the writer until it stops.
    pub(crate) fn run(&self, told: &Receiver<Told>, meters: &Meters) {
        while let Ok(first) = told.recv() {
            for one in std::iter::once(first).chain(told.try_iter()) {
                one.events.iter().for_each(|(_, event)| meters.count(event));
                self.push(one.events, one.last_position);
            }
        }
        self.ring().is_closed = true;
        self.heads.send_replace(u64::MAX);
        self.wake.notify_all();
    }

    pub fn head(&self) -> u64 {
        self.ring().head
    }

    /// Changes with every commit; `u64::MAX` when no more will come.
    pub fn heads(&self) -> watch::Receiver<u64> {
        self.heads.subscribe()
    }

    pub(crate) fn look(&self, after: u64, most: usize) -> Look {
        let ring = self.ring();
        if after < ring.floor {
            return Look::Behind;
        }
        let start = ring.events.partition_point(|envelope| envelope.position <= after);
        let found: Vec<Envelope> = ring.events.iter().skip(start).take(most).cloned().collect();
        match found.is_empty() {
            false => Look::Events(found),
            true if ring.is_closed => Look::Closed,
            true => Look::Nothing { head: ring.head },
        }
    }

    /// Blocks until something was committed above `head`, or for `most`.
    fn wait(&self, head: u64, most: Duration) {
        let ring = self.ring();
        let same = |ring: &mut Ring| ring.head <= head && !ring.is_closed;
        drop(self.wake.wait_timeout_while(ring, most, same));
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who reads events in order, from a position of his own.
pub struct Reader {
    realm: super::Realm,
    position: u64,
    catch_up: Option<CatchUp>,
}

/// What a reader got.
pub enum Read {
    /// At least one.
    Events(Vec<Envelope>),
    /// Nothing new up to this position.
    Nothing { head: u64 },
    /// The realm has stopped and everything was read.
    Closed,
}

impl Reader {
    pub fn new(realm: super::Realm, after: u64) -> Self {
        Self { realm, position: after, catch_up: None }
    }

    /// The next events, at most `most`. Blocks on the disk when it is behind what is kept in memory.
    ///
    /// # Errors
    /// A text for the operator, when the journal cannot be read.
    pub fn read(&mut self, most: usize) -> Result<Read, String> {
        if self.catch_up.is_none() {
            match self.realm.hub.look(self.position, most) {
                Look::Events(found) => {
                    self.position = found.last().map_or(self.position, |last| last.position);
                    return Ok(Read::Events(found));
                }
                Look::Nothing { head } => {
                    self.position = self.position.max(head);
                    return Ok(Read::Nothing { head });
                }
                Look::Closed => return Ok(Read::Closed),
                Look::Behind => self.catch_up = Some(CatchUp::start(&self.realm, self.position)?),
            }
        }
        let Some(catch_up) = &mut self.catch_up else { return Ok(Read::Nothing { head: self.position }) };
        let found = catch_up.page(&self.realm)?;
        let reached = catch_up.position();
        self.position = self.position.max(reached);
        if !matches!(self.realm.hub.look(self.position, 0), Look::Behind) {
            self.catch_up = None;
        }
        match found.is_empty() {
            true => Ok(Read::Nothing { head: reached }),
            false => Ok(Read::Events(found)),
        }
    }

    /// True when [`Reader::read`] has more to give without waiting.
    pub fn is_behind(&self) -> bool {
        self.catch_up.is_some()
    }

    /// Blocks until something new was committed, or for `most`.
    pub fn wait(&self, most: Duration) {
        if self.catch_up.is_none() {
            self.realm.hub.wait(self.position, most);
        }
    }
}
