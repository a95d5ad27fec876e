//! Whether a pool of a few tickets has a match at all: every subset in every division into teams, judged. No bounds, no
//! symmetry, no order.

use std::sync::Arc;

use matchwright_model::{PartyPolicy, Timestamp};
use matchwright_rules::{ExpansionAge, Lineup, Party, RuleSet, judge};

use crate::workload::Ticket;

/// Some of these tickets make a match at this moment.
pub fn has_match(rules: &RuleSet, tickets: &[Ticket], now: Timestamp) -> bool {
    let bind =
        |ticket: &Ticket| Party::bind(rules, &ticket.players).expect("tickets of the workload fit its rules");
    let brute =
        Brute { rules, tickets, now, parties: tickets.iter().map(|one| Arc::new(bind(one))).collect() };
    brute.walk(0, &mut Lineup::empty(rules), &mut Vec::new())
}

struct Brute<'a> {
    rules: &'a RuleSet,
    tickets: &'a [Ticket],
    now: Timestamp,
    parties: Vec<Arc<Party>>,
}

impl Brute<'_> {
    fn walk(&self, index: usize, lineup: &mut Lineup, chosen: &mut Vec<usize>) -> bool {
        if index == self.tickets.len() {
            return self.is_match(lineup, chosen);
        }
        let party = &self.parties[index];
        chosen.push(index);
        for team in 0..self.rules.teams.len() {
            let most = self.rules.teams[team].max_players.0.iter().max().copied().unwrap_or(0);
            if lineup.teams[team].len() + party.members.len() > most as usize {
                continue;
            }
            lineup.push(party.clone(), team);
            let is_found = self.walk(index + 1, lineup, chosen);
            lineup.pop();
            if is_found {
                return true;
            }
        }
        chosen.pop();
        self.walk(index + 1, lineup, chosen)
    }

    fn is_match(&self, lineup: &Lineup, chosen: &[usize]) -> bool {
        let ages = chosen.iter().map(|ticket| self.now.since(self.tickets[*ticket].started_at));
        let age = match self.rules.algorithm.expansion_age {
            ExpansionAge::Newest => ages.min(),
            ExpansionAge::Oldest => ages.max(),
        };
        let Some(tier) = age.map(|age| self.rules.tier(age)) else { return false };
        // The judge looks at sizes too; this is only cheaper.
        let is_large_enough =
            |team: usize| lineup.teams[team].len() >= *self.rules.teams[team].min_players.at(tier) as usize;
        (0..self.rules.teams.len()).all(is_large_enough)
            && judge(self.rules, lineup, tier, PartyPolicy::Individual).valid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Workload;

    const NOW: Timestamp = Timestamp(1_000_000);

    #[test]
    fn two_who_are_close_make_a_match_and_one_alone_makes_none() {
        let duel = Workload::by_name("w1").expect("it is one of all");
        let (rules, many) = (duel.compiled(), duel.tickets(40, 1, NOW));
        assert!(has_match(&rules, &many[..12], NOW), "twelve of them are close enough");
        assert!(!has_match(&rules, &many[..1], NOW));
        assert!(!has_match(&rules, &[], NOW));
    }

    #[test]
    fn nine_players_are_no_five_against_five() {
        let fives = Workload::by_name("w2").expect("it is one of all").compatible().single();
        let (rules, tickets) = (fives.compiled(), fives.tickets(11, 2, NOW));
        assert!(!has_match(&rules, &tickets[..9], NOW));
        assert!(has_match(&rules, &tickets, NOW), "of eleven alike in mode, ten make two even teams");
    }
}
