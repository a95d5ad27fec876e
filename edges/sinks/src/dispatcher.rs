//! Lanes, retries, and the position below which nothing is missing.
//!
//! Parcels of one lane key stay in one lane, so they arrive in order; a slow key delays only its lane. A lane
//! retries its first parcel for ever, with growing pauses: giving up would lose an event.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use backon::{BlockingRetryable, ExponentialBuilder};

use crate::ledger::Ledger;
use crate::{Failure, Parcel, Transport};

#[derive(Debug, Clone, PartialEq)]
pub struct DispatcherOptions {
    /// For log lines and thread names.
    pub name: String,
    pub lanes: usize,
    /// How many parcels wait in a lane before [`Dispatcher::push`] blocks.
    pub lane_parcels: usize,
    pub pause_min: Duration,
    pub pause_max: Duration,
}

impl Default for DispatcherOptions {
    fn default() -> Self {
        Self {
            name: "sink".to_string(),
            lanes: 4,
            lane_parcels: 64,
            pause_min: Duration::from_millis(250),
            pause_max: Duration::from_secs(60),
        }
    }
}

/// The dispatcher was told to stop; the parcel was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// Delivers to one receiver, on threads of its own.
pub struct Dispatcher {
    lanes: Vec<SyncSender<Parcel>>,
    threads: Vec<JoinHandle<()>>,
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    ledger: Mutex<Ledger>,
    stop: Mutex<bool>,
    wake: Condvar,
}

impl Dispatcher {
    /// `position`: everything up to it was delivered before.
    pub fn start(options: &DispatcherOptions, transport: Arc<dyn Transport>, position: u64) -> Self {
        let shared = Arc::new(Shared {
            name: options.name.clone(),
            ledger: Mutex::new(Ledger::start(position)),
            stop: Mutex::new(false),
            wake: Condvar::new(),
        });
        let mut lanes = Vec::new();
        let mut threads = Vec::new();
        for index in 0..options.lanes.max(1) {
            let (sender, receiver) = sync_channel(options.lane_parcels.max(1));
            let lane =
                Lane { shared: shared.clone(), transport: transport.clone(), options: options.clone() };
            let thread = std::thread::Builder::new().name(format!("{}-{index}", options.name));
            threads.push(thread.spawn(move || lane.run(&receiver)).expect("the system gives a thread"));
            lanes.push(sender);
        }
        Self { lanes, threads, shared }
    }

    /// Takes a parcel for delivery. Positions rise from call to call. Blocks while its lane is full.
    ///
    /// # Errors
    /// [`Stopped`] after [`Dispatcher::stop_taking`].
    pub fn push(&self, parcel: Parcel) -> Result<(), Stopped> {
        let mut hasher = DefaultHasher::new();
        parcel.lane_key.hash(&mut hasher);
        let lane = &self.lanes[(hasher.finish() % self.lanes.len() as u64) as usize];
        self.shared.ledger().push(parcel.position);
        let mut parcel = parcel;
        // Not a blocking send: a full lane of a dead receiver must not outlive the stop.
        loop {
            if self.shared.is_stopped() {
                return Err(Stopped);
            }
            match lane.try_send(parcel) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    parcel = match error {
                        std::sync::mpsc::TrySendError::Full(parcel) => parcel,
                        std::sync::mpsc::TrySendError::Disconnected(_) => return Err(Stopped),
                    }
                }
            }
            self.shared.sleep(Duration::from_millis(5));
        }
    }

    /// Nothing up to here needs delivery that was not pushed.
    pub fn pass(&self, position: u64) {
        self.shared.ledger().pass(position);
    }

    /// Everything up to here has arrived.
    pub fn acknowledged(&self) -> u64 {
        self.shared.ledger().acknowledged()
    }

    /// Parcels on their way.
    pub fn outstanding(&self) -> usize {
        self.shared.ledger().outstanding()
    }

    /// Ends retries; a try under way is finished, what waits is left. [`Dispatcher::push`] fails from now on.
    pub fn stop_taking(&self) {
        *self.shared.stop.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.wake.notify_all();
    }

    /// Stops and waits for the tries under way. Returns the position up to which everything has arrived.
    pub fn stop(self) -> u64 {
        self.stop_taking();
        drop(self.lanes);
        for thread in self.threads {
            // A lane that panicked has delivered nothing more; its positions stay outstanding.
            let _ = thread.join();
        }
        self.shared.ledger().acknowledged()
    }
}

