//! Everything that exists in a small pool: all subsets, all teams. No bounds, no symmetry, no order.

use std::collections::BTreeSet;
use std::sync::Arc;

use matchwright_engine::{Status, Ticket};
use matchwright_model::{PartyPolicy, PlayerId, Timestamp};
use matchwright_rules::{ExpansionAge, Lineup, Party, RuleSet, judge};
use matchwright_sim::World;

/// A set of tickets, a bit for each.
pub type Set = u16;

/// Tickets that wait at one moment.
pub struct Brute<'a> {
    rules: &'a RuleSet,
    tickets: Vec<&'a Ticket>,
    parties: Vec<Arc<Party>>,
    now: Timestamp,
    /// Per team, the most and the least that it holds at any tier.
    most: Vec<usize>,
    least: Vec<usize>,
}

/// Who can be matched: those who search and of whom no player is in a match already.
pub fn waiting(world: &World) -> Vec<&Ticket> {
    let seats = world.state.matches.values().flat_map(|open| &open.seats);
    let busy: BTreeSet<&PlayerId> = seats.map(|seat| &seat.player).collect();
    let is_free = |ticket: &&Ticket| ticket.players.iter().all(|player| !busy.contains(&player.id));
    let searching = world.state.tickets.values().filter(|ticket| ticket.status == Status::Searching);
    searching.filter(is_free).collect()
}

/// Most matches that can be made at the same time out of these sets.
pub fn most_matches(sets: &BTreeSet<Set>) -> usize {
    let all = sets.iter().fold(0, |all, set| all | set);
    let mut most = vec![0_u8; usize::from(all) + 1];
    // What can be made of a set's tickets is known before that of any set that holds them.
    for tickets in 1..most.len() {
        let inside = sets.iter().filter(|set| usize::from(**set) & !tickets == 0);
        let with = inside.map(|set| 1 + most[tickets & !usize::from(*set)]);
        most[tickets] = with.max().unwrap_or(0);
    }
    usize::from(most[usize::from(all)])
}

impl<'a> Brute<'a> {
    /// Tickets that do not fit the rule set are in no match (D-22).
    pub fn new(rules: &'a RuleSet, tickets: Vec<&'a Ticket>, now: Timestamp) -> Self {
        let bound = tickets.into_iter().filter_map(|ticket| {
            Party::bind(rules, &ticket.players).ok().map(|party| (ticket, Arc::new(party)))
        });
        let (tickets, parties) = bound.unzip();
        let (most, least) = rules
            .teams
            .iter()
            .map(|team| {
                let most = team.max_players.0.iter().max().expect("a tier");
                (*most as usize, *team.min_players.0.iter().min().expect("a tier") as usize)
            })
            .unzip();
        Self { rules, tickets, parties, now, most, least }
    }

    /// A legal match, told by the ids of its tickets.
    pub fn any(&self) -> Option<Vec<String>> {
        let mut found = None;
        self.walk(0, &mut Lineup::empty(self.rules), 0, &mut |set| {
            found = Some(self.ids(set));
            true
        });
        found
    }

    /// Every set of tickets that makes a match, in whatever teams.
    pub fn sets(&self) -> BTreeSet<Set> {
        let mut sets = BTreeSet::new();
        self.walk(0, &mut Lineup::empty(self.rules), 0, &mut |set| {
            sets.insert(set);
            false
        });
        sets
    }

    fn ids(&self, set: Set) -> Vec<String> {
        let of_it = self.tickets.iter().enumerate().filter(|(index, _)| set >> index & 1 == 1);
        of_it.map(|(_, ticket)| ticket.id.to_string()).collect()
    }

    /// Tells every legal seating's set until it hears `true`.
    fn walk(&self, index: usize, lineup: &mut Lineup, set: Set, tell: &mut dyn FnMut(Set) -> bool) -> bool {
        if index == self.tickets.len() {
            return set != 0 && self.is_match(lineup, set) && tell(set);
        }
        if self.walk(index + 1, lineup, set, tell) {
            return true;
        }
        let (ticket, party) = (self.tickets[index], &self.parties[index]);
        let with = set | 1 << index;
        if ticket.is_backfill() {
            let team = |player: &matchwright_model::Player| self.rules.team(player.team.as_ref()?.as_str());
            let seats: Option<Vec<usize>> = ticket.players.iter().map(team).collect();
            let Some(seats) = seats else { return false };
            lineup.push_seated(party.clone(), &seats);
            let is_over = self.walk(index + 1, lineup, with, tell);
            lineup.pop();
            return is_over;
        }
        for team in 0..self.most.len() {
            if lineup.teams[team].len() + party.members.len() > self.most[team] {
                continue;
            }
            lineup.push(party.clone(), team);
            let is_over = self.walk(index + 1, lineup, with, tell);
            lineup.pop();
            if is_over {
                return true;
            }
        }
        false
    }

    fn is_match(&self, lineup: &Lineup, set: Set) -> bool {
        let is_too_small = |team: usize| lineup.teams[team].len() < self.least[team];
        if (0..self.least.len()).any(is_too_small) {
            return false;
        }
        let of_it = || self.tickets.iter().enumerate().filter(|(index, _)| set >> index & 1 == 1);
        let backfills = of_it().filter(|(_, ticket)| ticket.is_backfill()).count();
        let mut players: Vec<&PlayerId> = lineup.members().map(|member| &member.id).collect();
        players.sort_unstable();
        let is_twice = players.windows(2).any(|pair| pair[0] == pair[1]);
        if backfills > 1 || backfills == of_it().count() || is_twice {
            return false;
        }
        let ages = of_it().map(|(_, ticket)| self.now.since(ticket.started_at));
        let age = match self.rules.algorithm.expansion_age {
            ExpansionAge::Newest => ages.min(),
            ExpansionAge::Oldest => ages.max(),
        };
        let tier = self.rules.tier(age.expect("tickets"));
        judge(self.rules, lineup, tier, PartyPolicy::Individual).valid
    }
}
