//! The verdict on each type of rule.

use std::collections::BTreeSet;

use matchwright_model::{PartyPolicy, Region};

use super::domain::{Abstract, List, Range, Undefined, leaves, text};
use super::value::{aggregator, bounds, evaluate, intersection, statistic};
use super::{Case, Domain, Verdict};
use crate::{
    BatchDistance, Collection, CollectionOperation, Comparison, ComparisonOperation, Distance, Latency,
    PartyAggregation, Reference, Statement, Tiered, Type,
};

fn verdict(always: bool, never: bool) -> Verdict {
    match (never, always) {
        (true, _) => Verdict::False,
        (_, true) => Verdict::True,
        _ => Verdict::Unknown,
    }
}

/// Holds for every element: those that are known, and those that may come.
fn all(list: &List, holds: &dyn Fn(&Abstract) -> Verdict) -> Verdict {
    let known = list.known.iter().map(holds).min().unwrap_or(Verdict::True);
    let Some(of) = list.of.as_deref() else { return known };
    known.min(match (holds(of), list.extra.0) {
        (Verdict::False, 0) => Verdict::Unknown,
        (verdict, _) => verdict,
    })
}

/// The least and the greatest value that a property can have at the tiers in question.
fn hull(case: &Case<'_>, tiered: Option<&Tiered<f64>>, absent: f64) -> (f64, f64) {
    let Some(tiered) = tiered else { return (absent, absent) };
    let values = tiered.span(case.tiers.low, case.tiers.high);
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    (low, values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}

fn reference(case: &Case<'_>, given: &Reference, party: PartyAggregation) -> Abstract {
    let span = (case.tiers.low, case.tiers.high);
    match given {
        Reference::Number(number) => {
            let (low, high) = hull(case, Some(number), 0.0);
            Abstract::Number(Range::new(low, high))
        }
        Reference::Text(texts) => Abstract::Text(Some(texts.span(span.0, span.1).iter().cloned().collect())),
        Reference::Texts(lists) => {
            let lists = lists
                .span(span.0, span.1)
                .iter()
                .map(|list| Abstract::List(List::known(list.iter().map(|one| text(one)).collect())));
            lists.reduce(super::domain::join).unwrap_or(Abstract::List(List::known(Vec::new())))
        }
        Reference::Expression(expression) => evaluate(case, expression, party),
    }
}

pub(super) fn distance(case: &Case<'_>, rule: &Distance) -> Verdict {
    let against = leaves(&reference(case, &rule.reference, rule.party));
    let max = hull(case, rule.max.as_ref(), f64::INFINITY);
    let min = hull(case, rule.min.as_ref(), 0.0);
    let pair = |m: &Abstract, r: &Abstract| {
        let (Abstract::Number(m), Abstract::Number(r)) = (m, r) else { return Verdict::False };
        if m.undefined.max(r.undefined) == Undefined::Always {
            return Verdict::False;
        }
        let near = (m.low - r.high).max(r.low - m.high).max(0.0);
        let far = (m.high - r.low).abs().max((r.high - m.low).abs());
        let defined = m.undefined.max(r.undefined) == Undefined::Never;
        verdict(defined && far <= max.0 && near >= min.1, near > max.1 || far < min.0)
    };
    let one = |measured: &Abstract| all(&leaves(measured), &|m| all(&against, &|r| pair(m, r)));
    rule.measurements
        .iter()
        .map(|measured| one(&evaluate(case, measured, rule.party)))
        .min()
        .unwrap_or(Verdict::True)
}

pub(super) fn comparison(case: &Case<'_>, rule: &Comparison) -> Verdict {
    let measured = rule.measurements.iter().map(|one| evaluate(case, one, rule.party)).collect();
    let values = leaves(&Abstract::List(List::known(measured)));
    match &rule.reference {
        Some(given) => {
            let against = leaves(&reference(case, given, rule.party));
            all(&values, &|value| all(&against, &|other| compare(rule.operation, value, other)))
        }
        None => across(rule.operation, &values),
    }
}

/// All equal, or all different, newcomers too.
fn across(operation: ComparisonOperation, values: &List) -> Verdict {
    let mut found = Verdict::True;
    for (index, one) in values.known.iter().enumerate() {
        let later = &values.known[index + 1..];
        let worst = later.iter().map(|other| compare(operation, one, other)).min();
        found = found.min(worst.unwrap_or(Verdict::True)).min(defined(one));
        if let Some(of) = values.of.as_deref() {
            let against = List::open(Vec::new(), values.extra, of.clone());
            found = found.min(all(&against, &|other| compare(operation, one, other)));
        }
    }
    if let Some(of) = values.of.as_deref() {
        let among = match values.extra {
            (_, 1) => defined(of),
            (0 | 1, _) => compare(operation, of, of).max(Verdict::Unknown),
            _ => compare(operation, of, of),
        };
        // Two of them are drawn from the same values, but not the same one.
        found =
            found.min(if among == Verdict::False && values.extra.0 < 2 { Verdict::Unknown } else { among });
    }
    found
}

fn defined(value: &Abstract) -> Verdict {
    match value {
        Abstract::Number(range) => {
            verdict(range.undefined == Undefined::Never, range.undefined == Undefined::Always)
        }
        _ => Verdict::True,
    }
}

fn compare(operation: ComparisonOperation, one: &Abstract, other: &Abstract) -> Verdict {
    use ComparisonOperation::*;
    match (one, other) {
        (Abstract::Number(a), Abstract::Number(b)) => {
            let undefined = a.undefined.max(b.undefined);
            if undefined == Undefined::Always {
                return Verdict::False;
            }
            let equal = a.is_point() && b.is_point() && a.low == b.low;
            let apart = a.high < b.low || b.high < a.low;
            let found = match operation {
                Less => verdict(a.high < b.low, a.low >= b.high),
                LessOrEqual => verdict(a.high <= b.low, a.low > b.high),
                Equal => verdict(equal, apart),
                NotEqual => verdict(apart, equal),
                GreaterOrEqual => verdict(a.low >= b.high, a.high < b.low),
                Greater => verdict(a.low > b.high, a.high <= b.low),
            };
            if undefined == Undefined::Maybe { found.min(Verdict::Unknown) } else { found }
        }
        (Abstract::Text(Some(a)), Abstract::Text(Some(b))) => {
            let equal = a.len() == 1 && a == b;
            let apart = a.is_disjoint(b);
            match operation {
                Equal => verdict(equal, apart),
                NotEqual => verdict(apart, equal),
                _ => Verdict::False,
            }
        }
        _ => Verdict::Unknown,
    }
}

pub(super) fn collection(case: &Case<'_>, rule: &Collection) -> Verdict {
    let min = hull(case, rule.min_count.as_ref(), 0.0);
    let max = hull(case, rule.max_count.as_ref(), f64::INFINITY);
    let in_range = |count: (u32, u32)| {
        let (low, high) = (f64::from(count.0), f64::from(count.1));
        verdict(low >= min.1 && high <= max.0, high < min.0 || low > max.1)
    };
    let one = |measured: &crate::Expression| {
        let value = evaluate(case, measured, rule.party);
        let depth = depth(&measured.kind);
        match &rule.operation {
            CollectionOperation::Intersection => all(&groups(&value, depth, 2), &|group| match group {
                Abstract::List(lists) => in_range(intersection(lists).count()),
                _ => Verdict::Unknown,
            }),
            CollectionOperation::Contains(wanted) => {
                let wanted = wanted.span(case.tiers.low, case.tiers.high).iter();
                let wanted: BTreeSet<&String> = wanted.collect();
                all(&groups(&value, depth, 2), &|group| {
                    contains(group, &wanted).map_or(Verdict::Unknown, in_range)
                })
            }
            CollectionOperation::ReferenceIntersectionCount(given) => {
                let nested = match given {
                    Reference::Expression(expression) => self::depth(&expression.kind),
                    _ => 1,
                };
                let others = groups(&reference(case, given, rule.party), nested, 1);
                all(&groups(&value, depth, 1), &|list| all(&others, &|other| in_range(shared(list, other))))
            }
        }
    };
    rule.measurements.iter().map(one).min().unwrap_or(Verdict::True)
}

fn depth(kind: &Type) -> usize {
    match kind {
        Type::List(of) => 1 + depth(of),
        _ => 0,
    }
}

/// The parts of a value that are lists of the wanted nesting.
fn groups(value: &Abstract, depth: usize, wanted: usize) -> List {
    if depth <= wanted {
        return List::known(vec![value.clone()]);
    }
    let Abstract::List(list) = value else { return List::known(Vec::new()) };
    (wanted + 1..depth).fold(list.clone(), |list, _| list.flattened())
}

/// How many elements are, or hold, the text. `None` where the text itself is uncertain.
fn contains(group: &Abstract, wanted: &BTreeSet<&String>) -> Option<(u32, u32)> {
    let mut texts = wanted.iter();
    let (Some(wanted), None) = (texts.next(), texts.next()) else { return None };
    let Abstract::List(list) = group else { return None };
    let holds = |item: &Abstract| {
        let (must, may) = match item {
            Abstract::Text(_) => bounds(&Abstract::List(List::known(vec![item.clone()]))),
            list => bounds(list),
        };
        (must.contains(*wanted), may.is_none_or(|may| may.contains(*wanted)))
    };
    let known: Vec<(bool, bool)> = list.known.iter().map(holds).collect();
    let mut count = (0, 0);
    for (surely, perhaps) in known {
        count = (count.0 + u32::from(surely), count.1 + u32::from(perhaps));
    }
    if let Some((surely, perhaps)) = list.of.as_deref().map(holds) {
        count.0 += if surely { list.extra.0 } else { 0 };
        count.1 += if perhaps { list.extra.1 } else { 0 };
    }
    Some(count)
}

/// How many texts of a list stand in another.
fn shared(list: &Abstract, other: &Abstract) -> (u32, u32) {
    let (must, may) = bounds(other);
    let Abstract::List(list) = list else { return (0, u32::MAX) };
    let mut count = (0_u32, 0_u32);
    let possible = |texts: &Option<BTreeSet<String>>| match (texts, &may) {
        (Some(texts), Some(may)) => !texts.is_disjoint(may),
        (Some(texts), None) => !texts.is_empty(),
        (None, may) => may.as_ref().is_none_or(|may| !may.is_empty()),
    };
    for item in &list.known {
        let Abstract::Text(texts) = item else { continue };
        let surely = texts.as_ref().is_some_and(|texts| !texts.is_empty() && texts.is_subset(&must));
        count = (count.0 + u32::from(surely), count.1 + u32::from(possible(texts)));
    }
    if let Some(Abstract::Text(texts)) = list.of.as_deref()
        && possible(texts)
    {
        count.1 = count.1.saturating_add(list.extra.1);
    }
    count
}

/// False where those who are seated have no region in common; whoever comes may have any latency.
pub(super) fn latency(case: &Case<'_>, rule: &Latency) -> Verdict {
    let limit = hull(case, Some(&rule.max_latency), 0.0).1;
    // A party's aggregate may be nearer than its farthest member.
    let parties = case.lineup.parties.iter().any(|party| party.members.len() > 1);
    if case.policy == PartyPolicy::Literal && parties {
        return Verdict::Unknown;
    }
    let mut common: Option<BTreeSet<&Region>> = None;
    for member in case.lineup.members() {
        let near = member.latencies.iter().filter(|(_, latency)| f64::from(**latency) <= limit);
        let near: BTreeSet<&Region> = near.map(|(region, _)| region).collect();
        common = Some(match common {
            Some(common) => common.intersection(&near).copied().collect(),
            None => near,
        });
    }
    verdict(false, common.is_some_and(|common| common.is_empty()))
}

pub(super) fn batch_distance(case: &Case<'_>, rule: &BatchDistance) -> Verdict {
    let parties = &case.lineup.parties;
    let closed = case.room.teams.iter().all(|room| room.1 == 0);
    let domain = &case.universe.attributes[rule.attribute];
    if rule.max.is_none() {
        let mut values: Vec<&matchwright_model::AttributeValue> =
            case.lineup.members().map(|member| &member.values[rule.attribute]).collect();
        values.dedup();
        return verdict(closed, values.len() > 1);
    }
    let number = |value: &matchwright_model::AttributeValue| match value {
        matchwright_model::AttributeValue::Number(number) => Abstract::Number(Range::point(*number)),
        _ => Abstract::Number(Range::undefined()),
    };
    let of_party = |party: &crate::Party| {
        let numbers =
            List::known(party.members.iter().map(|member| number(&member.values[rule.attribute])).collect());
        statistic(aggregator(rule.party), &numbers).low
    };
    let values: Vec<f64> = parties.iter().map(|party| of_party(party)).collect();
    let spread = |values: &mut dyn Iterator<Item = f64>| {
        let (low, high) = values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high { 0.0 } else { high - low }
    };
    let now = spread(&mut values.iter().copied());
    let later = match (closed, domain) {
        (true, _) => now,
        (false, Domain::Numbers { low, high }) => {
            spread(&mut values.iter().copied().chain([*low, *high])) + 1e-9
        }
        _ => f64::INFINITY,
    };
    let max = hull(case, rule.max.as_ref(), f64::INFINITY);
    verdict(later <= max.0, now > max.1)
}

/// Kleene's three-valued logic over the verdicts of earlier rules.
pub(super) fn compound(statement: &Statement, verdicts: &[Verdict]) -> Verdict {
    let part = |part: &Statement| compound(part, verdicts);
    match statement {
        Statement::Rule(index) => verdicts[*index],
        Statement::Not(inner) => match part(inner) {
            Verdict::False => Verdict::True,
            Verdict::Unknown => Verdict::Unknown,
            Verdict::True => Verdict::False,
        },
        Statement::And(parts) => parts.iter().map(part).min().unwrap_or(Verdict::True),
        Statement::Or(parts) => parts.iter().map(part).max().unwrap_or(Verdict::False),
        Statement::Xor(parts) => {
            let found: Vec<Verdict> = parts.iter().map(part).collect();
            let surely = found.iter().filter(|one| **one == Verdict::True).count();
            let perhaps = found.iter().filter(|one| **one == Verdict::Unknown).count();
            verdict(surely == 1 && perhaps == 0, surely > 1 || surely + perhaps == 0)
        }
    }
}
