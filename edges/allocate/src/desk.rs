//! Many questions at once: each is repeated, with growing pauses, until it is answered or taken back.
//!
//! A question that waits for its next try holds no thread, so that those who wait for room do not keep others from
//! asking.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::{Allocator, Failure, Request, Server};

/// A failure is told to the operator at most this often.
const QUIET: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq)]
pub struct DeskOptions {
    /// For log lines and thread names.
    pub name: String,
    /// How many are asked at the same time.
    pub concurrency: usize,
    pub pause_min: Duration,
    pub pause_max: Duration,
}

impl Default for DeskOptions {
    fn default() -> Self {
        Self {
            name: "allocator".to_string(),
            concurrency: 16,
            pause_min: Duration::from_millis(250),
            pause_max: Duration::from_secs(5),
        }
    }
}

/// Asks one allocator, on threads of its own.
pub struct Desk {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

type Tell = Box<dyn Fn(&Request, Result<Server, Failure>) + Send + Sync>;

struct Shared {
    name: String,
    allocator: Arc<dyn Allocator>,
    pauses: ExponentialBuilder,
    tell: Tell,
    book: Mutex<Book>,
    wake: Condvar,
}

#[derive(Default)]
struct Book {
    /// By the time of their next try, then by age.
    waiting: BTreeMap<(Instant, u64), Errand>,
    /// Sessions that are still wanted.
    wanted: BTreeSet<String>,
    asked: u64,
    complained: Option<Instant>,
    is_stopped: bool,
}

struct Errand {
    number: u64,
    request: Request,
    pauses: ExponentialBackoff,
}

impl Desk {
    /// `tell` hears of each request once: the server, or `Refused`. It may block.
    pub fn start(
        options: &DeskOptions,
        allocator: Arc<dyn Allocator>,
        tell: impl Fn(&Request, Result<Server, Failure>) + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(options.pause_min)
            .with_max_delay(options.pause_max)
            .without_max_times()
            .with_jitter();
        let shared = Arc::new(Shared {
            name: options.name.clone(),
            allocator,
            pauses,
            tell: Box::new(tell),
            book: Mutex::default(),
            wake: Condvar::new(),
        });
        let threads = (0..options.concurrency.max(1)).map(|index| {
            let shared = shared.clone();
            let thread = std::thread::Builder::new().name(format!("{}-{index}", options.name));
            thread.spawn(move || shared.run())
        });
        Ok(Self { threads: threads.collect::<std::io::Result<_>>()?, shared })
    }

    /// Asks for a server. One that is asked for already is not asked for twice.
    pub fn ask(&self, request: Request) {
        let mut book = self.shared.book();
        if book.wanted.insert(request.session.clone()) {
            book.asked += 1;
            let number = book.asked;
            let pauses = self.shared.pauses.build();
            book.waiting.insert((Instant::now(), number), Errand { number, request, pauses });
            self.shared.wake.notify_one();
        }
    }

    /// Nobody waits for it any more. A try under way is finished, and told if it finds a server.
    pub fn take_back(&self, session: &str) {
        self.shared.book().wanted.remove(session);
    }

    /// Ends after the tries under way; what waits is left.
    pub fn stop(self) {
        self.shared.book().is_stopped = true;
        self.shared.wake.notify_all();
        for thread in self.threads {
            // One that panicked has told nothing; its request is asked again by whoever starts a desk anew.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        while let Some(errand) = self.next() {
            match self.allocator.allocate(&errand.request) {
                Err(failure) if !matches!(failure, Failure::Refused(_)) => self.again(errand, &failure),
                answer => {
                    (self.tell)(&errand.request, answer);
                    self.book().wanted.remove(&errand.request.session);
                }
            }
        }
    }

    /// The next one whose time has come; waits for it. `None`: stopped.
    fn next(&self) -> Option<Errand> {
        let mut book = self.book();
        loop {
            if book.is_stopped {
                return None;
            }
            let now = Instant::now();
            match book.waiting.first_key_value().map(|((at, _), _)| *at) {
                Some(at) if at <= now => {
                    let (_, errand) = book.waiting.pop_first().expect("it has a first");
                    if book.wanted.contains(&errand.request.session) {
                        return Some(errand);
                    }
                }
                Some(at) => {
                    let waited = self.wake.wait_timeout(book, at - now);
                    book = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                None => book = self.wake.wait(book).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn again(&self, mut errand: Errand, failure: &Failure) {
        let pause = errand.pauses.next().expect("pauses have no end");
        let mut book = self.book();
        let is_due = book.complained.is_none_or(|at| at.elapsed() >= QUIET);
        if is_due && matches!(failure, Failure::Unanswered(_)) {
            book.complained = Some(Instant::now());
            let (allocator, placement) = (&self.name, &errand.request.placement);
            tracing::warn!(allocator, placement, "no server yet: {failure}; trying again in {pause:?}");
        }
        book.waiting.insert((Instant::now() + pause, errand.number), errand);
        self.wake.notify_one();
    }
}
