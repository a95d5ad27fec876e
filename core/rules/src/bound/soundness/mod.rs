//! The bound and the plan against the judge: random partial matches, all of their completions, every rule.
//!
//! `False` has to mean that no completion passes, `True` that every one does. `MATCHWRIGHT_BOUND_STATES` sets how many
//! states are tried, `MATCHWRIGHT_BOUND_SEED` where they start.

mod generate;
pub(crate) mod mutation;

use std::collections::BTreeMap;
use std::sync::Arc;

use matchwright_model::PartyPolicy;

use self::generate::Dice;
use self::mutation::Mutation;
use super::{Room, TierSpan, Universe, Verdict, bound};
use crate::plan::{Case, Coming, Company, Gate, Means, Plan, Totals, Words};
use crate::{Lineup, Party, RuleKind, RuleSet, Statement, Tier, judge};

/// States tried with one rule set.
const STATES_PER_RULE_SET: u64 = 8;

#[derive(Debug)]
struct State {
    lineup: Lineup,
    candidates: Vec<Arc<Party>>,
    room: Room,
    universe: Universe,
    tiers: TierSpan,
    policy: PartyPolicy,
}

fn parties(dice: &mut Dice, rules: &RuleSet, ids: &mut usize, count: usize) -> Vec<Arc<Party>> {
    let mut party = |dice: &mut Dice| {
        let size = if dice.percent(30) { 2 + dice.below(2) } else { 1 };
        let players: Vec<_> = (0..size)
            .map(|_| {
                *ids += 1;
                generate::player(dice, &format!("p{ids}"))
            })
            .collect();
        Arc::new(Party::bind(rules, &players).expect("players with every attribute"))
    };
    (0..count).map(|_| party(dice)).collect()
}

fn state(dice: &mut Dice, rules: &RuleSet, closed: bool) -> State {
    let mut ids = 0;
    let teams = rules.teams.len();
    let mut lineup = Lineup::empty(rules);
    let seated = dice.below(4);
    for party in parties(dice, rules, &mut ids, seated) {
        if dice.percent(15) {
            let seats: Vec<usize> = party.members.iter().map(|_| dice.below(teams)).collect();
            lineup.push_seated(party, &seats);
        } else {
            lineup.push(party, dice.below(teams));
        }
    }
    let count = if closed { 0 } else { dice.below(4) };
    let candidates = parties(dice, rules, &mut ids, count);
    let room = room(dice, &candidates, teams, closed);
    let universe = match dice.percent(75) {
        true => Universe::of(rules, candidates.iter().map(|party| &**party)),
        false => Universe::any(rules),
    };
    let last = rules.steps.len();
    let low = dice.below(last + 1);
    let high = if closed || dice.percent(50) { low } else { low + dice.below(last + 1 - low) };
    let tiers = TierSpan { low: Tier(low as u16), high: Tier(high as u16) };
    let policy = if dice.percent(30) { PartyPolicy::Literal } else { PartyPolicy::Individual };
    State { lineup, candidates, room, universe, tiers, policy }
}

/// Room for at least one completion, and for a few more.
fn room(dice: &mut Dice, candidates: &[Arc<Party>], teams: usize, closed: bool) -> Room {
    let mut added = vec![0_u32; teams];
    for party in candidates.iter().filter(|_| !closed) {
        if dice.percent(70) {
            added[dice.below(teams)] += party.members.len() as u32;
        }
    }
    let slack = |dice: &mut Dice| if closed { 0 } else { dice.below(3) as u32 };
    let around = |added: u32| (added.saturating_sub(slack(dice)), added + slack(dice));
    Room { teams: added.into_iter().map(around).collect() }
}

impl State {
    /// Every lineup that the candidates can make of this one within the room.
    fn completions(&self) -> Vec<Lineup> {
        let mut found = Vec::new();
        let before: Vec<usize> = self.lineup.teams.iter().map(Vec::len).collect();
        self.complete(&mut self.lineup.clone(), 0, &before, &mut found);
        found
    }

