//! Expressions over a partial lineup.

use std::collections::BTreeSet;

use matchwright_model::{AttributeValue, PartyPolicy};

use super::domain::{Abstract, List, Range, Texts, Undefined, text};
use super::{Case, Domain};
use crate::{Expression, Function, Node, PartyAggregation, TeamSelection};

/// A text list holds at most so many texts.
const LIST_MAX: u32 = 100;

pub(super) fn evaluate(case: &Case<'_>, expression: &Expression, party: PartyAggregation) -> Abstract {
    match &expression.node {
        Node::Players(teams) => per_team(case, teams, &Abstract::Player, &|_| Abstract::Player),
        Node::PlayerIds(teams) => {
            per_team(case, teams, &Abstract::Text(None), &|seat| text(case.lineup.member(seat).id.as_str()))
        }
        Node::Attribute { teams, attribute } => {
            let unknown = newcomer(case, *attribute);
            per_team(case, teams, &unknown, &|seat| known(case, seat, *attribute, party))
        }
        Node::Call { function, argument, lift } => lifted(*function, &evaluate(case, argument, party), *lift),
    }
}

fn per_team(
    case: &Case<'_>,
    teams: &TeamSelection,
    unknown: &Abstract,
    known: &dyn Fn((usize, usize)) -> Abstract,
) -> Abstract {
    let one = |team: &usize| {
        let seated = case.lineup.teams[*team].iter().map(|seat| known(*seat)).collect();
        Abstract::List(List::open(seated, case.room.teams[*team], unknown.clone()))
    };
    match teams {
        TeamSelection::One(team) => one(team),
        TeamSelection::Many(teams) => Abstract::List(List::known(teams.iter().map(one).collect())),
    }
}

/// What a player who may still come brings.
fn newcomer(case: &Case<'_>, attribute: usize) -> Abstract {
    let texts = || match &case.universe.attributes[attribute] {
        Domain::Texts(texts) => Some(texts.clone()),
        _ => None,
    };
    match case.rules.attributes[attribute].kind {
        matchwright_model::AttributeType::Number => {
            Abstract::Number(match &case.universe.attributes[attribute] {
                Domain::Numbers { low, high } => Range::new(*low, *high),
                _ => Range::any(),
            })
        }
        matchwright_model::AttributeType::Text => Abstract::Text(texts()),
        _ => {
            let domain = texts();
            let most = domain.as_ref().map_or(LIST_MAX, |texts| (texts.len() as u32).min(LIST_MAX));
            Abstract::List(List::open(Vec::new(), (0, most), Abstract::Text(domain)))
        }
    }
}

/// What a seated player counts with; under the literal policy what his party does (D-86).
fn known(case: &Case<'_>, seat: (usize, usize), attribute: usize, party: PartyAggregation) -> Abstract {
    let own = &case.lineup.member(seat).values[attribute];
    let members = &case.lineup.parties[seat.0].members;
    if case.policy == PartyPolicy::Individual || members.len() == 1 {
        return plain(own);
    }
    let all: Vec<&AttributeValue> = members.iter().map(|member| &member.values[attribute]).collect();
    match own {
        AttributeValue::Number(_) => {
            let numbers = List::known(all.into_iter().map(plain).collect());
            Abstract::Number(statistic(aggregator(party), &numbers))
        }
        AttributeValue::TextList(_) => {
            let sets = all.iter().map(|value| match value {
                AttributeValue::TextList(list) => list.iter().cloned().collect::<BTreeSet<String>>(),
                _ => BTreeSet::new(),
            });
            let merged = match party {
                PartyAggregation::Intersection => sets.reduce(|a, b| a.intersection(&b).cloned().collect()),
                _ => sets.reduce(|mut a, b| {
                    a.extend(b);
                    a
                }),
            };
            Abstract::List(List::known(merged.unwrap_or_default().iter().map(|one| text(one)).collect()))
        }
        _ => plain(own),
    }
}

pub(super) fn aggregator(party: PartyAggregation) -> Function {
    match party {
        PartyAggregation::Min => Function::Min,
        PartyAggregation::Max => Function::Max,
        _ => Function::Avg,
    }
}

fn plain(value: &AttributeValue) -> Abstract {
    match value {
        AttributeValue::Number(number) => Abstract::Number(Range::point(*number)),
        AttributeValue::Text(one) => text(one),
        AttributeValue::TextList(list) => {
            Abstract::List(List::known(list.iter().map(|one| text(one)).collect()))
        }
        AttributeValue::NumberMap(_) => Abstract::List(List::known(Vec::new())),
    }
}

