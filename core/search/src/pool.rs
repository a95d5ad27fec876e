//! Who waits at one matchmaker: tickets with their parties, in buckets whose members a match may mix, and the same
//! tickets as a crowd of numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use matchwright_model::{MatchmakerName, Player, RuleSetName, Timestamp};
use matchwright_rules::plan::{Plan, Row, Words};
use matchwright_rules::{BackfillPriority, Lineup, Party, RuleSet, Tier, TierSpan};

use crate::bucket::Bucket;
use crate::intake::Intake;
use crate::roster::{Known, Number};
use crate::sweep::Stretch;
use crate::{Anchor, Crowd, Limits, Picked, SearchSettings, Slot};

/// The total order of tickets: backfill priority, then age, then arrival (D-96, D-97). The least is the anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    /// The class, the seats to fill and the time of the start in one, in this order: thousands of ranks are compared.
    first: u64,
    sequence: u64,
}

/// Bits of [`Rank::first`] that tell when the ticket started, as milliseconds; enough for 8,900 years.
const STARTED_BITS: u32 = 48;
/// Bits that tell how many seats are to be filled, if these are enough; else the most that they can tell.
const OPEN_BITS: u32 = 14;

impl Rank {
    pub fn new(class: u8, started_at: Timestamp, sequence: u64) -> Self {
        let started = started_at.0.min((1 << STARTED_BITS) - 1);
        Self { first: u64::from(class) << (OPEN_BITS + STARTED_BITS) | started, sequence }
    }

    /// Behind those of its class that are to fill fewer seats.
    pub fn to_fill(self, open: u32) -> Self {
        let open = u64::from(open).min((1 << OPEN_BITS) - 1);
        Self { first: self.first | open << STARTED_BITS, ..self }
    }

    /// Backfill priority: 0 before 1 before 2.
    pub fn class(self) -> u8 {
        (self.first >> (OPEN_BITS + STARTED_BITS)) as u8
    }

    pub fn started_at(self) -> Timestamp {
        Timestamp(self.first & ((1 << STARTED_BITS) - 1))
    }
}

/// A ticket that waits.
#[derive(Debug)]
pub(crate) struct Entry {
    pub number: Number,
    pub rank: Rank,
    pub party: Arc<Party>,
    pub seats: Seats,
    /// Its bucket.
    pub key: u32,
    /// Per tier, the regions near enough for all of its members. Empty: regions play no part.
    pub regions: Box<[u64]>,
}

/// Where the players of a ticket sit.
#[derive(Debug)]
pub(crate) enum Seats {
    /// Nowhere yet. Their numbers and words are those of the ticket's place in the crowd.
    Open(Slot),
    /// In a game that runs: a backfill ticket has no place in the crowd, every match around one begins with it.
    Taken(Box<Taken>),
}

/// The seats of a backfill ticket.
#[derive(Debug)]
pub(crate) struct Taken {
    /// The team of each member, by index.
    pub teams: Vec<usize>,
    /// The plan's numbers of the members in each team.
    pub rows: Vec<(usize, Row)>,
    /// The texts of the members in each team, where the plan keeps any.
    pub words: Vec<(usize, Words)>,
}

impl Entry {
    pub fn size(&self) -> u32 {
        self.party.members.len() as u32
    }

    /// Seats its members: in a team, or where its backfill says.
    pub fn join(&self, lineup: &mut Lineup, team: Option<usize>) {
        match (team, &self.seats) {
            (Some(team), _) => lineup.push(self.party.clone(), team),
            (None, Seats::Taken(taken)) => lineup.push_seated(self.party.clone(), &taken.teams),
            (None, Seats::Open(_)) => unreachable!("only a backfill ticket brings its seats"),
        }
    }

    /// The sum of a number of the plan's rows over its members.
    pub fn sum(&self, crowd: &Crowd, number: usize) -> f64 {
        match &self.seats {
            Seats::Open(slot) => crowd.row(*slot)[number],
            Seats::Taken(taken) => taken.rows.iter().map(|(_, row)| row[number]).sum(),
        }
    }

    /// One of its members has the text that a column counts.
    pub fn has(&self, crowd: &Crowd, column: usize) -> bool {
        self.sum(crowd, column + 1) > 0.0
    }