    fn complete(&self, lineup: &mut Lineup, next: usize, before: &[usize], found: &mut Vec<Lineup>) {
        let added = |lineup: &Lineup, team: usize| (lineup.teams[team].len() - before[team]) as u32;
        if next == self.candidates.len() {
            if (0..before.len()).all(|team| added(lineup, team) >= self.room.teams[team].0) {
                found.push(lineup.clone());
            }
            return;
        }
        self.complete(lineup, next + 1, before, found);
        for team in 0..before.len() {
            let size = self.candidates[next].members.len() as u32;
            if added(lineup, team) + size <= self.room.teams[team].1 {
                lineup.push(self.candidates[next].clone(), team);
                self.complete(lineup, next + 1, before, found);
                lineup.pop();
            }
        }
    }

    fn tiers(&self) -> impl Iterator<Item = Tier> {
        (self.tiers.low.0..=self.tiers.high.0).map(Tier)
    }

    /// What the plan says of the rules that it carries out, and whether those of [`crate::plan::Steer`] last.
    fn planned(&self, rules: &RuleSet, plan: &Plan) -> (Vec<Option<Verdict>>, bool) {
        let mut totals = Totals::new(&plan.columns, rules.teams.len());
        let mut texts = plan.vocabulary.texts.clone();
        let mut word = |text: &str| {
            texts.iter().position(|known| known == text).unwrap_or_else(|| {
                texts.push(text.to_string());
                texts.len() - 1
            }) as u32
        };
        let mut words: Vec<(usize, Words)> = Vec::new();
        for (index, party) in self.lineup.parties.iter().enumerate() {
            let team_of = |member: usize| {
                let sits = |seats: &Vec<(usize, usize)>| seats.contains(&(index, member));
                self.lineup.teams.iter().position(sits).expect("every member sits in a team")
            };
            let teams: Vec<usize> = (0..party.members.len()).map(team_of).collect();
            for (team, row) in plan.rows_seated(party, &teams) {
                totals.add(&plan.columns, team, &row);
            }
            words.extend(plan.words_seated(party, &teams, &mut word));
        }
        let mut company = Company::default();
        words.iter().for_each(|(team, words)| company.seat(*team, words));
        let seats = self.room.teams.iter().map(|room| (f64::from(room.0), f64::from(room.1)));
        let coming = plan.coming(seats.collect(), self.candidates.iter().map(|party| &**party));
        let (columns, totals, company, coming) = (&plan.columns, &totals, &company, &coming);
        let case = Case { columns, totals, company, coming, tiers: self.tiers };
        let says = |means: &Means| matches!(means, Means::Gate(_) | Means::Statement(_));
        let verdicts = plan.verdicts(&case).into_iter().zip(&plan.rules);
        let verdicts = verdicts.map(|(verdict, means)| says(means).then_some(verdict)).collect();
        (verdicts, plan.lasts(&Case { coming: &Coming::default(), ..case }))
    }

    fn bound(&self, rules: &RuleSet) -> Vec<Verdict> {
        bound(rules, &self.lineup, &self.room, &self.universe, self.tiers, self.policy)
    }
}

/// Does latency decide it, by itself or through others.
fn needs_region(rules: &RuleSet, rule: usize) -> bool {
    fn named(rules: &RuleSet, statement: &Statement) -> bool {
        match statement {
            Statement::Rule(index) => needs_region(rules, *index),
            Statement::Not(part) => named(rules, part),
            Statement::And(parts) | Statement::Or(parts) | Statement::Xor(parts) => {
                parts.iter().any(|part| named(rules, part))
            }
        }
    }
    match &rules.rules[rule].kind {
        RuleKind::Latency(_) => true,
        RuleKind::Compound(statement) => named(rules, statement),
        _ => false,
    }
}

