//! A crowd after many changes against a crowd made afresh of the same tickets: who stands in which band, what counts say
//! of hope, and the match around every ticket.
//!
//! Tickets differ in the number that orders bands, so that no answer hangs on the slot that a ticket happens to have.

use std::collections::BTreeMap;
use std::sync::Arc;

use matchwright_model::{AttributeValue, PartyPolicy, Player, Region};
use matchwright_rules::plan::Plan;
use matchwright_rules::{Options, Party, RuleSet, Tier, compile};

use crate::dice::Dice;
use crate::stand::Stand;
use crate::tally::Tally;
use crate::{Anchor, Crowd, Guest, Intake, Limits, Picked, Slot};

const ATTRIBUTES: &str = r#""ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number"},
    {"name":"mode","type":"string"},{"name":"role","type":"string"}]"#;

/// Rule sets by their teams and rules: the newest decides, with regions, keys and wanted roles; the oldest decides, with
/// a window and a role that is limited; three teams that need not be full; nobody beside another of his role.
const RULE_SETS: [&str; 4] = [
    r#""teams":[{"name":"team","minPlayers":4,"maxPlayers":4,"quantity":2}],
    "rules":[{"name":"fair","type":"distance","measurements":["avg(teams[*].players.attributes[skill])"],
              "referenceValue":"avg(flatten(teams[*].players.attributes[skill]))","maxDistance":40},
             {"name":"mode","type":"comparison","measurements":["flatten(teams[*].players.attributes[mode])"],"operation":"="},
             {"name":"heal","type":"collection","operation":"contains","measurements":["teams[*].players.attributes[role]"],"referenceValue":"healer","minCount":2},
             {"name":"near","type":"latency","maxLatency":60}],
    "expansions":[{"target":"rules[near].maxLatency","steps":[{"waitTimeSeconds":10,"value":90},{"waitTimeSeconds":20,"value":140}]}]"#,
    r#""algorithm":{"expansionAgeSelection":"oldest"},
    "teams":[{"name":"red","minPlayers":2,"maxPlayers":3},{"name":"blue","minPlayers":2,"maxPlayers":3}],
    "rules":[{"name":"close","type":"distance","measurements":["max(flatten(teams[*].players.attributes[skill]))"],
              "referenceValue":"min(flatten(teams[*].players.attributes[skill]))","maxDistance":150},
             {"name":"tanks","type":"collection","operation":"contains","measurements":["teams[red].players.attributes[role]"],"referenceValue":"tank","minCount":1,"maxCount":2}],
    "expansions":[{"target":"rules[close].maxDistance","steps":[{"waitTimeSeconds":10,"value":400}]},
                  {"target":"teams[red].minPlayers","steps":[{"waitTimeSeconds":20,"value":1}]}]"#,
    r#""teams":[{"name":"trio","minPlayers":2,"maxPlayers":5,"quantity":3}],
    "rules":[{"name":"fair","type":"distance","measurements":["avg(teams[*].players.attributes[skill])"],
              "referenceValue":"avg(flatten(teams[*].players.attributes[skill]))","maxDistance":60},
             {"name":"near","type":"latency","maxLatency":100}]"#,
    r#""teams":[{"name":"red","minPlayers":1,"maxPlayers":2},{"name":"blue","minPlayers":1,"maxPlayers":2}],
    "rules":[{"name":"red roles","type":"comparison","measurements":["teams[red].players.attributes[role]"],"operation":"!="},
             {"name":"blue roles","type":"comparison","measurements":["teams[blue].players.attributes[role]"],"operation":"!="},
             {"name":"fair","type":"distance","measurements":["avg(teams[*].players.attributes[skill])"],
              "referenceValue":"avg(flatten(teams[*].players.attributes[skill]))","maxDistance":60}]"#,
];

const EVENTS: usize = 500;
const EVENTS_PER_LOOK: usize = 100;
const TICKETS_MAX: usize = 220;

type Ticket = usize;
/// A key, tier, region and class.
type Where = (u32, u16, u32, usize);
/// Who can join there, in order, and counted.
type Who = (Vec<Ticket>, Tally);
/// Tickets with their teams, and whether no seat is left.
type Made = (Vec<(Ticket, usize)>, bool);

/// A crowd that lives, and what is known of it without it.
struct Life {
    rules: Arc<RuleSet>,
    plan: Arc<Plan>,
    intake: Intake,
    dice: Dice,
    crowd: Crowd,
    guests: Vec<Guest>,
    slots: BTreeMap<Ticket, Slot>,
}

