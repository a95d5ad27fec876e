//! Game servers that live on while the server is killed under them, and what each of them does now.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use matchwright_fake_server::connection::Trouble;
use matchwright_fake_server::life::Life;
use matchwright_fake_server::{Address, Connection, Ending, Habits, Happening, Span, Timing};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use tokio::sync::watch;

const PLACES: usize = 24;

/// Short, so that a few rounds see all of a life. One player in some comes too late for his seat.
fn habits() -> Habits {
    let span = |least, most| Span { least: Duration::from_millis(least), most: Duration::from_millis(most) };
    Habits {
        activation_delay: span(0, 100),
        session_length: span(200, 1000),
        arrival_delay: span(0, 1200),
        crash_rate: 0.1,
        leave_rate: 0.2,
        look_every: Some(Duration::from_millis(100)),
    }
}

/// Comes back at once, and does not give up while a round lasts.
fn timing() -> Timing {
    Timing {
        heartbeat: Duration::from_secs(1),
        answer: Duration::from_secs(20),
        ready: Duration::from_secs(20),
        retries: vec![Duration::from_millis(30); 600],
        farewell: Duration::from_secs(1),
    }
}

/// What was seen of all processes so far.
#[derive(Default)]
pub struct Seen {
    /// Process to the game that it runs: it said that it began and was heard.
    pub playing: BTreeMap<usize, String>,
    told: BTreeMap<usize, String>,
    /// What may not happen to a process, whenever the server is killed.
    pub complaints: Vec<String>,
    pub reconnected: usize,
    pub players: usize,
    pub crashed: usize,
    pub updated: usize,
}

impl Seen {
    fn note(&mut self, process: usize, happening: Happening) {
        match happening {
            Happening::Told(game) => {
                self.told.insert(process, game.id);
            }
            Happening::Activated => {
                let game = self.told.get(&process).cloned().unwrap_or_default();
                self.playing.insert(process, game);
            }
            Happening::Updated { .. } => self.updated += 1,
            Happening::PlayerCame => self.players += 1,
            Happening::Trouble(Trouble::Reconnected) => self.reconnected += 1,
            Happening::Failed(why) => self.complain(process, why),
            Happening::Ended(ending) => self.end(process, ending),
            _ => {}
        }
    }

    fn end(&mut self, process: usize, ending: Ending) {
        self.told.remove(&process);
        self.playing.remove(&process);
        match ending {
            Ending::Crashed => self.crashed += 1,
            Ending::Lost(lost) => self.complain(process, format!("it was lost: {lost:?}")),
            Ending::Failed(why) => self.complain(process, why),
            Ending::Finished | Ending::Terminated | Ending::Stopped => {}
        }
    }

    fn complain(&mut self, process: usize, why: String) {
        // The load terminates games, some of them before they began.
        if !why.contains("is in TERMINATING status") {
            self.complaints.push(format!("process {process}: {why}"));
        }
    }
}

pub struct Servers {
    runtime: tokio::runtime::Runtime,
    seen: Arc<Mutex<Seen>>,
    stop: watch::Sender<bool>,
    places: Vec<tokio::task::JoinHandle<()>>,
}

impl Servers {
    pub fn start(address: Address, seed: u64) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let (seen, (stop, stopped)) = (Arc::<Mutex<Seen>>::default(), watch::channel(false));
        let next = Arc::new(AtomicU16::new(0));
        let places = (0..PLACES).map(|_| {
            let (address, seen, next) = (address.clone(), seen.clone(), next.clone());
            runtime.spawn(place(address, seen, next, seed, stopped.clone()))
        });
        let places = places.collect();
        Self { runtime, seen, stop, places }
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every process says that it ends.
    pub fn end(&mut self) {
        self.stop.send_replace(true);
        let places = std::mem::take(&mut self.places);
        self.runtime.block_on(async {
            for place in places {
                place.await.expect("a place of a process");
            }
        });
    }
}

/// One process after the other. Each has a port of its own, so that a game tells by its port whose it is.
async fn place(
    address: Address,
    seen: Arc<Mutex<Seen>>,
    next: Arc<AtomicU16>,
    seed: u64,
    mut stop: watch::Receiver<bool>,
) {
    let (habits, timing) = (habits(), timing());
    let watch: matchwright_fake_server::Watch = Arc::new(move |process, happening| {
        seen.lock().unwrap_or_else(PoisonError::into_inner).note(process, happening);
    });
    while !*stop.borrow() {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let rng = ChaCha12Rng::seed_from_u64(seed ^ u64::from(number));
        let ending = match Connection::open(address.clone(), timing.clone()).await {
            Ok(connection) => {
                let process = usize::from(number);
                live(Life::new(process, 10_000 + number, connection, &habits, rng, &watch), &mut stop).await
            }
            Err(lost) => Ending::Lost(lost),
        };
        watch(usize::from(number), Happening::Ended(ending));
    }
}

async fn live(mut life: Life<'_>, stop: &mut watch::Receiver<bool>) -> Ending {
    let lived = async {
        match life.begin().await {
            Ok(()) => life.go_on().await,
            Err(ending) => ending,
        }
    };
    tokio::select! {
        ending = lived => return ending,
        _ = stop.wait_for(|stop| *stop) => {}
    }
    life.end().await;
    Ending::Stopped
}