/// A rule set that asks for one rule, at a region at which all enforced latency rules hold.
fn asking_for(rules: &RuleSet, rule: usize) -> RuleSet {
    let mut asked = rules.clone();
    for (index, one) in asked.rules.iter_mut().enumerate() {
        one.enforced = index == rule || (one.enforced && matches!(one.kind, RuleKind::Latency(_)));
    }
    asked
}

/// How often no completion passes, and how often the bound knows.
#[derive(Default)]
struct Tally {
    hopeless: u64,
    proved: u64,
    /// The plan knows.
    planned: u64,
}

fn kind(rules: &RuleSet, rule: usize) -> &'static str {
    match rules.rules[rule].kind {
        RuleKind::Distance(_) => "distance",
        RuleKind::Comparison(_) => "comparison",
        RuleKind::Collection(_) => "collection",
        RuleKind::Latency(_) => "latency",
        RuleKind::BatchDistance(_) => "batchDistance",
        RuleKind::Compound(_) => "compound",
        RuleKind::Sort(_) => "sort",
    }
}

/// The rule about which the bound is wrong, if there is one.
fn check(rules: &RuleSet, state: &State, tallies: &mut BTreeMap<&'static str, Tally>) -> Result<(), String> {
    let verdicts = state.bound(rules);
    let completions = state.completions();
    let judged = |rules: &RuleSet| -> Vec<Vec<Option<bool>>> {
        let all = completions.iter().flat_map(|lineup| state.tiers().map(move |tier| (lineup, tier)));
        all.map(|(lineup, tier)| judge(rules, lineup, tier, state.policy).rules).collect()
    };
    let plain = judged(rules);
    let plan = Plan::of(rules, state.policy);
    let (planned, lasts) = state.planned(rules, &plan);
    let fails = |rules: &Vec<Option<bool>>| plan.steer.lasting.iter().any(|rule| rules[*rule] == Some(false));
    if !lasts && !plain.iter().all(fails) {
        return Err("plan: what breaks for good holds in some completion".to_string());
    }
    for (index, planned) in planned.into_iter().enumerate() {
        let all = |passes: bool| plain.iter().all(|rules| (rules[index] != Some(false)) == passes);
        let is_wrong = (planned == Some(Verdict::False) && !all(false))
            || (planned == Some(Verdict::True) && !all(true));
        if is_wrong {
            return Err(format!(
                "plan, rule {} ({}): {planned:?}",
                rules.rules[index].name,
                kind(rules, index)
            ));
        }
        let tally = tallies.entry(kind(rules, index)).or_default();
        tally.planned += u64::from(planned == Some(Verdict::False));
    }
    for (index, verdict) in verdicts.into_iter().enumerate() {
        let passes = |rules: &[Option<bool>]| rules[index] != Some(false);
        let some_pass = plain.iter().any(|rules| passes(rules));
        // Elsewhere than where the judge looked for the sake of the other rules, it may pass all the same.
        let somewhere = || {
            let asked = asking_for(rules, index);
            let all_hold = |verdicts: &Vec<Option<bool>>| {
                asked.rules.iter().zip(verdicts).all(|(rule, one)| !rule.enforced || *one != Some(false))
            };
            judged(&asked).iter().any(all_hold)
        };
        let false_is_wrong = || some_pass && (!needs_region(rules, index) || somewhere());
        let all_pass = plain.iter().all(|rules| passes(rules));
        if (verdict == Verdict::False && false_is_wrong()) || (verdict == Verdict::True && !all_pass) {
            return Err(format!("rule {} ({}): {verdict:?}", rules.rules[index].name, kind(rules, index)));
        }
        let tally = tallies.entry(kind(rules, index)).or_default();
        tally.hopeless += u64::from(!some_pass);
        tally.proved += u64::from(verdict == Verdict::False);
    }
    Ok(())
}

