//! `matchwright bench`: what this machine can do, measured beside a yardstick in the same run.

mod arrivals;
mod callers;
mod hosting;
mod life;
mod load;
mod plot;
mod process;
mod search;
mod small;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use comfy_table::Table;
use indicatif::{ProgressBar, ProgressStyle};
use matchwright_workbench::real::Real;
use matchwright_workbench::workload::Workload;
use serde_json::json;

use crate::api::Api;
use process::Child;

/// Measures.
#[derive(Debug, Subcommand)]
pub enum Bench {
    Api(ApiBench),
    Hosting(hosting::HostingBench),
    Search(search::SearchBench),
    Small(small::SmallBench),
    Arrivals(arrivals::ArrivalsBench),
    Plot(plot::PlotBench),
    /// The yardstick: sends every body back
    #[command(hide = true)]
    Echo,
    /// The yardstick of sockets: sends every message back
    #[command(hide = true)]
    EchoSocket,
}

/// Durable StartMatchmaking calls per CPU-second beside a bare HTTP echo of the same body, the time from a ticket to
/// its potential match, and how much of the CPU time of a ticket's whole life goes to matching.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  matchwright bench api
  matchwright bench api --rounds 5 --seconds 10 --json

The server runs as a process of its own; its CPU time is the system's count of it. Rounds of echo and API alternate,
medians are shown. Whole lives are those of w2's tickets, from the call until the match is completed and forgotten.")]
pub struct ApiBench {
    /// How often echo and API are measured in turn
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each measurement takes
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Clients at the same time; with fewer than 128 the server has pauses, in which it runs cold
    #[arg(long, default_value_t = 256)]
    clients: usize,
    /// Tickets per second of the latency measurement
    #[arg(long, default_value_t = 1000)]
    rate: u64,
    /// Tickets per second of the measurement of whole lives; 0: as fast as they are answered
    #[arg(long, value_delimiter = ',', default_value = "1000,0", value_name = "RATE")]
    life_rate: Vec<u64>,
    /// One JSON object, for programs
    #[arg(long)]
    json: bool,
}

impl Bench {
    pub fn run(self) -> ExitCode {
        let done = match self {
            Self::Api(bench) => bench.measure(),
            Self::Hosting(bench) => bench.measure(),
            Self::Search(bench) => bench.measure(),
            Self::Small(bench) => bench.measure(),
            Self::Arrivals(bench) => bench.measure(),
            Self::Plot(plot) => plot.draw(),
            Self::Echo => echo(matchwright_server::echo::serve),
            Self::EchoSocket => echo(matchwright_fake_server::echo::serve),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("error: {why}");
                ExitCode::FAILURE
            }
        }
    }
}

/// A workload by its name; the real one out of a folder of data.
fn workload(name: &str, data: Option<&Path>) -> Result<Workload, String> {
    match (name, data) {
        ("real", Some(folder)) => return Real::read(folder).map(|real| Workload::real(Arc::new(real))),
        ("real", None) => {
            return Err("the workload real wants --data with the folder of its files".to_string());
        }
        _ => {}
    }
    Workload::by_name(name).ok_or_else(|| {
        let known: Vec<&str> = Workload::all().iter().map(|one| one.name).collect();
        format!("there is no workload {name}; choose from {}", known.join(", "))
    })
}

/// Progress on the terminal, in steps.
fn bar(steps: u64) -> Result<ProgressBar, String> {
    let style = ProgressStyle::with_template("{bar:30} {msg}").map_err(|error| error.to_string())?;
    Ok(ProgressBar::new(steps).with_style(style))
}

/// Every match of a run was judged; so many were none.
fn judged(wrong: usize) -> Result<(), String> {
    match wrong {
        0 => Ok(()),
        wrong => Err(format!("the judge refuses {wrong} matches: an error of the search, please report it")),
    }
}

fn echo(serve: fn(std::net::TcpListener) -> std::io::Result<()>) -> Result<(), String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    println!("echo listens on http://{address}");
    serve(listener).map_err(|error| error.to_string())
}