impl Life {
    fn begin(rules: &str, seed: u64) -> Self {
        let body = format!("{{{ATTRIBUTES},{rules}}}");
        let (rules, _) = compile(&body, Options { unknown_keys_warn: false }).expect("a valid rule set");
        let rules = Arc::new(rules);
        let plan = Arc::new(Plan::of(&rules, PartyPolicy::Individual));
        let crowd = Crowd::new(rules.clone(), plan.clone());
        let (intake, dice) = (Intake::new(plan.clone()), Dice(seed));
        Self { rules, plan, intake, dice, crowd, guests: Vec::new(), slots: BTreeMap::new() }
    }

    /// A party whose mean skill nobody else has, to the last digit.
    fn guest(&mut self) -> Ticket {
        let dice = &mut self.dice;
        let number = self.guests.len();
        let size = [1, 1, 1, 1, 2, 2, 3, 4, 5][dice.place(9)];
        let (skill, apart) = ((dice.place(2_000) * 4_096 + number) as f64 / 4_096.0, dice.place(3) as f64);
        let mode = ["duel", "ranked"][dice.place(2)];
        let players: Vec<Player> = (0..size)
            .map(|member| {
                let away = apart * (2.0 * f64::from(member) - f64::from(size - 1));
                let text = |text: &str| AttributeValue::Text(text.to_string());
                let role = text(["healer", "tank", "scout", "scout"][dice.place(4)]);
                let skill = AttributeValue::Number(skill + away);
                let attributes = [("skill", skill), ("mode", text(mode)), ("role", role)];
                let regions = ["north", "south", "east"];
                let latencies = regions.map(|region| (Region::new(region), 20 + dice.place(140) as u32));
                Player {
                    id: format!("p{number}-{member}").into(),
                    attributes: attributes.map(|(name, value)| (name.into(), value)).into(),
                    latencies: latencies.into_iter().collect(),
                    team: None,
                }
            })
            .collect();
        let party = Party::bind(&self.rules, &players).expect("players with every attribute");
        let tier = Tier(self.dice.place(self.rules.steps.len() + 1) as u16);
        self.guests.push(self.intake.guest(&party, tier).expect("a party of one mode"));
        number
    }

    fn one(&mut self) -> Option<Ticket> {
        let count = self.slots.len();
        (count > 0).then(|| self.slots.keys().copied().nth(self.dice.place(count))).flatten()
    }

    fn insert(&mut self, ticket: Ticket) {
        self.slots.insert(ticket, self.crowd.insert(&self.guests[ticket]));
    }

    fn remove(&mut self, ticket: Ticket) {
        if let Some(slot) = self.slots.remove(&ticket) {
            self.crowd.remove(slot);
        }
    }

    fn happen(&mut self) {
        let many = if self.slots.len() < TICKETS_MAX { self.dice.place(40) } else { 0 };
        match self.dice.place(12) {
            0..=3 if self.slots.len() < TICKETS_MAX => {
                let ticket = self.guest();
                self.insert(ticket);
            }
            4 => {
                let tickets: Vec<Ticket> = (0..many).map(|_| self.guest()).collect();
                let slots = self.crowd.extend(&self.guests[self.guests.len() - many..]);
                self.slots.extend(tickets.into_iter().zip(slots));
            }
            5..=7 => self.one().into_iter().for_each(|ticket| self.remove(ticket)),
            8 => {
                let tiers = self.rules.steps.len() as u16;
                let Some(ticket) = self.one() else { return };
                let own = &mut self.guests[ticket].tier;
                own.0 = (own.0 + 1 + self.dice.place(2) as u16).min(tiers);
                self.crowd.promote(self.slots[&ticket], *own);
            }
            // A match is claimed, leaves, and some of it comes back.
            _ => {
                let Some(ticket) = self.one() else { return };
                let Some(picked) = self.seek(ticket) else { return };
                assert!(self.crowd.claim(&picked));
                for (ticket, _) in named(&picked, &self.slots) {
                    self.remove(ticket);
                    if self.dice.place(3) == 0 {
                        self.insert(ticket);
                    }
                }
            }
        }
    }

    fn seek(&self, ticket: Ticket) -> Option<Picked> {
        self.crowd.seek(Anchor::Ticket(self.slots[&ticket]), LIMITS)
    }