/// Read when the test is built: core reads no environment.
fn setting(text: Option<&str>, default: u64) -> u64 {
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Tries states until the bound is wrong about one.
fn search(seed: u64, states: u64) -> Result<BTreeMap<&'static str, Tally>, String> {
    let mut tallies = BTreeMap::new();
    for round in 0..states.div_ceil(STATES_PER_RULE_SET) {
        let mut dice = Dice::new(seed.wrapping_add(round));
        let (rules, text) = generate::rule_set(&mut dice);
        for _ in 0..STATES_PER_RULE_SET {
            let state = state(&mut dice, &rules, false);
            check(&rules, &state, &mut tallies)
                .map_err(|wrong| format!("seed {}: {wrong}\n{text}\n{state:?}", seed.wrapping_add(round)))?;
        }
    }
    Ok(tallies)
}

#[test]
fn what_the_bound_says_holds_for_every_completion() {
    let (seed, states) = (
        setting(option_env!("MATCHWRIGHT_BOUND_SEED"), 1),
        setting(option_env!("MATCHWRIGHT_BOUND_STATES"), 10_000),
    );
    println!("seed {seed}, {states} states");
    match search(seed, states) {
        Ok(tallies) => {
            for (kind, tally) in tallies {
                println!(
                    "{kind}: {} without a completion that passes, {} proved, {} by the plan",
                    tally.hopeless, tally.proved, tally.planned
                );
            }
        }
        Err(wrong) => panic!("{wrong}"),
    }
}

#[test]
fn a_closed_room_is_judged() {
    let (seed, states) = (setting(option_env!("MATCHWRIGHT_BOUND_SEED"), 1), 4_000);
    println!("seed {seed}, {states} states");
    // Words have no last digit: what a plan says of them is exact.
    let is_texts = |means: &Means| matches!(means, Means::Gate(Gate::Texts(_)));
    let mut texts = 0;
    for round in 0..states / STATES_PER_RULE_SET {
        let mut dice = Dice::new(seed.wrapping_add(round));
        let (rules, text) = generate::rule_set(&mut dice);
        for _ in 0..STATES_PER_RULE_SET {
            let state = state(&mut dice, &rules, true);
            let judged = judge(&rules, &state.lineup, state.tiers.low, state.policy).rules;
            let judged =
                judged.into_iter().map(|one| if one == Some(false) { Verdict::False } else { Verdict::True });
            let judged: Vec<Verdict> = judged.collect();
            assert_eq!(state.bound(&rules), judged, "seed {}\n{text}\n{state:?}", seed.wrapping_add(round));
            let plan = Plan::of(&rules, state.policy);
            let planned = state.planned(&rules, &plan).0.into_iter().zip(&plan.rules).zip(judged);
            for ((planned, means), judged) in planned.filter(|((_, means), _)| is_texts(means)) {
                assert_eq!(planned, Some(judged), "plan: {means:?}\n{text}\n{state:?}");
                texts += 1;
            }
        }
    }
    assert!(texts > 1_000, "{texts} rules over texts prove little");
}

/// A check that finds nothing has to find what is known to be wrong.
#[track_caller]
fn is_found(mutation: Mutation) {
    mutation::plant(mutation);
    match search(1, 20_000) {
        Ok(_) => panic!("{mutation:?} was not noticed"),
        Err(wrong) => println!("{mutation:?}: {}", wrong.lines().next().unwrap_or_default()),
    }
}

#[test]
fn a_seat_too_few_is_found() {
    is_found(Mutation::OneSeatTooFew);
}

#[test]
fn a_forgotten_candidate_is_found() {
    is_found(Mutation::LastCandidateForgotten);
}

#[test]
fn a_moved_boundary_is_found() {
    is_found(Mutation::BoundaryMoved);
}

#[test]
fn forgotten_tiers_are_found() {
    is_found(Mutation::LaterTiersForgotten);
}

#[test]
fn a_text_too_many_is_found() {
    is_found(Mutation::OneTextMore);
}

#[test]
fn a_text_too_few_is_found() {
    is_found(Mutation::OneTextFewer);
}
