//! A player as a ticket brings him.

use crate::{AttributeName, AttributeValue, Listing, PlayerId, Region, TeamName};

#[derive(Debug, Clone, PartialEq)]
pub struct Player {
    pub id: PlayerId,
    /// As sent; defaults of the rule set are filled in where rules are evaluated (D-30).
    pub attributes: Listing<AttributeName, AttributeValue>,
    /// Milliseconds to each region he reported, at least 1 (D-07). Empty: he reported none.
    pub latencies: Listing<Region, u32>,
    /// His team in the running match; only players of a backfill ticket bring one.
    pub team: Option<TeamName>,
}

/// What `partyAggregation` does to the values of a party's members (D-86).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PartyPolicy {
    /// Every member's own value decides every rule; the aggregate only orders candidates.
    #[default]
    Individual,
    /// Every member counts with the party's aggregate.
    Literal,
}
