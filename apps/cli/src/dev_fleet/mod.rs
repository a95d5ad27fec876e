//! `matchwright dev-fleet`: from a running server to a game server that can connect, in one command.

mod children;
mod environment;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use matchwright_fake_server::Address;
use matchwright_fake_server::address::Ids;

use crate::api::Api;
use crate::fleet::{Fleet, Names, ensure};
use crate::interrupt::Interrupt;
use children::{Children, Plan};
use environment::{Format, secure, variables, write};

/// The server gives a new token when half of the old one's life is over: often enough.
const ASK_AGAIN: Duration = Duration::from_secs(60);
const ASK_AGAIN_AFTER_FAILURE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(200);

/// Makes a fleet of this machine and says what a game server needs to connect, then keeps its token fresh.
#[derive(Debug, Args)]
#[command(
    after_help = "A game server with the Amazon GameLift Server SDK 5 reads where to connect from its environment: no line of it
changes. What is there already, by its name, is used again, so that this can be run any number of times.

Examples:
  matchwright dev-fleet                                      shows everything, keeps the token fresh until Ctrl-C
  eval \"$(matchwright dev-fleet --once)\"; ./my-game-server    the variables in this shell, for one process
  matchwright dev-fleet --exec ./my-game-server -port {port} runs it, with a fresh process id
  matchwright dev-fleet --count 4 --restart --exec ./my-game-server -port {port}
  matchwright dev-fleet --env-file fleet.env                 rewritten when the token changes; for containers, IDEs
  matchwright dev-fleet --matchmaker                         with a matchmaker of two players, to try a whole match

Which URL: Go, C++ and Unreal connect with ws://, C# and Unity only with wss:// (--tls). C++ and Unreal take both.
Go takes wss:// once SSL_CERT_FILE names the certificate that the server told of at its start.
Each process needs a process id of its own (GAMELIFT_SDK_PROCESS_ID): one that has ended is refused.

Variables go to standard output, everything else to standard error."
)]
pub struct DevFleet {
    /// Where the server's API is
    #[arg(long, default_value = "http://127.0.0.1:4600", value_name = "URL")]
    endpoint: String,
    #[command(flatten)]
    names: Names,
    /// Also a matchmaker of two players with this name, whose matches go to the queue
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "dev")]
    matchmaker: Option<String>,
    /// How the variables are written
    #[arg(long, value_enum, default_value_t = Format::Shell)]
    format: Format,
    /// Game servers connect with wss://
    #[arg(long)]
    tls: bool,
    /// End after the variables
    #[arg(long, conflicts_with_all = ["env_file", "exec"])]
    once: bool,
    /// Keep the variables in this file, but for the process id, which differs from process to process
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// So many game servers at the same time
    #[arg(long, default_value_t = 1, requires = "exec")]
    count: usize,
    /// Start a game server again when it ends
    #[arg(long, requires = "exec")]
    restart: bool,
    /// Run this as game server; {port} becomes 7777, 7778, …
    #[arg(long, value_name = "CMD", num_args = 1.., allow_hyphen_values = true)]
    exec: Vec<String>,
}

impl DevFleet {
    pub fn run(self) -> ExitCode {
        match self.work() {
            Ok(code) => code,
            Err(why) => {
                eprintln!("error: {why}");
                ExitCode::FAILURE
            }
        }
    }

    fn work(self) -> Result<ExitCode, String> {
        let api = Api::new(self.endpoint.trim_end_matches('/'));
        let fleet = self.ensure(&api)?;
        fleet.steps.iter().for_each(|step| eprintln!("{step}"));
        let address = fleet.address(&api)?;
        if self.exec.is_empty() {
            self.show(&fleet, &address)?;
        }
        if self.once {
            return Ok(ExitCode::SUCCESS);
        }
        self.keep(&api, fleet, address)
    }

    fn ensure(&self, api: &Api) -> Result<Fleet, String> {
        let mut fleet = ensure(api, &self.names)?;
        if let Some(name) = &self.matchmaker {
            fleet.matchmaker(api, name)?;
        }
        Ok(fleet)
    }

