//! latency: is a region near enough for everybody.

use std::collections::BTreeSet;

use matchwright_model::{PartyPolicy, Region};

use super::Case;
use super::value::aggregate;
use crate::{DistanceReference, Latency, PartyAggregation};

/// The regions to judge at, the best first: lowest average, then smallest maximum, then name (D-115). `None`, no
/// region at all, only where the players have none in common.
pub(super) fn regions(case: &Case<'_>) -> Vec<Option<Region>> {
    let mut members = case.lineup.members();
    let first = members.next().map(|member| member.latencies.keys().cloned().collect::<BTreeSet<Region>>());
    let mut common = first.unwrap_or_default();
    for member in members {
        common.retain(|region| member.latencies.contains_key(region));
    }
    let mut ranked: Vec<(u64, u32, Region)> = common
        .into_iter()
        .map(|region| {
            let all: Vec<u32> = case.lineup.members().map(|member| member.latencies[&region]).collect();
            // Everybody reports it, so that sums order as averages do.
            (
                all.iter().map(|latency| u64::from(*latency)).sum(),
                all.iter().copied().max().unwrap_or(0),
                region,
            )
        })
        .collect();
    if ranked.is_empty() {
        return vec![None];
    }
    ranked.sort();
    ranked.into_iter().map(|(_, _, region)| Some(region)).collect()
}

/// Does every player pass this rule at a region that all of them reported.
pub(super) fn holds(case: &Case<'_>, rule: &Latency, region: &Region) -> bool {
    let latencies: Vec<f64> = case
        .lineup
        .teams
        .iter()
        .flatten()
        .filter_map(|seat| latency_of(case, *seat, region, rule.party))
        .collect();
    let near = latencies.iter().all(|latency| *latency <= *rule.max_latency.at(case.tier));
    let Some((limit, against)) = &rule.max_distance else { return near };
    let how = match against {
        DistanceReference::Min => PartyAggregation::Min,
        DistanceReference::Avg => PartyAggregation::Avg,
    };
    let Some(against) = aggregate(&latencies, how) else { return near };
    near && latencies.iter().all(|latency| (latency - against).abs() <= *limit.at(case.tier))
}

/// His own latency; under the literal policy that of his party (D-86).
fn latency_of(
    case: &Case<'_>,
    seat: (usize, usize),
    region: &Region,
    party: PartyAggregation,
) -> Option<f64> {
    let own = case.lineup.member(seat).latencies.get(region).map(|latency| f64::from(*latency));
    if case.policy == PartyPolicy::Individual {
        return own;
    }
    let members = &case.lineup.parties[seat.0].members;
    let all: Option<Vec<f64>> = members
        .iter()
        .map(|member| member.latencies.get(region).map(|latency| f64::from(*latency)))
        .collect();
    aggregate(&all?, party)
}
