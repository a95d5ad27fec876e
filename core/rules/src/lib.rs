//! The rule language: text to typed rule set, rule set to verdicts. Knows no queue, no state, no clock.
//!
//! Reading order: [`RuleSet`] and its parts (what a rule set is), [`compile`] (text to rule set, or every
//! [`Diagnostic`] at once), [`Lineup`] (players seated in teams), [`judge`] (is this finished match legal),
//! [`bound`] (what can still become of this partial match), [`plan`] (the same for large pools, in numbers).

mod bound;
mod check;
mod diagnostic;
mod expression;
mod judge;
mod lineup;
pub mod plan;
mod rule;
mod rule_set;

pub use bound::{Domain, Room, TierSpan, Universe, Verdict, bound};
pub use check::{CODES, Options, compile};
pub use diagnostic::{Diagnostic, Severity};
pub use expression::{Expression, Function, Node, TeamSelection, Type};
pub use judge::{Judgement, judge, judge_rule};
pub use lineup::{BindError, Lineup, Member, Party};
pub use rule::{
    BatchDistance, Collection, CollectionOperation, Comparison, ComparisonOperation, Distance,
    DistanceReference, Latency, MapKey, PartyAggregation, Reference, Rule, RuleKind, Sort, SortDirection,
    SortKind, Statement,
};
pub use rule_set::{
    Algorithm, Attribute, BackfillPriority, Batching, ExpansionAge, RuleSet, Strategy, Team, Tier, Tiered,
};

/// The shape of a rule set as a JSON Schema (draft 2020-12), for editors. What [`compile`] accepts, it accepts.
pub const SCHEMA: &str = include_str!("schema.json");
