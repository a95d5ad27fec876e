//! `matchwright demo`: a server with simulated players, over its real API, and what to try next.

mod players;
mod watch;

use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Args;
use comfy_table::Table;
use indicatif::{ProgressBar, ProgressStyle};
use matchwright_server::Node;
use matchwright_server::config::{Sources, load};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};

use crate::api::Api;
use players::Party;
use watch::Made;

/// Our rule sets by the name of their matchmaker.
const RULES: &str = include_str!("rules.json");
/// How many of the latest matches are shown.
const SHOWN: usize = 12;
/// A rest of players that do not fit together is not waited for longer: the last expansion comes after 6 s.
const PATIENCE: Duration = Duration::from_secs(7);

/// Starts a server in a temporary folder, lets simulated players find matches, and keeps serving.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  matchwright demo
  matchwright demo --players 1000 --seed 7
  matchwright demo --exit            ends after the table, for scripts")]
pub struct Demo {
    /// How many players come
    #[arg(long, default_value_t = 300)]
    players: usize,
    /// How many seconds they take to come
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// The same seed brings the same players
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Address and port; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// End after the table instead of serving on
    #[arg(long)]
    exit: bool,
}

impl Demo {
    pub fn run(self) -> ExitCode {
        match self.play() {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("error: {why}");
                ExitCode::FAILURE
            }
        }
    }

    fn play(self) -> Result<(), String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let set = vec![format!("listen={}", self.listen), format!("data_dir={}", folder.path().display())];
        let config = load(&Sources { set, ..Sources::default() }).map_err(|error| error.to_string())?;
        let node = Node::start(&config).map_err(|error| error.to_string())?;
        let url = format!("http://{}", node.address());
        println!(
            "{}\nIts data is in a temporary folder that goes when it ends. Seed {}.\n",
            node.greeting(),
            self.seed
        );
        let api = Api::new(&url);
        create(&api)?;

        let parties = players::parties(&mut ChaCha12Rng::seed_from_u64(self.seed), self.players);
        let made = Arc::new(Mutex::new(Vec::new()));
        watch::start(api.clone(), made.clone());
        self.bring(&api, &parties, &made)?;
        println!("{}\n", table(&parties, &made.lock().unwrap_or_else(std::sync::PoisonError::into_inner)));
        if self.exit {
            node.stop();
            return Ok(());
        }
        println!("The server goes on serving at {url}; Ctrl-C ends it. Try next:");
        println!("  curl -N '{url}/v1/events?after=0'        every event, as it happened and happens");
        println!("  curl {url}/metrics                       what it counts");
        println!("  aws gamelift start-matchmaking --endpoint-url {url} --region us-east-1 \\");
        println!("      --configuration-name duel --players PlayerId=me   and once more with another player");
        println!("  matchwright rules check your-rules.json         what a rule set says");
        println!("  matchwright serve                               a server that keeps its data");
        node.run().map_err(|error| error.to_string())
    }

    /// Sends the parties one by one, spread over the time, and waits for their matches.
    fn bring(&self, api: &Api, parties: &[Party], made: &Mutex<Vec<Made>>) -> Result<(), String> {
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} players matched, {elapsed}");
        let bar = ProgressBar::new(self.players as u64)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let matched = || -> u64 {
            let made = made.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            made.iter().map(|one| one.players() as u64).sum()
        };
        let started = Instant::now();
        let pause = Duration::from_secs(self.seconds) / parties.len().max(1) as u32;
        for (index, party) in parties.iter().enumerate() {
            api.call("StartMatchmaking", &party.request())?;
            bar.set_position(matched());
            std::thread::sleep((started + pause * index as u32).saturating_duration_since(Instant::now()));
        }
        let waiting = Instant::now();
        while matched() < self.players as u64 && waiting.elapsed() < PATIENCE {
            bar.set_position(matched());
            std::thread::sleep(Duration::from_millis(100));
        }
        bar.set_position(matched());
        bar.abandon();
        Ok(())
    }
}

fn create(api: &Api) -> Result<(), String> {
    let all: Value = serde_json::from_str(RULES).map_err(|error| error.to_string())?;
    for (name, one) in all.as_object().into_iter().flatten() {
        api.call(
            "CreateMatchmakingRuleSet",
            &json!({ "Name": name, "RuleSetBody": one["body"].to_string() }),
        )?;
        let matchmaker = json!({ "Name": name, "RuleSetName": name, "RequestTimeoutSeconds": 120,
            "AcceptanceRequired": one["acceptanceRequired"], "AcceptanceTimeoutSeconds": 20,
            "FlexMatchMode": "STANDALONE" });
        api.call("CreateMatchmakingConfiguration", &matchmaker)?;
        println!("  {}", one["body"]["name"].as_str().unwrap_or(name));
    }
    println!();
    Ok(())
}

fn table(parties: &[Party], made: &[Made]) -> String {
    let mut table = Table::new();
    table.set_header([
        "matchmaker",
        "match",
        "teams, with the players' skill (+ joins a party)",
        "longest wait",
    ]);
    for one in made.iter().rev().take(SHOWN).rev() {
        let wait = format!("{:.1} s", one.longest_wait.as_secs_f64());
        table.add_row([one.matchmaker.clone(), one.id[..8].to_string(), one.teams(parties), wait]);
    }
    let players: usize = made.iter().map(Made::players).sum();
    let mut waits: Vec<f64> = made.iter().map(|one| one.longest_wait.as_secs_f64()).collect();
    waits.sort_by(f64::total_cmp);
    let median = waits.get(waits.len() / 2).copied().unwrap_or(0.0);
    let rest = made.len().saturating_sub(SHOWN);
    format!(
        "{table}\n{} matches with {players} players ({rest} earlier ones are not shown), median of their longest waits {median:.1} s",
        made.len()
    )
}
