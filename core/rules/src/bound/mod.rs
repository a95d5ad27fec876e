//! The three-valued bound: what holds in every, in no, or in some completion of a partial match.
//!
//! One mechanism decides what prunes and what gates (design: `False` prunes, a gate stays `Unknown` until the
//! last seats). It is sound, never complete: `False` is said only where no completion can satisfy the rule.

mod domain;
mod rules;
mod value;

use std::collections::BTreeSet;

use matchwright_model::{AttributeValue, PartyPolicy};

use crate::{Lineup, Party, RuleKind, RuleSet, Tier};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// In no completion.
    False,
    /// In some completions perhaps.
    Unknown,
    /// In every completion.
    True,
}

/// How many players may still join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Per team: at least and at most so many more.
    pub teams: Vec<(u32, u32)>,
}

/// What the players who may still join can bring.
#[derive(Debug, Clone, PartialEq)]
pub struct Universe {
    /// Per attribute of the rule set.
    pub attributes: Vec<Domain>,
}

/// The values one attribute can take.
#[derive(Debug, Clone, PartialEq)]
pub enum Domain {
    /// Any value at all.
    Any,
    Numbers {
        low: f64,
        high: f64,
    },
    /// A text out of these; for text lists, texts out of these.
    Texts(BTreeSet<String>),
}

/// The tiers at which a completion may be judged, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TierSpan {
    pub low: Tier,
    pub high: Tier,
}

/// What the verdicts are about.
struct Case<'a> {
    rules: &'a RuleSet,
    lineup: &'a Lineup,
    room: &'a Room,
    universe: &'a Universe,
    tiers: TierSpan,
    policy: PartyPolicy,
}

/// Per rule, its verdict over all completions; sort rules are always `True`.
///
/// A completion adds, to every team, a number of players within `room`, with values out of `universe`, any
/// latencies, and is judged at one tier of `tiers`. Latency rules are never `True`: their region is chosen at the
/// end, by the judge.
pub fn bound(
    rules: &RuleSet,
    lineup: &Lineup,
    room: &Room,
    universe: &Universe,
    tiers: TierSpan,
    policy: PartyPolicy,
) -> Vec<Verdict> {
    let case = Case { rules, lineup, room, universe, tiers, policy };
    let mut verdicts = Vec::with_capacity(rules.rules.len());
    for rule in &rules.rules {
        let verdict = match &rule.kind {
            RuleKind::Distance(rule) => self::rules::distance(&case, rule),
            RuleKind::Comparison(rule) => self::rules::comparison(&case, rule),
            RuleKind::Collection(rule) => self::rules::collection(&case, rule),
            RuleKind::Latency(rule) => self::rules::latency(&case, rule),
            RuleKind::BatchDistance(rule) => self::rules::batch_distance(&case, rule),
            RuleKind::Compound(statement) => self::rules::compound(statement, &verdicts),
            RuleKind::Sort(_) => Verdict::True,
        };
        verdicts.push(verdict);
    }
    verdicts
}

impl Universe {
    /// Anything at all.
    pub fn any(rules: &RuleSet) -> Self {
        Self { attributes: vec![Domain::Any; rules.attributes.len()] }
    }

    /// What these parties can bring: the hull of their numbers, the union of their texts.
    pub fn of<'a>(rules: &RuleSet, parties: impl Iterator<Item = &'a Party> + Clone) -> Self {
        let domain = |attribute: usize| {
            let values =
                parties.clone().flat_map(|party| &party.members).map(|member| &member.values[attribute]);
            domain_of(values)
        };
        Self { attributes: (0..rules.attributes.len()).map(domain).collect() }
    }
}

fn domain_of<'a>(values: impl Iterator<Item = &'a AttributeValue>) -> Domain {
    let (mut low, mut high, mut texts) = (f64::INFINITY, f64::NEG_INFINITY, BTreeSet::new());
    for value in values {
        match value {
            AttributeValue::Number(number) => (low, high) = (low.min(*number), high.max(*number)),
            AttributeValue::Text(text) => drop(texts.insert(text.clone())),
            AttributeValue::TextList(list) => texts.extend(list.iter().cloned()),
            AttributeValue::NumberMap(_) => return Domain::Any,
        }
    }
    if low <= high { Domain::Numbers { low, high } } else { Domain::Texts(texts) }
}
