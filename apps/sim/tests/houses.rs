//! Random lives of game servers under virtual time. `MATCHWRIGHT_HOUSES_SEEDS=N` lives more of them,
//! `MATCHWRIGHT_HOUSES_SEED=S` one.

use matchwright_sim::houses::{Plan, live};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn every_life_of_servers_keeps_every_promise() {
    let seeds = match number("MATCHWRIGHT_HOUSES_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("MATCHWRIGHT_HOUSES_SEEDS").unwrap_or(120),
    };
    let is_one = seeds.end - seeds.start == 1;
    let mut sums = [0; 6];
    for seed in seeds {
        let lived = std::panic::catch_unwind(|| live(seed, &Plan::default()));
        let Ok(story) = lived else { panic!("repeat with MATCHWRIGHT_HOUSES_SEED={seed}") };
        let counts =
            [story.processes, story.games, story.seats, story.placements, story.completed, story.refilled];
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    let [processes, games, seats, placements, completed, refilled] = sums;
    assert!(is_one || sums.iter().all(|sum| *sum > 0), "lives without games prove nothing: {sums:?}");
    println!(
        "{processes} processes, {games} games, {seats} reservations, {placements} placements, {completed} matches, {refilled} games filled again"
    );
}

#[test]
fn a_long_life_of_many_servers_keeps_every_promise() {
    let plan = Plan { steps: 4000, players: 400, processes: 150, crash_every: 1500 };
    let story = live(1, &plan);
    assert!(story.processes > 1000, "thousands of processes: {story:?}");
    println!("{story:?}");
}

#[test]
fn the_same_seed_lives_the_same_life() {
    for seed in [1, 7, 42] {
        assert_eq!(live(seed, &Plan::default()), live(seed, &Plan::default()), "seed {seed}");
    }
    assert_ne!(live(1, &Plan::default()).hash, live(2, &Plan::default()).hash);
}
