//! A backlog swept by several workers: every match is one, nobody is in two, and about as many are matched as by one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use matchwright_model::{AttributeValue, PartyPolicy, Player, Region};
use matchwright_rules::plan::Plan;
use matchwright_rules::{Lineup, Options, Party, RuleSet, Tier, compile, judge};
use matchwright_search::{Crowd, Guest, Intake, Limits, Picked};

const LIMITS: Limits = Limits { players: u32::MAX, looks: 256 };

/// One key, so that workers share regions' tickets all the time.
const CLOSE_TRIOS: &str = r#"{"ruleLanguageVersion":"1.0",
    "playerAttributes":[{"name":"skill","type":"number"}],
    "teams":[{"name":"team","minPlayers":3,"maxPlayers":3,"quantity":2}],
    "rules":[{"name":"close","type":"distance","measurements":["max(flatten(teams[*].players.attributes[skill]))"],
              "referenceValue":"min(flatten(teams[*].players.attributes[skill]))","maxDistance":150},
             {"name":"near","type":"latency","maxLatency":100}],
    "expansions":[{"target":"rules[close].maxDistance","steps":[{"waitTimeSeconds":10,"value":300}]}]}"#;

struct Backlog {
    rules: Arc<RuleSet>,
    parties: Vec<Arc<Party>>,
    guests: Vec<Guest>,
    crowd: Crowd,
}

fn backlog(count: usize, seed: u64) -> Backlog {
    let (rules, _) = compile(CLOSE_TRIOS, Options { unknown_keys_warn: false }).expect("a valid rule set");
    let rules = Arc::new(rules);
    let plan = Arc::new(Plan::of(&rules, PartyPolicy::Individual));
    let mut state = seed;
    let mut below = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let (mut intake, mut parties, mut guests) = (Intake::new(plan.clone()), Vec::new(), Vec::new());
    for ticket in 0..count {
        let (size, skill) = ([1, 1, 1, 2, 3][below(5) as usize], below(2_000));
        let players: Vec<Player> = (0..size)
            .map(|member| Player {
                id: format!("p{ticket}-{member}").into(),
                attributes: [("skill".into(), AttributeValue::Number((skill + below(60)) as f64))].into(),
                latencies: ["north", "south", "east"]
                    .map(|region| (Region::new(region), 20 + below(150) as u32))
                    .into_iter()
                    .collect(),
                team: None,
            })
            .collect();
        let party = Party::bind(&rules, &players).expect("players with every attribute");
        guests.push(intake.guest(&party, Tier(below(2) as u16)).expect("a party of one key"));
        parties.push(Arc::new(party));
    }
    let mut crowd = Crowd::new(rules.clone(), plan);
    let slots = crowd.extend(&guests);
    assert!(slots.iter().enumerate().all(|(ticket, slot)| ticket == *slot as usize));
    Backlog { rules, parties, guests, crowd }
}

impl Backlog {
    fn is_match(&self, picked: &Picked) -> bool {
        let mut lineup = Lineup::empty(&self.rules);
        for (slot, team) in &picked.units {
            lineup.push(self.parties[*slot as usize].clone(), *team);
        }
        let tier = picked.units.iter().map(|(slot, _)| self.guests[*slot as usize].tier).min();
        judge(&self.rules, &lineup, tier.expect("a match has tickets"), PartyPolicy::Individual).valid
    }

    /// A thread for each worker; each takes the next stretch.
    fn sweep(&self, workers: usize) -> Vec<Picked> {
        let (stretches, next) = (self.crowd.stretches(0), AtomicUsize::new(0));
        let walk = || {
            let turns = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
            let mine = turns.map_while(|turn| stretches.get(turn));
            let walked = mine.flat_map(|stretch| self.crowd.walk(stretch, LIMITS, |_| Some(())));
            walked.map(|(picked, ())| picked).collect::<Vec<_>>()
        };
        std::thread::scope(|scope| {
            let walks: Vec<_> = (0..workers).map(|_| scope.spawn(walk)).collect();
            walks.into_iter().flat_map(|walk| walk.join().expect("a worker ends")).collect()
        })
    }
}

#[track_caller]
fn check(backlog: &Backlog, found: &[Picked], seed: u64) -> usize {
    let mut seats: Vec<u32> = found.iter().flat_map(|one| one.units.iter().map(|unit| unit.0)).collect();
    assert!(found.iter().all(|one| backlog.is_match(one)), "seed {seed}: the judge accepts every match");
    let all = seats.len();
    seats.sort_unstable();
    seats.dedup();
    assert_eq!(seats.len(), all, "seed {seed}: nobody is in two matches");
    assert!(seats.iter().all(|slot| !backlog.crowd.holds(*slot)), "seed {seed}: who is matched is claimed");
    all
}

#[test]
fn several_workers_claim_nobody_twice() {
    let (mut alone, mut together) = (0, 0);
    for seed in 0..12 {
        let backlog_of_one = backlog(3_000, seed);
        alone += check(&backlog_of_one, &backlog_of_one.sweep(1), seed);
        let backlog_of_three = backlog(3_000, seed);
        together += check(&backlog_of_three, &backlog_of_three.sweep(3), seed);
    }
    assert!(alone > 25_000, "of 36,000 tickets {alone} are matched");
    let apart = alone.abs_diff(together) as f64 / alone as f64;
    assert!(apart < 0.02, "{alone} by one worker, {together} by three");
}

#[test]
fn who_was_claimed_and_removed_leaves_room() {
    let mut backlog = backlog(1_000, 9);
    let found = backlog.sweep(2);
    for slot in found.iter().flat_map(|one| one.units.iter().map(|unit| unit.0)) {
        backlog.crowd.remove(slot);
    }
    let (before, guests) = (backlog.crowd.bytes(), backlog.guests.clone());
    for _ in 0..20 {
        let slots: Vec<_> = guests.iter().take(300).map(|guest| backlog.crowd.insert(guest)).collect();
        slots.into_iter().for_each(|slot| backlog.crowd.remove(slot));
    }
    let (spots, stale) = backlog.crowd.spots();
    assert!(stale <= 2 * (spots - stale) + 3 * 2 * 128, "{stale} of {spots} spots are of tickets that left");
    assert!(backlog.crowd.bytes() < 3 * before, "{before} bytes became {}", backlog.crowd.bytes());
}
