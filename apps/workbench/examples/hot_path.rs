//! One hot path of match construction, run once, for a count of its instructions: `cargo xtask instructions` starts
//! this under callgrind, which counts inside of one function only. The same every time: no clock, no thread, seeds fixed.
//!
//! `hot_path` lists the paths, `hot_path NAME` runs one and tells how many operations it was.

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;

use matchwright_model::{MatchId, PartyPolicy, Timestamp};
use matchwright_rules::plan::{Case, Company, Plan, Totals};
use matchwright_rules::{Lineup, Party, RuleSet, Tier, TierSpan, judge};
use matchwright_search::{Anchor, Crowd, Guest, Intake, Limits, Picked, Search, SearchSettings, Slot};
use matchwright_workbench::live::{matchmaker_records, started};
use matchwright_workbench::workload::{Ticket, Workload};

const NOW: Timestamp = Timestamp(1_000_000_000);
const SEED: u64 = 1;
/// Tickets that wait while something is done to some of them.
const TICKETS: usize = 5_000;
const SOME: usize = 500;
/// A pool that is searched completely.
const SMALL: usize = 40;
const LIMITS: Limits = Limits { players: u32::MAX, looks: 256 };

/// What is counted unless a path names a function of its own.
const MEASURED: &str = "hot_path::measured";
const SPLIT: &str = "matchwright_search::split::Split::even";
const HUNT: &str = "matchwright_search::hunt::hunt";

