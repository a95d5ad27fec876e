//! A server to measure, and a crowd of game servers on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use matchwright_fake_server::{Address, Crowd, Ending, Habits, Happening, Timing, Watch};
use tokio::sync::watch;

use crate::api::Api;
use crate::bench::process::Child;
use crate::bench::serve;
use crate::fleet::{Fleet, Names, ensure};

/// How long all of a crowd may take to be ready.
const PATIENCE: Duration = Duration::from_secs(120);

/// The server that is measured: one of our own, or another that somebody started.
pub struct Server {
    pub api: Api,
    /// Its processor time and memory are known of our own only.
    pub child: Option<Child>,
    pub fleet: Fleet,
    _folder: Option<tempfile::TempDir>,
}

impl Server {
    pub fn start(endpoint: Option<&str>, sockets: usize) -> Result<Self, String> {
        let (child, folder) = match endpoint {
            Some(_) => (None, None),
            None => {
                let most = format!("hosting.sockets={}", sockets + 1000);
                let (child, folder) = serve(&["--set", &most])?;
                (Some(child), Some(folder))
            }
        };
        let url = child.as_ref().map(|child| child.url.as_str()).or(endpoint).unwrap_or_default();
        let api = Api::new(url.trim_end_matches('/'));
        let names = |text: &str| text.to_string();
        let names = Names {
            location: names("custom-bench"),
            fleet: names("bench"),
            compute: names("bench"),
            ip: names("127.0.0.1"),
            queue: names("bench"),
        };
        let fleet = ensure(&api, &names)?;
        Ok(Self { api, child, fleet, _folder: folder })
    }

    pub fn cpu(&self) -> Result<Duration, String> {
        self.child.as_ref().map_or(Ok(Duration::ZERO), Child::cpu)
    }
}

/// What a crowd did so far.
#[derive(Default)]
pub struct Tally {
    pub ready: AtomicU64,
    pub activated: AtomicU64,
    /// Processes that ended as none should.
    pub lost: AtomicU64,
}

/// Game servers that live until this value is dropped.
pub struct Running {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
    pub tally: Arc<Tally>,
}

/// Starts it and waits until every server is ready. `also` hears what happens, on the crowd's thread.
pub fn start(address: Address, count: usize, habits: Habits, also: Watch) -> Result<Running, String> {
    let tally = Arc::new(Tally::default());
    let counting = tally.clone();
    let watch: Watch = Arc::new(move |server, happening| {
        match &happening {
            Happening::Ready => counting.ready.fetch_add(1, Ordering::Relaxed),
            Happening::Activated => counting.activated.fetch_add(1, Ordering::Relaxed),
            Happening::Ended(Ending::Lost(_) | Ending::Failed(_)) => {
                counting.lost.fetch_add(1, Ordering::Relaxed)
            }
            _ => 0,
        };
        also(server, happening);
    });
    let crowd = Crowd { count, habits, timing: Timing::default(), seed: 1, watch };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let (stop, stopped) = watch::channel(false);
    let (_, place) = watch::channel(address);
    let thread = std::thread::spawn(move || runtime.block_on(crowd.run(place, stopped)));
    let running = Running { stop, thread: Some(thread), tally };
    running.until_ready(count)?;
    Ok(running)
}

impl Running {
    fn until_ready(&self, count: usize) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        while self.tally.ready.load(Ordering::Relaxed) < count as u64 {
            if Instant::now() > end {
                let lost = self.tally.lost.load(Ordering::Relaxed);
                return Err(format!(
                    "not all game servers were ready within {PATIENCE:?}; {lost} were refused or lost"
                ));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// # Errors
    /// Processes ended as none should.
    pub fn all_well(&self) -> Result<(), String> {
        match self.tally.lost.load(Ordering::Relaxed) {
            0 => Ok(()),
            lost => Err(format!(
                "{lost} game servers were refused or lost their connection: nothing was measured"
            )),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
