//! Words that come again in nearly every request, held once: the regions that players report latency to, and what
//! their attributes are called. Players wait by the hundred thousand.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::fast::RandomState;

/// What is held for requests to come. It only grows, to its bound: a game has a few dozen of them.
#[derive(Debug, Default)]
pub(crate) struct Words(RwLock<HashSet<Arc<str>, RandomState>>);

/// More words are not held, and no longer ones: whoever sends them pays for each alone.
const WORDS_MAX: usize = 1024;
const BYTES_MAX: usize = 64;

impl Words {
    /// The word, as others have it.
    pub fn share(&self, word: &str) -> Arc<str> {
        // Each change is whole: nothing is half done where a thread died.
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(word) {
            return known.clone();
        }
        let new = Arc::from(word);
        let mut words = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if words.len() < WORDS_MAX && word.len() <= BYTES_MAX {
            words.insert(Arc::clone(&new));
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_held_once_until_there_are_too_many() {
        let words = Words::default();
        let is_shared = |word: &str| Arc::ptr_eq(&words.share(word), &words.share(word));
        assert!(is_shared("eu-west-1"));
        assert!(is_shared(&"x".repeat(BYTES_MAX)));
        assert!(!is_shared(&"x".repeat(BYTES_MAX + 1)));
        for word in 0..WORDS_MAX {
            assert_eq!(*words.share(&word.to_string()), *word.to_string());
        }
        assert!(is_shared("eu-west-1"));
        assert!(!is_shared("us-east-1"));
        assert_eq!(words.0.read().unwrap().len(), WORDS_MAX);
    }
}
