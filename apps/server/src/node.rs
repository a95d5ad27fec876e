//! One node: realms, sinks and doors, started in this order and stopped in the other.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use matchwright_amazon::Arns;
use matchwright_engine::Event;
use matchwright_gamelift::auth::Keyring;
use matchwright_gamelift::events::Envelopes;
use matchwright_gamelift::{Front, FrontSettings};
use matchwright_hosting::Push;
use matchwright_journal::Fault;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};

use crate::config::{Config, ConfigError, allocators, keyring};
use crate::game_server::{Settings, Sockets, Switchboard};
use crate::http::{App, Certificate, Gate, Served, TlsError, listen};
use crate::metrics::{Meters, Recorder};
use crate::realm::ids::Ids;
use crate::realm::{Assigned, Encoder, OpenOptions, Running, open};
use crate::sinks::Sinks;

/// Why a node did not start, or ended by itself. For the operator.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    #[error("could not listen on {address}: {source}; free the address or set another with --listen [N101]")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("the system gave no {what}: {source} [N102]")]
    System { what: &'static str, source: std::io::Error },
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Tls(#[from] TlsError),
    #[error("{0}")]
    Journal(#[from] Fault),
    #[error("{0}")]
    Ended(String),
}

/// A running node.
pub struct Node {
    runtime: Runtime,
    address: SocketAddr,
    realms: Vec<Running>,
    sinks: Sinks,
    app: Arc<App>,
    drain: watch::Sender<bool>,
    serving: tokio::task::JoinHandle<()>,
    faults: mpsc::UnboundedReceiver<String>,
    is_signed: bool,
}

impl Node {
    /// Opens every realm, then the doors.
    ///
    /// # Errors
    /// The first thing that is in the way; what was started is stopped again.
    pub fn start(config: &Config) -> Result<Self, NodeError> {
        let keys = keyring(config)?;
        let is_signed = !keys.is_empty();
        let system = |what| move |source| NodeError::System { what, source };
        // The address first: it is the cheapest thing to fail.
        let listener = TcpListener::bind(config.listen)
            .map_err(|source| NodeError::Listen { address: config.listen, source })?;
        listener.set_nonblocking(true).map_err(system("socket"))?;
        let address = listener.local_addr().map_err(system("socket"))?;
        let recorder = Recorder::new();
        let (fault_sender, faults) = mpsc::unbounded_channel();
        let (mut realms, mut pushes) = (Vec::new(), Vec::new());
        let mut sinks = Sinks::default();
        for region in &config.regions {
            let meters = Meters::new(recorder.clone(), region.clone());
            let (to_game_servers, told) = mpsc::unbounded_channel();
            let running =
                open(options(config, region, meters.clone(), to_game_servers, fault_sender.clone())?)?;
            pushes.push(told);
            sinks.start(&config.sinks, &running, &meters).map_err(system("thread"))?;
            realms.push(running);
        }
        let (drain, draining) = watch::channel(false);
        let certificate = Certificate::open(config, address)?;
        let app = app(config, keys, certificate, address, &realms, recorder.clone(), draining);
        let app = Arc::new(app.map_err(system("randomness"))?);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(door_threads())
            .enable_all()
            .build()
            .map_err(system("threads"))?;
        let serving = {
            let _inside = runtime.enter();
            let listener = tokio::net::TcpListener::from_std(listener).map_err(system("socket"))?;
            runtime.spawn(async move {
                loop {
                    tokio::time::sleep(Duration::from_secs(5)).await;
                    recorder.upkeep();
                }
            });
            runtime.spawn(app.certificate.clone().watch());
            for (served, told) in app.realms.iter().zip(pushes) {
                runtime.spawn(served.switchboard.clone().run(told));
            }
            runtime.spawn(listen(listener, app.clone()))
        };
        Ok(Self { runtime, address, realms, sinks, app, drain, serving, faults, is_signed })
    }

    /// Where it listens; the port is the real one.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The start-up lines, for the operator.
    pub fn greeting(&self) -> String {
        let mut out =
            format!("matchwright listens on http://{0}\nthe same port takes TLS: https://{0}", self.address);
        out += &self.game_server_lines();
        for running in &self.realms {
            let (region, position) = (&running.realm.region, running.recovered_position);
            out += &format!("\nregion {region}: journal recovered to position {position}");
            running.recovered.iter().for_each(|note| out += &format!("\nregion {region}: {note}"));
        }
        out += match self.is_signed {
            true => "\nrequests must be signed by one of the configured keys",
            false => {
                "\nsignatures are not verified: every request is accepted (configure [[keys]] to change that)"
            }
        };
        out
    }

    /// Both URLs: no one of them serves every SDK without a word more.
    fn game_server_lines(&self) -> String {
        let settings = &self.app.sockets.settings;
        let path = settings.paths.first().map_or("", String::as_str);
        let (address, file) = (self.address, self.app.certificate.file().display());
        let told = match settings.public_endpoint.as_str() {
            "" => String::new(),
            public => format!("\ngame servers are told to connect to {public}"),
        };
        format!(
            "\ngame servers connect to ws://{address}{path} (Go, C++, Unreal) or wss://{address}{path} (C++, Unreal, C#, Unity; certificate {file}){told}"
        )
    }

    /// Works until SIGTERM or SIGINT, then drains; a second signal ends the process at once.
    ///
    /// # Errors
    /// The journal failed: the process must end with a code other than 0.
    pub fn run(mut self) -> Result<(), NodeError> {
        let faults = &mut self.faults;
        let fault = self.runtime.block_on(async {
            tokio::select! {
                fault = faults.recv() => fault,
                () = signal() => None,
            }
        });
        match fault {
            Some(fault) => {
                self.app.is_ready.store(false, Ordering::SeqCst);
                tracing::error!("{fault}");
                Err(NodeError::Ended(fault))
            }
            None => {
                tracing::info!("stopping: requests at work are finished; a second signal stops at once");
                self.runtime.spawn(async {
                    signal().await;
                    tracing::warn!("stopped at once by a second signal");
                    std::process::exit(1);
                });
                self.stop();
                Ok(())
            }
        }
    }

    /// Finishes what is at work, then stops sinks and realms. What was acknowledged is on the disk.
    pub fn stop(self) {
        self.drain.send_replace(true);
        let _ = self.runtime.block_on(self.serving);
        self.sinks.stop();
        self.realms.into_iter().for_each(Running::stop);
        self.runtime.shutdown_timeout(Duration::from_secs(1));
    }
}

/// Threads of the doors: half of the processors, for the writer and its followers need the others. More would mostly
/// wake each other: a call costs a tenth less CPU so.
fn door_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |all| all.get().div_ceil(2))
}

