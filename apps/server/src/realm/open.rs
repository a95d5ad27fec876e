//! From a folder to a running realm.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use matchwright_amazon::Arns;
use matchwright_engine::{Command, Event, Settings, State, apply, tell};
use matchwright_hosting::{Connection, Process, Push};
use matchwright_journal::{Fault, Log, Options, SqliteLog};
use matchwright_model::Timestamp;
use matchwright_search::{Search, SearchSettings};
use tokio::sync::mpsc::UnboundedSender;

use super::allocator::{Allocations, Assigned};
use super::archivist::Archivist;
use super::hub::{Encoder, Hub};
use super::hunter::{Hunter, catch_up};
use super::ids::Ids;
use super::replay::Place;
use super::writer::{Clocks, Ended, Size, Writer};
use super::{Message, Realm, Running};
use crate::metrics::Meters;

/// What a realm is opened with.
pub struct OpenOptions {
    pub region: String,
    pub folder: PathBuf,
    pub settings: Settings,
    pub search: SearchSettings,
    pub max_bytes: Option<u64>,
    pub snapshot_bytes: u64,
    pub snapshot_every: Duration,
    pub keep_events: usize,
    pub sinks: Vec<String>,
    /// Who hosts the placements of which queues.
    pub allocators: Vec<Assigned>,
    pub arns: Arns,
    pub meters: Arc<Meters>,
    /// Hears what game servers are to be told.
    pub to_game_servers: UnboundedSender<Vec<Push>>,
    /// Made from the journal's identity, which event ids are derived from.
    pub encoder: Box<dyn FnOnce(u128) -> Arc<dyn Encoder> + Send>,
    /// Called when the journal failed or a thread panicked: the process must end.
    pub on_fault: Arc<dyn Fn(String) + Send + Sync>,
}

/// Opens the journal, replays it and starts the realm's threads.
///
/// # Errors
/// The journal's, and those of the system when it gives no thread or randomness.
pub fn open(options: OpenOptions) -> Result<Running, Fault> {
    let journal = Options { max_bytes: options.max_bytes, ..Options::default() };
    let (mut log, recovered) = SqliteLog::open(&options.folder, &options.region, &journal)?;
    let mut notes: Vec<String> = recovered.repairs.iter().map(ToString::to_string).collect();
    if let Some(found) = &recovered.snapshot {
        notes.push(format!("snapshot {} was read", found.name));
    }
    let floor = recovered.snapshot.as_ref().map_or(0, |found| found.name.position);
    let mut replay = Replay {
        state: State::new(&options.settings),
        tail: Tail::new(options.keep_events, floor),
        at: Timestamp(0),
    };
    recovered.replay(&mut log, |position, record| {
        // A snapshot's records tell nothing: their events were told before it was written.
        if position > floor
            && let Some(event) = tell(&replay.state, &record)
        {
            replay.tail.push(position, event);
        }
        replay.at = replay.at.max(record.at);
        apply(&mut replay.state, &record);
    })?;
    start(options, log, replay, notes)
}

struct Replay {
    state: State,
    tail: Tail,
    at: Timestamp,
}

/// The latest events of a replay; only these are kept.
struct Tail {
    events: VecDeque<(u64, Event)>,
    keep: usize,
    floor: u64,
}

impl Tail {
    fn new(keep: usize, floor: u64) -> Self {
        Self { events: VecDeque::new(), keep, floor }
    }

    fn push(&mut self, position: u64, event: Event) {
        if self.events.len() == self.keep
            && let Some((oldest, _)) = self.events.pop_front()
        {
            self.floor = oldest;
        }
        self.events.push_back((position, event));
    }
}