    fn show(&self, fleet: &Fleet, address: &Address) -> Result<(), String> {
        let process = Ids::from_system()?.next_id();
        eprintln!();
        match self.tls {
            true => {
                eprintln!("# for C#, Unity, C++ and Unreal; Go wants {} (without --tls)", address.endpoint)
            }
            false => {
                let other = secure(&address.endpoint);
                eprintln!("# for Go, C++ and Unreal; C# and Unity want {other} (--tls)");
            }
        }
        eprintln!("# the process id is for one process: each needs its own");
        print!("{}", write(self.format, &variables(address, self.tls, Some(&process))));
        eprintln!("\nThen a game: {}", self.next_step(fleet));
        Ok(())
    }

    /// What to try when a game server is ready.
    fn next_step(&self, fleet: &Fleet) -> String {
        let (url, aws) = (&self.endpoint, "aws gamelift");
        match &self.matchmaker {
            Some(name) => format!(
                "two of these, with another player each, make a match\n  {aws} start-matchmaking --endpoint-url {url} \
                 --configuration-name {name} --players PlayerId=ann\n  curl -N '{url}/v1/events?after=0'   shows it"
            ),
            None => format!(
                "\n  {aws} start-game-session-placement --endpoint-url {url} --placement-id p-1 \
                 --game-session-queue-name {} --maximum-player-session-count 4",
                fleet.queue
            ),
        }
    }

    /// Until Ctrl-C, or until the game servers have ended for good.
    fn keep(self, api: &Api, mut fleet: Fleet, mut address: Address) -> Result<ExitCode, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let mut interrupt = runtime.block_on(async { Interrupt::new() })?;
        let mut children = self.children()?;
        self.write_file(&address)?;
        if children.is_none() {
            eprintln!("\nThe token is kept fresh; Ctrl-C ends.");
        }
        let mut ask_at = Instant::now() + ASK_AGAIN;
        loop {
            if let Some(children) = &mut children
                && children.look(&address)?
            {
                return Ok(if children.failures() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE });
            }
            if runtime.block_on(interrupt.within(LOOK)) {
                return Ok(ExitCode::SUCCESS);
            }
            if Instant::now() < ask_at {
                continue;
            }
            match self.ask_again(api, &mut fleet) {
                Ok(now) if now != address => {
                    eprintln!("a new token; game servers that are connected are told by the server itself");
                    self.write_file(&now)?;
                    (address, ask_at) = (now, Instant::now() + ASK_AGAIN);
                }
                Ok(_) => ask_at = Instant::now() + ASK_AGAIN,
                Err(why) => {
                    eprintln!("no token: {why}; tried again in {ASK_AGAIN_AFTER_FAILURE:?}");
                    ask_at = Instant::now() + ASK_AGAIN_AFTER_FAILURE;
                }
            }
        }
    }

    /// The server may have lost everything meanwhile, as developers' servers do: then all is made again.
    fn ask_again(&self, api: &Api, fleet: &mut Fleet) -> Result<Address, String> {
        if let Ok(address) = fleet.address(api) {
            return Ok(address);
        }
        *fleet = self.ensure(api)?;
        fleet.address(api)
    }

    fn children(&self) -> Result<Option<Children>, String> {
        if self.exec.is_empty() {
            return Ok(None);
        }
        let (command, is_secure) = (self.exec.clone(), self.tls);
        Children::new(Plan { command, count: self.count, restart: self.restart, is_secure }).map(Some)
    }

    fn write_file(&self, address: &Address) -> Result<(), String> {
        let Some(file) = &self.env_file else { return Ok(()) };
        let format = if self.format == Format::Json { Format::Json } else { Format::Dotenv };
        replace(file, &write(format, &variables(address, self.tls, None)))
            .map_err(|error| format!("{}: {error}", file.display()))
    }
}

/// Whoever reads it sees the old text or the new, never a part.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let beside = file.with_added_extension("new");
    // A token is a secret.
    let open = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside);
    open?.write_all(text.as_bytes())?;
    std::fs::rename(beside, file)
}
