//! What ends by itself, and when.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use matchwright_model::{MatchId, TicketId, Timestamp};
use smallvec::SmallVec;

/// Something that ends by itself. The order decides who goes first at the same millisecond.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    Acceptance(MatchId),
    Request(TicketId),
    Retention(TicketId),
}

/// Deadlines by time, each once. Tickets that arrive together end together: they share an entry.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Deadlines {
    /// Sorted at each time; no time is empty.
    at: BTreeMap<Timestamp, SmallVec<[Due; 1]>>,
}

impl Deadlines {
    /// The next first.
    pub fn iter(&self) -> impl Iterator<Item = (Timestamp, &Due)> {
        self.at.iter().flat_map(|(at, dues)| dues.iter().map(|due| (*at, due)))
    }

    pub fn insert(&mut self, at: Timestamp, due: Due) {
        let dues = self.at.entry(at).or_default();
        if let Err(place) = dues.binary_search(&due) {
            dues.insert(place, due);
        }
    }

    pub fn remove(&mut self, at: Timestamp, due: &Due) {
        let Entry::Occupied(mut dues) = self.at.entry(at) else { return };
        if let Ok(place) = dues.get().binary_search(due) {
            dues.get_mut().remove(place);
        }
        if dues.get().is_empty() {
            dues.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_comes_first_and_each_once() {
        let request = |id: &str| Due::Request(id.into());
        let mut deadlines = Deadlines::default();
        for (at, due) in [(2, request("b")), (2, request("a")), (1, request("c")), (2, request("b"))] {
            deadlines.insert(Timestamp(at), due);
        }
        let found = |deadlines: &Deadlines| -> Vec<(u64, Due)> {
            deadlines.iter().map(|(at, due)| (at.0, due.clone())).collect()
        };
        assert_eq!(found(&deadlines), [(1, request("c")), (2, request("a")), (2, request("b"))]);
        deadlines.remove(Timestamp(1), &request("c"));
        deadlines.remove(Timestamp(2), &request("nobody"));
        deadlines.remove(Timestamp(2), &request("a"));
        assert_eq!(found(&deadlines), [(2, request("b"))]);
        deadlines.remove(Timestamp(2), &request("b"));
        assert_eq!(deadlines, Deadlines::default(), "no empty time is left");
    }
}