fn lifted(function: Function, value: &Abstract, lift: u8) -> Abstract {
    let Abstract::List(list) = value else { return value.clone() };
    if lift == 0 {
        return call(function, list);
    }
    let one = |item: &Abstract| lifted(function, item, lift - 1);
    Abstract::List(List {
        known: list.known.iter().map(one).collect(),
        extra: list.extra,
        of: list.of.as_deref().map(|of| Box::new(one(of))),
    })
}

fn call(function: Function, list: &List) -> Abstract {
    match function {
        Function::Count => {
            let (least, most) = list.count();
            Abstract::Number(Range::new(f64::from(least), f64::from(most)))
        }
        Function::Flatten => Abstract::List(list.flattened()),
        Function::SetIntersection => Abstract::List(intersection(list)),
        _ => Abstract::Number(statistic(function, list)),
    }
}

/// min, max, avg, median, sum, stddev over known and possible numbers.
pub(super) fn statistic(function: Function, list: &List) -> Range {
    let number = |value: &Abstract| match value {
        Abstract::Number(range) => *range,
        _ => Range::undefined(),
    };
    let known: Vec<Range> = list.known.iter().map(number).collect();
    let of = list.of.as_deref().map(number);
    let empty = match (known.len() as u32 + list.extra.0, known.len() as u32 + list.extra.1) {
        _ if function == Function::Sum => Undefined::Never,
        (_, 0) => Undefined::Always,
        (0, _) => Undefined::Maybe,
        _ => Undefined::Never,
    };
    // One undefined number makes the whole undefined.
    let extra = of.map_or(Undefined::Never, |of| {
        of.undefined.min(match list.extra.0 {
            0 => Undefined::Maybe,
            _ => Undefined::Always,
        })
    });
    let undefined =
        known.iter().map(|range| range.undefined).chain([empty, extra]).max().unwrap_or(Undefined::Never);
    if undefined == Undefined::Always {
        return Range::undefined();
    }
    let open = Open { known, of, extra: list.extra };
    let range = match function {
        Function::Min => open.extreme(f64::min, f64::INFINITY),
        Function::Max => open.extreme(f64::max, f64::NEG_INFINITY),
        Function::Sum => open.sum(),
        Function::Median => open.median(),
        Function::Stddev => open.stddev(),
        _ => open.average(),
    };
    Range { undefined, ..if open.extra.1 > 0 { range.widened() } else { range } }
}

struct Open {
    known: Vec<Range>,
    of: Option<Range>,
    extra: (u32, u32),
}

impl Open {
    fn ends(&self, end: fn(&Range) -> f64) -> (Vec<f64>, Option<f64>) {
        (self.known.iter().map(end).collect(), self.of.as_ref().map(end))
    }

    fn low(&self) -> (Vec<f64>, Option<f64>) {
        self.ends(|range| range.low)
    }

    fn high(&self) -> (Vec<f64>, Option<f64>) {
        self.ends(|range| range.high)
    }

    /// The numbers of newcomers at which an end can lie: none, one, or all of them.
    fn counts(&self) -> Vec<u32> {
        let least = if self.known.is_empty() { self.extra.0.max(1) } else { self.extra.0 };
        let mut counts = vec![least.min(self.extra.1), self.extra.1];
        counts.dedup();
        counts
    }

    fn extreme(&self, pick: fn(f64, f64) -> f64, start: f64) -> Range {
        let end = |(known, of): (Vec<f64>, Option<f64>)| {
            let seated = known.into_iter().fold(start, pick);
            let with = of.map_or(seated, |of| pick(seated, of));
            (seated, with)
        };
        let ((low, low_with), (high, high_with)) = (end(self.low()), end(self.high()));
        if self.extra.0 > 0 || self.known.is_empty() {
            return Range::new(low_with, high_with);
        }
        Range::new(low.min(low_with), high.max(high_with))
    }

    fn sum(&self) -> Range {
        let total = |(known, of): (Vec<f64>, Option<f64>), count: u32| {
            let newcomers = if count == 0 { 0.0 } else { of.unwrap_or(0.0) * f64::from(count) };
            known.iter().sum::<f64>() + newcomers
        };
        let counts = [self.extra.0, self.extra.1];
        let low = counts.iter().map(|count| total(self.low(), *count)).fold(f64::INFINITY, f64::min);
        let high = counts.iter().map(|count| total(self.high(), *count)).fold(f64::NEG_INFINITY, f64::max);
        Range::new(low, high)
    }

