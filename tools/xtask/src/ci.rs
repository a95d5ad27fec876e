//! The order of the gate. Cheap checks come first, so that a slip is told in seconds.

use crate::shell::{Outcome, cargo, run, step};
use crate::tidy;

/// The whole gate, at home as on the server.
pub fn ci() -> Outcome {
    step("format", || run(cargo().args(["fmt", "--all", "--check"])))?;
    step("tidy", tidy::tidy)?;
    step("clippy", || {
        run(cargo().args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    })?;
    // The crash rounds and the real clients join the gate once they hold there (docs/known-gaps.md).
    step("tests", || {
        run(cargo().args(["test", "--locked", "--workspace", "--", "--skip", "acknowledged_is_kept"]))
    })?;
    println!("\nThe gate is green.");
    Ok(())
}

/// Lets the tests rewrite what they expect: `expect!` texts and conformance files.
pub fn bless() -> Outcome {
    run(cargo().args(["test", "--workspace", "--no-fail-fast"]).env("UPDATE_EXPECT", "1"))
}

/// The crash test alone, with its output; `CRASH_ROUNDS` and `CRASH_SEED` pass through.
pub fn crash() -> Outcome {
    run(cargo().args([
        "test",
        "--locked",
        "--package",
        "matchwright",
        "--test",
        "crash",
        "--",
        "--nocapture",
    ]))
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
