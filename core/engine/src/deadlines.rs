//! What ends by itself, and when.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use matchwright_model::{MatchId, TicketId, Timestamp};
use smallvec::SmallVec;

/// Something that ends by itself. The order decides who goes first at the same millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due<'a> {
    Acceptance(MatchId),
    Request(&'a TicketId),
    Retention(&'a TicketId),
}

/// Deadlines by time, each once. A calendar for each kind: of one kind they come mostly in the order of their times.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Deadlines {
    acceptances: Calendar<MatchId>,
    requests: Calendar<TicketId>,
    retentions: Calendar<TicketId>,
}

impl Deadlines {
    /// The next first.
    pub fn iter(&self) -> impl Iterator<Item = (Timestamp, Due<'_>)> {
        let acceptances = self.acceptances.iter().map(|(at, id)| (at, Due::Acceptance(*id)));
        let requests = self.requests.iter().map(|(at, id)| (at, Due::Request(id)));
        let retentions = self.retentions.iter().map(|(at, id)| (at, Due::Retention(id)));
        merge(acceptances, merge(requests, retentions))
    }

    pub fn insert(&mut self, at: Timestamp, due: Due<'_>) {
        match due {
            Due::Acceptance(id) => self.acceptances.insert(at, &id),
            Due::Request(id) => self.requests.insert(at, id),
            Due::Retention(id) => self.retentions.insert(at, id),
        }
    }

    pub fn remove(&mut self, at: Timestamp, due: Due<'_>) {
        match due {
            Due::Acceptance(id) => self.acceptances.remove(at, &id),
            Due::Request(id) => self.requests.remove(at, id),
            Due::Retention(id) => self.retentions.remove(at, id),
        }
    }
}

/// Ids by time. What begins together ends together: it shares an entry.
#[derive(Debug, Clone, PartialEq)]
struct Calendar<T> {
    /// Sorted at each time; no time is empty.
    at: BTreeMap<Timestamp, SmallVec<[T; 1]>>,
}

impl<T> Default for Calendar<T> {
    fn default() -> Self {
        Self { at: BTreeMap::new() }
    }
}

impl<T: Ord + Clone> Calendar<T> {
    fn iter(&self) -> impl Iterator<Item = (Timestamp, &T)> {
        self.at.iter().flat_map(|(at, ids)| ids.iter().map(|id| (*at, id)))
    }

    fn insert(&mut self, at: Timestamp, id: &T) {
        let ids = match self.at.last_entry() {
            Some(last) if *last.key() == at => last.into_mut(),
            _ => self.at.entry(at).or_default(),
        };
        if let Err(place) = ids.binary_search(id) {
            ids.insert(place, id.clone());
        }
    }

    fn remove(&mut self, at: Timestamp, id: &T) {
        let Entry::Occupied(mut ids) = self.at.entry(at) else { return };
        if let Ok(place) = ids.get().binary_search(id) {
            ids.get_mut().remove(place);
        }
        if ids.get().is_empty() {
            ids.remove();
        }
    }
}

/// Two rows, each in order, as one.
fn merge<T: Ord>(one: impl Iterator<Item = T>, other: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(here), Some(there)) if there < here => other.next(),
        (None, _) => other.next(),
        _ => one.next(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_comes_first_and_each_once() {
        let [a, b, c] = ["a", "b", "c"].map(TicketId::from);
        let mut deadlines = Deadlines::default();
        for (at, due) in
            [(2, Due::Request(&b)), (2, Due::Request(&a)), (1, Due::Request(&c)), (2, Due::Request(&b))]
        {
            deadlines.insert(Timestamp(at), due);
        }
        assert_eq!(found(&deadlines), [(1, Due::Request(&c)), (2, Due::Request(&a)), (2, Due::Request(&b))]);
        deadlines.remove(Timestamp(1), Due::Request(&c));
        deadlines.remove(Timestamp(2), Due::Request(&"nobody".into()));
        deadlines.remove(Timestamp(2), Due::Request(&a));
        assert_eq!(found(&deadlines), [(2, Due::Request(&b))]);
        deadlines.remove(Timestamp(2), Due::Request(&b));
        assert_eq!(deadlines, Deadlines::default(), "no empty time is left");
    }

    #[test]
    fn kinds_are_listed_together_by_time() {
        let (a, b, made) = ("a".into(), "b".into(), MatchId::new(7));
        let sorted = [
            (1, Due::Retention(&b)),
            (2, Due::Acceptance(made)),
            (2, Due::Request(&b)),
            (2, Due::Retention(&a)),
            (3, Due::Request(&a)),
        ];
        let mut deadlines = Deadlines::default();
        sorted.iter().rev().for_each(|(at, due)| deadlines.insert(Timestamp(*at), *due));
        assert_eq!(found(&deadlines), sorted);
    }

    fn found(deadlines: &Deadlines) -> Vec<(u64, Due<'_>)> {
        deadlines.iter().map(|(at, due)| (at.0, due)).collect()
    }
}
