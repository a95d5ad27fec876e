//! Small numbers for values that many tickets share, each as long as somebody has it.

use std::borrow::Borrow;
use std::hash::Hash;

use matchwright_model::ById;

/// Values by number. A number that nobody has any more is given to the next new value.
#[derive(Debug)]
pub(crate) struct Numbers<T> {
    by_value: ById<T, u32>,
    /// By number: the value, and how many have it.
    list: Vec<(T, u32)>,
    free: Vec<u32>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { by_value: ById::default(), list: Vec::new(), free: Vec::new() }
    }
}

impl<T: Eq + Hash + Clone> Numbers<T> {
    /// The number of a value that somebody has already, for one more.
    pub fn share<Q: Eq + Hash + ?Sized>(&mut self, value: &Q) -> Option<u32>
    where
        T: Borrow<Q>,
    {
        let number = *self.by_value.get(value)?;
        self.list[number as usize].1 += 1;
        Some(number)
    }

    /// A number for a value that nobody has yet.
    pub fn add(&mut self, value: T) -> u32 {
        let number = self.free.pop().unwrap_or(self.list.len() as u32);
        self.by_value.insert(value.clone(), number);
        match self.list.get_mut(number as usize) {
            Some(place) => *place = (value, 1),
            None => self.list.push((value, 1)),
        }
        number
    }

    /// One fewer has it.
    pub fn give_back(&mut self, number: u32) {
        let (value, holders) = &mut self.list[number as usize];
        *holders -= 1;
        if *holders == 0 {
            self.by_value.swap_remove(value);
            self.free.push(number);
        }
    }

    pub fn get(&self, number: u32) -> &T {
        &self.list[number as usize].0
    }

    /// Values that somebody has.
    pub fn len(&self) -> usize {
        self.by_value.len()
    }

    pub fn bytes(&self) -> usize {
        self.list.capacity() * (size_of::<(T, u32)>() * 2 + size_of::<u32>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_free_again_once_nobody_has_its_value() {
        let mut numbers = Numbers::<String>::default();
        assert_eq!(numbers.share("tea"), None);
        assert_eq!(
            (numbers.add("tea".into()), numbers.add("milk".into()), numbers.share("tea")),
            (0, 1, Some(0))
        );
        numbers.give_back(0);
        assert_eq!((numbers.share("tea"), numbers.len()), (Some(0), 2), "one still has it, and then two");
        numbers.give_back(0);
        numbers.give_back(0);
        assert_eq!((numbers.share("tea"), numbers.len()), (None, 1));
        assert_eq!((numbers.add("rum".into()), numbers.get(0).as_str()), (0, "rum"));
    }
}
