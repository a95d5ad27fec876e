//! Large pools by age and by sweep: every match is one, nobody is in two, and counting allows as many.

use matchwright_model::Timestamp;
use matchwright_workbench::bounds::most_matches;
use matchwright_workbench::quality::{Made, quality};
use matchwright_workbench::run::Pool;
use matchwright_workbench::workload::Workload;

const NOW: Timestamp = Timestamp(1_000_000_000);
const TICKETS: usize = 1_500;

/// Of what counting allows, at least so much is made.
const LEAST: [(&str, f64); 4] = [("w1", 0.98), ("w2", 0.90), ("w3", 0.45), ("w5", 0.80)];

#[test]
fn matches_stay_within_what_counting_allows() {
    for (name, least) in LEAST {
        let workload = Workload::by_name(name).expect("it is one of all");
        for seed in 0..3 {
            let (rules, tickets) = (workload.compiled(), workload.tickets(TICKETS, seed, NOW));
            let most = most_matches(&rules, &tickets, NOW);
            let pool = Pool::new(rules.clone(), &tickets, NOW);
            let check = |how: &str, matches: &[Made]| {
                let quality = quality(&rules, &tickets, NOW, matches);
                assert_eq!(quality.wrong, 0, "{name}, seed {seed}, {how}: matches that are none");
                let made = quality.matches;
                assert!(made <= most, "{name}, seed {seed}, {how}: {made} matches of at most {most}");
                let share = made as f64 / most as f64;
                assert!(share >= least, "{name}, seed {seed}, {how}: {made} of {most}, {share:.2}");
            };
            check("by age", &pool.anchors(false).matches);
            check("swept by one", &pool.sweep(1).matches);
            check("swept by two", &pool.sweep(2).matches);
        }
    }
}

#[test]
fn the_same_pool_gives_the_same_matches() {
    let workload = Workload::by_name("w5").expect("it is one of all");
    let tickets = workload.tickets(TICKETS, 4, NOW);
    let pool = Pool::new(workload.compiled(), &tickets, NOW);
    assert_eq!(pool.anchors(false).matches, pool.anchors(false).matches);
    assert_eq!(pool.sweep(1).matches, pool.sweep(1).matches);
}
