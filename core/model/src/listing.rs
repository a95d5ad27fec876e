//! A few entries, sorted by key: what a player brings. A map that is read and shared, never changed.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Index;
use std::sync::Arc;

/// Entries in the order of their keys, each key once. A copy costs a counter, and an empty one no memory.
///
/// Unlike a `BTreeMap` it has no room for entries to come: thousands of waiting players would pay for it.
#[derive(Clone, PartialEq)]
pub struct Listing<K, V>(Arc<[(K, V)]>);

impl<K, V> Listing<K, V> {
    pub fn new() -> Self {
        Self(Arc::default())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// By key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&K, &V)> + DoubleEndedIterator {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// In order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &K> + DoubleEndedIterator {
        self.0.iter().map(|(key, _)| key)
    }

    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let place = self.0.binary_search_by(|(own, _)| own.borrow().cmp(key)).ok()?;
        Some(&self.0[place].1)
    }

    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }
}

impl<K, V> Default for Listing<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Listing<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Borrow<Q>, Q: Ord + ?Sized, V> Index<&Q> for Listing<K, V> {
    type Output = V;

    /// # Panics
    /// When there is no such key.
    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("the key is listed")
    }
}

impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for Listing<K, V> {
    /// Sorts; of a key that comes twice the last entry stays.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let is_listed = |list: &[(K, V)]| list.is_sorted_by(|one, next| one.0 < next.0);
        // Whose length is known beforehand are written where they stay.
        let mut list: Arc<[(K, V)]> = entries.into_iter().collect();
        if list.is_empty() {
            return Self::new();
        }
        // Most come sorted, for what is stored and shown is.
        if !is_listed(&list) {
            let own = Arc::get_mut(&mut list).expect("nobody shares it yet");
            own.sort_by(|one, other| one.0.cmp(&other.0));
        }
        if !is_listed(&list) {
            let of_each_key = list.chunk_by(|one, next| one.0 == next.0);
            list = of_each_key.filter_map(|same| same.last().cloned()).collect();
        }
        Self(list)
    }
}

impl<K: Ord + Clone, V: Clone, const N: usize> From<[(K, V); N]> for Listing<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Listing;

    #[test]
    fn it_holds_what_a_map_would() {
        let cases: [&[(u8, u8)]; 6] = [
            &[],
            &[(1, 1)],
            &[(3, 1), (1, 2), (2, 3)],
            &[(1, 1), (1, 2), (1, 3)],
            &[(2, 1), (1, 2), (2, 3), (1, 4), (3, 5)],
            &[(1, 1), (2, 2), (2, 3)],
        ];
        for case in cases {
            let map: BTreeMap<u8, u8> = case.iter().copied().collect();
            let listing: Listing<u8, u8> = case.iter().copied().collect();
            assert!(map.iter().eq(listing.iter()), "{case:?} became {listing:?}, a map is {map:?}");
            assert!((0..5).all(|key| map.get(&key) == listing.get(&key)), "{case:?}");
            assert_eq!(format!("{map:?}"), format!("{listing:?}"));
            assert_eq!((map.len(), map.is_empty()), (listing.len(), listing.is_empty()));
        }
    }
}
