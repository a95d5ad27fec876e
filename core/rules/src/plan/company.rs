//! The words of a match in the making: who is seated, by team.

use smallvec::SmallVec;

use super::Coming;
use super::words::Words;

/// Who is seated, as far as rules look at single players. Nobody, where the plan keeps no words.
#[derive(Debug, Clone, Default)]
pub struct Company<'a> {
    seated: Vec<(usize, &'a Words)>,
}

impl<'a> Company<'a> {
    /// With room for so many tickets.
    pub fn with_capacity(tickets: usize) -> Self {
        Self { seated: Vec::with_capacity(tickets) }
    }

    pub fn seat(&mut self, team: usize, words: &'a Words) {
        self.seated.push((team, words));
    }

    /// Takes the last so many out again.
    pub fn unseat(&mut self, count: usize) {
        self.seated.truncate(self.seated.len().saturating_sub(count));
    }

    /// Lists of what is kept over the players of some teams.
    pub(super) fn lists(&self, kept: usize, teams: &[usize], each: Each) -> Gathered {
        let mut gathered = Gathered::default();
        match each {
            Each::Player => self.each_player(kept, teams, |list| {
                gathered.words.extend_from_slice(list);
                gathered.end();
            }),
            Each::Team => {
                for team in teams {
                    self.of(&[*team])
                        .for_each(|(_, words)| gathered.words.extend_from_slice(words.of_all(kept)));
                    gathered.end();
                }
            }
            Each::All => {
                self.of(teams).for_each(|(_, words)| gathered.words.extend_from_slice(words.of_all(kept)));
                gathered.end();
            }
        }
        gathered
    }

    pub(super) fn each_player(&self, kept: usize, teams: &[usize], mut list: impl FnMut(&[u32])) {
        for (_, words) in self.of(teams) {
            (0..words.players()).for_each(|player| list(words.of_player(kept, player)));
        }
    }

    fn of<'s>(&'s self, teams: &'s [usize]) -> impl Iterator<Item = &'s (usize, &'a Words)> {
        self.seated.iter().filter(|(team, _)| teams.contains(team))
    }
}

/// Whose words make one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Each {
    Player,
    Team,
    All,
}

/// Lists of words, one after the other.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub words: SmallVec<[u32; 64]>,
    ends: SmallVec<[u32; 16]>,
}

impl Gathered {
    fn end(&mut self) {
        self.ends.push(self.words.len() as u32);
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let list = &self.words[start..*end as usize];
            start = *end as usize;
            list
        })
    }

    /// How many different words stand in every list; of no lists, none.
    pub fn common(&self) -> usize {
        let mut lists = self.iter();
        let first = lists.next().unwrap_or_default();
        let is_first = |at: usize| !first[..at].contains(&first[at]);
        let everywhere = |word: &u32| self.iter().skip(1).all(|list| list.contains(word));
        (0..first.len()).filter(|at| is_first(*at) && everywhere(&first[*at])).count()
    }
}

/// The least and the most players that still come into some teams; anybody, where nothing is said.
pub(super) fn extra(teams: &[usize], coming: Option<&Coming>) -> (f64, f64) {
    coming.map_or((0.0, f64::INFINITY), |coming| super::value::extra(teams, coming))
}
