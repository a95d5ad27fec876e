//! Runs every scenario against one server, which verifies each signature, and counts them.

mod scenarios;
mod server;

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::Instant;

use server::Server;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = Server::start("signed.toml");
    let client = server.client();
    let mut failed = 0;
    let all = scenarios::all();
    let count = all.len();
    for (name, scenario) in all {
        let started = Instant::now();
        let run = || runtime.block_on(scenario(client.clone()));
        match std::panic::catch_unwind(AssertUnwindSafe(run)) {
            Ok(()) => println!("ok      {name} ({:.2} s)", started.elapsed().as_secs_f64()),
            Err(_) => {
                failed += 1;
                println!("FAILED  {name}");
            }
        }
    }
    println!("{} passed, {failed} failed", count - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
