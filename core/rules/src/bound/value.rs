//! Expressions over a partial lineup.

use std::collections::BTreeSet;

use matchwright_model::{AttributeValue, PartyPolicy};

use super::domain::{Abstract, List, Range, Texts, join, text};
use super::statistic::statistic;
use super::{Case, Domain};
use crate::{Expression, Function, Node, PartyAggregation, Reference, TeamSelection};

/// A text list can hold any number of texts: under the literal policy it is a union over a party.
const LIST_MAX: u32 = u32::MAX;

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

/// What a reference stands for, at any of the tiers in question.
pub(super) fn reference(case: &Case<'_>, given: &Reference, party: PartyAggregation) -> Abstract {
    let tiers = case.tiers;
    match given {
        Reference::Number(number) => {
            let (low, high) = case.hull(Some(number), 0.0);
            Abstract::Number(Range::new(low, high))
        }
        Reference::Text(texts) => {
            Abstract::Text(Some(texts.span(tiers.low, tiers.high).iter().cloned().collect()))
        }
        Reference::Texts(lists) => {
            let lists = lists.span(tiers.low, tiers.high).iter();
            let lists =
                lists.map(|list| Abstract::List(List::known(list.iter().map(|one| text(one)).collect())));
            lists.reduce(join).unwrap_or(Abstract::List(List::known(Vec::new())))
        }
        Reference::Expression(expression) => evaluate(case, expression, party),
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
        let extra = case.room.teams[*team];
        #[cfg(test)]
        let extra = super::soundness::mutation::room(extra);
        Abstract::List(List::open(seated, extra, unknown.clone()))
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
                // Its party's average may be rounded to just outside (D-86).
                Domain::Numbers { low, high } if case.policy == PartyPolicy::Literal => {
                    let slack = 1e-9 * low.abs().max(high.abs());
                    Range::new(low - slack, high + slack)
                }
                Domain::Numbers { low, high } => Range::new(*low, *high),
                _ => Range::any(),
            })
        }
        matchwright_model::AttributeType::Text => Abstract::Text(texts()),
        _ => {
            let domain = texts();
            let most = domain.as_ref().map_or(LIST_MAX, |texts| texts.len() as u32);
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
