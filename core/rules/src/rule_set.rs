//! The compiled rule set: every name resolved to an index, every expansion folded into tiers.

use std::time::Duration;

use matchwright_model::{AttributeType, AttributeValue, TeamName};

use crate::Rule;

/// A valid rule set. Only [`crate::compile`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSet {
    pub name: Option<String>,
    /// Declared attributes; rules name them by index.
    pub attributes: Vec<Attribute>,
    pub algorithm: Algorithm,
    /// The teams of one match in fill order: a definition with quantity 3 stands here three times.
    pub teams: Vec<Team>,
    pub rules: Vec<Rule>,
    /// Ages at which a step of any expansion comes into force, rising. Tier `t` holds from `steps[t - 1]` on.
    pub steps: Vec<Duration>,
    /// Sum of the base `maxPlayers` above 40 (D-52).
    pub large: bool,
}

/// How many expansion steps are in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Tier(pub u16);

/// A value per tier; `RuleSet::steps.len() + 1` of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Tiered<T>(pub Vec<T>);

impl<T> Tiered<T> {
    pub fn at(&self, tier: Tier) -> &T {
        &self.0[usize::from(tier.0)]
    }

    /// The values from tier `low` to tier `high`, both included.
    pub fn span(&self, low: Tier, high: Tier) -> &[T] {
        &self.0[usize::from(low.0)..=usize::from(high.0)]
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    pub name: String,
    pub kind: AttributeType,
    pub default: Option<AttributeValue>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Team {
    /// `red`, or `Red_1` where quantity is above 1 (D-47, D-48).
    pub name: TeamName,
    /// Index of its definition; teams of one definition are interchangeable unless a rule names one.
    pub definition: usize,
    pub min_players: Tiered<u32>,
    pub max_players: Tiered<u32>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Algorithm {
    pub strategy: Strategy,
    pub batching: Batching,
    pub expansion_age: ExpansionAge,
    pub backfill_priority: BackfillPriority,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    ExhaustiveSearch,
    /// Teams balanced on this attribute, always a number (D-55).
    Balanced {
        attribute: usize,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Batching {
    Random,
    /// By these attributes, ascending, stable, ties by age (D-56).
    Sorted(Vec<usize>),
    LargestPopulation,
    FastestRegion,
}

/// Whose age counts for a set of tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExpansionAge {
    #[default]
    Newest,
    Oldest,
}

/// Normal for small matches, High for large ones (D-101).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BackfillPriority {
    High,
    #[default]
    Normal,
    Low,
}

impl RuleSet {
    /// The tier in force at an age: a step holds from its very second (D-92).
    pub fn tier(&self, age: Duration) -> Tier {
        Tier(self.steps.partition_point(|step| *step <= age) as u16)
    }

    /// When a ticket of this age enters its next tier; `None` in the last one.
    pub fn next_step(&self, age: Duration) -> Option<Duration> {
        self.steps.iter().copied().find(|step| *step > age)
    }

    pub fn attribute(&self, name: &str) -> Option<usize> {
        self.attributes.iter().position(|attribute| attribute.name == name)
    }

    /// Index of a team by the name a match gives it.
    pub fn team(&self, name: &str) -> Option<usize> {
        self.teams.iter().position(|team| team.name.as_str() == name)
    }

    /// True when a match needs a region in which every player is near enough.
    pub fn needs_latency(&self) -> bool {
        self.rules.iter().any(|rule| rule.enforced && matches!(rule.kind, crate::RuleKind::Latency(_)))
    }

    /// The most players any one team can ever hold, expansions included (D-27).
    pub fn party_max(&self) -> u32 {
        self.teams.iter().flat_map(|team| team.max_players.0.iter().copied()).max().unwrap_or(0)
    }
}
