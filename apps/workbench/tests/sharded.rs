//! A pool swept by several workers at once against the same pool swept by one: as many matches, each of them one, and
//! nobody in two. Which stretch is walked by whom differs from run to run; what comes out must not, but for a little.

use matchwright_model::Timestamp;
use matchwright_workbench::quality::quality;
use matchwright_workbench::run::Pool;
use matchwright_workbench::workload::Workload;

const NOW: Timestamp = Timestamp(1_000_000_000);
const TICKETS: usize = 1_500;
const SEEDS: u64 = 3;
/// The sums of matches may differ by such a share and two more: runs of one pool differ by a match or a few.
const APART_MAX: f64 = 0.03;

#[test]
fn several_workers_make_as_many_matches_as_one() {
    for name in ["w1", "w2", "w3", "w4b", "w5", "two-clusters"] {
        let workload = Workload::by_name(name).expect("it is one of all");
        let mut made = [0; 3];
        for seed in 0..SEEDS {
            let (rules, tickets) = (workload.compiled(), workload.tickets(TICKETS, seed, NOW));
            let pool = Pool::new(rules.clone(), &tickets, NOW);
            for (workers, sum) in (1..).zip(&mut made) {
                let quality = quality(&rules, &tickets, NOW, &pool.sweep(workers).matches);
                // Tickets in a second match count as wrong, as do matches that the judge refuses.
                assert_eq!(quality.wrong, 0, "{name}, seed {seed}, {workers} workers");
                *sum += quality.matches;
            }
        }
        println!("{name}: {made:?} matches by one, two and three");
        assert!(made[0] > 15, "{name}: {} matches prove little", made[0]);
        for (workers, many) in made.iter().enumerate().skip(1) {
            let apart = many.abs_diff(made[0]);
            let most = 2 + (APART_MAX * made[0] as f64) as usize;
            assert!(apart <= most, "{name}: {} by one, {many} by {}", made[0], workers + 1);
        }
    }
}