    /// The same tickets in another order, none of whom ever left.
    fn fresh(&self) -> Self {
        let (rules, plan) = (self.rules.clone(), self.plan.clone());
        let crowd = Crowd::new(rules.clone(), plan.clone());
        let (intake, dice, guests) = (Intake::new(plan.clone()), Dice(0), self.guests.clone());
        let mut fresh = Self { rules, plan, intake, dice, crowd, guests, slots: BTreeMap::new() };
        self.slots.keys().rev().for_each(|ticket| fresh.insert(*ticket));
        fresh
    }

    fn ticket_of(&self) -> BTreeMap<Slot, Ticket> {
        self.slots.iter().map(|(ticket, slot)| (*slot, *ticket)).collect()
    }

    fn bands(&self) -> BTreeMap<Where, Who> {
        let ticket_of = self.ticket_of();
        let bands = self.crowd.tallies().map(|(key, tier, region, class, tally)| {
            let (band, open) = (self.crowd.band(key, class), self.crowd.open(tier, region));
            let here = band.into_iter().flat_map(|band| band.behind(None));
            let joining = here.filter(|(_, reach)| open.holds(*reach));
            let tickets = joining.map(|(spot, _)| ticket_of[&spot.slot()]).collect();
            ((key, tier.0, region, class), (tickets, *tally))
        });
        bands.collect()
    }

    /// Per key, tier and region: players, whether there is no hope, which sizes pack, and who has what is wanted.
    fn stands(&self) -> Vec<(u32, bool, Vec<bool>, Vec<usize>)> {
        let keys = self.guests.iter().map(|guest| guest.key).max().map_or(0, |key| key + 1);
        let tiers = self.rules.steps.len() as u16 + 1;
        let all = (0..keys).flat_map(|key| (0..tiers).map(move |tier| (key, Tier(tier))));
        let all = all.flat_map(|(key, tier)| (0..3).map(move |region| (key, tier, region)));
        let stands = all.map(|(key, tier, region)| {
            let stand = Stand::new(&self.crowd, key, tier, region);
            let supplies = self.plan.steer.wanted.iter().map(|wanted| stand.supply(wanted.column));
            let packs = (1..=5).map(|size| stand.packs(size)).collect();
            (stand.players, stand.is_hopeless(), packs, supplies.collect())
        });
        stands.collect()
    }

    /// The match around every ticket, and around games with a ticket that waits in one of their teams.
    fn matches(&self) -> Vec<Option<Made>> {
        let told =
            |picked: Option<Picked>| picked.map(|picked| (named(&picked, &self.slots), picked.is_full));
        let tickets = self.slots.keys().map(|ticket| told(self.seek(*ticket)));
        let games = self.slots.iter().step_by(7).map(|(ticket, slot)| {
            let guest = &self.guests[*ticket];
            let rows = [(0, guest.row.clone())];
            let (key, tier, regions) = (guest.key, guest.tier, &guest.regions);
            let words: Vec<_> = guest.words.iter().map(|words| (0, words.clone())).collect();
            let game = Anchor::Backfill { rows: &rows, words: &words, key, tier, regions, without: &[*slot] };
            told(self.crowd.seek(game, LIMITS))
        });
        tickets.chain(games).collect()
    }
}

const LIMITS: Limits = Limits { players: u32::MAX, looks: 64 };

fn named(picked: &Picked, slots: &BTreeMap<Ticket, Slot>) -> Vec<(Ticket, usize)> {
    let of_slot = |slot: Slot| slots.iter().find(|(_, one)| **one == slot).map(|(ticket, _)| *ticket);
    let units = picked.units.iter();
    units.map(|(slot, team)| (of_slot(*slot).expect("somebody who stands there"), *team)).collect()
}

#[test]
fn what_came_about_by_and_by_is_what_is_made_afresh() {
    let mut matches = 0;
    for (index, rules) in RULE_SETS.iter().enumerate() {
        for seed in 0..6 {
            let mut life = Life::begin(rules, seed);
            for event in 1..=EVENTS {
                life.happen();
                if event % EVENTS_PER_LOOK != 0 {
                    continue;
                }
                let (fresh, place) = (life.fresh(), format!("rule set {index}, seed {seed}, event {event}"));
                assert_eq!(life.bands(), fresh.bands(), "{place}");
                assert_eq!(life.stands(), fresh.stands(), "{place}");
                let (found, wanted) = (life.matches(), fresh.matches());
                assert_eq!(found, wanted, "{place}");
                let spots = (life.slots.len(), 0);
                assert_eq!(
                    (life.crowd.spots(), fresh.crowd.spots()),
                    (spots, spots),
                    "{place}: one spot each"
                );
                matches += found.iter().flatten().count();
            }
        }
    }
    assert!(matches > 1_000, "{matches} matches prove little");
}
