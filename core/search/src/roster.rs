//! Every active ticket of a realm and its players, by number: search compares no texts.

use std::sync::Arc;

use matchwright_engine::Asked;
use matchwright_model::{ById, MatchmakerName, PlayerId, SetById, TicketId, Timestamp};
use smallvec::SmallVec;

use crate::pool::Entry;

/// A ticket while it is known; free for another after that.
pub(crate) type Number = u32;

/// Tickets and players that search has heard of and that are not over.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// Boxed, so that growing moves little.
    tickets: Vec<Option<Box<Known>>>,
    free: Vec<Number>,
    numbers: ById<TicketId, Number>,
    /// By player; most have one.
    tickets_of: ById<PlayerId, SmallVec<[Number; 1]>>,
    /// In a live match: their other tickets wait until it ends.
    busy: SetById<PlayerId>,
    arrivals: u64,
}

#[derive(Debug)]
pub(crate) struct Known {
    pub asked: Arc<Asked>,
    pub started_at: Timestamp,
    /// Order of arrival.
    pub sequence: u64,
    pub is_searching: bool,
    /// In a proposal that the writer has not answered yet.
    pub is_proposed: bool,
    /// As it stands in its matchmaker's pool.
    pub entry: Option<Arc<Entry>>,
    /// Per rule, how often it held and failed on sets with this ticket (D-119). Empty: never looked at.
    pub counts: Box<[(u64, u64)]>,
}

impl Roster {
    pub fn learn(&mut self, asked: &Arc<Asked>, started_at: Timestamp) -> Number {
        self.arrivals += 1;
        let known = Known {
            asked: asked.clone(),
            started_at,
            sequence: self.arrivals,
            is_searching: false,
            is_proposed: false,
            entry: None,
            counts: Box::default(),
        };
        let number = self.free.pop().unwrap_or_else(|| {
            self.tickets.push(None);
            self.tickets.len() as Number - 1
        });
        self.tickets[number as usize] = Some(Box::new(known));
        self.numbers.insert(asked.id.clone(), number);
        for player in asked.players.iter() {
            self.tickets_of.entry(player.id.clone()).or_default().push(number);
        }
        number
    }

    pub fn forget(&mut self, number: Number) {
        let Some(known) = self.tickets[number as usize].take() else { return };
        self.numbers.swap_remove(&known.asked.id);
        self.free.push(number);
        for player in known.asked.players.iter() {
            let Some(tickets) = self.tickets_of.get_mut(&player.id) else { continue };
            tickets.retain(|one| *one != number);
            if tickets.is_empty() {
                self.tickets_of.swap_remove(&player.id);
            }
        }
    }

    pub fn number(&self, id: &TicketId) -> Option<Number> {
        self.numbers.get(id).copied()
    }

    pub fn get(&self, number: Number) -> Option<&Known> {
        self.tickets.get(number as usize)?.as_deref()
    }

    pub fn get_mut(&mut self, number: Number) -> Option<&mut Known> {
        self.tickets.get_mut(number as usize)?.as_deref_mut()
    }

    /// Tickets of a matchmaker in the order of their arrival. Looks at all: not for what happens with every change.
    pub fn of_matchmaker(&self, matchmaker: &MatchmakerName) -> Vec<Number> {
        let all = self
            .tickets
            .iter()
            .enumerate()
            .filter_map(|(number, known)| Some((number as Number, known.as_ref()?)));
        let mut of_it: Vec<(u64, Number)> = all
            .filter(|(_, known)| known.asked.matchmaker == *matchmaker)
            .map(|(number, known)| (known.sequence, number))
            .collect();
        of_it.sort_unstable();
        of_it.into_iter().map(|(_, number)| number).collect()
    }

    pub fn tickets_of(&self, player: &PlayerId) -> SmallVec<[Number; 1]> {
        self.tickets_of.get(player).cloned().unwrap_or_default()
    }

    /// One of its players is in a live match.
    pub fn is_busy(&self, known: &Known) -> bool {
        known.asked.players.iter().any(|player| self.busy.contains(&player.id))
    }

    pub fn set_busy(&mut self, player: &PlayerId, is_busy: bool) {
        match is_busy {
            true => drop(self.busy.insert(player.clone())),
            false => drop(self.busy.swap_remove(player)),
        }
    }
}
