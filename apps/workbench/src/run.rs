//! The engine's search over a pool, timed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use matchwright_model::{PartyPolicy, Timestamp};
use matchwright_rules::plan::Plan;
use matchwright_rules::{Party, RuleSet};
use matchwright_search::{Anchor, Crowd, Guest, Intake, Limits, Slot};

use crate::clock::thread_time;
use crate::quality::Made;
use crate::workload::Ticket;

/// What the searches of a run may take: the defaults of the server.
const LIMITS: Limits = Limits { players: u32::MAX, looks: 256 };

/// Tickets ready for a crowd.
#[derive(Debug)]
pub struct Pool {
    rules: Arc<RuleSet>,
    plan: Arc<Plan>,
    guests: Vec<Guest>,
    /// Oldest first.
    order: Vec<usize>,
}

/// A pass over a pool.
#[derive(Debug, Clone, Default)]
pub struct Pass {
    pub matches: Vec<Made>,
    /// Until everybody stood in the crowd.
    pub insert: Duration,
    /// Until everybody had been served or given up.
    pub serve: Duration,
    /// Of the crowd when everybody stood in it.
    pub bytes: usize,
    /// Anchors that found nothing.
    pub hopeless: usize,
    /// The longest search from one anchor; nothing where steps are not timed.
    pub worst_step: Duration,
}

impl Pool {
    /// Turns tickets into numbers, which is not measured: the baseline has its parties made too.
    pub fn new(rules: RuleSet, tickets: &[Ticket], now: Timestamp) -> Self {
        let rules = Arc::new(rules);
        let plan = Arc::new(Plan::of(&rules, PartyPolicy::Individual));
        let mut intake = Intake::default();
        let guest = |ticket: &Ticket| {
            let party = Party::bind(&rules, &ticket.players).expect("tickets of the workload fit its rules");
            let tier = rules.tier(now.since(ticket.started_at));
            intake.guest(&plan, &party, tier).expect("parties of the workload are of one mind")
        };
        let guests = tickets.iter().map(guest).collect();
        let mut order: Vec<usize> = (0..tickets.len()).collect();
        order.sort_by_key(|index| (tickets[*index].started_at, *index));
        Self { rules, plan, guests, order }
    }

    /// Everybody comes, then everybody is an anchor once, oldest first. With `steps`, every step is timed.
    pub fn anchors(&self, steps: bool) -> Pass {
        let mut pass = Pass::default();
        let started = thread_time();
        let mut crowd = Crowd::new(self.rules.clone(), self.plan.clone());
        let slots: Vec<Slot> = self.guests.iter().map(|guest| crowd.insert(guest)).collect();
        pass.insert = thread_time() - started;
        pass.bytes = crowd.bytes();
        let mut owners = vec![0; slots.len()];
        slots.iter().enumerate().for_each(|(ticket, slot)| owners[*slot as usize] = ticket);
        let started = thread_time();
        for ticket in &self.order {
            if !crowd.holds(slots[*ticket]) {
                continue;
            }
            let before = steps.then(thread_time);
            let picked = crowd.seek(Anchor::Ticket(slots[*ticket]), LIMITS);
            if let Some(before) = before {
                pass.worst_step = pass.worst_step.max(thread_time() - before);
            }
            match picked {
                Some(picked) => {
                    let seats =
                        picked.units.iter().map(|(slot, team)| (owners[*slot as usize] as u32, *team as u8));
                    pass.matches.push(Made { seats: seats.collect() });
                    picked.units.iter().for_each(|(slot, _)| crowd.remove(*slot));
                }
                None => pass.hopeless += 1,
            }
        }
        pass.serve = thread_time() - started;
        pass
    }

    /// Steady state: everybody stands in the crowd; then the oldest is served again and again, with his match or, where
    /// there is none, alone, and who left comes again as if new, until `rounds` have come. Time per ticket that came.
    pub fn incremental(&self, rounds: u32) -> Duration {
        let mut crowd = Crowd::new(self.rules.clone(), self.plan.clone());
        let mut slots: Vec<Slot> = self.guests.iter().map(|guest| crowd.insert(guest)).collect();
        let mut owners = vec![0; slots.len()];
        slots.iter().enumerate().for_each(|(ticket, slot)| owners[*slot as usize] = ticket);
        // A ticket that came again stands further back; its earlier turn is void.
        let mut turns = vec![0_u32; slots.len()];
        let mut queue: VecDeque<(usize, u32)> = self.order.iter().map(|ticket| (*ticket, 0)).collect();
        let (mut came, mut gone) = (0, Vec::new());
        let started = thread_time();
        while came < rounds {
            let Some((oldest, turn)) = queue.pop_front() else { break };
            if turns[oldest] != turn {
                continue;
            }
            gone.clear();
            match crowd.seek(Anchor::Ticket(slots[oldest]), LIMITS) {
                Some(picked) => gone.extend(picked.units.iter().map(|(slot, _)| owners[*slot as usize])),
                None => gone.push(oldest),
            }
            gone.iter().for_each(|ticket| crowd.remove(slots[*ticket]));
            for ticket in &gone {
                slots[*ticket] = crowd.insert(&self.guests[*ticket]);
                owners[slots[*ticket] as usize] = *ticket;
                turns[*ticket] += 1;
                queue.push_back((*ticket, turns[*ticket]));
                came += 1;
            }
        }
        (thread_time() - started) / came.max(1)
    }
}