/// A request to stop. Without signal handling the process ends the hard way, which is safe too.
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}

/// Where computes are told to send their game servers.
fn endpoint(config: &Config, address: SocketAddr) -> String {
    if !config.hosting.public_endpoint.is_empty() {
        return config.hosting.public_endpoint.clone();
    }
    let path = config.hosting.paths.first().map_or("", |path| path.trim_end_matches('/'));
    match address.ip().is_unspecified() {
        true => format!("ws://localhost:{}{path}", address.port()),
        false => format!("ws://{address}{path}"),
    }
}

fn front_settings(config: &Config, region: &str, endpoint: &str) -> FrontSettings {
    FrontSettings {
        region: region.to_string(),
        account: config.account.clone(),
        lenient_ids: config.behavior.lenient_ids,
        lenient_latency: config.behavior.lenient_latency,
        unknown_keys_warn: config.behavior.lenient_rule_sets,
        game_server_endpoint: endpoint.to_string(),
    }
}

fn game_server_settings(config: &Config, region: &str) -> matchwright_game_server::FrontSettings {
    matchwright_game_server::FrontSettings {
        region: region.to_string(),
        account: config.account.clone(),
        lenient_latency: config.behavior.lenient_latency,
    }
}

impl Encoder for Envelopes {
    fn envelope(&self, position: u64, event: &Event) -> String {
        Envelopes::envelope(self, position, event)
    }

    fn notification(&self, position: u64, event: &Event) -> String {
        Envelopes::notification(self, position, event)
    }
}

fn options(
    config: &Config,
    region: &str,
    meters: Arc<Meters>,
    to_game_servers: mpsc::UnboundedSender<Vec<Push>>,
    faults: mpsc::UnboundedSender<String>,
) -> Result<OpenOptions, ConfigError> {
    // Events name no endpoint.
    let front = front_settings(config, region, "");
    let encoder = move |identity| Arc::new(Envelopes::new(&front, identity)) as Arc<dyn Encoder>;
    let folder: PathBuf = config.data_dir.join(region);
    let mut settings = config.engine_settings();
    settings.hosting.elsewhere = config.homes(region);
    Ok(OpenOptions {
        region: region.to_string(),
        folder,
        settings,
        search: config.search_settings(),
        max_bytes: (config.journal.max_bytes > 0).then_some(config.journal.max_bytes),
        snapshot_bytes: config.journal.snapshot_bytes,
        snapshot_every: Duration::from_secs(config.journal.snapshot_minutes.saturating_mul(60).max(1)),
        keep_events: config.events.keep,
        sinks: config.sinks.iter().map(|sink| sink.name.clone()).collect(),
        allocators: assigned(config, region)?,
        arns: Arns::new(region, &config.account),
        meters,
        to_game_servers,
        encoder: Box::new(encoder),
        on_fault: Arc::new(move |fault| drop(faults.send(fault))),
    })
}

/// The allocators of a region, each with what it hosts.
fn assigned(config: &Config, region: &str) -> Result<Vec<Assigned>, ConfigError> {
    let here = allocators(config)?.into_iter().filter(|(one, _)| one.serves(region));
    Ok(here
        .map(|(one, allocator)| Assigned {
            name: one.name.clone(),
            queues: one.queues.iter().map(|queue| queue.as_str().into()).collect(),
            location: one.location().into(),
            concurrency: one.concurrency,
            allocator,
        })
        .collect())
}

fn app(
    config: &Config,
    keys: Keyring,
    certificate: Arc<Certificate>,
    address: SocketAddr,
    realms: &[Running],
    recorder: Arc<Recorder>,
    draining: watch::Receiver<bool>,
) -> std::io::Result<App> {
    let endpoint = endpoint(config, address);
    let served = realms.iter().map(|running| {
        let region = &running.realm.region;
        let front = Front::new(front_settings(config, region, &endpoint));
        let game_servers = matchwright_game_server::Front::new(game_server_settings(config, region));
        let switchboard = Switchboard::new(running.realm.clone(), Settings::new(&config.hosting));
        Arc::new(Served { realm: running.realm.clone(), front, game_servers, switchboard })
    });
    let secrets = config.keys.iter().map(|key| (key.access_key_id.clone(), key.secret.clone())).collect();
    Ok(App {
        realms: served.collect(),
        gate: Gate { is_strict_region: !keys.is_empty() || realms.len() > 1, keys, secrets },
        limits: config.limits.clone(),
        sockets: Sockets::new(&config.hosting),
        certificate,
        keep_alive: Duration::from_secs(config.events.keep_alive_seconds.max(1)),
        at_work: AtomicUsize::new(0),
        ids: Mutex::new(Ids::from_system()?),
        recorder,
        is_ready: AtomicBool::new(true),
        draining,
    })
}
