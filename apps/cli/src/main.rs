//! The `matchwright` binary: serve, rules, journal, demo, dev-fleet, fake-servers, bench. Reads the command line and says what came of it;
//! the work is done below.

mod api;
mod bench;
mod demo;
mod dev_fleet;
mod fake_servers;
mod files;
mod fleet;
mod interrupt;
mod journal;
mod rules;
mod serve;

use std::process::ExitCode;

/// The threads of a node hand their allocations to each other, which the system's allocator is slow at.
#[global_allocator]
static HEAP: matchwright_heap::Heap = matchwright_heap::Heap;

use clap::{Parser, Subcommand};

/// A self-hosted matchmaking server, compatible with Amazon GameLift FlexMatch.
#[derive(Debug, Parser)]
#[command(name = "matchwright", version, arg_required_else_help = true)]
#[command(
    after_help = "Start here:\n  matchwright demo            a server with simulated players, to look around\n  matchwright serve           a server on http://127.0.0.1:4600, data in ./matchwright-data\n  matchwright dev-fleet       what a game server needs to reach it\n  matchwright rules check my-rules.json"
)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Serve(serve::Serve),
    #[command(subcommand)]
    Rules(rules::Rules),
    #[command(subcommand)]
    Journal(journal::Journal),
    Demo(demo::Demo),
    DevFleet(dev_fleet::DevFleet),
    FakeServers(fake_servers::FakeServers),
    #[command(subcommand)]
    Bench(bench::Bench),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Action::Serve(serve) => serve.run(),
        Action::Rules(rules) => rules.run(),
        Action::Journal(journal) => journal.run(),
        Action::Demo(demo) => demo.run(),
        Action::DevFleet(fleet) => fleet.run(),
        Action::FakeServers(servers) => servers.run(),
        Action::Bench(bench) => bench.run(),
    }
}
