//! The engine's search over a pool, timed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use matchwright_model::{PartyPolicy, Timestamp};
use matchwright_rules::plan::Plan;
use matchwright_rules::{Party, RuleSet};
use matchwright_search::{Anchor, Crowd, Guest, Intake, Limits, Picked, Slot};

use crate::clock::thread_time;
use crate::quality::{Made, is_match};
use crate::workload::Ticket;

/// What the searches of a run may take: the defaults of the server.
const LIMITS: Limits = Limits { players: u32::MAX, looks: 256 };

/// Tickets ready for a crowd.
#[derive(Debug)]
pub struct Pool<'t> {
    rules: Arc<RuleSet>,
    plan: Arc<Plan>,
    tickets: &'t [Ticket],
    now: Timestamp,
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
    /// What the workers of a sweep took, the slowest of them; nothing where the pool was not swept.
    pub sweep: Duration,
    /// Until everybody had been served or given up.
    pub serve: Duration,
    /// Of the crowd when everybody stood in it.
    pub bytes: usize,
    /// Anchors that found nothing.
    pub hopeless: usize,
    /// The longest search from one anchor; nothing where steps are not timed.
    pub worst_step: Duration,
    /// Spots of tickets that left for each spot of one that waits, when half of the anchors had been served.
    pub stale: f64,
}

impl Pass {
    /// All of it.
    pub fn took(&self) -> Duration {
        self.insert + self.sweep + self.serve
    }
}

/// A crowd and whose its slots are.
struct Standing {
    crowd: Crowd,
    slots: Vec<Slot>,
    owners: Vec<u32>,
}

impl Standing {
    fn made(&self, picked: &Picked) -> Made {
        let seats = picked.units.iter().map(|(slot, team)| (self.owners[*slot as usize], *team as u8));
        Made { seats: seats.collect() }
    }
}

impl<'t> Pool<'t> {
    /// Turns tickets into numbers, which is not measured: the baseline has its parties made too.
    pub fn new(rules: RuleSet, tickets: &'t [Ticket], now: Timestamp) -> Self {
        let rules = Arc::new(rules);
        let plan = Arc::new(Plan::of(&rules, PartyPolicy::Individual));
        let mut intake = Intake::new(plan.clone());
        let guest = |ticket: &Ticket| {
            let party = Party::bind(&rules, &ticket.players).expect("tickets of the workload fit its rules");
            let tier = rules.tier(now.since(ticket.started_at));
            intake.guest(&party, tier).expect("parties of the workload are of one mind")
        };
        let guests = tickets.iter().map(guest).collect();
        let mut order: Vec<usize> = (0..tickets.len()).collect();
        order.sort_by_key(|index| (tickets[*index].started_at, *index));
        Self { rules, plan, tickets, now, guests, order }
    }

    /// Everybody comes, then everybody is an anchor once, oldest first. With `steps`, every step is timed.
    pub fn anchors(&self, steps: bool) -> Pass {
        let mut pass = Pass::default();
        let started = thread_time();
        let mut crowd = Crowd::new(self.rules.clone(), self.plan.clone());
        let slots: Vec<Slot> = self.guests.iter().map(|guest| crowd.insert(guest)).collect();
        pass.insert = thread_time() - started;
        let mut standing = self.standing(crowd, slots);
        pass.bytes = standing.crowd.bytes();
        let started = thread_time();
        self.serve(&mut standing, &mut pass, steps);
        pass.serve = thread_time() - started;
        pass
    }

    /// Everybody comes at once, the crowd is swept by so many workers, and who is left over is an anchor, oldest first.
    pub fn sweep(&self, workers: usize) -> Pass {
        let mut pass = Pass::default();
        let started = thread_time();
        let mut crowd = Crowd::new(self.rules.clone(), self.plan.clone());
        let slots = crowd.extend(&self.guests);
        pass.insert = thread_time() - started;
        let mut standing = self.standing(crowd, slots);
        pass.bytes = standing.crowd.bytes();
        let (found, slowest) = self.walk(&standing, workers);
        pass.sweep = slowest;
        let started = thread_time();
        for (picked, made) in found {
            pass.matches.push(made);
            picked.units.iter().for_each(|(slot, _)| standing.crowd.remove(*slot));
        }
        self.serve(&mut standing, &mut pass, false);
        pass.serve = thread_time() - started;
        pass
    }

    /// The workers take one stretch after the other. What they found, and the processor time of the one who took longest.
    fn walk(&self, standing: &Standing, workers: usize) -> (Vec<(Picked, Made)>, Duration) {
        let (stretches, next) = (standing.crowd.stretches(0), AtomicUsize::new(0));
        let walk = || {
            let started = thread_time();
            let mut found = Vec::new();
            while let Some(stretch) = stretches.get(next.fetch_add(1, Ordering::Relaxed)) {
                found.extend(standing.crowd.walk(stretch, LIMITS, |picked| {
                    let made = standing.made(picked);
                    self.is_accepted(picked, &made).then_some(made)
                }));
            }
            (found, thread_time() - started)
        };
        std::thread::scope(|scope| {
            let walks: Vec<_> = (0..workers).map(|_| scope.spawn(walk)).collect();
            let walked = walks.into_iter().map(|walk| walk.join().expect("a walk does not panic"));
            walked.fold((Vec::new(), Duration::ZERO), |(mut all, slowest), (found, took)| {
                all.extend(found);
                (all, slowest.max(took))
            })
        })
    }

    /// Of a sweep by one worker the longest walk of a stretch, which nothing cuts.
    pub fn longest_stretch(&self) -> Duration {
        let mut crowd = Crowd::new(self.rules.clone(), self.plan.clone());
        crowd.extend(&self.guests);
        let walked = crowd.stretches(0).into_iter().map(|stretch| {
            let started = thread_time();
            drop(crowd.walk(&stretch, LIMITS, |_| Some(())));
            thread_time() - started
        });
        walked.max().unwrap_or_default()
    }

    fn standing(&self, crowd: Crowd, slots: Vec<Slot>) -> Standing {
        let mut owners = vec![0; slots.len()];
        slots.iter().enumerate().for_each(|(ticket, slot)| owners[*slot as usize] = ticket as u32);
        Standing { crowd, slots, owners }
    }

    /// Numbers that stand too close to a limit are left to the judge.
    fn is_accepted(&self, picked: &Picked, made: &Made) -> bool {
        picked.is_sure || is_match(&self.rules, self.tickets, self.now, made)
    }

    fn serve(&self, standing: &mut Standing, pass: &mut Pass, steps: bool) {
        for (served, ticket) in self.order.iter().enumerate() {
            if served * 2 == self.order.len() {
                let (spots, stale) = standing.crowd.spots();
                pass.stale = stale as f64 / (spots - stale).max(1) as f64;
            }
            let slot = standing.slots[*ticket];
            if !standing.crowd.holds(slot) {
                continue;
            }
            let before = steps.then(thread_time);
            let picked = standing.crowd.seek(Anchor::Ticket(slot), LIMITS);
            if let Some(before) = before {
                pass.worst_step = pass.worst_step.max(thread_time() - before);
            }
            let found = picked.map(|picked| (standing.made(&picked), picked));
            match found.filter(|(made, picked)| self.is_accepted(picked, made)) {
                Some((made, picked)) => {
                    pass.matches.push(made);
                    picked.units.iter().for_each(|(slot, _)| standing.crowd.remove(*slot));
                }
                None => pass.hopeless += 1,
            }
        }
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
