//! A map by id: found without a search, listed in an order that no hash decides.

use indexmap::{IndexMap, IndexSet};

/// What is kept by an id, in the order of arrival and removal. The one hash map that the core may use.
///
/// Ids come from outside, but their hashes show nowhere and are seeded anew in every process: nobody can choose ids
/// that collide without having watched this process for long. Each ticket is looked up about a dozen times on its way,
/// so the hash is a fast one.
pub type ById<K, V> = IndexMap<K, V, foldhash::fast::RandomState>;

/// The same for what knows its own id: no second copy of it.
pub type SetById<T> = IndexSet<T, foldhash::fast::RandomState>;
