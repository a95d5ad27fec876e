//! The eight types of rule, as compiled. `check/` makes them, `judge/` and `bound/` evaluate them.

use crate::{Expression, Tiered};

#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub name: String,
    pub kind: RuleKind,
    /// False for a rule named in a compound statement: it counts through the statement only (D-85).
    pub enforced: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RuleKind {
    Distance(Distance),
    Comparison(Comparison),
    Collection(Collection),
    Latency(Latency),
    BatchDistance(BatchDistance),
    Compound(Statement),
    Sort(Sort),
}

/// Every measured number within `[min, max]` of every reference number, both inclusive.
#[derive(Debug, Clone, PartialEq)]
pub struct Distance {
    pub measurements: Vec<Expression>,
    pub reference: Reference,
    pub min: Option<Tiered<f64>>,
    pub max: Option<Tiered<f64>>,
    pub party: PartyAggregation,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pub measurements: Vec<Expression>,
    pub operation: ComparisonOperation,
    /// `None`: all measured values equal (`=`) or pairwise different (`!=`).
    pub reference: Option<Reference>,
    pub party: PartyAggregation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparisonOperation {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    pub measurements: Vec<Expression>,
    pub operation: CollectionOperation,
    pub min_count: Option<Tiered<f64>>,
    pub max_count: Option<Tiered<f64>>,
    pub party: PartyAggregation,
}

#[derive(Debug, Clone, PartialEq)]
pub enum CollectionOperation {
    /// Size of the intersection of all lists, each team by itself where grouped by team (D-73).
    Intersection,
    /// Number of lists that contain the text; on a flat list, of elements equal to it.
    Contains(Tiered<String>),
    /// For each list by itself, how many of its texts stand in the reference.
    ReferenceIntersectionCount(Reference),
}

/// At least one region in which every player passes every latency rule (D-77, D-78).
#[derive(Debug, Clone, PartialEq)]
pub struct Latency {
    /// Milliseconds, inclusive (D-75).
    pub max_latency: Tiered<f64>,
    /// Within this many milliseconds of the players' minimum or average in the region (D-76).
    pub max_distance: Option<(Tiered<f64>, DistanceReference)>,
    pub party: PartyAggregation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DistanceReference {
    Min,
    Avg,
}

/// Numbers: max - min over tickets at most `max`; text: equal everywhere, `max` is `None` (D-79).
#[derive(Debug, Clone, PartialEq)]
pub struct BatchDistance {
    pub attribute: usize,
    pub max: Option<Tiered<f64>>,
    pub party: PartyAggregation,
}

/// Orders candidates around the anchor; never rejects (D-80 ... D-82).
#[derive(Debug, Clone, PartialEq)]
pub struct Sort {
    pub kind: SortKind,
    pub direction: SortDirection,
    pub attribute: usize,
    pub map_key: Option<MapKey>,
    pub party: PartyAggregation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKind {
    Absolute,
    Distance,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortDirection {
    Ascending,
    Descending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapKey {
    MinValue,
    MaxValue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PartyAggregation {
    #[default]
    Avg,
    Min,
    Max,
    /// Collection rules only; their default.
    Union,
    Intersection,
}

/// What a rule compares with.
#[derive(Debug, Clone, PartialEq)]
pub enum Reference {
    Number(Tiered<f64>),
    Text(Tiered<String>),
    Texts(Tiered<Vec<String>>),
    Expression(Expression),
}

/// A compound statement over rules by index; each named rule stands earlier in the set.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    Rule(usize),
    Not(Box<Statement>),
    And(Vec<Statement>),
    Or(Vec<Statement>),
    /// Exactly one is true (D-83).
    Xor(Vec<Statement>),
}
