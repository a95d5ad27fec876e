//! The judge: decides a finished match the obvious way. Everything faster is compared with it.
//!
//! It shares no code with `bound`. Reading order: `judge` (seats, regions, rules), `value` (expressions over a
//! finished lineup), then one file per rule type.

mod batch_distance;
mod collection;
mod comparison;
mod compound;
mod distance;
mod latency;
mod value;

use matchwright_model::{PartyPolicy, Region};

use crate::{Lineup, RuleKind, RuleSet, Tier};

/// What the judge found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// At least one player, every team between its least and most players, every enforced rule true.
    pub valid: bool,
    pub team_sizes: bool,
    /// Per rule of the set, in order: did it hold (`None` for sort rules). Latency rules are judged in `region`.
    pub rules: Vec<Option<bool>>,
    /// The best region at which the match is valid; of an invalid one, at which all enforced latency rules hold;
    /// else the best that all players reported (D-115). `None` where they have none in common.
    pub region: Option<Region>,
}

/// What every rule is judged over.
struct Case<'a> {
    rules: &'a RuleSet,
    lineup: &'a Lineup,
    tier: Tier,
    policy: PartyPolicy,
}

/// Judges a finished match at the tier of its own age.
///
/// An undefined value (an average over nobody) makes its rule fail (D-64). All latency rules, those inside compound
/// statements too, are judged at one and the same region (D-77, D-78).
pub fn judge(rules: &RuleSet, lineup: &Lineup, tier: Tier, policy: PartyPolicy) -> Judgement {
    let case = Case { rules, lineup, tier, policy };
    let team_sizes = case.team_sizes();
    let everywhere = case.everywhere();
    let candidates = latency::regions(&case);
    let judged: Vec<(Option<Region>, Vec<Option<bool>>)> = candidates
        .into_iter()
        .map(|region| (region.clone(), case.at(&everywhere, region.as_ref())))
        .collect();
    let best = judged.iter().find(|(_, verdicts)| case.enforced_hold(verdicts, |_| true));
    let holds = best.is_some();
    // Where no region makes the match valid, one that is near enough for all still tells most about it.
    let near = |kind: &RuleKind| matches!(kind, RuleKind::Latency(_));
    let near = || judged.iter().find(|(_, verdicts)| case.enforced_hold(verdicts, near));
    let (region, verdicts) = best.or_else(near).or(judged.first()).cloned().unwrap_or_default();
    let valid = team_sizes && holds && lineup.members().next().is_some();
    Judgement { valid, team_sizes, rules: verdicts, region }
}

/// Judges one rule by itself; `None` for those that are judged at a region or over other rules, and for sort rules.
pub fn judge_rule(
    rules: &RuleSet,
    rule: usize,
    lineup: &Lineup,
    tier: Tier,
    policy: PartyPolicy,
) -> Option<bool> {
    Case { rules, lineup, tier, policy }.anywhere(&rules.rules[rule].kind)
}

impl Case<'_> {
    fn team_sizes(&self) -> bool {
        let seats = self.rules.teams.iter().zip(&self.lineup.teams);
        seats.into_iter().all(|(team, seats)| {
            let (least, most) = (*team.min_players.at(self.tier), *team.max_players.at(self.tier));
            (least..=most).contains(&(seats.len() as u32))
        })
    }

    /// The rules that no region changes.
    fn everywhere(&self) -> Vec<Option<bool>> {
        self.rules.rules.iter().map(|rule| self.anywhere(&rule.kind)).collect()
    }

    fn anywhere(&self, kind: &RuleKind) -> Option<bool> {
        match kind {
            RuleKind::Distance(rule) => Some(distance::holds(self, rule)),
            RuleKind::Comparison(rule) => Some(comparison::holds(self, rule)),
            RuleKind::Collection(rule) => Some(collection::holds(self, rule)),
            RuleKind::BatchDistance(rule) => Some(batch_distance::holds(self, rule)),
            RuleKind::Latency(_) | RuleKind::Compound(_) | RuleKind::Sort(_) => None,
        }
    }

    /// All rules at one region; latency rules fail where there is none.
    fn at(&self, everywhere: &[Option<bool>], region: Option<&Region>) -> Vec<Option<bool>> {
        let mut verdicts = everywhere.to_vec();
        for (index, rule) in self.rules.rules.iter().enumerate() {
            if let RuleKind::Latency(rule) = &rule.kind {
                verdicts[index] = Some(region.is_some_and(|region| latency::holds(self, rule, region)));
            }
        }
        // A statement names only rules that stand before it.
        for (index, rule) in self.rules.rules.iter().enumerate() {
            if let RuleKind::Compound(statement) = &rule.kind {
                verdicts[index] = Some(compound::holds(statement, &verdicts));
            }
        }
        verdicts
    }

    fn enforced_hold(&self, verdicts: &[Option<bool>], counts: impl Fn(&RuleKind) -> bool) -> bool {
        let counting =
            self.rules.rules.iter().zip(verdicts).filter(|(rule, _)| rule.enforced && counts(&rule.kind));
        counting.into_iter().all(|(_, verdict)| *verdict != Some(false))
    }
}
