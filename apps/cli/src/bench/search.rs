//! `matchwright bench search`: match construction beside the documented greedy and the bounds, in one run.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use comfy_table::Table;
use indicatif::ProgressBar;
use matchwright_model::Timestamp;
use matchwright_rules::RuleSet;
use matchwright_workbench::bounds::{most_matches, sort_and_pair};
use matchwright_workbench::clock::median;
use matchwright_workbench::goals::{Baseline, Goal, Row, Shared, Sweep, goals};
use matchwright_workbench::greedy::greedy;
use matchwright_workbench::handmade::handmade;
use matchwright_workbench::quality::quality;
use matchwright_workbench::run::{Pass, Pool};
use matchwright_workbench::swaps::evenness;
use matchwright_workbench::workload::{Ticket, Workload};
use serde_json::json;

use super::{bar, judged, workload};

/// Match construction on large pools: tickets per second of processor time, what is left over, how close and even the
/// matches are; beside the documented greedy search (N1) and what no search can beat.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  matchwright bench search
  matchwright bench search --workload w2 --tickets 100000
  matchwright bench search --workload w1,w2,w3,w5 --tickets 1000000 --baseline-seconds 0 --json

Modes, all of them where none is named:
  anchor       everybody comes, then everybody is an anchor, oldest first
  sweep        everybody comes at once, the pool is walked from end to end, who is left over is an anchor
  incremental  into a full pool one comes for each who leaves, and the oldest is served

The pool is made once from the seed. Times are processor time of one thread, medians of the rounds; of a sweep by
several threads, the walk of the slowest is compared with that of one alone. The greedy is stopped after its seconds;
then only its rate is known. Every match is judged by the interpreter of the rule language. Goals are told as met or
not.")]
pub struct SearchBench {
    /// Workloads: w1, w2, w3, w4a, w4b, w4c, w5, or same-skill, two-clusters, no-healers, all-threes, all-fours,
    /// fours-some-solos, block-lists; real with --data
    #[arg(long, value_delimiter = ',', default_value = "w1,w2,w3,w4a,w5", value_name = "NAME")]
    workload: Vec<String>,
    /// Tickets in the pool
    #[arg(long, default_value_t = 10_000)]
    tickets: usize,
    /// Folder of real data, for the workload named real
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Modes to measure
    #[arg(long, value_enum, value_delimiter = ',', default_value = "anchor,sweep,incremental")]
    mode: Vec<Mode>,
    /// Threads that share a sweep; 1 leaves the comparison out
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: u8,
    /// How often each is measured
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Processor time that the greedy may take on each workload; 0 leaves it out
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    baseline_seconds: u64,
    /// One JSON object per workload, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    Anchor,
    Sweep,
    Incremental,
}

const NOW: Timestamp = Timestamp(1_000_000_000);
/// The pool that a larger one is compared with, and tickets that come to each.
const SMALL_POOL: usize = 10_000;
const ARRIVALS: u32 = 100_000;
/// Matches of 200 players that are swapped even, which takes a tenth of a second for each.
const EVENED: usize = 30;
/// Steps of one workload, for the progress bar.
const STEPS: u64 = 5;

impl SearchBench {
    pub fn measure(self) -> Result<(), String> {
        let workloads = self
            .workload
            .iter()
            .map(|name| workload(name, self.data.as_deref()))
            .collect::<Result<Vec<_>, _>>()?;
        let bar = bar(workloads.len() as u64 * STEPS)?;
        let rows: Vec<Row> = workloads.iter().map(|workload| self.row(workload, &bar)).collect();
        bar.finish_and_clear();
        let of_sweep = |sweep: &Sweep| sweep.quality.wrong + sweep.shared.as_ref().map_or(0, |one| one.wrong);
        let wrong: usize =
            rows.iter().map(|row| row.engine.wrong + row.sweep.as_ref().map_or(0, of_sweep)).sum();
        if self.json {
            rows.iter().for_each(|row| println!("{}", self.as_json(row)));
        } else {
            show(&rows);
        }
        judged(wrong)
    }

