//! Pages of a long list, in the order of creation.

use crate::Timestamp;

/// A page: behind `after` in the order creation time, then name (D-15).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    pub after: Option<(Timestamp, String)>,
    pub limit: usize,
}

/// What a page holds, and where the next one begins.
pub type Paged<T> = (Vec<T>, Option<(Timestamp, String)>);

type Key<'a> = (Timestamp, &'a str);

impl Page {
    /// The page of items that come in any order.
    pub fn of<'a, T>(&self, all: impl Iterator<Item = (Key<'a>, T)>) -> Paged<T> {
        let after = self.after.as_ref().map(|(at, name)| (*at, name.as_str()));
        let mut rest: Vec<(Key<'a>, T)> =
            all.filter(|(key, _)| after.is_none_or(|after| *key > after)).collect();
        rest.sort_by_key(|(key, _)| *key);
        self.cut(rest)
    }

    /// The page of items that come in order: reads no further than it must.
    pub fn of_sorted<'a, T>(&self, all: impl Iterator<Item = (Key<'a>, T)>) -> Paged<T> {
        let after = self.after.as_ref().map(|(at, name)| (*at, name.as_str()));
        let behind = all.skip_while(|(key, _)| after.is_some_and(|after| *key <= after));
        self.cut(behind.take(self.limit + 1).collect())
    }

    fn cut<T>(&self, mut rest: Vec<(Key<'_>, T)>) -> Paged<T> {
        let more = rest.len() > self.limit;
        rest.truncate(self.limit);
        let next = rest.last().filter(|_| more).map(|((at, name), _)| (*at, (*name).to_string()));
        (rest.into_iter().map(|(_, one)| one).collect(), next)
    }
}
