//! The tickets of a state: found by id without a search, listed by id.

use std::ops::Index;

use matchwright_model::{ById, TicketId};

use crate::Ticket;

/// Tickets by id. What it lists comes in the order of ids, whatever happened before.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tickets {
    /// Boxed, so that growing moves little. Its own order is that of arrival and removal, and shown to nobody.
    by_id: ById<TicketId, Box<Ticket>>,
}

impl Tickets {
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub fn contains_key(&self, id: &TicketId) -> bool {
        self.by_id.contains_key(id)
    }

    pub fn get(&self, id: impl AsRef<str>) -> Option<&Ticket> {
        self.by_id.get(id.as_ref()).map(|ticket| &**ticket)
    }

    /// All of them, by id. Sorts: not for what happens with every request.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Ticket> {
        let mut all: Vec<&Ticket> = self.by_id.values().map(|ticket| &**ticket).collect();
        all.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        all.into_iter()
    }

    pub(crate) fn get_mut(&mut self, id: &TicketId) -> Option<&mut Ticket> {
        self.by_id.get_mut(id).map(|ticket| &mut **ticket)
    }

    pub(crate) fn insert(&mut self, ticket: Ticket) {
        self.by_id.insert(ticket.id.clone(), Box::new(ticket));
    }

    pub(crate) fn remove(&mut self, id: &TicketId) -> Option<Ticket> {
        self.by_id.swap_remove(id).map(|ticket| *ticket)
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
