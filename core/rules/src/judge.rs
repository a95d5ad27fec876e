//! The judge: decides a finished match the obvious way. Everything faster is compared with it.
//!
//! It shares no code with `bound`.

use matchwright_model::{PartyPolicy, Region};

use crate::{Lineup, RuleSet, Tier};

/// What the judge found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Every team has between its least and most players, and every enforced rule holds.
    pub valid: bool,
    pub team_sizes: bool,
    /// Per rule of the set, in order: did it hold (`None` for sort rules). With latency rules, in `region`.
    pub rules: Vec<Option<bool>>,
    /// The best region that is admissible for all (D-115); `None` without common latency data.
    pub region: Option<Region>,
}

/// Judges a finished match at the tier of its own age.
///
/// An undefined value (an average over nobody) makes its rule fail (D-64).
pub fn judge(rules: &RuleSet, lineup: &Lineup, tier: Tier, policy: PartyPolicy) -> Judgement {
    let _ = (rules, lineup, tier, policy);
    Judgement { valid: false, team_sizes: false, rules: Vec::new(), region: None }
}
