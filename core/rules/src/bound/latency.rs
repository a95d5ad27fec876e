//! latency: at which regions can everybody be near enough.
//!
//! A region is chosen for the match, not for a rule (D-77, D-78): every rule is bounded at every region that can
//! still be chosen, and the verdicts are put together at the end.

use std::collections::BTreeSet;

use matchwright_model::{PartyPolicy, Region};

use super::domain::{Abstract, List, Range};
use super::statistic::statistic;
use super::value::aggregator;
use super::{Case, Verdict};
use crate::{DistanceReference, Latency, PartyAggregation, RuleKind, RuleSet};

/// Where a match may be judged.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    Region(&'a Region),
    /// Some region of players of whom none is known.
    Anywhere,
    /// No region common to all.
    Nowhere,
}

/// The places where the judge may look, the best first (D-115).
pub(super) fn places<'a>(case: &Case<'a>) -> Vec<Place<'a>> {
    let mut members = case.lineup.members();
    let Some(first) = members.next() else {
        return if case.is_closed() { vec![Place::Nowhere] } else { vec![Place::Anywhere, Place::Nowhere] };
    };
    let mut common: BTreeSet<&'a Region> = first.latencies.keys().collect();
    for member in members {
        common.retain(|region| member.latencies.contains_key(*region));
    }
    let rank = |region: &Region| {
        let latencies = || case.lineup.members().filter_map(|member| member.latencies.get(region));
        // Everybody reports it, so that sums order as averages do.
        (latencies().map(|latency| u64::from(*latency)).sum::<u64>(), latencies().max().copied())
    };
    let mut ranked: Vec<_> = common.into_iter().map(|region| (rank(region), region)).collect();
    ranked.sort();
    let places = ranked.into_iter().map(|(_, region)| Place::Region(region));
    let mut places: Vec<Place<'a>> = places.collect();
    if places.is_empty() || !case.is_closed() {
        places.push(Place::Nowhere);
    }
    places
}

pub(super) fn verdict(case: &Case<'_>, rule: &Latency, place: Place<'_>) -> Verdict {
    let region = match place {
        Place::Region(region) => region,
        Place::Anywhere => return Verdict::Unknown,
        Place::Nowhere => return Verdict::False,
    };
    let latencies: Vec<f64> = seated(case, rule, region);
    let (low, high) = ends(&latencies);
    let limit = case.hull(Some(&rule.max_latency), 0.0);
    let near = Verdict::of(high <= limit.0, high > limit.1);
    let distance = rule.max_distance.as_ref().map_or(Verdict::True, |(distance, reference)| {
        let distance = case.hull(Some(distance), 0.0);
        match reference {
            DistanceReference::Min => Verdict::of(high - low <= distance.0, high - low > distance.1),
            DistanceReference::Avg if case.is_closed() => {
                let average = average(&latencies, PartyAggregation::Avg);
                let worst = (high - average).max(average - low);
                Verdict::of(worst <= distance.0, worst > distance.1)
            }
            // Two players within a distance of the same average are within twice that of each other.
            DistanceReference::Avg => Verdict::of(false, high - low > 2.0 * distance.1 * (1.0 + 1e-9)),
        }
    });
    // Whoever comes may be anywhere.
    let best = if case.is_closed() { Verdict::True } else { Verdict::Unknown };
    near.min(distance).min(best)
}

/// Latencies as the rule counts them: each player's own, or under the literal policy his party's (D-86).
fn seated(case: &Case<'_>, rule: &Latency, region: &Region) -> Vec<f64> {
    let own = |member: &crate::Member| member.latencies.get(region).map(|latency| f64::from(*latency));
    let of_seat = |seat: &(usize, usize)| match case.policy {
        PartyPolicy::Individual => own(case.lineup.member(*seat)),
        PartyPolicy::Literal => {
            let all: Vec<f64> = case.lineup.parties[seat.0].members.iter().filter_map(own).collect();
            Some(average(&all, rule.party))
        }
    };
    case.lineup.teams.iter().flatten().filter_map(of_seat).collect()
}

fn average(numbers: &[f64], party: PartyAggregation) -> f64 {
    let points = numbers.iter().map(|number| Abstract::Number(Range::point(*number)));
    statistic(aggregator(party), &List::known(points.collect())).low
}

fn ends(numbers: &[f64]) -> (f64, f64) {
    let start = (f64::INFINITY, f64::NEG_INFINITY);
    numbers.iter().fold(start, |(low, high), number| (low.min(*number), high.max(*number)))
}

/// One verdict per rule, out of those at each place.
pub(super) fn over_places(rules: &RuleSet, closed: bool, judged: &[Vec<Verdict>]) -> Vec<Verdict> {
    let near = |verdicts: &&Vec<Verdict>| {
        rules.rules.iter().zip(*verdicts).all(|(rule, verdict)| {
            !rule.enforced || !matches!(rule.kind, RuleKind::Latency(_)) || *verdict != Verdict::False
        })
    };
    if closed && judged.iter().flatten().all(|verdict| *verdict != Verdict::Unknown) {
        // Nothing is open: this is the place that the judge chooses.
        let valid = |verdicts: &&Vec<Verdict>| {
            rules
                .rules
                .iter()
                .zip(*verdicts)
                .all(|(rule, verdict)| !rule.enforced || *verdict == Verdict::True)
        };
        let chosen = judged.iter().find(valid).or_else(|| judged.iter().find(near)).or(judged.first());
        return chosen.cloned().unwrap_or_default();
    }
    let over = |index: usize| {
        let anywhere = || judged.iter().map(|verdicts| verdicts[index]);
        let same = anywhere().all(|verdict| Some(verdict) == anywhere().next());
        let never = judged.iter().filter(near).all(|verdicts| verdicts[index] == Verdict::False);
        match (same, anywhere().next()) {
            (true, Some(verdict)) => verdict,
            _ => Verdict::of(false, never),
        }
    };
    (0..rules.rules.len()).map(over).collect()
}
