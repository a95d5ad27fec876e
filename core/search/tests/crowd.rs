//! Matches out of a crowd: the judge accepts each, no ticket is in two, and what came and went leaves no trace.

use std::collections::BTreeMap;
use std::sync::Arc;

use matchwright_model::{AttributeValue, PartyPolicy, Player, Region};
use matchwright_rules::plan::Plan;
use matchwright_rules::{Lineup, Options, Party, RuleSet, Tier, compile, judge};
use matchwright_search::{Anchor, Crowd, Guest, Intake, Limits, Picked, Slot};

const LIMITS: Limits = Limits { players: u32::MAX, looks: 256 };

const FAIR_FIVES: &str = r#"{"ruleLanguageVersion":"1.0",
    "playerAttributes":[{"name":"skill","type":"number"},{"name":"mode","type":"string"},{"name":"role","type":"string"}],
    "teams":[{"name":"team","minPlayers":5,"maxPlayers":5,"quantity":2}],
    "rules":[{"name":"fair","type":"distance","measurements":["avg(teams[*].players.attributes[skill])"],
              "referenceValue":"avg(flatten(teams[*].players.attributes[skill]))","maxDistance":10},
             {"name":"mode","type":"comparison","measurements":["flatten(teams[*].players.attributes[mode])"],"operation":"="},
             {"name":"near","type":"latency","maxLatency":80}],
    "expansions":[{"target":"rules[near].maxLatency","steps":[{"waitTimeSeconds":10,"value":120}]}]}"#;

const ROLES: &str = r#"{"ruleLanguageVersion":"1.0",
    "playerAttributes":[{"name":"skill","type":"number"},{"name":"mode","type":"string"},{"name":"role","type":"string"}],
    "algorithm":{"expansionAgeSelection":"oldest"},
    "teams":[{"name":"red","minPlayers":2,"maxPlayers":3},{"name":"blue","minPlayers":2,"maxPlayers":3},{"name":"green","minPlayers":2,"maxPlayers":3}],
    "rules":[{"name":"heal","type":"collection","operation":"contains","measurements":["teams[red].players.attributes[role]","teams[blue].players.attributes[role]"],"referenceValue":"healer","minCount":1},
             {"name":"close","type":"distance","measurements":["max(flatten(teams[*].players.attributes[skill]))"],
              "referenceValue":"min(flatten(teams[*].players.attributes[skill]))","maxDistance":200},
             {"name":"no bots","type":"comparison","measurements":["teams[*].players.attributes[mode]"],"referenceValue":"bot","operation":"!="}],
    "expansions":[{"target":"rules[close].maxDistance","steps":[{"waitTimeSeconds":10,"value":400}]}]}"#;

/// Rules that look at single players: nobody meets whom he blocks, a hero is there once, all know a common map, and no
/// team has two of a role. No mean of whole numbers lies on the limit, where only the judge can tell.
const SINGLE_PLAYERS: &str = r#"{"ruleLanguageVersion":"1.0",
    "playerAttributes":[{"name":"skill","type":"number"},{"name":"mode","type":"string"},{"name":"role","type":"string"},
                        {"name":"hero","type":"number"},{"name":"blocks","type":"string_list"},{"name":"maps","type":"string_list"}],
    "teams":[{"name":"red","minPlayers":3,"maxPlayers":3},{"name":"blue","minPlayers":3,"maxPlayers":3}],
    "rules":[{"name":"fair","type":"distance","measurements":["avg(teams[*].players.attributes[skill])"],
              "referenceValue":"avg(flatten(teams[*].players.attributes[skill]))","maxDistance":60.1},
             {"name":"mode","type":"comparison","measurements":["flatten(teams[*].players.attributes[mode])"],"operation":"="},
             {"name":"blocked","type":"collection","operation":"reference_intersection_count","measurements":["flatten(teams[*].players.attributes[blocks])"],
              "referenceValue":"flatten(teams[*].players[playerId])","maxCount":0},
             {"name":"heroes","type":"comparison","measurements":["flatten(teams[*].players.attributes[hero])"],"operation":"!="},
             {"name":"maps","type":"collection","operation":"intersection","measurements":["flatten(teams[*].players.attributes[maps])"],"minCount":1},
             {"name":"red roles","type":"comparison","measurements":["teams[red].players.attributes[role]"],"operation":"!="},
             {"name":"blue roles","type":"comparison","measurements":["teams[blue].players.attributes[role]"],"operation":"!="}]}"#;

