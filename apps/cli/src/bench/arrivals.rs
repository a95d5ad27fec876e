//! `matchwright bench arrivals`: tickets one by one, in virtual time, beside the documented greedy on the same tickets.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use comfy_table::Table;
use matchwright_workbench::arrivals::{Outcome, Stream};
use serde_json::json;

use super::{bar, workload};

/// Tickets that come one by one: how long they wait, how many wait in vain, how close the matches are, what it costs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  matchwright bench arrivals
  matchwright bench arrivals --workload w5 --per-second 200 --hold 0,0.25,1

Poisson arrivals in virtual time; a ticket waits at most a minute. The engine searches when something changes, and
holds a ticket back as long as --hold says; the greedy searches the whole pool once a second. Figures are of the
tickets that came in the middle three fifths of the run; costs are processor time of one thread.")]
pub struct ArrivalsBench {
    #[arg(long, default_value = "w2", value_name = "NAME")]
    workload: String,
    /// Tickets per second
    #[arg(long, value_delimiter = ',', default_value = "20,200,2000", value_name = "RATE")]
    per_second: Vec<f64>,
    /// Seconds for which a ticket is held back
    #[arg(long, value_delimiter = ',', default_value = "0,1", value_name = "SECONDS")]
    hold: Vec<f64>,
    /// Length of each run, in virtual seconds
    #[arg(long, default_value_t = 150)]
    seconds: u64,
    /// Folder of real data, for the workload named real
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Leave the greedy out above this rate: it takes minutes there
    #[arg(long, default_value_t = 2000.0, value_name = "RATE")]
    greedy_up_to: f64,
    /// One JSON object per row, for programs
    #[arg(long)]
    json: bool,
}

struct Row {
    per_second: f64,
    /// Seconds; `None`: the greedy.
    hold: Option<f64>,
    outcome: Outcome,
}

impl ArrivalsBench {
    pub fn measure(self) -> Result<(), String> {
        let workload = workload(&self.workload, self.data.as_deref())?;
        let bar = bar(self.per_second.len() as u64 * (self.hold.len() as u64 + 1))?;
        let mut rows = Vec::new();
        for per_second in &self.per_second {
            let span = Duration::from_secs(self.seconds);
            let stream = Stream::of(&workload, *per_second, span, self.seed);
            bar.set_message(format!("{per_second}/s greedy"));
            bar.inc(1);
            if *per_second <= self.greedy_up_to {
                let outcome = stream.greedy(&workload);
                rows.push(Row { per_second: *per_second, hold: None, outcome });
            }
            for hold in &self.hold {
                bar.set_message(format!("{per_second}/s hold {hold} s"));
                bar.inc(1);
                let outcome = stream.engine(&workload, Duration::from_secs_f64(*hold));
                rows.push(Row { per_second: *per_second, hold: Some(*hold), outcome });
            }
        }
        bar.finish_and_clear();
        match self.json {
            true => rows.iter().for_each(|row| println!("{}", self.as_json(row))),
            false => self.show(&rows),
        }
        Ok(())
    }

    fn as_json(&self, row: &Row) -> serde_json::Value {
        let one = &row.outcome;
        json!({ "workload": self.workload, "perSecond": row.per_second, "hold": row.hold, "seed": self.seed,
                "tickets": one.tickets, "meanWait": one.mean_wait, "p99Wait": one.p99_wait,
                "unmatched": one.unmatched, "spread": one.spread, "cpuUs": one.cpu_us, "worstMs": one.worst_ms })
    }

    fn show(&self, rows: &[Row]) {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY);
        table.set_header([
            "tickets/s",
            "search",
            "mean wait",
            "p99 wait",
            "unmatched",
            "spread",
            "us per ticket",
            "worst step",
        ]);
        for row in rows {
            let one = &row.outcome;
            table.add_row([
                row.per_second.to_string(),
                row.hold.map_or("greedy, every second".to_string(), |hold| format!("engine, hold {hold} s")),
                format!("{:.2} s", one.mean_wait),
                format!("{:.1} s", one.p99_wait),
                format!("{:.2} %", 100.0 * one.unmatched),
                format!("{:.0}", one.spread),
                format!("{:.1}", one.cpu_us),
                format!("{:.2} ms", one.worst_ms),
            ]);
        }
        println!("{table}");
        self.tell_goals(rows);
    }

    /// Goal 8, where the run has what it speaks of.
    fn tell_goals(&self, rows: &[Row]) {
        let find = |per_second: f64, hold: Option<f64>| {
            rows.iter().find(|row| row.per_second == per_second && row.hold == hold).map(|row| row.outcome)
        };
        let tell = |what: &str, found: String, is_met: bool| {
            let word = if is_met { "met    " } else { "not met" };
            println!("goal  8 {word} {what}: {found}");
        };
        if self.workload != "w2" {
            return;
        }
        if let (Some(ours), Some(theirs)) = (find(20.0, Some(0.0)), find(20.0, None)) {
            let (wait, unmatched) =
                (ours.mean_wait / theirs.mean_wait, ours.unmatched / theirs.unmatched.max(1e-9));
            tell("20/s: mean wait at most 0.3 x the greedy's", format!("{wait:.2} x"), wait <= 0.3);
            tell("20/s: unmatched at most 0.1 x the greedy's", format!("{unmatched:.2} x"), unmatched <= 0.1);
        }
        if let (Some(ours), Some(theirs)) = (find(2000.0, Some(1.0)), find(2000.0, None)) {
            let spread = ours.spread / theirs.spread;
            let is_shorter = ours.mean_wait <= theirs.mean_wait;
            let found = format!("{spread:.2} x, {:.2} s against {:.2} s", ours.mean_wait, theirs.mean_wait);
            tell(
                "2,000/s, hold 1 s: spread at most 0.4 x at a lower wait",
                found,
                spread <= 0.4 && is_shorter,
            );
        }
    }
}