    /// Monotone in the number of newcomers, so that the ends lie at the fewest and the most.
    fn average(&self) -> Range {
        let mean = |(known, of): (Vec<f64>, Option<f64>), count: u32| {
            let newcomers = if count == 0 { 0.0 } else { of.unwrap_or(0.0) * f64::from(count) };
            (known.iter().sum::<f64>() + newcomers) / (known.len() as f64 + f64::from(count))
        };
        let low =
            self.counts().into_iter().map(|count| mean(self.low(), count)).fold(f64::INFINITY, f64::min);
        let high =
            self.counts().into_iter().map(|count| mean(self.high(), count)).fold(f64::NEG_INFINITY, f64::max);
        Range::new(low, high)
    }

    fn median(&self) -> Range {
        let middle = |(mut known, of): (Vec<f64>, Option<f64>), count: u32| {
            known.extend(std::iter::repeat_n(of.unwrap_or(0.0), count as usize));
            known.sort_by(f64::total_cmp);
            let half = known.len() / 2;
            if known.len() % 2 == 1 { known[half] } else { (known[half - 1] + known[half]) / 2.0 }
        };
        let least = if self.known.is_empty() { self.extra.0.max(1) } else { self.extra.0 };
        let counts = || least.min(self.extra.1)..=self.extra.1;
        let low = counts().map(|count| middle(self.low(), count)).fold(f64::INFINITY, f64::min);
        let high = counts().map(|count| middle(self.high(), count)).fold(f64::NEG_INFINITY, f64::max);
        Range::new(low, high)
    }

    /// Newcomers at the mean add nothing to the sum of squares: least where most of them do. At most half the range.
    fn stddev(&self) -> Range {
        let count = self.known.len() as f64;
        let mean = self.known.iter().map(|range| range.low).sum::<f64>() / count;
        let squares: f64 = self.known.iter().map(|range| (range.low - mean).powi(2)).sum();
        let points = self.known.iter().all(Range::is_point) && !self.known.is_empty();
        if points && self.extra.1 == 0 {
            return Range::point((squares / count).sqrt());
        }
        let low = if points { (squares / (count + f64::from(self.extra.1))).sqrt() } else { 0.0 };
        let (known_low, of_low) = self.low();
        let (known_high, of_high) = self.high();
        let least = known_low.into_iter().chain(of_low).fold(f64::INFINITY, f64::min);
        let most = known_high.into_iter().chain(of_high).fold(f64::NEG_INFINITY, f64::max);
        Range::new(low, (most - least) / 2.0)
    }
}

/// Texts in every list: those that surely are, and how many more may be.
pub(super) fn intersection(lists: &List) -> List {
    if lists.count().1 == 0 {
        return List::known(Vec::new());
    }
    let sets: Vec<(BTreeSet<String>, Texts)> = lists.known.iter().map(bounds).collect();
    let newcomers = lists.of.as_deref().map(bounds);
    let must = match (&newcomers, sets.split_first()) {
        (None, Some(((first, _), rest))) => {
            first.iter().filter(|one| rest.iter().all(|(must, _)| must.contains(*one))).cloned().collect()
        }
        _ => BTreeSet::new(),
    };
    let mays = sets.into_iter().map(|(_, may)| may);
    // With no list seated a newcomer's texts are all there can be.
    let may = mays.reduce(both).unwrap_or_else(|| newcomers.and_then(|(_, may)| may));
    let open = match &may {
        Some(may) => may.len().saturating_sub(must.len()) as u32,
        None => LIST_MAX,
    };
    let rest = may.map(|may| may.difference(&must).cloned().collect());
    List::open(must.iter().map(|one| text(one)).collect(), (0, open), Abstract::Text(rest))
}

fn both(one: Texts, other: Texts) -> Texts {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.intersection(&other).cloned().collect()),
        (one, other) => one.or(other),
    }
}

/// The texts a list surely holds, and those it may hold.
pub(super) fn bounds(value: &Abstract) -> (BTreeSet<String>, Texts) {
    let Abstract::List(list) = value else { return (BTreeSet::new(), Some(BTreeSet::new())) };
    let mut must = BTreeSet::new();
    let mut may: Texts = Some(BTreeSet::new());
    for item in list.known.iter().chain(list.of.as_deref()) {
        let Abstract::Text(texts) = item else { continue };
        may = may.zip(texts.clone()).map(|(mut may, texts)| {
            may.extend(texts);
            may
        });
    }
    for item in &list.known {
        if let Abstract::Text(Some(texts)) = item
            && texts.len() == 1
        {
            must.extend(texts.iter().cloned());
        }
    }
    (must, may)
}