/// Numbers by a generator of one line: the same seed gives the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }

    fn player(&mut self, id: String, mode: &str) -> Player {
        let text = |text: &str| AttributeValue::Text(text.to_string());
        let skill = AttributeValue::Number((self.below(600) + self.below(600) + self.below(600)) as f64);
        let role = text(self.pick(&["healer", "tank", "scout", "scout", "scout"]));
        let attributes = [("skill", skill), ("mode", text(mode)), ("role", role)];
        let latencies =
            ["north", "south", "east"].map(|region| (Region::new(region), 20 + self.below(150) as u32));
        Player {
            id: id.into(),
            attributes: attributes.map(|(name, value)| (name.into(), value)).into(),
            latencies: latencies.into_iter().collect(),
            team: None,
        }
    }
}

/// What only some rule sets ask for.
fn with_lists(mut player: Player, dice: &mut Dice, count: usize) -> Player {
    let hero = AttributeValue::Number(dice.below(12) as f64);
    let blocks = (0..dice.below(12)).map(|_| format!("p{}-0", dice.below(count as u64))).collect::<Vec<_>>();
    let maps: Vec<String> =
        ["ice", "sand", "wood"].into_iter().filter(|_| dice.below(4) > 0).map(str::to_string).collect();
    let lists = [("blocks", AttributeValue::text_list(blocks)), ("maps", AttributeValue::text_list(maps))];
    let more = lists.into_iter().chain([("hero", hero)]).map(|(name, of)| (name.into(), of));
    let own = player.attributes.iter().map(|(name, of)| (name.clone(), of.clone()));
    player.attributes = own.chain(more).collect();
    player
}

struct Waiting {
    rules: Arc<RuleSet>,
    plan: Arc<Plan>,
    parties: Vec<Arc<Party>>,
    guests: Vec<Guest>,
}

fn waiting(rules: &str, count: usize, seed: u64) -> Waiting {
    let (rules, _) = compile(rules, Options { unknown_keys_warn: false }).expect("a valid rule set");
    let rules = Arc::new(rules);
    let plan = Arc::new(Plan::of(&rules, PartyPolicy::Individual));
    assert!(!plan.is_partial, "columns say every rule of this set");
    let (mut dice, mut intake) = (Dice(seed), Intake::new(plan.clone()));
    let (mut parties, mut guests) = (Vec::new(), Vec::new());
    while guests.len() < count {
        let (size, mode) =
            (dice.pick(&["1", "1", "1", "1", "2", "2", "3"]), dice.pick(&["duel", "ranked", "bot"]));
        let players: Vec<Player> = (0..size.parse().unwrap_or(1))
            .map(|member| dice.player(format!("p{}-{member}", guests.len()), mode))
            .collect();
        let players: Vec<Player> = match rules.attribute("blocks") {
            Some(_) => players.into_iter().map(|player| with_lists(player, &mut dice, count)).collect(),
            None => players,
        };
        let party = Party::bind(&rules, &players).expect("players with every attribute");
        let tier = Tier(dice.below(rules.steps.len() as u64 + 1) as u16);
        guests.push(intake.guest(&party, tier).expect("a party of one mode"));
        parties.push(Arc::new(party));
    }
    Waiting { rules, plan, parties, guests }
}

impl Waiting {
    /// What the judge says of a match, at the tier of its newest or oldest ticket.
    fn is_valid(&self, picked: &Picked, ticket_of: &BTreeMap<Slot, usize>) -> bool {
        let mut lineup = Lineup::empty(&self.rules);
        for (slot, team) in &picked.units {
            lineup.push(self.parties[ticket_of[slot]].clone(), *team);
        }
        let tiers = picked.units.iter().map(|(slot, _)| self.guests[ticket_of[slot]].tier);
        let tier = match self.rules.algorithm.expansion_age {
            matchwright_rules::ExpansionAge::Newest => tiers.min(),
            matchwright_rules::ExpansionAge::Oldest => tiers.max(),
        };
        judge(&self.rules, &lineup, tier.expect("a match has tickets"), PartyPolicy::Individual).valid
    }

