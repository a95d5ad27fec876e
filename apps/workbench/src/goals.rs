//! The goals of match construction, each told as met or not by the run that measured it.

use crate::quality::Quality;
use crate::swaps::Evenness;

/// What one workload at one size gave. Rates are tickets per second of processor time.
#[derive(Debug, Clone)]
pub struct Row {
    pub workload: &'static str,
    pub tickets: usize,
    pub engine_rate: f64,
    pub engine: Quality,
    /// The documented greedy on the same tickets; `None`: not asked for.
    pub baseline: Option<Baseline>,
    /// Tickets per second of a search written by hand for this rule set; only w2 has one.
    pub by_hand: Option<f64>,
    /// The same pool swept, not served by age.
    pub sweep: Option<Sweep>,
    pub most_matches: usize,
    /// Nanoseconds per ticket of the least that sorting and pairing can take; only one against one.
    pub sort_bound: Option<f64>,
    /// Nanoseconds per ticket that came to a full pool: at ten thousand, and at this size.
    pub incremental: Option<(f64, f64)>,
    pub bytes_per_ticket: f64,
    pub worst_step_us: f64,
    /// The longest walk of a stretch, in milliseconds; `None`: the pool was not swept.
    pub longest_stretch_ms: Option<f64>,
    /// Beside best-improvement swaps; only matches of 200 players.
    pub evenness: Option<Evenness>,
    /// Nanoseconds per anchor that found nothing; `None`: nearly all found something.
    pub hopeless_ns: Option<f64>,
    /// Spots in bands of tickets that left, for each of one that waits.
    pub stale: f64,
}

/// A sweep by one worker, and by several.
#[derive(Debug, Clone)]
pub struct Sweep {
    pub rate: f64,
    pub quality: Quality,
    /// How often the walk of one worker fits into that of the slowest of several; `None`: one was asked for.
    pub shared: Option<Shared>,
}

#[derive(Debug, Clone)]
pub struct Shared {
    pub workers: usize,
    pub times: f64,
    pub matches: usize,
    /// Tickets in two matches, and matches that the judge refuses.
    pub wrong: usize,
}

#[derive(Debug, Clone)]
pub struct Baseline {
    pub rate: f64,
    /// `None`: it was cut short, so that only its rate is known.
    pub quality: Option<Quality>,
}

/// A goal and what was found.
#[derive(Debug, Clone)]
pub struct Goal {
    pub number: u32,
    pub what: String,
    pub found: String,
    pub is_met: bool,
}

const LARGE: usize = 100_000;
/// No piece of work that nothing cuts takes longer, in milliseconds.
pub const CUT_MS: f64 = 5.0;
/// No single step on an arrival takes longer, in microseconds.
pub const STEP_US: f64 = 100.0;