    fn row(&self, workload: &Workload, bar: &ProgressBar) -> Row {
        let step = |what: &str| {
            bar.set_message(format!("{} {what}", workload.name));
            bar.inc(1);
        };
        step("tickets");
        let tickets = workload.tickets(self.tickets, self.seed, NOW);
        let rules = workload.compiled();
        let pool = Pool::new(rules.clone(), &tickets, NOW);
        step("by age");
        // Without the mode one round is run all the same: it is what the others are compared with.
        let rounds = if self.mode.contains(&Mode::Anchor) { self.rounds.max(1) } else { 1 };
        let passes: Vec<_> = (0..rounds).map(|_| pool.anchors(false)).collect();
        let took = median(passes.iter().map(Pass::took).collect());
        let worst = (0..3).map(|_| pool.anchors(true).worst_step).min().unwrap_or_default();
        let pass = &passes[0];
        let engine = quality(&rules, &tickets, NOW, &pass.matches);
        step("sweep");
        let sweep = self.mode.contains(&Mode::Sweep).then(|| self.sweep(&pool, &rules, &tickets));
        let is_swept = self.mode.contains(&Mode::Sweep);
        let sweep_cut = is_swept.then(|| (0..3).map(|_| pool.longest_stretch()).min().unwrap_or_default());
        let by_hand = (workload.name == "w2").then(|| {
            let times = (0..rounds).map(|_| handmade(&tickets).took);
            tickets.len() as f64 / median(times.collect()).as_secs_f64()
        });
        step("arrivals");
        let small = workload.tickets(SMALL_POOL, self.seed, NOW);
        let small = Pool::new(rules.clone(), &small, NOW);
        let arriving = |pool: &Pool| {
            let times = (0..self.rounds.clamp(1, 3)).map(|_| pool.incremental(ARRIVALS));
            median(times.collect()).as_nanos() as f64
        };
        let incremental = (!rules.large && self.mode.contains(&Mode::Incremental))
            .then(|| (arriving(&small), arriving(&pool)));
        step("greedy");
        let hopeless = pass.hopeless * 2 > tickets.len();
        Row {
            workload: workload.name,
            tickets: tickets.len(),
            engine_rate: tickets.len() as f64 / took.as_secs_f64(),
            engine,
            baseline: (self.baseline_seconds > 0).then(|| {
                let outcome = greedy(&rules, &tickets, NOW, Duration::from_secs(self.baseline_seconds));
                Baseline {
                    rate: outcome.tickets_done as f64 / outcome.took.as_secs_f64(),
                    quality: outcome.is_complete.then(|| quality(&rules, &tickets, NOW, &outcome.matches)),
                }
            }),
            by_hand,
            sweep,
            most_matches: most_matches(&rules, &tickets, NOW),
            sort_bound: (workload.name == "w1").then(|| {
                let times = (0..self.rounds.max(3)).map(|_| sort_and_pair(&tickets, 200.0).0);
                median(times.collect()).as_nanos() as f64 / tickets.len() as f64
            }),
            incremental,
            bytes_per_ticket: pass.bytes as f64 / tickets.len() as f64,
            stale: pass.stale,
            worst_step_us: worst.as_secs_f64() * 1e6,
            longest_stretch_ms: sweep_cut.map(|one| one.as_secs_f64() * 1e3),
            evenness: (rules.large && rules.teams.len() > 1)
                .then(|| evenness(&rules, &tickets, &pass.matches, EVENED)),
            hopeless_ns: hopeless.then(|| pass.serve.as_nanos() as f64 / pass.hopeless as f64),
        }
    }

    /// One worker and several in turn, so that what else runs on the machine slows both.
    fn sweep(&self, pool: &Pool<'_>, rules: &RuleSet, tickets: &[Ticket]) -> Sweep {
        let threads = usize::from(self.threads);
        let (mut alone, mut shared) = (Vec::new(), Vec::new());
        for _ in 0..self.rounds.max(1) {
            alone.push(pool.sweep(1));
            shared.extend((threads > 1).then(|| pool.sweep(threads)));
        }
        let walk = |passes: &[Pass]| median(passes.iter().map(|pass| pass.sweep).collect()).as_secs_f64();
        let took = median(alone.iter().map(Pass::took).collect());
        Sweep {
            rate: tickets.len() as f64 / took.as_secs_f64(),
            quality: quality(rules, tickets, NOW, &alone[0].matches),
            shared: shared.first().map(|pass| Shared {
                workers: threads,
                times: walk(&alone) / walk(&shared).max(1e-9),
                matches: pass.matches.len(),
                wrong: quality(rules, tickets, NOW, &pass.matches).wrong,
            }),
        }
    }

