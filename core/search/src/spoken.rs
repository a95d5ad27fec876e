//! The words of a crowd's tickets by slot, and those of a match in the making. Nothing where the plan keeps none.

use matchwright_rules::plan::{Company, Words};

use crate::crowd::Slot;
use crate::split::Unit;

/// Words by slot. Those of a ticket that left stay until its slot is another's; nobody asks for them.
#[derive(Debug, Default)]
pub(crate) struct Spoken {
    by_slot: Vec<Option<Words>>,
}

impl Spoken {
    pub fn set(&mut self, slot: Slot, words: Option<&Words>) {
        let Some(words) = words else { return };
        let at = slot as usize;
        self.by_slot.resize(self.by_slot.len().max(at + 1), None);
        self.by_slot[at] = Some(words.clone());
    }

    pub fn of(&self, slot: Slot) -> Option<&Words> {
        self.by_slot.get(slot as usize)?.as_ref()
    }

    /// Those of a game that runs, of the tickets seated so far, and of one more.
    pub fn company<'c>(
        &'c self,
        game: &'c [(usize, Words)],
        units: &[Unit<'_>],
        one: Option<(Slot, usize)>,
    ) -> Company<'c> {
        if self.by_slot.is_empty() && game.is_empty() {
            return Company::default();
        }
        let mut company = Company::with_capacity(game.len() + units.len() + 1);
        game.iter().for_each(|(team, words)| company.seat(*team, words));
        let seated = units.iter().map(|unit| (unit.slot, unit.team)).chain(one);
        for (slot, team) in seated {
            if let Some(words) = self.of(slot) {
                company.seat(team, words);
            }
        }
        company
    }

    pub fn bytes(&self) -> usize {
        let each = self.by_slot.iter().flatten().map(|words| words.bytes());
        self.by_slot.capacity() * size_of::<Option<Words>>() + each.sum::<usize>()
    }
}
