//! `matchwright fake-servers`: simulated game servers over the real socket, for demos, load and tests.

mod ledger;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use matchwright_fake_server::habits::length;
use matchwright_fake_server::{Address, Crowd, Habits, Span, Timing};
use tokio::sync::watch;

use crate::api::Api;
use crate::files::allow_sockets;
use crate::fleet::{Fleet, Names, ensure};
use crate::interrupt::Interrupt;
use ledger::Ledger;

const ASK_AGAIN: Duration = Duration::from_secs(60);
const DRAW: Duration = Duration::from_millis(250);
/// Between two lines where nobody sees a table.
const TELL: Duration = Duration::from_secs(5);
/// How long the last processes have to say that they end.
const FAREWELL: Duration = Duration::from_secs(10);

/// Runs simulated game servers: each process hosts one game session, then another takes its place.
#[derive(Debug, Args)]
#[command(
    after_help = "Location, fleet, compute and queue are made where they are missing, as dev-fleet does. Every server is a WebSocket of
its own and speaks what Server SDK 5 speaks. Players are those whose seats are kept: each comes after a while, as a game
client would that heard where its game is.

Examples:
  matchwright fake-servers                                            ten servers, until Ctrl-C
  matchwright fake-servers --matchmaker                               and a matchmaker of two players for them
  matchwright fake-servers --count 1000 --activation-delay 200ms..2s --session-length 30s..2m
  matchwright fake-servers --crash-rate 0.01 --leave-rate 0.2 --seed 7
  matchwright fake-servers --seconds 60                               ends by itself, for scripts

Times are 200ms, 2s or 3m, or a range of them. The same seed brings the same habits."
)]
pub struct FakeServers {
    /// Where the server's API is
    #[arg(long, default_value = "http://127.0.0.1:4600", value_name = "URL")]
    endpoint: String,
    /// How many servers at the same time
    #[arg(long, default_value_t = 10)]
    count: usize,
    /// From being told of a game to activating it
    #[arg(long, default_value = "200ms..2s", value_name = "TIME")]
    activation_delay: Span,
    /// From activating a game to its end
    #[arg(long, default_value = "30s..2m", value_name = "TIME")]
    session_length: Span,
    /// From a seat that is kept to its player, who comes
    #[arg(long, default_value = "100ms..3s", value_name = "TIME")]
    arrival_delay: Span,
    /// Share of the games in which the process vanishes
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    crash_rate: f64,
    /// Share of the players who leave before the end
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    leave_rate: f64,
    /// How often a game looks for new players
    #[arg(long, default_value = "2s", value_name = "TIME", value_parser = length)]
    look_every: Duration,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// End after so many seconds; 0: at Ctrl-C
    #[arg(long, default_value_t = 0)]
    seconds: u64,
    /// Also a matchmaker of two players with this name, whose matches go to the queue
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "dev")]
    matchmaker: Option<String>,
    #[command(flatten)]
    names: Names,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| format!("expected a share from 0 to 1, found {text}"))
}

type Shared = Arc<Mutex<Ledger>>;

fn lock(ledger: &Shared) -> std::sync::MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeServers {
    pub fn run(self) -> ExitCode {
        match self.work() {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("error: {why}");
                ExitCode::FAILURE
            }
        }
    }

    fn work(self) -> Result<(), String> {
        allow_sockets(self.count)?;
        let api = Api::new(self.endpoint.trim_end_matches('/'));
        let mut fleet = ensure(&api, &self.names)?;
        if let Some(name) = &self.matchmaker {
            fleet.matchmaker(&api, name)?;
        }
        fleet.steps.iter().for_each(|step| eprintln!("{step}"));
        let address = fleet.address(&api)?;
        eprintln!("\n{} servers connect to {}; seed {}", self.count, address.endpoint, self.seed);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.map_err(|error| error.to_string())?.block_on(self.serve(api, fleet, address))
    }

    async fn serve(self, api: Api, fleet: Fleet, address: Address) -> Result<(), String> {
        let mut interrupt = Interrupt::new()?;
        let ledger: Shared = Arc::new(Mutex::new(Ledger::new(self.count)));
        let (newest, place) = watch::channel(address);
        let (stop, stopped) = watch::channel(false);
        let crowd = tokio::spawn(self.crowd(&ledger).run(place, stopped));
        std::thread::spawn(move || keep_fresh(&api, &fleet, &newest));
        self.show(&mut interrupt, &ledger).await;
        stop.send_replace(true);
        let is_over = tokio::time::timeout(FAREWELL, crowd).await.is_ok();
        println!("{}", lock(&ledger).table());
        match is_over {
            true => Ok(()),
            false => Err(format!("not all servers ended within {FAREWELL:?}")),
        }
    }

    fn crowd(&self, ledger: &Shared) -> Crowd {
        let into = ledger.clone();
        Crowd {
            count: self.count,
            habits: Habits {
                activation_delay: self.activation_delay,
                session_length: self.session_length,
                arrival_delay: self.arrival_delay,
                crash_rate: self.crash_rate,
                leave_rate: self.leave_rate,
                look_every: Some(self.look_every),
            },
            timing: Timing::default(),
            seed: self.seed,
            watch: Arc::new(move |server, happening| lock(&into).note(server, &happening)),
        }
    }

    /// A table that changes where somebody looks, else lines.
    async fn show(&self, interrupt: &mut Interrupt, ledger: &Shared) {
        let (started, is_seen) = (Instant::now(), std::io::stderr().is_terminal());
        let bar = ProgressBar::new_spinner();
        bar.set_style(
            ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        let end = (self.seconds > 0).then(|| started + Duration::from_secs(self.seconds));
        let pause = if is_seen { DRAW } else { TELL };
        loop {
            let left = end.map_or(pause, |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() || interrupt.within(pause.min(left)).await {
                break;
            }
            let ledger = lock(ledger);
            match is_seen {
                true => bar.set_message(format!("{}\nCtrl-C ends it", ledger.table())),
                false => eprintln!("{}", ledger.line()),
            }
        }
        bar.finish_and_clear();
    }
}

/// Ends with the process: a call may be under way.
fn keep_fresh(api: &Api, fleet: &Fleet, newest: &watch::Sender<Address>) {
    while !newest.is_closed() {
        std::thread::sleep(ASK_AGAIN);
        // The next minute is early enough: a token is renewed at half of its life.
        if let Ok(address) = fleet.address(api) {
            newest.send_replace(address);
        }
    }
}
