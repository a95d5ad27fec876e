//! From a party to a crowd's guest: texts and regions become numbers, as long as somebody here has them.

use std::sync::Arc;

use matchwright_model::{AttributeValue, Region};
use matchwright_rules::plan::{Plan, Words, number_as_text};
use matchwright_rules::{Party, Tier, Tiered};

use crate::Guest;
use crate::crowd::bits;
use crate::lexicon::Lexicon;
use crate::numbers::Numbers;

/// Who is near to one more than these regions is near to all as far as search knows; the judge tells them apart.
const REGIONS_MAX: usize = 63;
/// More regions than there are numbers for.
const EVERYWHERE: u64 = u64::MAX;

/// Numbers what it hears, for one plan.
#[derive(Debug)]
pub struct Intake {
    plan: Arc<Plan>,
    /// Values that all players of a match share, where rules ask for it: no match crosses a key (D-130).
    keys: Numbers<Vec<String>>,
    regions: Numbers<Region>,
    lexicon: Lexicon,
}

impl Intake {
    pub fn new(plan: Arc<Plan>) -> Self {
        let lexicon = Lexicon::of(&plan.vocabulary);
        Self { plan, keys: Numbers::default(), regions: Numbers::default(), lexicon }
    }

    /// `None` when its own members differ where a match may not: such a party can never be in one.
    pub fn guest(&mut self, party: &Party, tier: Tier) -> Option<Guest> {
        let Self { plan, keys, regions, lexicon } = self;
        let key = key_of(plan, party)?;
        let key = keys.share(&key).unwrap_or_else(|| keys.add(key));
        let regions = plan.latency.as_ref().map(|limit| near(regions, party, limit)).unwrap_or_default();
        let words = lexicon.words(plan, party);
        Some(Guest { key, tier, row: plan.row(party), regions, words })
    }

    /// Of a backfill ticket, the words of its members in each team, instead of those that its guest brought.
    pub(crate) fn seated(&mut self, party: &Party, teams: &[usize], guest: &Guest) -> Vec<(usize, Words)> {
        let seated = self.lexicon.words_seated(&self.plan, party, teams);
        guest.words.iter().for_each(|words| self.lexicon.release(words));
        seated
    }

    /// A ticket left: its key, the regions that were near to it, and its words are those of others only.
    pub(crate) fn forget<'w>(&mut self, key: u32, near: &[u64], words: impl Iterator<Item = &'w Words>) {
        self.keys.give_back(key);
        match near.iter().fold(0, |all, one| all | one) {
            EVERYWHERE => {}
            some => bits(some).for_each(|region| self.regions.give_back(region)),
        }
        words.for_each(|words| self.lexicon.release(words));
    }
}

/// Per tier, a bit for every region where no member is further away than the limit.
fn near(regions: &mut Numbers<Region>, party: &Party, limit: &Tiered<f64>) -> Vec<u64> {
    let mut near = vec![0; limit.0.len()];
    let Some(first) = party.members.first() else { return near };
    let widest = limit.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for region in first.latencies.keys() {
        let each = party.members.iter().map(|member| member.latencies.get(region).copied());
        let furthest = each.reduce(|a, b| Some(a?.max(b?))).flatten().map(f64::from);
        let Some(furthest) = furthest.filter(|furthest| *furthest <= widest) else { continue };
        let may_add = regions.len() < REGIONS_MAX;
        let number = regions.share(region).or_else(|| may_add.then(|| regions.add(region.clone())));
        let Some(number) = number else {
            let some = near.iter().fold(0, |all, one| all | one);
            bits(some).for_each(|region| regions.give_back(region));
            return vec![EVERYWHERE; limit.0.len()];
        };
        for (near, limit) in near.iter_mut().zip(&limit.0) {
            *near |= u64::from(furthest <= *limit) << number;
        }
    }
    near
}

fn key_of(plan: &Plan, party: &Party) -> Option<Vec<String>> {
    let value = |attribute: &usize| {
        let mut values = party.members.iter().map(|member| text(&member.values[*attribute]));
        let first = values.next()?;
        values.all(|value| value == first).then_some(first)
    };
    plan.keys.iter().map(value).collect()
}

fn text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Text(text) => text.clone(),
        AttributeValue::Number(number) => number_as_text(*number),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use matchwright_model::{PartyPolicy, Player};
    use matchwright_rules::{Options, compile};

    use super::*;

    const RULES: &str = r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"lobby","type":"string"}],
        "teams":[{"name":"all","minPlayers":2,"maxPlayers":2}],
        "rules":[{"name":"lobby","type":"comparison","measurements":["flatten(teams[*].players.attributes[lobby])"],"operation":"="},
                 {"name":"near","type":"latency","maxLatency":80}]}"#;

    struct Door {
        rules: matchwright_rules::RuleSet,
        intake: Intake,
    }

    impl Door {
        fn new() -> Self {
            let (rules, _) = compile(RULES, Options { unknown_keys_warn: false }).expect("a valid rule set");
            let plan = Plan::of(&rules, PartyPolicy::Individual);
            Self { rules, intake: Intake::new(Arc::new(plan)) }
        }

        /// Of one who is near to all these regions.
        fn guest(&mut self, lobby: &str, regions: std::ops::Range<usize>) -> Guest {
            let latencies = regions.map(|region| (Region::new(format!("r{region}")), 30)).collect();
            let lobby = AttributeValue::Text(lobby.to_string());
            let attributes = [("lobby".into(), lobby)].into_iter().collect();
            let player = Player { id: "p".into(), attributes, latencies, team: None };
            let party = Party::bind(&self.rules, &[player]).expect("a player with a lobby");
            self.intake.guest(&party, Tier(0)).expect("one is of one mind")
        }

        fn forget(&mut self, guest: &Guest) {
            self.intake.forget(guest.key, &guest.regions, guest.words.iter());
        }
    }

    #[test]
    fn keys_and_regions_are_free_again_once_nobody_has_them() {
        let mut door = Door::new();
        let ann = door.guest("ann's", 0..2);
        let bob = door.guest("bob's", 1..3);
        assert_eq!((ann.key, &ann.regions[..]), (0, &[0b11][..]));
        assert_eq!((bob.key, &bob.regions[..]), (1, &[0b110][..]));
        door.forget(&ann);
        let eve = door.guest("eve's", 1..2);
        assert_eq!((eve.key, &eve.regions[..]), (0, &[0b10][..]), "bob still is near to the second");
        assert_eq!(door.guest("bob's", 7..8).regions, [0b1], "nobody is near to the first any more");
    }

    #[test]
    fn who_names_too_many_regions_takes_none_from_the_others() {
        let mut door = Door::new();
        let flood = door.guest("ann's", 100..100 + REGIONS_MAX + 1);
        assert_eq!(flood.regions, [EVERYWHERE]);
        let bob = door.guest("ann's", 1..2);
        assert_eq!(bob.regions[0].count_ones(), 1);
        door.forget(&flood);
        door.forget(&bob);
        assert_eq!(door.intake.regions.len() + door.intake.keys.len(), 0);
    }
}
