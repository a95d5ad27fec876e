//! The three-valued bound: what holds in every, in no, or in some completion of a partial match.
//!
//! One mechanism decides what prunes and what gates (design: `False` prunes, a gate stays `Unknown` until the
//! last seats). It is sound, never complete: `False` is said only where no completion can satisfy the rule.

use std::collections::BTreeSet;

use matchwright_model::PartyPolicy;

use crate::{Lineup, RuleSet, Tier};

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
