//! The three-valued bound: what holds in every, in no, or in some completion of a partial match.
//!
//! One mechanism decides what prunes and what gates: `False` prunes, a gate stays `Unknown` until the last seats. It
//! is sound, never complete: `False` is said only where no completion can satisfy the rule. Where nothing is open it
//! is exact, and says what the judge says. It shares no code with `judge`, because each checks the other.
//!
//! Reading order: `bound`, `domain` (values half known), `value` and `statistic` (expressions over them), then one
//! file per rule type; `soundness` compares it with the judge over all completions.

mod batch_distance;
mod collection;
mod comparison;
mod compound;
mod distance;
mod domain;
mod latency;
#[cfg(test)]
pub(crate) mod soundness;
mod statistic;
mod value;

use std::collections::BTreeSet;

use matchwright_model::{AttributeValue, PartyPolicy};

pub(crate) use compound::verdict as compound;

use crate::{Lineup, Party, RuleKind, RuleSet, Tier, Tiered};

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

/// What the players who may still join can bring. Their latencies are never known.
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

impl TierSpan {
    /// One tier and no other.
    pub fn only(tier: Tier) -> Self {
        Self { low: tier, high: tier }
    }
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
/// A completion adds to every team a number of players within `room`, with values out of `universe` and any
/// latencies, as tickets of their own, and is judged at one tier of `tiers`. A rule that latency decides is `False`
/// where it fails at every region at which all enforced latency rules hold (D-78).
pub fn bound(
    rules: &RuleSet,
    lineup: &Lineup,
    room: &Room,
    universe: &Universe,
    tiers: TierSpan,
    policy: PartyPolicy,
) -> Vec<Verdict> {
    #[cfg(test)]
    let tiers = soundness::mutation::tiers(tiers);
    let case = Case { rules, lineup, room, universe, tiers, policy };
    let everywhere = case.everywhere();
    if !rules.rules.iter().any(|rule| matches!(rule.kind, RuleKind::Latency(_))) {
        return case.with_compounds(everywhere);
    }
    let places = latency::places(&case);
    let judged: Vec<Vec<Verdict>> = places.iter().map(|place| case.at(&everywhere, *place)).collect();
    latency::over_places(rules, case.is_closed(), &judged)
}

impl Verdict {
    pub(crate) fn of(always: bool, never: bool) -> Self {
        match (never, always) {
            (true, _) => Self::False,
            (_, true) => Self::True,
            _ => Self::Unknown,
        }
    }
}

impl Case<'_> {
    /// Nobody can join any more.
    fn is_closed(&self) -> bool {
        self.room.teams.iter().all(|room| room.1 == 0)
    }

    /// The least and the greatest value that a property can have at the tiers in question.
    fn hull(&self, tiered: Option<&Tiered<f64>>, absent: f64) -> (f64, f64) {
        let Some(tiered) = tiered else { return (absent, absent) };
        let values = tiered.span(self.tiers.low, self.tiers.high).iter();
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(*value), high.max(*value))
        })
    }

    /// The rules that no region changes; the others wait for one.
    fn everywhere(&self) -> Vec<Verdict> {
        let rules = self.rules.rules.iter().map(|rule| match &rule.kind {
            RuleKind::Distance(rule) => distance::verdict(self, rule),
            RuleKind::Comparison(rule) => comparison::verdict(self, rule),
            RuleKind::Collection(rule) => collection::verdict(self, rule),
            RuleKind::BatchDistance(rule) => batch_distance::verdict(self, rule),
            RuleKind::Latency(_) | RuleKind::Compound(_) => Verdict::Unknown,
            RuleKind::Sort(_) => Verdict::True,
        });
        rules.collect()
    }

    fn at(&self, everywhere: &[Verdict], place: latency::Place<'_>) -> Vec<Verdict> {
        let mut verdicts = everywhere.to_vec();
        for (verdict, rule) in verdicts.iter_mut().zip(&self.rules.rules) {
            if let RuleKind::Latency(rule) = &rule.kind {
                *verdict = latency::verdict(self, rule, place);
            }
        }
        self.with_compounds(verdicts)
    }

    /// A statement names only rules that stand before it.
    fn with_compounds(&self, mut verdicts: Vec<Verdict>) -> Vec<Verdict> {
        for (index, rule) in self.rules.rules.iter().enumerate() {
            if let RuleKind::Compound(statement) = &rule.kind {
                verdicts[index] = compound(statement, &verdicts);
            }
        }
        verdicts
    }
}

impl Universe {
    /// Anything at all.
    pub fn any(rules: &RuleSet) -> Self {
        Self { attributes: vec![Domain::Any; rules.attributes.len()] }
    }

    /// What these parties can bring: the hull of their numbers, the union of their texts.
    pub fn of<'a>(rules: &RuleSet, parties: impl Iterator<Item = &'a Party> + Clone) -> Self {
        #[cfg(test)]
        let parties = soundness::mutation::parties(parties);
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
