//! Placements that others host: a follower that asks allocators for servers, and sends what they found as commands.
//!
//! Nothing of it is kept: what waits is in the state, and after a restart it is asked for again under the same session.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use matchwright_allocate::{Allocator, Desk, DeskOptions, Failure, Latency, Request, Server};
use matchwright_amazon::{Arns, matchmaker_data};
use matchwright_engine::{Change, Command, Record, Rejection};
use matchwright_hosting as hosting;
use matchwright_hosting::{PlacementRequest, PlacementStatus, session_name};
use matchwright_model::{LocationName, PlacementId, QueueName, Timestamp};
use tokio::sync::oneshot;

use super::message::{Batch, Message, Refusal};
use crate::metrics::Meters;

/// How long to wait for room in the journal.
const NO_ROOM: Duration = Duration::from_secs(1);

/// An allocator and what it hosts.
pub struct Assigned {
    pub name: String,
    pub queues: Vec<QueueName>,
    /// Where its games are.
    pub location: LocationName,
    pub concurrency: usize,
    pub allocator: Arc<dyn Allocator>,
}

/// Counts what an allocator answers.
struct Counted {
    name: String,
    allocator: Arc<dyn Allocator>,
    meters: Arc<Meters>,
}

impl Allocator for Counted {
    fn allocate(&self, request: &Request) -> Result<Server, Failure> {
        let answer = self.allocator.allocate(request);
        let outcome = match &answer {
            Ok(_) => "found",
            Err(Failure::NoCapacity) => "no_capacity",
            Err(Failure::Contention) => "contention",
            Err(Failure::Unanswered(_)) => "unanswered",
            Err(Failure::Refused(_)) => "refused",
        };
        self.meters.allocator(&self.name, outcome);
        answer
    }
}

pub(crate) struct Allocations {
    desks: Vec<Desk>,
    /// Which desk a queue goes to.
    homes: BTreeMap<QueueName, usize>,
    /// What is being asked for, by desk and session.
    asked: BTreeMap<PlacementId, (usize, String)>,
    arns: Arns,
    news: Receiver<Batch>,
}

impl Allocations {
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        assigned: Vec<Assigned>,
        arns: Arns,
        news: Receiver<Batch>,
        writer: &Sender<Message>,
        meters: &Arc<Meters>,
    ) -> std::io::Result<Self> {
        let (mut desks, mut homes) = (Vec::new(), BTreeMap::new());
        for one in assigned {
            homes.extend(one.queues.into_iter().map(|queue| (queue, desks.len())));
            let errand =
                Errand { allocator: one.name.clone(), location: one.location, writer: writer.clone() };
            let (name, meters) = (one.name.clone(), meters.clone());
            let counted = Counted { name, allocator: one.allocator, meters };
            let options =
                DeskOptions { name: one.name, concurrency: one.concurrency, ..DeskOptions::default() };
            let tell = move |request: &Request, answer| errand.tell(request, answer);
            desks.push(Desk::start(&options, Arc::new(counted), tell)?);
        }
        Ok(Self { desks, homes, asked: BTreeMap::new(), arns, news })
    }

    /// What waited when the journal was left.
    pub fn catch_up(&mut self, state: &hosting::State) {
        for one in state.placements.values() {
            if one.status == PlacementStatus::Pending && one.session.is_none() {
                self.ask(&one.request, one.started_at);
            }
        }
    }

    /// Follows until the writer ends.
    pub fn run(mut self) {
        while let Ok(batch) = self.news.recv() {
            batch.records.iter().for_each(|record| self.follow(record));
        }
        self.desks.into_iter().for_each(Desk::stop);
    }

    fn follow(&mut self, record: &Record) {
        let Change::Hosting(change) = &record.change else { return };
        match &**change {
            hosting::Change::PlacementStarted { request, .. } => self.ask(request, record.at),
            hosting::Change::PlacementFulfilled { id }
            | hosting::Change::PlacementCancelled { id }
            | hosting::Change::PlacementTimedOut { id }
            | hosting::Change::PlacementFailed { id } => {
                if let Some((desk, session)) = self.asked.remove(id) {
                    self.desks[desk].take_back(&session);
                }
            }
            _ => {}
        }
    }

    fn ask(&mut self, wanted: &PlacementRequest, started_at: Timestamp) {
        let Some(&desk) = self.homes.get(&wanted.queue) else { return };
        let request = request(&self.arns, wanted, session_name(&wanted.id, started_at));
        self.asked.insert(wanted.id.clone(), (desk, request.session.clone()));
        self.desks[desk].ask(request);
    }
}

fn request(arns: &Arns, wanted: &PlacementRequest, session: String) -> Request {
    let latencies = wanted.latencies.iter().map(|one| Latency {
        player: one.player.to_string(),
        region: one.region.to_string(),
        latency_ms: one.latency_ms,
    });
    Request {
        session,
        placement: wanted.id.to_string(),
        queue: wanted.queue.to_string(),
        name: wanted.name.clone(),
        max_players: wanted.max_players,
        properties: wanted.properties.clone(),
        data: wanted.data.clone(),
        matchmaker_data: wanted.roster.as_deref().map(|roster| matchmaker_data(arns, roster)),
        players: wanted.players.iter().map(|one| one.player.to_string()).collect(),
        latencies: latencies.collect(),
    }
}

/// Brings answers of one allocator to the writer.
struct Errand {
    allocator: String,
    location: LocationName,
    writer: Sender<Message>,
}

impl Errand {
    fn tell(&self, request: &Request, answer: Result<Server, Failure>) {
        let placement = PlacementId::new(request.placement.as_str());
        let allocator = &self.allocator;
        match answer {
            Err(why) => {
                tracing::error!(allocator, %placement, "no server will be found: {why}; the placement has failed");
                self.send(&hosting::Command::RefusePlacement { id: placement });
            }
            Ok(server) => self.host(placement, server),
        }
    }

    fn host(&self, placement: PlacementId, server: Server) {
        let (allocator, id) = (&self.allocator, placement.clone());
        let server = hosting::Server {
            session: server.session,
            location: self.location.clone(),
            ip: server.address,
            dns: server.dns,
            port: server.port,
        };
        let Some(why) = self.send(&hosting::Command::HostPlacement { id, server }) else { return };
        tracing::warn!(allocator, %placement, "a server was found in vain, it must end by itself: {why}");
        if matches!(why, Rejection::Hosting(hosting::Rejection::SessionExists(_))) {
            self.send(&hosting::Command::RefusePlacement { id: placement });
        }
    }

    /// Until it is decided, however long the journal has no room. A stop ends it: it is asked for again.
    fn send(&self, command: &hosting::Command) -> Option<Rejection> {
        loop {
            let (reply, answer) = oneshot::channel();
            let command = Command::Hosting(Box::new(command.clone()));
            self.writer.send(Message::Command { command, reply: Some(reply) }).ok()?;
            match answer.blocking_recv().ok()? {
                Err(Refusal::Rejected(why)) => return Some(why),
                Err(Refusal::Full { .. }) => std::thread::sleep(NO_ROOM),
                Ok(_) | Err(Refusal::Stopping) => return None,
            }
        }
    }
}
