//! `matchwright bench hosting`: placements, idle sockets, and the way from a match to its game server.

mod crowd;
mod idle;
mod placements;
mod pushes;

use std::time::Duration;

use clap::Args;
use comfy_table::Table;
use serde_json::json;

use super::bar;
use crate::files::allow_sockets;
use crowd::Server;
use idle::Idle;
use placements::Placements;
use pushes::Pushes;

/// Placements per second to activated sessions, what an idle game server costs beside a bare WebSocket, and the time
/// from a match to CreateGameSession.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  matchwright bench hosting
  matchwright bench hosting --sockets 2000 --seconds 5 --json
  matchwright bench hosting --endpoint http://127.0.0.1:4600    a server that runs already; no memory, no CPU time

Game servers are simulated, one real socket each, in this program; they activate at once, end at once, and another
process takes their place. Their processor time is part of what two cores have to give, and shown beside the server's.
Memory is that of the whole server process, before and after, in what the system counts as resident.")]
pub struct HostingBench {
    /// A server that runs already; without it one is started for each part
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Game servers that games are placed on
    #[arg(long, default_value_t = 1000)]
    servers: usize,
    /// Callers of StartGameSessionPlacement at the same time
    #[arg(long, default_value_t = 64)]
    clients: usize,
    /// Idle game servers; 0 leaves them out
    #[arg(long, default_value_t = 10_000)]
    sockets: usize,
    /// Heartbeats of each idle game server
    #[arg(long, default_value_t = 10)]
    beats: usize,
    /// Matches per second whose games are told to game servers
    #[arg(long, default_value_t = 200)]
    rate: u64,
    /// How long placements and matches are measured
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// One JSON object, for programs
    #[arg(long)]
    json: bool,
}

impl HostingBench {
    pub fn measure(self) -> Result<(), String> {
        allow_sockets(self.sockets.max(self.servers + self.clients))?;
        let (endpoint, span) = (self.endpoint.as_deref(), Duration::from_secs(self.seconds));
        let bar = bar(3)?;
        bar.set_message("placements");
        let server = Server::start(endpoint, self.servers)?;
        let placements = placements::measure(&server, self.servers, self.clients, span)?;
        drop(server);
        bar.inc(1);
        bar.set_message("idle sockets");
        let idle = match endpoint.is_none() && self.sockets > 0 {
            true => Some(idle::measure(&Server::start(None, self.sockets)?, self.sockets, self.beats)?),
            false => None,
        };
        bar.inc(1);
        bar.set_message("match to game server");
        let mut server = Server::start(endpoint, self.servers)?;
        let pushes = pushes::measure(&mut server, self.servers, self.rate, span)?;
        bar.finish_and_clear();
        match self.json {
            true => println!(
                "{}",
                json!({ "placements": placements.as_json(), "idle": idle.map(|idle| idle.as_json()),
                        "pushes": pushes.as_json(), "seconds": self.seconds, "clients": self.clients })
            ),
            false => show(&placements, idle.as_ref(), &pushes),
        }
        Ok(())
    }
}

fn show(placements: &Placements, idle: Option<&Idle>, pushes: &Pushes) {
    let us = |span: Duration| format!("{:.1} us", span.as_secs_f64() * 1e6);
    let mut table = Table::new();
    table.set_header(["game servers", "activated", "per second", "CPU each, server", "CPU each, clients"]);
    table.add_row([
        placements.servers.to_string(),
        placements.activated.to_string(),
        format!("{:.0}", placements.per_second),
        us(placements.cpu),
        us(placements.own_cpu),
    ]);
    println!("{table}");
    if let Some(idle) = idle {
        let mut table = Table::new();
        table.set_header([&format!("{} idle sockets", idle.sockets), "KB each", "CPU per heartbeat"]);
        for (name, cost) in [("matchwright", idle.server), ("bare WebSocket echo", idle.echo)] {
            let kilobytes = format!("{:.1}", cost.bytes_per_socket / 1024.0);
            table.add_row([name.to_string(), kilobytes, us(cost.per_message)]);
        }
        println!("{table}\nOne heartbeat costs as much CPU as {:.1} echoes.", idle.ratio());
    }
    println!(
        "Match to CreateGameSession at {} matches/s: p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms ({} matches).",
        pushes.asked,
        pushes.millis(0.5),
        pushes.millis(0.99),
        pushes.millis(1.0),
        pushes.matches()
    );
    println!("{}", placements.goal());
    idle.iter().for_each(|idle| println!("{}", idle.goal()));
    println!("{}", pushes.goal());
}
