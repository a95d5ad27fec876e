//! What can carry tags.

use matchwright_model::{MatchmakerName, RuleSetName};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    RuleSet(RuleSetName),
    Matchmaker(MatchmakerName),
    Hosted(matchwright_hosting::Resource),
}
