//! Feeds each sink of each realm: events in order from its own position, which is journaled as it advances.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use matchwright_engine::Command;
use matchwright_sinks::{Dispatcher, DispatcherOptions, Parcel, Transport, Webhook};

use crate::config::{Sink, SinkFormat};
use crate::metrics::Meters;
use crate::realm::{Envelope, Message, Read, Reader, Realm, Running};

/// Events taken from the hub at a time.
const EVENTS: usize = 256;
/// A sink's position is journaled at most this often.
const ADVANCE_EVERY: Duration = Duration::from_secs(1);
/// Without a delivery the position is journaled only after so many records that told nothing.
const QUIET_RECORDS: u64 = 1000;

/// The running sinks of a node.
#[derive(Default)]
pub struct Sinks {
    all: Vec<One>,
}

struct One {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    sink: Sink,
    realm: Realm,
    /// `None` once it was stopped.
    dispatcher: RwLock<Option<Dispatcher>>,
    pushed: AtomicU64,
    journaled: AtomicU64,
    stop: AtomicBool,
}

impl Sinks {
    /// # Errors
    /// The system gives no thread.
    pub fn start(&mut self, sinks: &[Sink], running: &Running, meters: &Arc<Meters>) -> std::io::Result<()> {
        for sink in sinks {
            let known = running.sinks.get(&sink.name).copied();
            // A sink that is new hears what happens from now on.
            let position = known.unwrap_or(running.recovered_position);
            if known.is_none() {
                advance(&running.realm, &sink.name, position);
            }
            let transport: Arc<dyn Transport> =
                Arc::new(Webhook::new(&sink.url, Duration::from_secs(sink.timeout_seconds)));
            let options =
                DispatcherOptions { name: sink.name.clone(), lanes: sink.lanes, ..Default::default() };
            let shared = Arc::new(Shared {
                sink: sink.clone(),
                realm: running.realm.clone(),
                dispatcher: RwLock::new(Some(Dispatcher::start(&options, transport, position))),
                pushed: AtomicU64::new(0),
                journaled: AtomicU64::new(position),
                stop: AtomicBool::new(false),
            });
            let (feeding, counting, meters) = (shared.clone(), shared.clone(), meters.clone());
            let name = |what: &str| std::thread::Builder::new().name(format!("{}-{what}", sink.name));
            let threads = vec![
                name("feed").spawn(move || feeding.feed(position))?,
                name("count").spawn(move || counting.count(&meters))?,
            ];
            self.all.push(One { shared, threads });
        }
        Ok(())
    }

    /// Finishes the tries under way and journals how far each sink is.
    pub fn stop(self) {
        for one in &self.all {
            one.shared.stop.store(true, Ordering::SeqCst);
            one.shared.with_dispatcher(Dispatcher::stop_taking);
        }
        for one in self.all {
            one.threads.into_iter().for_each(|thread| drop(thread.join()));
            let dispatcher = one.shared.dispatcher.write().map(|mut slot| slot.take());
            if let Ok(Some(dispatcher)) = dispatcher {
                let position = dispatcher.stop();
                if position > one.shared.journaled.load(Ordering::SeqCst) {
                    advance(&one.shared.realm, &one.shared.sink.name, position);
                }
            }
        }
    }
}

fn advance(realm: &Realm, sink: &str, position: u64) {
    let command = Command::AdvanceSink { sink: sink.to_string(), position };
    // Nobody waits for it: a position that is not journaled means that events are delivered again.
    let _ = realm.send(Message::Command { command, reply: None });
}

impl Shared {
    fn with_dispatcher<T>(&self, act: impl FnOnce(&Dispatcher) -> T) -> Option<T> {
        self.dispatcher.read().ok()?.as_ref().map(act)
    }

    fn feed(&self, after: u64) {
        let mut reader = Reader::new(self.realm.clone(), after);
        while !self.stop.load(Ordering::SeqCst) {
            match reader.read(EVENTS) {
                Ok(Read::Events(events)) => {
                    for event in events {
                        self.pushed.store(event.position, Ordering::SeqCst);
                        let parcel = self.parcel(&event);
                        if self.with_dispatcher(|dispatcher| dispatcher.push(parcel)) != Some(Ok(())) {
                            return;
                        }
                    }
                }
                Ok(Read::Nothing { head }) => {
                    self.with_dispatcher(|dispatcher| dispatcher.pass(head));
                    reader.wait(Duration::from_millis(250));
                }
                Ok(Read::Closed) => return,
                Err(why) => {
                    tracing::error!(sink = self.sink.name, "events could not be read, trying again: {why}");
                    std::thread::sleep(Duration::from_secs(1));
                    reader = Reader::new(self.realm.clone(), self.pushed.load(Ordering::SeqCst).max(after));
                }
            }
        }
    }

    fn parcel(&self, event: &Envelope) -> Parcel {
        let position = event.position;
        let lane_key = event.source().name().to_string();
        match self.sink.format {
            SinkFormat::Sns => Parcel {
                position,
                lane_key,
                content_type: "text/plain; charset=UTF-8",
                headers: vec![("x-amz-sns-message-type", "Notification".to_string())],
                body: Arc::from(&event.notification()[..]),
            },
            SinkFormat::Event => Parcel {
                position,
                lane_key,
                content_type: "application/json",
                headers: Vec::new(),
                body: Arc::from(&event.envelope()[..]),
            },
        }
    }

    /// Journals the position and shows the lag, whatever the feeder waits for.
    fn count(&self, meters: &Meters) {
        while !self.stop.load(Ordering::SeqCst) {
            let found =
                self.with_dispatcher(|dispatcher| (dispatcher.acknowledged(), dispatcher.outstanding()));
            let Some((acknowledged, outstanding)) = found else { return };
            let journaled = self.journaled.load(Ordering::SeqCst);
            let has_delivered = self.pushed.load(Ordering::SeqCst) > journaled;
            if acknowledged > journaled && (has_delivered || acknowledged - journaled >= QUIET_RECORDS) {
                advance(&self.realm, &self.sink.name, acknowledged);
                self.journaled.store(acknowledged, Ordering::SeqCst);
            }
            let lag = self.realm.hub.head().saturating_sub(acknowledged);
            meters.sink(
                &self.sink.name,
                if outstanding == 0 && !has_delivered { 0 } else { lag },
                outstanding,
            );
            std::thread::park_timeout(ADVANCE_EVERY);
        }
    }
}
