//! The tickets of a state: found by id without a search, listed by id.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::ops::Index;

use indexmap::set::MutableValues;
use matchwright_model::{SetById, TicketId};

use crate::Ticket;

/// Tickets by id. What it lists comes in the order of ids, whatever happened before.
#[derive(Debug, Clone, Default)]
pub struct Tickets {
    /// Its own order is that of arrival and removal, and shown to nobody.
    by_id: SetById<Kept>,
}

/// A ticket, found by the id that it has itself. Boxed, so that growing moves little.
#[derive(Debug, Clone)]
struct Kept(Box<Ticket>);

impl Tickets {
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub fn contains_key(&self, id: &TicketId) -> bool {
        self.by_id.contains(id.as_str())
    }

    pub fn get(&self, id: impl AsRef<str>) -> Option<&Ticket> {
        self.by_id.get(id.as_ref()).map(|kept| &*kept.0)
    }

    /// All of them, by id. Sorts: not for what happens with every request.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Ticket> {
        let mut all: Vec<&Ticket> = self.by_id.iter().map(|kept| &*kept.0).collect();
        all.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        all.into_iter()
    }

    pub(crate) fn get_mut(&mut self, id: &TicketId) -> Option<&mut Ticket> {
        self.by_id.get_full_mut2(id.as_str()).map(|(_, kept)| &mut *kept.0)
    }

    pub(crate) fn insert(&mut self, ticket: Ticket) {
        self.by_id.replace(Kept(Box::new(ticket)));
    }

    pub(crate) fn remove(&mut self, id: &TicketId) -> Option<Ticket> {
        self.by_id.swap_take(id.as_str()).map(|kept| *kept.0)
    }
}

impl<I: AsRef<str>> Index<I> for Tickets {
    type Output = Ticket;

    /// # Panics
    /// When there is no such ticket.
    fn index(&self, id: I) -> &Ticket {
        self.get(&id).unwrap_or_else(|| panic!("there is no ticket {}", id.as_ref()))
    }
}

impl PartialEq for Tickets {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.by_id.iter().all(|kept| other.get(&kept.0.id) == Some(&*kept.0))
    }
}

impl Borrow<str> for Kept {
    fn borrow(&self) -> &str {
        self.0.id.as_str()
    }
}

impl Hash for Kept {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Kept {}