    fn crowd(&self, tickets: impl Iterator<Item = usize>) -> (Crowd, BTreeMap<usize, Slot>) {
        let mut crowd = Crowd::new(self.rules.clone(), self.plan.clone());
        let slots = tickets.map(|ticket| (ticket, crowd.insert(&self.guests[ticket]))).collect();
        (crowd, slots)
    }
}

#[track_caller]
fn serve_everybody(rules: &str, seed: u64) -> usize {
    let waiting = waiting(rules, 600, seed);
    let (mut crowd, slots) = waiting.crowd(0..600);
    let ticket_of: BTreeMap<Slot, usize> = slots.iter().map(|(ticket, slot)| (*slot, *ticket)).collect();
    let (mut gone, mut matched) = (vec![false; 600], 0);
    for ticket in 0..600 {
        if gone[ticket] {
            continue;
        }
        let Some(picked) = crowd.seek(Anchor::Ticket(slots[&ticket]), LIMITS) else { continue };
        assert!(waiting.is_valid(&picked, &ticket_of), "seed {seed}: {picked:?}");
        for (slot, _) in &picked.units {
            assert!(
                !std::mem::replace(&mut gone[ticket_of[slot]], true),
                "seed {seed}: a ticket in two matches"
            );
            crowd.remove(*slot);
            matched += 1;
        }
    }
    matched
}

/// A ticket that was passed over for a role and seated for another must not be seated once more in somebody's place.
#[test]
fn nobody_is_seated_twice() {
    let roles = FAIR_FIVES.replace(
        r#""rules":["#,
        r#""rules":[{"name":"h","type":"collection","operation":"contains","measurements":["teams[*].players.attributes[role]"],"referenceValue":"healer","minCount":2},
                  {"name":"t","type":"collection","operation":"contains","measurements":["teams[*].players.attributes[role]"],"referenceValue":"tank","minCount":2},"#,
    );
    for seed in 0..40 {
        serve_everybody(&roles, seed);
    }
}

#[test]
fn the_judge_accepts_every_match() {
    for seed in 0..20 {
        let matched = serve_everybody(FAIR_FIVES, seed);
        assert!(matched > 330, "seed {seed}: {matched} of 600 tickets are matched");
        let matched = serve_everybody(ROLES, seed);
        assert!(matched > 150, "seed {seed}: {matched} of 600 tickets are matched");
    }
}

#[test]
fn what_came_and_went_leaves_no_trace() {
    for rules in [FAIR_FIVES, ROLES] {
        let mut waiting = waiting(rules, 400, 5);
        let (mut crowd, mut slots) = waiting.crowd(0..200);
        let mut dice = Dice(11);
        for ticket in 200..400 {
            let gone = *slots.keys().nth(dice.below(slots.len() as u64) as usize).expect("somebody waits");
            crowd.remove(slots.remove(&gone).expect("he waits"));
            slots.insert(ticket, crowd.insert(&waiting.guests[ticket]));
            let older = *slots.keys().nth(dice.below(slots.len() as u64) as usize).expect("somebody waits");
            waiting.guests[older].tier = Tier(1);
            crowd.promote(slots[&older], Tier(1));
        }
        let (fresh, fresh_slots) = waiting.crowd(slots.keys().copied());
        for ticket in slots.keys() {
            let tickets = |picked: Option<Picked>, slots: &BTreeMap<usize, Slot>| {
                let of: BTreeMap<Slot, usize> = slots.iter().map(|(ticket, slot)| (*slot, *ticket)).collect();
                picked.map(|picked| {
                    picked.units.iter().map(|(slot, team)| (of[slot], *team)).collect::<Vec<_>>()
                })
            };
            let after = tickets(crowd.seek(Anchor::Ticket(slots[ticket]), LIMITS), &slots);
            let built = tickets(fresh.seek(Anchor::Ticket(fresh_slots[ticket]), LIMITS), &fresh_slots);
            assert_eq!(after.is_some(), built.is_some(), "ticket {ticket}");
        }
    }
}

