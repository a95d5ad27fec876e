//! The three-valued bound: what holds in every, in no, or in some completion of a partial match.
//!
//! One mechanism decides what prunes and what gates (design: `False` prunes, a gate stays `Unknown` until the
//! last seats). It is sound, never complete: `False` is said only where no completion can satisfy the rule.

use std::collections::BTreeSet;

use matchwright_model::{AttributeValue, PartyPolicy};

use crate::{Lineup, Party, RuleSet, Tier};

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
    Numbers { low: f64, high: f64 },
    /// A text out of these; for text lists, texts out of these.
    Texts(BTreeSet<String>),
}

/// The tiers at which a completion may be judged, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TierSpan {
    pub low: Tier,
    pub high: Tier,
}

/// Per rule, its verdict over all completions; sort rules are always `True`.
///
/// A completion adds, to every team, a number of players within `room`, with values out of `universe`, any
/// latencies, and is judged at one tier of `tiers`.
pub fn bound(
    rules: &RuleSet,
    lineup: &Lineup,
    room: &Room,
    universe: &Universe,
    tiers: TierSpan,
    policy: PartyPolicy,
) -> Vec<Verdict> {
    let _ = (lineup, room, universe, tiers, policy);
    vec![Verdict::Unknown; rules.rules.len()]
}

impl Universe {
    /// Anything at all.
    pub fn any(rules: &RuleSet) -> Self {
        Self { attributes: vec![Domain::Any; rules.attributes.len()] }
    }

    /// What these parties can bring: the hull of their numbers, the union of their texts.
    pub fn of<'a>(rules: &RuleSet, parties: impl Iterator<Item = &'a Party> + Clone) -> Self {
        let domain = |attribute: usize| {
            let values = parties.clone().flat_map(|party| &party.members).map(|member| &member.values[attribute]);
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
