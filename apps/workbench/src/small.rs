//! Small pools: how many matches are found of those that exist, and how long a whole pool takes.

use std::time::Duration;

use matchwright_engine::Proposal;
use matchwright_model::{MatchId, Timestamp};
use matchwright_rules::RuleSet;
use matchwright_search::{Search, SearchSettings};

use crate::brute::has_match;
use crate::clock::{median, thread_time};
use crate::greedy::greedy;
use crate::live::{matchmaker_records, started};
use crate::quality::{Made, quality};
use crate::workload::{Ticket, Workload};

/// Many pools of one size.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    pub pools: usize,
    /// Matches of all pools together.
    pub engine: usize,
    /// With a thousand times the budget.
    pub unlimited: usize,
    pub greedy: usize,
    /// A whole pool: every ticket searched from, the middle of all pools.
    pub engine_time: Duration,
    pub greedy_time: Duration,
    /// Matches of all three that the judge refuses, and tickets in a second match.
    pub wrong: usize,
}

/// Pools so small that everything in them can be listed.
#[derive(Debug, Clone, Copy)]
pub struct Served {
    /// Tickets of a pool, at most.
    pub tickets: usize,
    pub pools: usize,
    /// Pools with a match.
    pub feasible: usize,
    /// Those of them in which the search found one with its default budget.
    pub served: usize,
}

/// Tickets of the pools of [`served`], at most; with more than two teams it is two less.
const LISTED_MAX: usize = 12;
/// Smaller pools hardly ever have a match.
const LISTED_SIZES: usize = 2;

/// Searches pools of a few tickets, and lists what they hold. Tickets as in [`measure`].
pub fn served(workload: &Workload, pools: usize, seed: u64) -> Served {
    let now = Timestamp(1_000_000_000);
    let (workload, rules) = (workload.compatible(), workload.compiled());
    let most = if rules.teams.len() > 2 { LISTED_MAX - 2 } else { LISTED_MAX };
    let (mut feasible, mut served) = (0, 0);
    for pool in 0..pools {
        let count = most - pool % LISTED_SIZES;
        let tickets = workload.tickets(count, seed.wrapping_add(pool as u64), now);
        if has_match(&rules, &tickets, now) {
            feasible += 1;
            let (made, _) = searched(&workload, &tickets, now, SearchSettings::default());
            served += usize::from(!made.is_empty());
        }
    }
    Served { tickets: most, pools, feasible, served }
}

/// Searches `pools` pools of `tickets` tickets with one mode and three regions in common.
pub fn measure(workload: &Workload, tickets: usize, pools: usize, seed: u64) -> Outcome {
    let now = Timestamp(1_000_000_000);
    let (workload, rules) = (workload.compatible(), workload.compiled());
    let mut outcome = Outcome {
        pools,
        engine: 0,
        unlimited: 0,
        greedy: 0,
        engine_time: Duration::ZERO,
        greedy_time: Duration::ZERO,
        wrong: 0,
    };
    let (mut times, mut greedy_times) = (Vec::new(), Vec::new());
    for pool in 0..pools {
        let tickets = workload.tickets(tickets, seed.wrapping_add(pool as u64), now);
        let found = greedy(&rules, &tickets, now, Duration::MAX);
        let wrong = |made: &[Made]| quality(&rules, &tickets, now, made).wrong;
        outcome.greedy += found.matches.len();
        outcome.wrong += wrong(&found.matches);
        greedy_times.push(found.took);
        let (made, took) = searched(&workload, &tickets, now, SearchSettings::default());
        outcome.engine += made.len();
        outcome.wrong += wrong(&made);
        times.push(took);
        let nodes = SearchSettings::default().nodes_per_anchor * 1_000;
        let settings = SearchSettings {
            nodes_per_anchor: nodes,
            nodes_per_step: nodes * 100,
            ..SearchSettings::default()
        };
        let (made, _) = searched(&workload, &tickets, now, settings);
        outcome.unlimited += made.len();
        outcome.wrong += wrong(&made);
    }
    outcome.engine_time = median(times);
    outcome.greedy_time = median(greedy_times);
    outcome
}

/// Matches of the first search from each ticket, and how long it took. What a budget cut goes on later.
fn searched(
    workload: &Workload,
    tickets: &[Ticket],
    now: Timestamp,
    settings: SearchSettings,
) -> (Vec<Made>, Duration) {
    let mut search = Search::new(settings);
    matchmaker_records(workload).iter().for_each(|record| search.follow(record));
    for (number, ticket) in tickets.iter().enumerate() {
        started(&number.to_string().into(), ticket).iter().for_each(|record| search.follow(record));
    }
    let (begun, mut proposals) = (thread_time(), Vec::new());
    while let Some(step) = search.step(now, &mut || MatchId::new(0)) {
        proposals.extend(step.proposal);
    }
    let took = thread_time() - begun;
    let rules = workload.compiled();
    (proposals.iter().map(|proposal| as_made(&rules, proposal)).collect(), took)
}

/// A proposal by ticket; a party sits in one team.
fn as_made(rules: &RuleSet, proposal: &Proposal) -> Made {
    let mut seats: Vec<(u32, u8)> = proposal
        .seats
        .iter()
        .map(|seat| {
            let ticket = seat.ticket.as_str().parse().expect("tickets are named by number");
            (ticket, rules.team(seat.team.as_str()).expect("a team of the rule set") as u8)
        })
        .collect();
    seats.sort_unstable();
    seats.dedup();
    Made { seats }
}
