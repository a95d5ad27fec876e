//! The gate and its helpers: `cargo xtask ci | tidy | bless | clients | crash | fuzz | instructions |
//! record`.
//!
//! Runs other programs and reads the tree. Decides nothing about matchmaking and is not shipped.

mod ci;
mod clients;
mod instructions;
mod record;
mod shell;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <task>

  ci        the gate: format, tidy, clippy, tests
  tidy      the house rules that no compiler checks
  bless     run the tests and rewrite their expectations; the diff is the review
  clients   the scenarios through boto3, the JavaScript SDK and the Rust SDK
            (one of them: cargo xtask clients python | js | rust)
  crash     kill -9 under load, many rounds (CRASH_ROUNDS, CRASH_SEED)
  fuzz      the fuzz targets for longer (FUZZ_SECONDS each, default 60)
  instructions
            instructions of the hot paths, counted by valgrind's callgrind, to docs/benchmarks;
            --compare: against what is recorded there, fails when a path takes over 3 % more
  record    every table of match construction measured and drawn, to docs/benchmarks
            (--out FOLDER; --try: a minute, to see that it works, to the target folder)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest = arguments.get(1..).unwrap_or_default();
    let outcome = match arguments.first().map(String::as_str) {
        Some("ci") => ci::ci(),
        Some("tidy") => tidy::tidy(),
        Some("bless") => ci::bless(),
        Some("clients") => clients::clients(rest),
        Some("crash") => ci::crash(),
        Some("fuzz") => ci::fuzz(),
        Some("record") => record::record(rest),
        Some("instructions") => instructions::instructions(rest),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("\n{why}");
            ExitCode::FAILURE
        }
    }
}
