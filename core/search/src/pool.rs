//! Who waits at one matchmaker, in buckets whose members a match may mix.

use std::collections::BTreeMap;
use std::sync::Arc;

use matchwright_model::{
    AttributeValue, MatchmakerName, PartyPolicy, Player, RuleSetName, TicketId, Timestamp,
};
use matchwright_rules::plan::Plan;
use matchwright_rules::{BackfillPriority, Party, RuleSet, TierSpan};

use crate::near::Regions;

/// The total order of tickets: backfill priority, then age, then arrival (D-96, D-97). The least is the anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    class: u8,
    pub started_at: Timestamp,
    sequence: u64,
}

impl Rank {
    pub fn new(class: u8, started_at: Timestamp, sequence: u64) -> Self {
        Self { class, started_at, sequence }
    }

    /// Backfill priority: 0 before 1 before 2.
    pub fn class(self) -> u8 {
        self.class
    }
}

/// A ticket that waits.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub id: TicketId,
    pub rank: Rank,
    pub party: Arc<Party>,
    /// Backfill: the team of each member, by index.
    pub seated: Option<Vec<usize>>,
    /// The plan's numbers; of a backfill ticket, those of its members in each team.
    pub rows: Vec<(usize, Vec<f64>)>,
    /// Per tier, the regions near enough for all of its members. Empty: regions play no part.
    pub regions: Vec<u64>,
}

impl Entry {
    pub fn size(&self) -> u32 {
        self.party.members.len() as u32
    }

    pub fn is_backfill(&self) -> bool {
        self.seated.is_some()
    }

    /// Regions near enough at some tier of these.
    pub fn regions_at(&self, tiers: TierSpan) -> u64 {
        match self.regions.get(usize::from(tiers.low.0)..=usize::from(tiers.high.0)) {
            Some(masks) => masks.iter().fold(0, |all, one| all | one),
            None => u64::MAX,
        }
    }
}

/// Values that all players of a match share, where rules ask for it: no match crosses a bucket (D-130).
pub(crate) type Key = Vec<String>;

/// Tickets that a match may mix, in rank order.
pub(crate) type Bucket = BTreeMap<Rank, Entry>;

#[derive(Debug)]
pub(crate) struct Pool {
    pub matchmaker: MatchmakerName,
    pub rule_set: RuleSetName,
    pub rules: Arc<RuleSet>,
    /// Seats that a match leaves open for others (D-116).
    pub reserved_seats: u32,
    pub plan: Plan,
    regions: Regions,
    buckets: BTreeMap<Key, Bucket>,
    places: BTreeMap<TicketId, (Key, Rank)>,
}

impl Pool {
    pub fn new(
        matchmaker: MatchmakerName,
        rule_set: RuleSetName,
        rules: Arc<RuleSet>,
        reserved_seats: u32,
        policy: PartyPolicy,
    ) -> Self {
        let plan = Plan::of(&rules, policy);
        let (buckets, places) = (BTreeMap::new(), BTreeMap::new());
        let regions = Regions::default();
        Self { matchmaker, rule_set, rules, reserved_seats, plan, regions, buckets, places }
    }

    /// Takes a ticket in; `None` when it does not fit the rule set (it then waits for its deadline, D-22).
    pub fn insert(
        &mut self,
        id: &TicketId,
        players: &[Player],
        started_at: Timestamp,
        sequence: u64,
        backfill: bool,
    ) -> Option<Rank> {
        let party = Party::bind(&self.rules, players).ok()?;
        let team_of = |player: &Player| self.rules.team(player.team.as_ref()?.as_str());
        let seats = || players.iter().map(team_of).collect::<Option<Vec<usize>>>();
        let seated = if backfill { Some(seats()?) } else { None };
        let class = class(self.rules.algorithm.backfill_priority, backfill);
        let rank = Rank::new(class, started_at, sequence);
        let key = self.key_of(&party)?;
        let rows = match &seated {
            Some(teams) => self.plan.rows_seated(&party, teams),
            None => vec![(0, self.plan.row(&party))],
        };
        let limit = self.plan.latency.as_ref();
        let regions = limit.map(|limit| self.regions.near(&party, limit)).unwrap_or_default();
        let entry = Entry { id: id.clone(), rank, party: Arc::new(party), seated, rows, regions };
        self.buckets.entry(key.clone()).or_default().insert(rank, entry);
        self.places.insert(id.clone(), (key, rank));
        Some(rank)
    }

    pub fn remove(&mut self, id: &TicketId) {
        let Some((key, rank)) = self.places.remove(id) else { return };
        if let Some(bucket) = self.buckets.get_mut(&key) {
            bucket.remove(&rank);
            if bucket.is_empty() {
                self.buckets.remove(&key);
            }
        }
    }

    pub fn rank(&self, id: &TicketId) -> Option<Rank> {
        self.places.get(id).map(|(_, rank)| *rank)
    }

    /// The tickets that a match with this one may hold, itself included, in rank order.
    pub fn bucket_of(&self, id: &TicketId) -> Option<&Bucket> {
        self.buckets.get(&self.places.get(id)?.0)
    }

    /// `None` when its own members differ: such a party can never be in a match.
    fn key_of(&self, party: &Party) -> Option<Key> {
        let value = |attribute: &usize| {
            let mut values = party.members.iter().map(|member| key_text(&member.values[*attribute]));
            let first = values.next()?;
            values.all(|value| value == first).then_some(first)
        };
        self.plan.keys.iter().map(value).collect()
    }
}

fn class(priority: BackfillPriority, backfill: bool) -> u8 {
    match (priority, backfill) {
        (BackfillPriority::High, true) => 0,
        (BackfillPriority::Low, true) => 2,
        _ => 1,
    }
}

fn key_text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Text(text) => text.clone(),
        // Equal numbers have equal texts once both zeros are one.
        AttributeValue::Number(number) => format!("{:?}", number + 0.0),
        other => format!("{other:?}"),
    }
}
