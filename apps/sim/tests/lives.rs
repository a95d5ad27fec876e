//! Random lives under virtual time. `MATCHWRIGHT_SIM_SEEDS=N` lives more of them, `MATCHWRIGHT_SIM_SEED=S` one.

use matchwright_sim::life::{Plan, live};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn every_life_keeps_every_promise() {
    let seeds = match number("MATCHWRIGHT_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("MATCHWRIGHT_SIM_SEEDS").unwrap_or(1000),
    };
    let (mut matches, mut completed) = (0, 0);
    for seed in seeds {
        let lived = std::panic::catch_unwind(|| live(seed, &Plan::default()));
        let Ok(story) = lived else { panic!("repeat with MATCHWRIGHT_SIM_SEED={seed}") };
        matches += story.matches;
        completed += story.completed;
    }
    assert!(matches > 0 && completed > 0, "lives without a match prove nothing");
    println!("{matches} proposals, {completed} completed");
}

#[test]
fn the_same_seed_lives_the_same_life() {
    for seed in [1, 7, 42] {
        assert_eq!(live(seed, &Plan::default()), live(seed, &Plan::default()), "seed {seed}");
    }
    assert_ne!(live(1, &Plan::default()).hash, live(2, &Plan::default()).hash);
}