    fn as_json(&self, row: &Row) -> serde_json::Value {
        let quality = |one: &matchwright_workbench::quality::Quality| {
            json!({ "matches": one.matches, "unmatched": one.unmatched, "spread": one.spread,
                    "unevenness": one.unevenness, "wrong": one.wrong })
        };
        json!({
            "workload": row.workload, "tickets": row.tickets, "seed": self.seed, "rounds": self.rounds,
            "ticketsPerSecond": row.engine_rate, "engine": quality(&row.engine),
            "greedy": row.baseline.as_ref().map(|one| json!({ "ticketsPerSecond": one.rate,
                "quality": one.quality.as_ref().map(quality) })),
            "sweep": row.sweep.as_ref().map(|one| json!({ "ticketsPerSecond": one.rate,
                "quality": quality(&one.quality), "shared": one.shared.as_ref().map(|shared| json!({
                    "workers": shared.workers, "times": shared.times, "matches": shared.matches,
                    "wrong": shared.wrong })) })),
            "byHandPerSecond": row.by_hand,
            "staleSpots": row.stale,
            "mostMatches": row.most_matches, "sortBoundNs": row.sort_bound,
            "incrementalNs": row.incremental.map(|one| json!({ "at10000": one.0, "here": one.1 })),
            "bytesPerTicket": row.bytes_per_ticket, "worstStepUs": row.worst_step_us,
            "longestStretchMs": row.longest_stretch_ms,
            "evenness": row.evenness.map(|one| json!({ "matches": one.matches, "found": one.found,
                "swapped": one.swapped })), "hopelessNs": row.hopeless_ns,
            "goals": goals(row).iter().map(|goal| json!({ "goal": goal.number, "what": goal.what,
                "found": goal.found, "met": goal.is_met })).collect::<Vec<_>>(),
        })
    }
}

fn show(rows: &[Row]) {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "workload",
        "tickets",
        "engine/s",
        "greedy/s",
        "times",
        "by hand/s",
        "matches",
        "of bound",
        "unmatched",
        "greedy",
        "spread",
        "greedy",
        "uneven",
        "sweep/s",
        "unmatched",
        "workers",
        "ns per arrival",
        "bytes",
        "worst step",
    ]);
    for row in rows {
        let greedy = row.baseline.as_ref();
        let theirs = greedy.and_then(|one| one.quality.as_ref());
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_string());
        table.add_row([
            row.workload.to_string(),
            row.tickets.to_string(),
            format!("{:.0}", row.engine_rate),
            or_dash(greedy.map(|one| format!("{:.0}", one.rate))),
            or_dash(greedy.map(|one| format!("{:.0}", row.engine_rate / one.rate))),
            or_dash(row.by_hand.map(|one| format!("{one:.0}"))),
            row.engine.matches.to_string(),
            format!("{:.1} %", 100.0 * row.engine.matches as f64 / row.most_matches.max(1) as f64),
            format!("{:.2} %", 100.0 * row.engine.unmatched),
            or_dash(theirs.map(|one| format!("{:.2} %", 100.0 * one.unmatched))),
            format!("{:.0}", row.engine.spread),
            or_dash(theirs.map(|one| format!("{:.0}", one.spread))),
            format!("{:.2}", row.engine.unevenness),
            or_dash(row.sweep.as_ref().map(|one| format!("{:.0}", one.rate))),
            or_dash(row.sweep.as_ref().map(|one| format!("{:.2} %", 100.0 * one.quality.unmatched))),
            or_dash(
                row.sweep
                    .as_ref()
                    .and_then(|one| one.shared.as_ref())
                    .map(|one| format!("{:.2} x", one.times)),
            ),
            or_dash(row.incremental.map(|one| format!("{:.0}", one.1))),
            format!("{:.0}", row.bytes_per_ticket),
            format!("{:.0} us", row.worst_step_us),
        ]);
    }
    println!("{table}");
    let mut list: Vec<Goal> = rows.iter().flat_map(goals).collect();
    list.sort_by_key(|goal| goal.number);
    for goal in list {
        let word = if goal.is_met { "met    " } else { "not met" };
        println!("goal {:>2} {word} {}: {}", goal.number, goal.what, goal.found);
    }
}