impl ApiBench {
    fn measure(self) -> Result<(), String> {
        let echo = Child::start(&["bench", "echo"])?;
        // Search is held back here: what is measured is a ticket on the disk, not the match that follows.
        let (server, _held_folder) = serve(&["--set", "search.hold_seconds=43200"])?;
        load::prepare(&Api::new(&server.url))?;
        let span = Duration::from_secs(self.seconds);
        let bar = ProgressBar::new((self.rounds * 2 + self.life_rate.len() + 1) as u64).with_style(
            ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        let (mut echoes, mut tickets) = (Vec::new(), Vec::new());
        for _ in 0..self.rounds {
            bar.set_message("echo");
            echoes.push(load::rate(&echo, self.clients, span)?);
            bar.inc(1);
            bar.set_message("StartMatchmaking");
            tickets.push(load::rate(&server, self.clients, span)?);
            bar.inc(1);
        }
        bar.set_message("time to match");
        drop(server);
        let (fresh, _fresh_folder) = serve(&[])?;
        let api = Api::new(&fresh.url);
        load::prepare(&api)?;
        let times = load::time_to_match(&api, self.rate, span)?;
        drop(fresh);
        bar.inc(1);
        let mut lives = Vec::new();
        for rate in &self.life_rate {
            bar.set_message("whole lives");
            let (server, _folder) = serve(&["--set", life::RETENTION])?;
            let asked = (*rate > 0).then_some(*rate);
            lives.push(life::measure(&server, &workload("w2", None)?, self.clients, asked, span)?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        let ((echo_cpu, echo_wall), (cpu, wall)) = (medians(&echoes), medians(&tickets));
        let millis = |quantile: f64| times.value_at_quantile(quantile) as f64 / 1000.0;
        if self.json {
            let found = json!({
                "echoPerCpuSecond": echo_cpu, "echoPerSecond": echo_wall,
                "startMatchmakingPerCpuSecond": cpu, "startMatchmakingPerSecond": wall,
                "ratio": cpu / echo_cpu, "ticketsPerSecond": self.rate, "ticketsTold": times.len(),
                "timeToMatchMs": { "p50": millis(0.5), "p99": millis(0.99), "max": millis(1.0) },
                "rounds": self.rounds, "seconds": self.seconds, "clients": self.clients,
                "life": lives.iter().map(life::Life::as_json).collect::<Vec<_>>(),
            });
            println!("{found}");
            return Ok(());
        }
        let mut table = Table::new();
        table.set_header(["", "per CPU-second", "per second"]);
        table.add_row([
            "HTTP echo of the same body".to_string(),
            format!("{echo_cpu:.0}"),
            format!("{echo_wall:.0}"),
        ]);
        table.add_row([
            "StartMatchmaking, on the disk".to_string(),
            format!("{cpu:.0}"),
            format!("{wall:.0}"),
        ]);
        println!("{table}");
        println!("One StartMatchmaking costs as much CPU as {:.1} echoes.", echo_cpu / cpu);
        println!(
            "Ticket to PotentialMatchCreated at {} tickets/s: p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms ({} tickets).",
            self.rate,
            millis(0.5),
            millis(0.99),
            millis(1.0),
            times.len()
        );
        println!("Medians of {} rounds of {} s with {} clients.", self.rounds, self.seconds, self.clients);
        show_lives(&lives);
        Ok(())
    }
}

fn show_lives(lives: &[life::Life]) {
    let mut table = Table::new();
    table.set_header(["whole lives", "tickets/s", "matched", "CPU per ticket", "of it matching"]);
    let us = |span: Duration| format!("{:.1} us", span.as_secs_f64() * 1e6);
    for life in lives {
        table.add_row([
            life.rate(),
            format!("{:.0}", life.per_second),
            format!("{:.1} %", 100.0 * life.completed),
            us(life.cpu),
            us(life.search),
        ]);
    }
    println!("{table}");
    lives.iter().for_each(|life| println!("{}", life.goal()));
}

/// A server with an empty journal, and the folder that holds it.
fn serve(more: &[&str]) -> Result<(Child, tempfile::TempDir), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let place = folder.path().display().to_string();
    let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--data-dir", &place, "--log", "error"];
    arguments.extend(more);
    Ok((Child::start(&arguments)?, folder))
}

/// Of calls per CPU-second and per second.
fn medians(rates: &[load::Rate]) -> (f64, f64) {
    let median = |of: fn(&load::Rate) -> f64| {
        let mut sorted: Vec<f64> = rates.iter().map(of).collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
    };
    (median(|one| one.per_cpu_second), median(|one| one.per_second))
}
