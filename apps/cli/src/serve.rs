//! `matchwright serve`: the sources of settings, the log, the exit code.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use matchwright_server::Node;
use matchwright_server::config::{Config, ConfigError, Sources, load};

/// Runs a server until SIGTERM or Ctrl-C; requests at work are finished first, a second signal stops at once.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  matchwright serve
  matchwright serve --listen 127.0.0.1:9000 --data-dir /var/lib/matchwright
  matchwright serve --config matchwright.toml --check-config
  matchwright serve --set limits.requests=8192
  MATCHWRIGHT_EVENTS__KEEP=1000 matchwright serve

Then, with any AWS SDK or CLI:
  aws gamelift describe-matchmaking-configurations --endpoint-url http://127.0.0.1:4600

Watch what happens:
  curl -N http://127.0.0.1:4600/v1/events?after=0

Exit codes: 0 stopped by a signal, 1 could not start or the journal failed, 2 wrong usage.")]
pub struct Serve {
    /// Address and port of the API; port 0 takes a free one [default: 127.0.0.1:4600]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Folder of the journals [default: matchwright-data]
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// A region to serve; repeat it for several [default: us-east-1]
    #[arg(long, value_name = "NAME")]
    region: Vec<String>,
    /// A TOML file; docs/reference/configuration.md lists every key
    #[arg(long, value_name = "FILE", env = "MATCHWRIGHT_CONFIG")]
    config: Option<PathBuf>,
    /// Set any key of the configuration; repeat it for several
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Allow an address that other machines can reach although no keys are configured
    #[arg(long)]
    insecure_listen: bool,
    /// Say what is wrong with the configuration, start nothing
    #[arg(long)]
    check_config: bool,
    /// What to log: error, warn, info, debug
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log: String,
    /// Log as JSON, one line each
    #[arg(long)]
    log_json: bool,
}

impl Serve {
    pub fn run(self) -> ExitCode {
        let config = match self.config() {
            Ok(config) => config,
            Err(error) => {
                eprintln!("error: {error}");
                return ExitCode::from(2);
            }
        };
        if self.check_config {
            println!("the configuration is right");
            return ExitCode::SUCCESS;
        }
        start_log(&self.log, self.log_json);
        let node = match Node::start(&config) {
            Ok(node) => node,
            Err(error) => {
                eprintln!("error: {error}");
                return ExitCode::FAILURE;
            }
        };
        // Whoever reads the first line may have gone by the last: that is no reason to end.
        let _ = writeln!(std::io::stdout(), "{}", node.greeting());
        match node.run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn config(&self) -> Result<Config, ConfigError> {
        let mut set = self.set.clone();
        set.extend(self.listen.as_ref().map(|listen| format!("listen={listen}")));
        set.extend(self.data_dir.as_ref().map(|folder| format!("data_dir={}", folder.display())));
        if !self.region.is_empty() {
            set.push(format!("region={}", self.region.join(",")));
        }
        if self.insecure_listen {
            set.push("insecure_listen=true".to_string());
        }
        let environment = std::env::vars().filter(|(name, _)| name != "MATCHWRIGHT_CONFIG");
        load(&Sources { file: self.config.clone(), environment: environment.collect(), set })
    }
}

/// Logs go to standard error, so that standard output stays for results.
pub fn start_log(level: &str, json: bool) {
    let filter = tracing_subscriber::EnvFilter::new(level);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match json {
        true => builder.json().init(),
        false => builder.init(),
    }
}
