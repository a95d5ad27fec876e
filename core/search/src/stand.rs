//! Those of a crowd who could share a match in one region at one tier, and whether there is any hope of one. Answers
//! from counts alone, so that a hopeless anchor costs the same whatever the crowd.

use matchwright_rules::plan::Wanted;
use matchwright_rules::{Team, Tier};
use smallvec::SmallVec;

use crate::band::{Band, Filter, SIZES, Sizes};
use crate::crowd::Crowd;
use crate::reach::Open;
use crate::tally::Tally;

/// The bands of one key, of which those count who can join a match in one region at one tier.
#[derive(Debug, Clone)]
pub(crate) struct Stand<'c> {
    pub crowd: &'c Crowd,
    pub tier: Tier,
    /// By class; `None` where nobody can join.
    pub bands: SmallVec<[Option<(&'c Band, &'c Tally)>; 4]>,
    pub players: u32,
    /// Everybody comes alone.
    pub is_solo: bool,
    open: Open<'c>,
}

impl<'c> Stand<'c> {
    pub fn new(crowd: &'c Crowd, key: u32, tier: Tier, region: u32) -> Self {
        let joining = |class: usize| {
            let tally = crowd.tally(key, tier, region, class).filter(|tally| tally.tickets > 0)?;
            Some((crowd.band(key, class)?, tally))
        };
        let bands: SmallVec<[Option<(&Band, &Tally)>; 4]> = (0..crowd.classes()).map(joining).collect();
        let tallies = bands.iter().flatten().map(|(_, tally)| (tally.players, tally.tickets));
        let (players, tickets) = tallies.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let is_solo = players == tickets;
        Self { crowd, tier, bands, players, is_solo, open: crowd.open(tier, region) }
    }

    /// Those of some sizes who can join.
    pub fn filter(&self, fits: Sizes) -> Filter<'c> {
        Filter { open: self.open, alive: &self.crowd.alive, fits }
    }

    /// Nobody can find a match here: too few players, or fewer tickets with a text than teams that cannot do without it.
    pub fn is_hopeless(&self) -> bool {
        let teams = self.crowd.rules.teams.iter();
        let least: u32 = teams.map(|team| *team.min_players.at(self.tier)).sum();
        let is_wanted = |wanted: &Wanted| *wanted.least.at(self.tier) > 0.0;
        let is_short =
            |column: &usize| self.supply(*column) < self.crowd.plan.steer.tickets_wanted(*column, is_wanted);
        self.players < least || self.crowd.splits.iter().any(is_short)
    }

    /// Parties of the sizes that stand here can fill every team, one of them with a party of this size in it.
    pub fn packs(&self, own: u32) -> bool {
        let mut sizes = [0_u32; SIZES];
        for (_, tally) in self.bands.iter().flatten() {
            sizes.iter_mut().zip(&tally.sizes).for_each(|(sum, one)| *sum += one);
        }
        let at = (own as usize).min(SIZES - 1);
        let mut others = sizes;
        others[at] = others[at].saturating_sub(1);
        let seats = |team: &Team| (*team.min_players.at(self.tier), *team.max_players.at(self.tier));
        let teams = || self.crowd.rules.teams.iter().map(seats);
        let has_place =
            |(least, most): (u32, u32)| own <= most && add_up(&others, most - own, least.saturating_sub(own));
        // Each team by itself, but for the one that the party itself may fill; then all of them together.
        let (least, most) = teams().fold((0, 0), |sum, team| (sum.0 + team.0, sum.1 + team.1));
        teams().any(has_place)
            && teams().filter(|(least, most)| !add_up(&sizes, *most, *least)).count() <= 1
            && add_up(&sizes, most, least)
    }

    /// Tickets that may have a text.
    pub fn supply(&self, column: usize) -> usize {
        let bands = self.bands.iter().enumerate().filter(|(class, _)| self.offers(*class, column));
        bands.filter_map(|(_, band)| *band).map(|(_, tally)| tally.tickets as usize).sum()
    }

    /// Tickets of this class may have the text; where it splits no bands, all may.
    pub fn offers(&self, class: usize, column: usize) -> bool {
        let bit = self.crowd.splits.iter().position(|split| *split == column);
        bit.is_none_or(|bit| class >> bit & 1 == 1)
    }
}

/// Can tickets of these sizes add up to at least `least` and at most `most` players.
fn add_up(sizes: &[u32; SIZES], most: u32, least: u32) -> bool {
    // With so many who come alone every sum is reached.
    if least == 0 || most >= 127 || sizes[1] >= most {
        return true;
    }
    let mut sums = 1_u128;
    for (size, count) in sizes.iter().enumerate().skip(1) {
        if size == SIZES - 1 && *count > 0 {
            return true;
        }
        for _ in 0..(*count).min(most / size as u32) {
            sums |= sums << size;
        }
    }
    let wanted = (1_u128 << (most + 1)) - (1_u128 << least);
    sums & wanted != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_add_up_or_they_do_not() {
        let sizes = |some: &[(usize, u32)]| {
            let mut sizes = [0; SIZES];
            some.iter().for_each(|(size, count)| sizes[*size] = *count);
            sizes
        };
        assert!(!add_up(&sizes(&[(3, 100)]), 5, 5));
        assert!(add_up(&sizes(&[(3, 100)]), 6, 5));
        assert!(add_up(&sizes(&[(4, 1), (1, 1)]), 5, 5));
        assert!(!add_up(&sizes(&[(1, 4)]), 5, 5));
        assert!(add_up(&sizes(&[(2, 3), (1, 1)]), 5, 4));
        assert!(add_up(&sizes(&[]), 5, 0));
    }
}