/// The goals that a row can speak of.
pub fn goals(row: &Row) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mut goal = |number: u32, what: &str, found: String, is_met: bool| {
        goals.push(Goal {
            number,
            what: format!("{} at {}: {what}", row.workload, row.tickets),
            found,
            is_met,
        });
    };
    if let (Some(baseline), Some(sweep)) = (&row.baseline, &row.sweep)
        && (row.workload, row.tickets >= LARGE) == ("w2", true)
    {
        let times = sweep.rate / baseline.rate;
        goal(1, "a sweep at least 6000 x the documented greedy", format!("{times:.0} x"), times >= 6_000.0);
    }
    if let (Some(bound), Some(sweep)) = (row.sort_bound, &row.sweep) {
        let times = 1e9 / sweep.rate / bound;
        goal(2, "a sweep at most 1.25 x the sort bound", format!("{times:.1} x"), times <= 1.25);
    }
    if let Some(Sweep { quality, shared: Some(shared), .. }) = &row.sweep {
        let times = shared.times;
        goal(
            10,
            &format!("{} workers at least {:.2} x one", shared.workers, 0.925 * shared.workers as f64),
            format!("{times:.2} x"),
            times >= 0.925 * shared.workers as f64,
        );
        let apart = shared.matches.abs_diff(quality.matches) as f64 / quality.matches.max(1) as f64;
        goal(
            10,
            "no double claim, matches within 0.1 %",
            format!("{} wrong, {:.2} %", shared.wrong, apart * 100.0),
            shared.wrong == 0 && apart <= 0.001,
        );
    }
    if let Some(baseline) = &row.baseline {
        let times = row.engine_rate / baseline.rate;
        let wanted = match (row.workload, row.tickets) {
            ("w2", LARGE..) => Some((1, 4_000.0)),
            ("w3", LARGE..) => Some((3, 4_000.0)),
            ("w5", LARGE..) => Some((4, 5_000.0)),
            _ => None,
        };
        if let Some((number, least)) = wanted {
            goal(
                number,
                &format!("at least {least} x the documented greedy"),
                format!("{times:.0} x"),
                times >= least,
            );
        }
        if let Some(quality) = &baseline.quality {
            let share = row.engine.unmatched / quality.unmatched.max(1e-9);
            if row.workload == "w2" {
                let spread = row.engine.spread / quality.spread.max(1e-9);
                goal(1, "unmatched at most 1/3 of the greedy's", format!("{share:.2}"), share <= 0.34);
                goal(1, "spread at most 1/3 of the greedy's", format!("{spread:.2}"), spread <= 0.34);
            }
            if row.workload == "w3" {
                goal(3, "unmatched never above the greedy's", format!("{share:.2} of it"), share <= 1.0);
            }
        }
    }
    if let Some(by_hand) = row.by_hand {
        let times = by_hand / row.engine_rate;
        goal(13, "at most 1.5 x a search written by hand", format!("{times:.2} x"), times <= 1.5);
    }
    if row.workload == "w5" && row.tickets >= LARGE {
        let share = row.engine.matches as f64 / row.most_matches.max(1) as f64;
        goal(4, "at least 97 % of the counting bound", format!("{:.1} %", share * 100.0), share >= 0.97);
    }
    if let (Some(bound), Some((_, here))) = (row.sort_bound, row.incremental) {
        let times = here / bound;
        goal(2, "incremental at most 6 x the sort bound", format!("{times:.1} x"), times <= 6.0);
    }
    if let Some((small, here)) = row.incremental
        && row.tickets >= 1_000_000
    {
        let times = here / small;
        goal(6, "a new ticket costs at most 1.25 x that at 10,000", format!("{times:.2} x"), times <= 1.25);
    }
    if row.tickets >= LARGE {
        let bytes = row.bytes_per_ticket;
        goal(9, "at most 56 bytes per ticket", format!("{bytes:.0}"), bytes <= 56.0);
    }
    if row.tickets >= LARGE {
        goal(
            9,
            "at most 1.5 spots of who left for one of who waits",
            format!("{:.2}", row.stale),
            row.stale <= 1.5,
        );
    }
    if matches!(row.workload, "w4a" | "w4b" | "w4c") && row.engine.matches > 0 {
        let per_match = row.tickets as f64 / row.engine_rate / row.engine.matches as f64 * 1e6;
        goal(5, "at most 20 us per match", format!("{per_match:.0} us"), per_match <= 20.0);
    }
    if let Some(evenness) = row.evenness.filter(|one| one.matches > 0) {
        let (found, swapped) = (evenness.found, evenness.swapped);
        goal(
            5,
            "team averages no further apart than after best-improvement swaps",
            format!("{found:.2} and {swapped:.2} points, {} matches", evenness.matches),
            found <= swapped,
        );
    }
    if let Some(longest) = row.longest_stretch_ms {
        goal(
            11,
            "a sweep can be cut every 5 ms",
            format!("longest stretch {longest:.1} ms"),
            longest <= CUT_MS,
        );
    }
    let worst = row.worst_step_us;
    goal(11, "worst step at most 100 us", format!("{worst:.0} us"), worst <= STEP_US);
    if let Some(hopeless) = row.hopeless_ns {
        goal(12, "at most 300 ns per hopeless anchor", format!("{hopeless:.0} ns"), hopeless <= 300.0);
    }
    goals
}