/// Name, what an operation is, the function inside of which is counted, and the run; it tells its operations.
type HotPath = (&'static str, &'static str, &'static str, fn() -> usize);

const PATHS: [HotPath; 19] = [
    ("insert-w1", "ticket", MEASURED, || insert("w1")),
    ("insert-w2", "ticket", MEASURED, || insert("w2")),
    ("insert-w3", "ticket", MEASURED, || insert("w3")),
    ("extend-w2", "ticket", MEASURED, || extend("w2")),
    ("remove-w2", "ticket", MEASURED, || remove("w2")),
    ("seek-w1", "anchor", MEASURED, || seek(Workload::by_name("w1"))),
    ("seek-w2", "anchor", MEASURED, || seek(Workload::by_name("w2"))),
    ("seek-w3", "anchor", MEASURED, || seek(Workload::by_name("w3"))),
    ("seek-w5", "anchor", MEASURED, || seek(Workload::by_name("w5"))),
    ("sweep-w1", "ticket", MEASURED, || sweep("w1")),
    ("sweep-w2", "ticket", MEASURED, || sweep("w2")),
    ("split-ten", "anchor of ten single players", SPLIT, || seek(single("w2"))),
    ("split-2x100", "anchor of w4a", SPLIT, || seek(Workload::by_name("w4a"))),
    ("verdict-w2", "match", MEASURED, || verdict("w2")),
    ("verdict-w3", "match", MEASURED, || verdict("w3")),
    ("hunt-w2", "pool of 40", HUNT, || hunt("w2")),
    ("hunt-w3", "pool of 40", HUNT, || hunt("w3")),
    ("hunt-w5", "pool of 40", HUNT, || hunt("w5")),
    ("judge-w5", "match", MEASURED, || judged("w5")),
];

fn main() -> ExitCode {
    let Some(name) = std::env::args().nth(1) else {
        PATHS.iter().for_each(|(name, of, function, _)| println!("{name}\t{of}\t{function}"));
        return ExitCode::SUCCESS;
    };
    match PATHS.iter().find(|path| path.0 == name) {
        Some(path) => {
            println!("{}", path.3());
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("there is no path {name}");
            ExitCode::FAILURE
        }
    }
}

/// Callgrind counts from the entry of this to its end.
#[inline(never)]
fn measured(work: &mut dyn FnMut()) -> u32 {
    let is_kept = black_box(1);
    work();
    // Something is left to do, so that the work is called and not jumped to.
    is_kept
}

/// Tickets of a workload and what stands ready of them.
struct Ready {
    rules: Arc<RuleSet>,
    plan: Arc<Plan>,
    parties: Vec<Arc<Party>>,
    guests: Vec<Guest>,
    tiers: Vec<Tier>,
}

impl Ready {
    fn new(workload: &Workload) -> Self {
        let rules = Arc::new(workload.compiled());
        let plan = Arc::new(Plan::of(&rules, PartyPolicy::Individual));
        let tickets = workload.tickets(TICKETS, SEED, NOW);
        let party = |ticket: &Ticket| Arc::new(Party::bind(&rules, &ticket.players).expect("tickets fit"));
        let parties: Vec<_> = tickets.iter().map(party).collect();
        let tiers: Vec<_> = tickets.iter().map(|one| rules.tier(NOW.since(one.started_at))).collect();
        let mut intake = Intake::new(plan.clone());
        let each = parties.iter().zip(&tiers);
        let guests = each.map(|(party, tier)| intake.guest(party, *tier).expect("of one mind")).collect();
        Self { rules, plan, parties, guests, tiers }
    }

    fn of(name: &str) -> Self {
        Self::new(&Workload::by_name(name).expect("it is one of all"))
    }

    fn empty(&self) -> Crowd {
        Crowd::new(self.rules.clone(), self.plan.clone())
    }

    /// Everybody has come one by one; the slot of each.
    fn crowd(&self) -> (Crowd, Vec<Slot>) {
        let mut crowd = self.empty();
        let slots = self.guests.iter().map(|guest| crowd.insert(guest)).collect();
        (crowd, slots)
    }

    /// Full matches, each ticket by its number.
    fn matches(&self) -> Vec<Vec<(usize, usize)>> {
        let mut crowd = self.empty();
        let slots = crowd.extend(&self.guests);
        let ticket_of = |slot: Slot| slots.iter().position(|one| *one == slot).expect("somebody's slot");
        let named = |picked: &Picked| {
            let units = picked.units.iter().map(|(slot, team)| (ticket_of(*slot), *team));
            units.collect::<Vec<_>>()
        };
        let found = crowd
            .stretches(0)
            .iter()
            .flat_map(|one| crowd.walk(one, LIMITS, |_| Some(())))
            .collect::<Vec<_>>();
        found.iter().take(SOME).map(|(picked, ())| named(picked)).collect()
    }

    fn tier(&self, seats: &[(usize, usize)]) -> Tier {
        seats.iter().map(|(ticket, _)| self.tiers[*ticket]).min().expect("a match has tickets")
    }
}

/// The workload with parties of one only.
fn single(name: &str) -> Option<Workload> {
    Workload::by_name(name).map(|workload| workload.single())
}

fn insert(name: &str) -> usize {
    let ready = Ready::of(name);
    let mut crowd = ready.empty();
    crowd.extend(&ready.guests[SOME..]);
    measured(&mut || {
        ready.guests[..SOME].iter().for_each(|guest| {
            black_box(crowd.insert(guest));
        });
    });
    SOME
}

fn extend(name: &str) -> usize {
    let ready = Ready::of(name);
    let mut crowd = ready.empty();
    measured(&mut || {
        black_box(crowd.extend(&ready.guests));
    });
    TICKETS
}

fn remove(name: &str) -> usize {
    let ready = Ready::of(name);
    let (mut crowd, slots) = ready.crowd();
    measured(&mut || slots.iter().step_by(TICKETS / SOME).for_each(|slot| crowd.remove(*slot)));
    SOME
}

fn seek(workload: Option<Workload>) -> usize {
    let ready = Ready::new(&workload.expect("it is one of all"));
    let (crowd, slots) = ready.crowd();
    let anchors = if ready.rules.large { SOME / 25 } else { SOME };
    let mut found = 0;
    measured(&mut || {
        for slot in slots.iter().step_by(TICKETS / anchors) {
            found += usize::from(black_box(crowd.seek(Anchor::Ticket(*slot), LIMITS)).is_some());
        }
    });
    assert!(found * 2 > anchors, "a search that finds nothing says little: {found} of {anchors}");
    anchors
}

fn sweep(name: &str) -> usize {
    let ready = Ready::of(name);
    let mut crowd = ready.empty();
    crowd.extend(&ready.guests);
    let mut found = 0;
    measured(&mut || {
        for stretch in crowd.stretches(0) {
            found += black_box(crowd.walk(&stretch, LIMITS, |_| Some(()))).len();
        }
    });
    assert!(found > 0, "a sweep that finds nothing says little");
    TICKETS
}

/// The plan's word on whole matches.
fn verdict(name: &str) -> usize {
    let ready = Ready::of(name);
    let (plan, rules) = (&ready.plan, &ready.rules);
    let nobody = plan.coming(vec![(0.0, 0.0); rules.teams.len()], std::iter::empty());
    let totals = |seats: &Vec<(usize, usize)>| {
        let mut totals = Totals::new(&plan.columns, rules.teams.len());
        seats.iter().for_each(|(ticket, team)| totals.add(&plan.columns, *team, &ready.guests[*ticket].row));
        let tier = ready.tier(seats);
        (totals, TierSpan::only(tier))
    };
    let matches: Vec<_> = ready.matches().iter().map(totals).collect();
    assert!(!matches.is_empty(), "there are matches");
    measured(&mut || {
        for (totals, tiers) in &matches {
            let (columns, company) = (&plan.columns, &Company::default());
            let case = Case { columns, totals, company, coming: &nobody, tiers: *tiers };
            black_box(plan.verdict(rules, &case));
        }
    });
    matches.len()
}

fn hunt(name: &str) -> usize {
    let workload = Workload::by_name(name).expect("it is one of all").compatible();
    let mut search = Search::new(SearchSettings::default());
    matchmaker_records(&workload).iter().for_each(|record| search.follow(record));
    for (number, ticket) in workload.tickets(SMALL, SEED, NOW).iter().enumerate() {
        started(&number.to_string().into(), ticket).iter().for_each(|record| search.follow(record));
    }
    let mut found = 0;
    while let Some(step) = search.step(NOW, &mut || MatchId::new(0)) {
        found += usize::from(step.proposal.is_some());
    }
    assert!(found > 0, "a pool without a match says little");
    1
}

fn judged(name: &str) -> usize {
    let ready = Ready::of(name);
    let lineup = |seats: &Vec<(usize, usize)>| {
        let mut lineup = Lineup::empty(&ready.rules);
        seats.iter().for_each(|(ticket, team)| lineup.push(ready.parties[*ticket].clone(), *team));
        (lineup, ready.tier(seats))
    };
    let matches: Vec<_> = ready.matches().iter().map(lineup).collect();
    assert!(!matches.is_empty(), "there are matches");
    let mut valid = 0;
    measured(&mut || {
        for (lineup, tier) in &matches {
            valid +=
                usize::from(black_box(judge(&ready.rules, lineup, *tier, PartyPolicy::Individual)).valid);
        }
    });
    assert_eq!(valid, matches.len(), "the judge accepts every match");
    matches.len()
}