#[test]
fn rules_over_single_players_hold_in_every_match() {
    for seed in 0..20 {
        let matched = serve_everybody(SINGLE_PLAYERS, seed);
        assert!(matched > 150, "seed {seed}: {matched} of 600 tickets are matched");
    }
}

/// A team that is still empty has no spread; it may have one later.
#[test]
fn a_spread_within_each_team_keeps_nobody_from_the_other() {
    let team = |name: &str| {
        format!(
            r#"{{"name":"{name}","type":"distance","measurements":["max(teams[{name}].players.attributes[skill])"],
            "referenceValue":"min(teams[{name}].players.attributes[skill])","maxDistance":100}}"#
        )
    };
    let rules = format!(
        r#"{{"ruleLanguageVersion":"1.0","playerAttributes":[{{"name":"skill","type":"number"}}],
        "teams":[{{"name":"red","minPlayers":2,"maxPlayers":2}},{{"name":"blue","minPlayers":2,"maxPlayers":2}}],
        "rules":[{},{}]}}"#,
        team("red"),
        team("blue")
    );
    let matched = serve_everybody(&rules, 3);
    assert!(matched > 300, "{matched} of 600 tickets are matched");
}

/// Of sixty who wait, everybody blocks all but one.
#[test]
fn the_only_one_who_is_not_blocked_is_found() {
    let duel = r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number"},{"name":"blocks","type":"string_list"}],
        "teams":[{"name":"one","minPlayers":1,"maxPlayers":1},{"name":"other","minPlayers":1,"maxPlayers":1}],
        "rules":[{"name":"blocked","type":"collection","operation":"reference_intersection_count","measurements":["flatten(teams[*].players.attributes[blocks])"],
                  "referenceValue":"flatten(teams[*].players[playerId])","maxCount":0},
                 {"name":"close","type":"distance","measurements":["max(flatten(teams[*].players.attributes[skill]))"],
                  "referenceValue":"min(flatten(teams[*].players.attributes[skill]))","maxDistance":1000}]}"#;
    let (rules, _) = compile(duel, Options { unknown_keys_warn: false }).expect("a valid rule set");
    let rules = Arc::new(rules);
    let plan = Arc::new(Plan::of(&rules, PartyPolicy::Individual));
    assert!(!plan.is_partial);
    let partner = |number: u32| 59 - number;
    let mut intake = Intake::new(plan.clone());
    let guests: Vec<Guest> = (0..60)
        .map(|number| {
            let blocks = (0..60).filter(|other| *other != number && *other != partner(number));
            let blocks = AttributeValue::text_list(blocks.map(|other| format!("p{other}")));
            let skill = AttributeValue::Number(f64::from(number));
            let attributes = [("skill".into(), skill), ("blocks".into(), blocks)].into();
            let id = format!("p{number}").into();
            let player = Player { id, attributes, latencies: [].into_iter().collect(), team: None };
            let party = Party::bind(&rules, &[player]).expect("players with every attribute");
            intake.guest(&party, Tier(0)).expect("rules without a key")
        })
        .collect();
    let mut crowd = Crowd::new(rules, plan);
    let slots: Vec<Slot> = guests.iter().map(|guest| crowd.insert(guest)).collect();
    for number in 0..60 {
        let picked = crowd.seek(Anchor::Ticket(slots[number]), LIMITS).expect("the match that exists");
        let other = picked.units.iter().map(|(slot, _)| *slot).find(|slot| *slot != slots[number]);
        assert_eq!(other, Some(slots[partner(number as u32) as usize]));
    }
    crowd.remove(slots[59]);
    assert_eq!(crowd.seek(Anchor::Ticket(slots[0]), LIMITS), None, "everybody else is blocked");
}
