//! Who of a small bucket could share a match with those who must be in it, by what can be counted: in some region that is
//! near to all of them there are players enough, and tickets enough with every text that teams cannot do without. Where
//! there is no such region, nothing needs to be searched.

use matchwright_model::Timestamp;
use matchwright_rules::plan::{Plan, Wanted};
use matchwright_rules::{RuleSet, Team, TierSpan};

use crate::Crowd;
use crate::ahead::Ages;
use crate::crowd::bits;
use crate::pool::Entry;

/// A question about one search.
pub(crate) struct Hope<'a> {
    pub rules: &'a RuleSet,
    pub plan: &'a Plan,
    pub crowd: &'a Crowd,
    pub now: Timestamp,
    pub must: &'a [&'a Entry],
}

impl Hope<'_> {
    /// The candidates for whom there is hope, in their order; `None`: there is none for those who must be in.
    pub fn of<'e>(&self, mut candidates: Vec<&'e Entry>) -> Option<Vec<&'e Entry>> {
        let span = Ages::of(self.must.iter().chain(&candidates).copied(), self.now).span(self.rules);
        let own = self.must.iter().fold(u64::MAX, |all, entry| all & entry.regions_at(span));
        let hopeful = match self.plan.latency {
            Some(_) => bits(own).filter(|region| self.is_enough(1 << region, &candidates, span)),
            None => return self.is_enough(u64::MAX, &candidates, span).then_some(candidates),
        };
        let hopeful = hopeful.fold(0, |all, region| all | 1 << region);
        candidates.retain(|entry| entry.regions_at(span) & hopeful != 0);
        (hopeful != 0).then_some(candidates)
    }

    fn is_enough(&self, region: u64, candidates: &[&Entry], span: TierSpan) -> bool {
        let here = || {
            let near = candidates.iter().filter(|entry| entry.regions_at(span) & region != 0);
            self.must.iter().chain(near)
        };
        let least =
            |team: &Team| team.min_players.span(span.low, span.high).iter().min().copied().unwrap_or(0);
        let players: u32 = here().map(|entry| entry.size()).sum();
        players >= self.rules.teams.iter().map(least).sum()
            && self.plan.steer.wanted.iter().all(|wanted| {
                let needed = self.plan.steer.tickets_wanted(wanted.column, |one| is_wanted(one, span));
                let has = |entry: &Entry| entry.has(self.crowd, wanted.column);
                // A game that runs may have brought several teams what they want.
                needed == 0
                    || here().any(|entry| entry.is_backfill() && has(entry))
                    || here().filter(|entry| has(entry)).take(needed).count() == needed
            })
    }
}

fn is_wanted(wanted: &Wanted, span: TierSpan) -> bool {
    wanted.least.span(span.low, span.high).iter().all(|least| *least > 0.0)
}
