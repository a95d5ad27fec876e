//! Of the most matches that can be made of a pool at the same time, how many the search makes. It serves the oldest
//! first and makes matches as large as it can, which is not always the way to the most.

use matchwright_search::SearchSettings;

use crate::brute::most_matches;
use crate::moment::{Moment, set};
use crate::rule_sets::RULE_SETS;
use crate::unlimited;

const TICKETS: usize = 9;
const POOLS: u64 = 20;
/// Of the most matches, at least this share is made of every rule set; of "common region" it is the least, as four play
/// where three could.
const LEAST: f64 = 0.55;

#[test]
fn the_most_matches_of_sets_are_counted() {
    let most = |sets: &[u16]| most_matches(&sets.iter().copied().collect());
    assert_eq!(most(&[]), 0);
    assert_eq!(most(&[0b11, 0b110, 0b1100]), 2);
    assert_eq!(most(&[0b111, 0b110, 0b1]), 2);
    assert_eq!(most(&[0b11, 0b101, 0b110]), 1);
}

#[test]
fn nearly_as_many_matches_are_made_as_exist_at_the_same_time() {
    for (name, body) in RULE_SETS {
        let (mut most, mut unlimited_made, mut default_made) = (0, 0, 0);
        for seed in 0..POOLS {
            let moment = Moment::of(body, TICKETS, seed);
            let sets = moment.sets();
            let of_pool = most_matches(&sets);
            let check = |settings: SearchSettings| {
                let made = moment.searched(settings);
                let mut taken = 0;
                for one in &made {
                    let tickets = set(one);
                    assert!(sets.contains(&tickets), "{name}, seed {seed}: {one:?} is no match");
                    assert_eq!(taken & tickets, 0, "{name}, seed {seed}: a ticket in two matches");
                    taken |= tickets;
                }
                let left = sets.iter().find(|set| *set & taken == 0);
                assert_eq!(left, None, "{name}, seed {seed}: a match that is left over");
                assert!(made.len() <= of_pool, "{name}, seed {seed}: more than exist");
                made.len()
            };
            most += of_pool;
            unlimited_made += check(unlimited());
            default_made += check(SearchSettings::default());
        }
        println!("{name}: {most} exist, {unlimited_made} without a budget, {default_made} within it");
        assert!(most > 20, "{name}: {most} matches prove little");
        for made in [unlimited_made, default_made] {
            let share = made as f64 / most as f64;
            assert!(share >= LEAST, "{name}: {made} of {most} matches, {share:.2}");
        }
    }
}