    pub fn is_backfill(&self) -> bool {
        matches!(self.seats, Seats::Taken(_))
    }

    /// Its place in the crowd.
    pub fn slot(&self) -> Option<Slot> {
        match self.seats {
            Seats::Open(slot) => Some(slot),
            Seats::Taken(_) => None,
        }
    }

    /// Regions near enough at some tier of these.
    pub fn regions_at(&self, tiers: TierSpan) -> u64 {
        match self.regions.get(usize::from(tiers.low.0)..=usize::from(tiers.high.0)) {
            Some(masks) => masks.iter().fold(0, |all, one| all | one),
            None => u64::MAX,
        }
    }
}

/// A match as found in a crowd: its tickets, each with its team; a backfill ticket has none.
pub(crate) struct Sought<'p> {
    pub units: Vec<(&'p Entry, Option<usize>)>,
    pub is_full: bool,
}

#[derive(Debug)]
pub(crate) struct Pool {
    pub matchmaker: MatchmakerName,
    pub rule_set: RuleSetName,
    pub rules: Arc<RuleSet>,
    pub plan: Arc<Plan>,
    /// Seats that a match leaves open for others (D-116).
    pub reserved_seats: u32,
    /// Of two backfills the one that is to fill fewer seats goes first.
    fullest_first: bool,
    intake: Intake,
    pub crowd: Crowd,
    buckets: BTreeMap<u32, Bucket>,
    /// Whose slot it is.
    owners: Vec<Option<Arc<Entry>>>,
}

impl Pool {
    pub fn new(
        matchmaker: MatchmakerName,
        rule_set: RuleSetName,
        rules: Arc<RuleSet>,
        reserved_seats: u32,
        settings: &SearchSettings,
    ) -> Self {
        let plan = Arc::new(Plan::of(&rules, settings.party_policy));
        let crowd = Crowd::new(rules.clone(), plan.clone());
        let (buckets, owners) = (BTreeMap::new(), Vec::new());
        let intake = Intake::new(plan.clone());
        let fullest_first = settings.fullest_first;
        Self {
            matchmaker,
            rule_set,
            rules,
            plan,
            reserved_seats,
            fullest_first,
            intake,
            crowd,
            buckets,
            owners,
        }
    }

    /// What orders backfills among themselves, where they stand apart from new tickets.
    fn seats_to_fill(&self, class: u8, known: &Known) -> u32 {
        if !self.fullest_first || !known.asked.is_backfill() || class == PLAIN {
            return 0;
        }
        let most: u32 = self.rules.teams.iter().map(|team| team.max_players.0[0]).sum();
        most.saturating_sub(known.asked.players.len() as u32)
    }

    /// Takes a ticket in, in its first tier until it is promoted; `None` when it does not fit the rule set (it then
    /// waits for its deadline, D-22).
    pub fn insert(&mut self, number: Number, known: &Known) -> Option<Arc<Entry>> {
        let party = Party::bind(&self.rules, &known.asked.players).ok()?;
        let team_of = |player: &Player| self.rules.team(player.team.as_ref()?.as_str());
        let teams_of_all = || known.asked.players.iter().map(team_of).collect::<Option<Vec<usize>>>();
        let teams = if known.asked.is_backfill() { Some(teams_of_all()?) } else { None };
        let class = class(self.rules.algorithm.backfill_priority, known.asked.is_backfill());
        let rank =
            Rank::new(class, known.started_at, known.sequence).to_fill(self.seats_to_fill(class, known));
        let guest = self.intake.guest(&party, Tier(0))?;
        let seats = match teams {
            Some(teams) => {
                let words = self.intake.seated(&party, &teams, &guest);
                Seats::Taken(Box::new(Taken { rows: self.plan.rows_seated(&party, &teams), words, teams }))
            }
            None => Seats::Open(self.crowd.insert(&guest)),
        };
        let (party, regions) = (Arc::new(party), guest.regions.into_boxed_slice());
        let entry = Arc::new(Entry { number, rank, party, seats, key: guest.key, regions });
        if let Some(slot) = entry.slot() {
            self.owners.resize(self.owners.len().max(slot as usize + 1), None);
            self.owners[slot as usize] = Some(entry.clone());
        }
        self.buckets.entry(entry.key).or_default().insert(entry.clone());
        Some(entry)
    }

