//! The search written by hand for w2 plays by the rules of w2, and is no worse than the engine by much.

use matchwright_model::Timestamp;
use matchwright_workbench::handmade::handmade;
use matchwright_workbench::quality::quality;
use matchwright_workbench::run::Pool;
use matchwright_workbench::workload::Workload;

const NOW: Timestamp = Timestamp(1_000_000_000);

#[test]
fn the_judge_accepts_what_was_made_by_hand() {
    let workload = Workload::by_name("w2").expect("it is one of all");
    for seed in 0..3 {
        let (rules, tickets) = (workload.compiled(), workload.tickets(3_000, seed, NOW));
        let by_hand = quality(&rules, &tickets, NOW, &handmade(&tickets).matches);
        assert_eq!(by_hand.wrong, 0, "seed {seed}");
        let pool = Pool::new(rules.clone(), &tickets, NOW);
        let engine = quality(&rules, &tickets, NOW, &pool.anchors(false).matches);
        let share = by_hand.matches as f64 / engine.matches as f64;
        assert!((0.95..1.05).contains(&share), "seed {seed}: {} and {}", by_hand.matches, engine.matches);
    }
}
