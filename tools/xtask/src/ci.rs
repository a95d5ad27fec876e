//! The order of the gate. Cheap checks come first, so that a slip is told in seconds.

use crate::shell::{Outcome, cargo, run, step};
use crate::{clients, tidy};

/// The whole gate, at home as on the server.
pub fn ci() -> Outcome {
    step("format", || run(cargo().args(["fmt", "--all", "--check"])))?;
    step("tidy", tidy::tidy)?;
    step("clippy", || {
        run(cargo().args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    })?;
    // The fuzz targets with their corpora, and a few crash rounds, are tests of the workspace.
    step("tests", || run(cargo().args(["test", "--locked", "--workspace"])))?;
    step("crash", crash)?;
    step("clients", || clients::clients(&[]))?;
    println!("\nThe gate is green.");
    Ok(())
}

/// Lets the tests rewrite what they expect: `expect!` texts and conformance files.
pub fn bless() -> Outcome {
    run(cargo().args(["test", "--workspace", "--no-fail-fast"]).env("UPDATE_EXPECT", "1"))
}

/// The crash test alone, with its output; `CRASH_ROUNDS` (200) and `CRASH_SEED` pass through.
pub fn crash() -> Outcome {
    let rounds = std::env::var("CRASH_ROUNDS").unwrap_or_else(|_| "200".to_owned());
    run(cargo()
        .args(["test", "--locked", "--package", "matchwright", "--test", "crash", "--", "--nocapture"])
        .env("CRASH_ROUNDS", rounds))
}

/// Every fuzz target for `FUZZ_SECONDS`, one after the other, starting from its corpus.
pub fn fuzz() -> Outcome {
    let seconds = std::env::var("FUZZ_SECONDS").unwrap_or_else(|_| "60".to_owned());
    run(cargo()
        .args([
            "test",
            "--locked",
            "--release",
            "--package",
            "matchwright-fuzz",
            "--",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("FUZZ_SECONDS", seconds))
}