    /// Lets a ticket go that stands here.
    pub fn remove(&mut self, entry: &Entry) {
        let Some(bucket) = self.buckets.get_mut(&entry.key) else { return };
        bucket.remove(entry.rank);
        if bucket.is_empty() {
            self.buckets.remove(&entry.key);
        }
        match &entry.seats {
            Seats::Open(slot) => {
                self.intake.forget(entry.key, &entry.regions, self.crowd.words(*slot).into_iter());
                self.crowd.remove(*slot);
                self.owners[*slot as usize] = None;
            }
            Seats::Taken(taken) => {
                self.intake.forget(entry.key, &entry.regions, taken.words.iter().map(|(_, words)| words));
            }
        }
    }

    /// A ticket has waited into the tier of its age.
    pub fn promote(&mut self, entry: &Entry, now: Timestamp) {
        if let Some(slot) = entry.slot() {
            self.crowd.promote(slot, self.rules.tier(now.since(entry.rank.started_at())));
        }
    }

    /// The tickets that a match may mix, in rank order.
    pub fn bucket(&self, key: u32) -> Option<&Bucket> {
        self.buckets.get(&key)
    }

    /// A match around a ticket out of the crowd.
    pub fn seek<'p>(&'p self, entry: &'p Entry, now: Timestamp, limits: Limits) -> Option<Sought<'p>> {
        let mut without = Vec::new();
        loop {
            let sought = self.seek_without(entry, now, limits, &without)?;
            // A backfill ticket lists players of a running game; one of them may also wait for another.
            let listed = |other: &Entry| {
                let mut members = other.party.members.iter();
                members.any(|member| entry.party.members.iter().any(|one| one.id == member.id))
            };
            let twice =
                sought.units.iter().filter(|(other, _)| entry.is_backfill() && other.rank != entry.rank);
            let twice: Vec<Slot> =
                twice.filter(|(other, _)| listed(other)).filter_map(|(other, _)| other.slot()).collect();
            if twice.is_empty() {
                return Some(sought);
            }
            without.extend(twice);
        }
    }

    fn seek_without<'p>(
        &'p self,
        entry: &'p Entry,
        now: Timestamp,
        limits: Limits,
        without: &[Slot],
    ) -> Option<Sought<'p>> {
        let tier: Tier = self.rules.tier(now.since(entry.rank.started_at()));
        let anchor = match &entry.seats {
            Seats::Open(slot) => Anchor::Ticket(*slot),
            Seats::Taken(taken) => {
                let (Taken { rows, words, .. }, Entry { key, regions, .. }) = (&**taken, entry);
                Anchor::Backfill { rows, words, key: *key, tier, regions, without }
            }
        };
        let mut sought = self.owned(&self.crowd.seek(anchor, limits)?)?;
        if entry.is_backfill() {
            sought.units.insert(0, (entry, None));
        }
        Some(sought)
    }

    /// Whose the slots of a match are.
    fn owned(&self, picked: &Picked) -> Option<Sought<'_>> {
        let of_slot = |slot: Slot| self.owners[slot as usize].as_deref();
        let units = picked.units.iter().map(|(slot, team)| Some((of_slot(*slot)?, Some(*team))));
        Some(Sought { units: units.collect::<Option<_>>()?, is_full: picked.is_full })
    }

    /// The stretches of buckets with so many tickets.
    pub fn stretches(&self, tickets_min: usize) -> Vec<Stretch> {
        self.crowd.stretches(tickets_min)
    }

    /// Full matches around the tickets of a stretch that are accepted; they are claimed.
    pub fn walk<T>(
        &self,
        stretch: &Stretch,
        limits: Limits,
        mut accept: impl FnMut(Sought<'_>) -> Option<T>,
    ) -> Vec<T> {
        let found = self.crowd.walk(stretch, limits, |picked| accept(self.owned(picked)?));
        found.into_iter().map(|(_, made)| made).collect()
    }
}

/// The class of new tickets, and of backfills that have no priority.
const PLAIN: u8 = 1;

fn class(priority: BackfillPriority, backfill: bool) -> u8 {
    match (priority, backfill) {
        (BackfillPriority::High, true) => 0,
        (BackfillPriority::Low, true) => 2,
        _ => PLAIN,
    }
}