fn start(options: OpenOptions, log: SqliteLog, replay: Replay, notes: Vec<String>) -> Result<Running, Fault> {
    let position = log.last_position();
    let place = Arc::new(Place {
        folder: options.folder.clone(),
        realm: options.region.clone(),
        settings: options.settings.clone(),
    });
    let hub = Hub::new(options.keep_events, replay.tail.floor, (options.encoder)(log.identity()));
    hub.push(replay.tail.events, position);
    let (writer, messages) = channel();
    let (to_search, search_news) = channel();
    let (to_archive, archive_news) = channel();
    let (to_hub, told) = channel();
    let unseeded = |source| Fault::Io { action: "seed random ids for", path: options.folder.clone(), source };
    let ids = Ids::from_system().map_err(unseeded)?;
    let mut search = Search::new(options.search);
    catch_up(&mut search, &replay.state);
    let rule_counts = Arc::new(Mutex::default());
    let hunter = Hunter {
        search,
        news: search_news,
        writer: writer.clone(),
        rule_counts: Arc::clone(&rule_counts),
        ids,
    };
    let archivist = Archivist {
        state: replay.state.clone().into_follower(),
        position,
        place: place.clone(),
        epoch: log.epoch(),
        news: archive_news,
        writer: writer.clone(),
        every_bytes: options.snapshot_bytes,
        every: options.snapshot_every,
        sinks: options.sinks,
    };
    let sinks = replay.state.sinks.clone();
    if replay.state.hosting.processes.values().any(is_connected) {
        // The first thing the writer is asked: before any of them is back.
        let lost = Command::Hosting(Box::new(matchwright_hosting::Command::LoseConnections));
        let _ = writer.send(Message::Command { command: lost, reply: None });
    }
    let region = options.region.clone();
    let unstarted = |source| Fault::Io { action: "start a thread for", path: PathBuf::from(&region), source };
    let (to_allocators, placements) = channel();
    let has_allocators = !options.allocators.is_empty();
    let allocations =
        Allocations::start(options.allocators, options.arns, placements, &writer, &options.meters);
    let mut allocations = allocations.map_err(unstarted)?;
    allocations.catch_up(&replay.state.hosting);
    let working = Writer {
        log: Box::new(log),
        state: replay.state,
        settings: options.settings,
        place: place.clone(),
        messages,
        rule_counts,
        ids: Ids::from_system().map_err(unseeded)?,
        to_search,
        to_archive,
        to_hub,
        to_allocators: has_allocators.then_some(to_allocators),
        to_game_servers: options.to_game_servers,
        meters: options.meters.clone(),
        clock: Clocks {
            floor: replay.at,
            batch: replay.at,
            idle_until: Timestamp(0),
            gauges: Instant::now(),
        },
        full: None,
        truncate_up_to: 0,
        is_busy: false,
        usual: Size::default(),
        spare: Vec::new(),
    };
    let (on_fault, meters, told_hub) = (options.on_fault, options.meters, hub.clone());
    let fault = on_fault.clone();
    let write = move || {
        if let Ended::Fault(found) = working.run() {
            fault(found.to_string());
        }
    };
    let mut threads = vec![
        spawn("writer", &region, &on_fault, write)?,
        spawn("search", &region, &on_fault, move || hunter.run())?,
        spawn("snapshots", &region, &on_fault, move || archivist.run())?,
        spawn("events", &region, &on_fault, move || told_hub.run(&told, &meters))?,
    ];
    if has_allocators {
        threads.push(spawn("allocations", &region, &on_fault, move || allocations.run())?);
    }
    let realm = Realm { region: Arc::from(region), hub, place, writer };
    Ok(Running { realm, recovered: notes, recovered_position: position, sinks, threads })
}

/// As the journal has it: whoever was connected to the server that wrote it is not to this one.
fn is_connected(process: &Process) -> bool {
    process.connection == Connection::Connected
}

/// A thread whose panic ends the process: a node that lost one of its parts must not look alive.
fn spawn(
    name: &'static str,
    region: &str,
    on_fault: &Arc<dyn Fn(String) + Send + Sync>,
    run: impl FnOnce() + Send + 'static,
) -> Result<(&'static str, std::thread::JoinHandle<()>), Fault> {
    let on_fault = on_fault.clone();
    let guarded = move || {
        // Nothing of what the thread held is used again.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err() {
            on_fault(format!(
                "the {name} thread panicked; what was acknowledged is on the disk; start again and report this, it is a bug [N104]"
            ));
        }
    };
    let thread = std::thread::Builder::new().name(format!("{name}-{region}")).spawn(guarded);
    let failed = |source| Fault::Io { action: "start a thread for", path: PathBuf::from(region), source };
    thread.map(|thread| (name, thread)).map_err(failed)
}
