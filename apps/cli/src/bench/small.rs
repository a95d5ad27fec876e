//! `matchwright bench small`: pools of a few tickets, where every match that exists should be found.

use clap::Args;
use comfy_table::Table;
use matchwright_workbench::small::{Outcome, Served, measure, served};
use serde_json::json;

use super::{bar, judged, workload};

/// Small pools: matches found with the default budget, with a thousand times as much, and by the documented greedy.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  matchwright bench small
  matchwright bench small --workload w3 --tickets 12,20,30,40 --pools 500

Every pool has one mode and three regions in common. The time is that of a whole pool, searched from every ticket. In
pools of up to 12 tickets, 10 with three teams, everything that exists is listed beside.")]
pub struct SmallBench {
    #[arg(long, value_delimiter = ',', default_value = "w2,w3,w5", value_name = "NAME")]
    workload: Vec<String>,
    /// Tickets in a pool
    #[arg(long, value_delimiter = ',', default_value = "20,40", value_name = "TICKETS")]
    tickets: Vec<usize>,
    /// Pools of each kind
    #[arg(long, default_value_t = 200)]
    pools: usize,
    /// Pools of up to 12 tickets in which everything is listed; 0 leaves them out
    #[arg(long, default_value_t = 40, value_name = "POOLS")]
    listed: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One JSON object per row, for programs
    #[arg(long)]
    json: bool,
}

impl SmallBench {
    pub fn measure(self) -> Result<(), String> {
        let workloads =
            self.workload.iter().map(|name| workload(name, None)).collect::<Result<Vec<_>, _>>()?;
        let bar = bar((workloads.len() * (self.tickets.len() + 1)) as u64)?;
        let mut rows: Vec<(&'static str, usize, Outcome)> = Vec::new();
        let mut listed: Vec<(&'static str, Served)> = Vec::new();
        for one in &workloads {
            for tickets in &self.tickets {
                bar.set_message(format!("{} {tickets} tickets", one.name));
                bar.inc(1);
                rows.push((one.name, *tickets, measure(one, *tickets, self.pools, self.seed)));
            }
            bar.set_message(format!("{} listed", one.name));
            bar.inc(1);
            listed.extend((self.listed > 0).then(|| (one.name, served(one, self.listed, self.seed))));
        }
        bar.finish_and_clear();
        match self.json {
            true => rows.iter().for_each(|(name, tickets, one)| {
                let of_workload = listed.iter().find(|(listed, _)| listed == name).map(|(_, served)| {
                    json!({ "tickets": served.tickets, "pools": served.pools, "feasible": served.feasible, "served": served.served })
                });
                let (ours, theirs) = (one.engine_time.as_secs_f64() * 1e6, one.greedy_time.as_secs_f64() * 1e6);
                println!(
                    "{}",
                    json!({ "workload": name, "tickets": tickets, "pools": one.pools, "engine": one.engine,
                            "unlimited": one.unlimited, "greedy": one.greedy, "engineUs": ours, "greedyUs": theirs,
                            "listed": of_workload })
                );
            }),
            false => show(&rows, &listed),
        }
        judged(rows.iter().map(|(_, _, one)| one.wrong).sum())
    }
}

fn show(rows: &[(&'static str, usize, Outcome)], listed: &[(&'static str, Served)]) {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "workload",
        "tickets",
        "matches per pool",
        "unlimited",
        "greedy",
        "us per pool",
        "greedy",
    ]);
    let per_pool = |matches: usize, one: &Outcome| matches as f64 / one.pools.max(1) as f64;
    for (name, tickets, one) in rows {
        table.add_row([
            name.to_string(),
            tickets.to_string(),
            format!("{:.2}", per_pool(one.engine, one)),
            format!("{:.2}", per_pool(one.unlimited, one)),
            format!("{:.2}", per_pool(one.greedy, one)),
            format!("{:.0}", one.engine_time.as_secs_f64() * 1e6),
            format!("{:.0}", one.greedy_time.as_secs_f64() * 1e6),
        ]);
    }
    println!("{table}");
    for (name, one) in listed {
        let word = if one.served == one.feasible && one.feasible > 0 { "met    " } else { "not met" };
        let found = format!("{} of {} ({} pools)", one.served, one.feasible, one.pools);
        println!(
            "goal  7 {word} {name}, up to {} tickets: pools with a match that are served: {found}",
            one.tickets
        );
    }
    for (name, tickets, one) in rows {
        let tell = |what: &str, found: String, is_met: bool| {
            let word = if is_met { "met    " } else { "not met" };
            println!("goal  7 {word} {name}, {tickets} tickets: {what}: {found}");
        };
        let share = one.engine as f64 / one.unlimited.max(1) as f64;
        tell("98 % of the unlimited matches", format!("{:.1} %", 100.0 * share), share >= 0.98);
        let least = match *name {
            "w2" => Some(8.0),
            "w5" => Some(26.0),
            "w3" => Some(100.0),
            _ => None,
        };
        let times = one.engine as f64 / one.greedy as f64;
        let found = match one.greedy {
            0 => format!("{} matches, it made none", one.engine),
            _ => format!("{times:.1} x"),
        };
        if let Some(least) = least {
            tell(&format!("{least} x the greedy's matches"), found, one.engine > 0 && times >= least);
        }
        let us = one.engine_time.as_secs_f64() * 1e6;
        tell("a whole pool in 500 us", format!("{us:.0} us"), us <= 500.0);
    }
}