impl Shared {
    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopped(&self) -> bool {
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends early when stopped.
    fn sleep(&self, span: Duration) {
        let until = Instant::now() + span;
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        while !*stop && Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            stop = self.wake.wait_timeout(stop, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

struct Lane {
    shared: Arc<Shared>,
    transport: Arc<dyn Transport>,
    options: DispatcherOptions,
}

impl Lane {
    fn run(&self, parcels: &Receiver<Parcel>) {
        while let Ok(parcel) = parcels.recv() {
            if self.shared.is_stopped() {
                return;
            }
            if self.deliver(&parcel).is_ok() {
                self.shared.ledger().delivered(parcel.position);
            }
        }
    }

    fn deliver(&self, parcel: &Parcel) -> Result<(), Failure> {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(self.options.pause_min)
            .with_max_delay(self.options.pause_max)
            .without_max_times()
            .with_jitter();
        let sleeper = self.shared.clone();
        let mut tries = 0u64;
        (|| self.transport.deliver(parcel))
            .retry(pauses)
            .sleep(move |span| sleeper.sleep(span))
            .when(|_| !self.shared.is_stopped())
            .notify(|failure, pause| {
                tries += 1;
                // The first failure and then every tenth: a dead receiver must not fill the log.
                if tries % 10 == 1 {
                    let (sink, position) = (&self.shared.name, parcel.position);
                    tracing::warn!(
                        sink,
                        position,
                        tries,
                        "not delivered: {failure}; trying again in {pause:?}"
                    );
                }
            })
            .call()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails every parcel `fails` times, keeps what arrived.
    struct Flaky {
        fails: usize,
        tries: Mutex<std::collections::BTreeMap<u64, usize>>,
        arrived: Mutex<Vec<(String, u64)>>,
    }

    impl Transport for Flaky {
        fn deliver(&self, parcel: &Parcel) -> Result<(), Failure> {
            let mut tries = self.tries.lock().unwrap();
            let tries = tries.entry(parcel.position).or_default();
            *tries += 1;
            if *tries <= self.fails {
                return Err(Failure::Answer { status: 500 });
            }
            self.arrived.lock().unwrap().push((parcel.lane_key.clone(), parcel.position));
            Ok(())
        }
    }

    fn flaky(fails: usize) -> Arc<Flaky> {
        Arc::new(Flaky { fails, tries: Mutex::default(), arrived: Mutex::default() })
    }

    fn options() -> DispatcherOptions {
        let (pause_min, pause_max) = (Duration::from_millis(1), Duration::from_millis(2));
        DispatcherOptions { lanes: 3, lane_parcels: 2, pause_min, pause_max, ..Default::default() }
    }

    fn parcel(position: u64) -> Parcel {
        let lane_key = format!("matchmaker {}", position % 5);
        Parcel { position, lane_key, content_type: "text/plain", headers: vec![], body: Arc::from(&b"x"[..]) }
    }

    #[test]
    fn each_key_arrives_in_order_and_everything_once_confirmed() {
        let transport = flaky(2);
        let dispatcher = Dispatcher::start(&options(), transport.clone(), 0);
        (1..=50).for_each(|position| dispatcher.push(parcel(position)).unwrap());
        while dispatcher.acknowledged() < 50 {
            std::thread::yield_now();
        }
        assert_eq!(dispatcher.stop(), 50);
        let arrived = transport.arrived.lock().unwrap();
        assert_eq!(arrived.len(), 50);
        for key in 0..5 {
            let of_key: Vec<u64> = arrived
                .iter()
                .filter(|(lane, _)| lane.ends_with(&key.to_string()))
                .map(|(_, at)| *at)
                .collect();
            assert!(of_key.is_sorted(), "{of_key:?}");
        }
    }

    #[test]
    fn a_dead_receiver_holds_the_position_and_ends_with_the_stop() {
        let dispatcher = Dispatcher::start(&options(), flaky(usize::MAX), 7);
        assert_eq!(dispatcher.push(parcel(8)), Ok(()));
        assert_eq!(dispatcher.push(parcel(9)), Ok(()));
        assert_eq!((dispatcher.acknowledged(), dispatcher.outstanding()), (7, 2));
        assert_eq!(dispatcher.stop(), 7);
    }
}
