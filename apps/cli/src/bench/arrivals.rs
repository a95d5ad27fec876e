//! `matchwright bench arrivals`: tickets one by one, in virtual time, beside the documented greedy on the same tickets.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use comfy_table::Table;
use matchwright_workbench::arrivals::{Outcome, Stream};
use matchwright_workbench::goals::{CUT_MS, STEP_US};
use serde_json::json;

use super::{bar, judged, workload};

/// Tickets that come one by one: how long they wait, how many wait in vain, how close the matches are, what it costs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  matchwright bench arrivals
  matchwright bench arrivals --workload w5 --per-second 200 --hold 0,0.25,1

Poisson arrivals in virtual time; a ticket waits at most a minute. The engine searches when something changes, and with
a --hold looks at what is new together, once in so long; the greedy searches the whole pool once a second. Figures are
of the tickets that came in the middle three fifths of the run; costs are processor time of one thread. Who waits how
long is the same in every round; costs are medians of the rounds, in which the searches take turns.")]
pub struct ArrivalsBench {
    #[arg(long, default_value = "w2", value_name = "NAME")]
    workload: String,
    /// Tickets per second
    #[arg(long, value_delimiter = ',', default_value = "20,200,2000", value_name = "RATE")]
    per_second: Vec<f64>,
    /// What is new is looked at together, once in so many seconds; 0: at once
    #[arg(long, value_delimiter = ',', default_value = "0,1", value_name = "SECONDS")]
    hold: Vec<f64>,
    /// Length of each run, in virtual seconds
    #[arg(long, default_value_t = 150)]
    seconds: u64,
    /// A run ends earlier when so many tickets have come, for the engine and the greedy alike
    #[arg(long, default_value_t = 40_000, value_name = "TICKETS")]
    tickets_max: u64,
    /// How often each is measured
    #[arg(long, default_value_t = 1)]
    rounds: usize,
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
    /// How long tickets came, in virtual seconds.
    seconds: f64,
    outcome: Outcome,
}

impl ArrivalsBench {
    pub fn measure(self) -> Result<(), String> {
        let workload = workload(&self.workload, self.data.as_deref())?;
        let holds: Vec<Option<f64>> =
            std::iter::once(None).chain(self.hold.iter().copied().map(Some)).collect();
        let bar = bar((self.per_second.len() * holds.len() * self.rounds.max(1)) as u64)?;
        let mut rows = Vec::new();
        for per_second in self.per_second.iter().copied() {
            let seconds = f64::min(self.seconds as f64, self.tickets_max as f64 / per_second);
            let stream = Stream::of(&workload, per_second, Duration::from_secs_f64(seconds), self.seed);
            let mut outcomes: Vec<Vec<Outcome>> = vec![Vec::new(); holds.len()];
            for _ in 0..self.rounds.max(1) {
                for (hold, outcomes) in holds.iter().zip(&mut outcomes) {
                    bar.set_message(format!("{per_second}/s {}", named(*hold)));
                    bar.inc(1);
                    outcomes.extend(match hold {
                        None if per_second > self.greedy_up_to => None,
                        None => Some(stream.greedy(&workload)),
                        Some(hold) => Some(stream.engine(&workload, Duration::from_secs_f64(*hold))),
                    });
                }
            }
            let each = holds.iter().zip(outcomes).filter(|(_, outcomes)| !outcomes.is_empty());
            rows.extend(each.map(|(hold, outcomes)| {
                let outcome = middle(&outcomes);
                Row { per_second, hold: *hold, seconds, outcome }
            }));
        }
        bar.finish_and_clear();
        match self.json {
            true => rows.iter().for_each(|row| println!("{}", self.as_json(row))),
            false => self.show(&rows),
        }
        judged(rows.iter().map(|row| row.outcome.wrong).sum())
    }

    fn as_json(&self, row: &Row) -> serde_json::Value {
        let one = &row.outcome;
        json!({ "workload": self.workload, "perSecond": row.per_second, "hold": row.hold, "seed": self.seed,
                "seconds": row.seconds, "rounds": self.rounds,
                "tickets": one.tickets, "meanWait": one.mean_wait, "p99Wait": one.p99_wait,
                "unmatched": one.unmatched, "spread": one.spread, "cpuUs": one.cpu_us, "worstMs": one.worst_ms })
    }

    fn show(&self, rows: &[Row]) {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY);
        table.set_header([
            "tickets/s",
            "for",
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
                format!("{:.0} s", row.seconds),
                named(row.hold),
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

    /// Goal 11 of every run of the engine; goal 8, where the run has what it speaks of.
    fn tell_goals(&self, rows: &[Row]) {
        for row in rows.iter().filter(|row| row.hold.is_some()) {
            let (run, longest) = (format!("{}/s, {}", row.per_second, named(row.hold)), row.outcome.worst_ms);
            let tell = |what: &str, is_met: bool| {
                let word = if is_met { "met    " } else { "not met" };
                println!("goal 11 {word} {run}: {what}: longest {longest:.2} ms");
            };
            tell(&format!("a step takes at most {STEP_US:.0} us"), longest * 1e3 <= STEP_US);
            tell(&format!("work can be cut every {CUT_MS:.0} ms"), longest <= CUT_MS);
        }
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

/// The search of a row.
fn named(hold: Option<f64>) -> String {
    hold.map_or("greedy, every second".to_string(), |hold| format!("engine, hold {hold} s"))
}

/// The same outcome with the medians of what it cost.
fn middle(outcomes: &[Outcome]) -> Outcome {
    let median = |of: fn(&Outcome) -> f64| {
        let mut sorted: Vec<f64> = outcomes.iter().map(of).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted[(sorted.len() - 1) / 2]
    };
    Outcome { cpu_us: median(|one| one.cpu_us), worst_ms: median(|one| one.worst_ms), ..outcomes[0] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_those_of_the_round_in_the_middle() {
        let round =
            |cpu_us: f64, worst_ms: f64| Outcome { tickets: 7, cpu_us, worst_ms, ..Outcome::default() };
        let middle = middle(&[round(9.0, 1.0), round(1.0, 2.0), round(5.0, 3.0)]);
        assert_eq!((middle.tickets, middle.cpu_us, middle.worst_ms), (7, 5.0, 2.0));
    }
}
