//! The writer: one thread that decides, appends and only then lets anything leave.
//!
//! It takes what has arrived, at most [`BATCH_MESSAGES`] messages or [`BATCH_BYTES`], decides and applies one after
//! the other, appends and syncs once, and then sends replies, events and records. When the journal has no room, the
//! batch is refused, the state is built again from the journal, and changes are refused until a probe succeeds. Any
//! other fault ends the process: after a failed sync nobody knows what is on the disk.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use matchwright_engine::{
    Answer, Command, Context, Event, Proposal, Query, Record, Rejection, Reply, RuleCount, Settings, State,
    answer, apply, decide, push, tell,
};
use matchwright_hosting::{Fresh, Push};
use matchwright_journal::{Fault, Log, codec};
use matchwright_model::{TicketId, Timestamp};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::clock;
use super::ids::Ids;
use super::message::{Batch, CommandReply, Message, Refusal, ToArchive, ToSearch, Told};
use super::replay::{Place, rebuild};
use crate::metrics::Meters;

const BATCH_MESSAGES: usize = 4096;
const BATCH_BYTES: usize = 1 << 20;
/// After a batch of this many messages more are sure to come at once, and the writer lets them gather: a sync costs the
/// same for one change as for a hundred.
const BUSY_MESSAGES: usize = 8;
const GATHER: Duration = Duration::from_millis(2);
/// Buffers that grew beyond this, for a rule set say, are not kept for later records.
const SPARE_BYTES: usize = 1024;
/// How often a full journal is probed for room, and gauges are refreshed.
const SECOND: Duration = Duration::from_secs(1);
/// A tick that changed nothing is not repeated at once.
const IDLE_TICK: Duration = Duration::from_millis(100);

/// Counters of waiting tickets, written by search and read by decisions.
pub type RuleCounts = Arc<Mutex<BTreeMap<TicketId, Vec<RuleCount>>>>;

/// Everything the writer owns.
pub(crate) struct Writer {
    pub log: Box<dyn Log>,
    pub state: State,
    pub settings: Settings,
    pub place: Arc<Place>,
    pub messages: Receiver<Message>,
    pub rule_counts: RuleCounts,
    /// Seeds of what decisions make.
    pub ids: Ids,
    pub to_search: Sender<ToSearch>,
    pub to_archive: Sender<ToArchive>,
    pub to_hub: Sender<Told>,
    /// Where placements are hosted by others, the one who asks them.
    pub to_allocators: Option<Sender<Batch>>,
    /// What game servers are told, in the order of the journal.
    pub to_game_servers: UnboundedSender<Vec<Push>>,
    pub meters: Arc<Meters>,
    pub clock: Clocks,
    pub full: Option<Full>,
    pub truncate_up_to: u64,
    /// The last batch was a large one.
    pub is_busy: bool,
    pub usual: Size,
    /// Buffers of records that were written: the next batch needs as many.
    pub spare: Vec<Vec<u8>>,
}

/// When things happened last.
pub(crate) struct Clocks {
    /// The newest record's time: time never goes back.
    pub floor: Timestamp,
    /// When the batch under way began: one time for all that is decided in it.
    pub batch: Timestamp,
    pub idle_until: Timestamp,
    pub gauges: Instant,
}

/// The journal has no room.
pub(crate) struct Full {
    code: &'static str,
    probed: Instant,
    /// Proposals are told as rejected only when there is room again, else search would offer them without end.
    held: Vec<Proposal>,
}

/// A batch under way.
#[derive(Default)]
struct Work {
    records: Vec<Record>,
    encoded: Vec<Vec<u8>>,
    bytes: usize,
    events: Vec<(u64, Event)>,
    pushes: Vec<Push>,
    answers: Vec<Pending>,
    messages: usize,
    proposals: Vec<Proposal>,
}

impl Work {
    /// With room for somewhat more than a batch usually holds: growing would move what is there.
    fn with_room(usual: &Size) -> Self {
        Self {
            records: Vec::with_capacity(usual.records.next_power_of_two()),
            encoded: Vec::with_capacity(usual.records.next_power_of_two()),
            events: Vec::with_capacity(usual.events.next_power_of_two()),
            answers: Vec::with_capacity(usual.answers.next_power_of_two()),
            ..Self::default()
        }
    }
}

/// The most that batches held lately.
#[derive(Default)]
pub(crate) struct Size {
    records: usize,
    events: usize,
    answers: usize,
}

impl Size {
    /// A larger batch is remembered at once, and forgotten over the next ones.
    fn note(&mut self, work: &Work) {
        let most = |before: usize, now: usize| now.max(before - before / 8);
        self.records = most(self.records, work.records.len());
        self.events = most(self.events, work.events.len());
        self.answers = most(self.answers, work.answers.len());
    }
}

/// What leaves after the sync.
enum Pending {
    Command(CommandReply, Result<Reply, Refusal>),
    Query(oneshot::Sender<Result<Answer, Rejection>>, Query, Result<Answer, Rejection>),
    Rejected(Proposal),
}

/// Why the writer ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Stopped,
    Fault(Fault),
}

impl Writer {
    /// Works until it is stopped or the journal fails.
    pub fn run(mut self) -> Ended {
        loop {
            match self.turn() {
                Ok(true) => {}
                Ok(false) => return Ended::Stopped,
                Err(fault) => return Ended::Fault(fault),
            }
        }
    }

    /// One batch. False: stop.
    fn turn(&mut self) -> Result<bool, Fault> {
        let mut work = Work::with_room(&self.usual);
        let mut go_on = true;
        if self.is_busy {
            // Asleep to nobody: the first message would wake a writer that waits for it, only to wait for more.
            std::thread::sleep(GATHER);
        }
        let first = self.messages.recv_timeout(self.patience());
        self.clock.batch = self.now();
        match first {
            Ok(first) => {
                go_on = self.take(&mut work, first)?;
                while go_on && work.messages < BATCH_MESSAGES && work.bytes < BATCH_BYTES {
                    let Ok(next) = self.messages.try_recv() else { break };
                    go_on = self.take(&mut work, next)?;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(false),
        }
        self.is_busy = work.messages >= BUSY_MESSAGES;
        self.tick(&mut work);
        self.usual.note(&work);
        self.commit(work)?;
        self.keep_house()?;
        Ok(go_on)
    }

    /// How long to wait for a message.
    fn patience(&self) -> Duration {
        if self.truncate_up_to > 0 {
            return Duration::ZERO;
        }
        let now = self.now();
        let due = self.state.next_due().map_or(SECOND, |due| due.max(self.clock.idle_until).since(now));
        match self.full {
            Some(_) => SECOND,
            None => due.min(SECOND),
        }
    }

    fn now(&self) -> Timestamp {
        clock::now(self.clock.floor)
    }

    fn take(&mut self, work: &mut Work, message: Message) -> Result<bool, Fault> {
        work.messages += 1;
        match message {
            Message::Command { command, reply } => {
                let result = self.decide(work, &command);
                if let Some(reply) = reply {
                    work.answers.push(Pending::Command(reply, result));
                }
            }
            Message::Propose(proposal) => match &mut self.full {
                Some(full) => full.held.push(proposal),
                None => self.propose(work, proposal),
            },
            Message::Query { query, reply } => {
                let answer = answer(&self.state, &query, self.now());
                work.answers.push(Pending::Query(reply, query, answer));
            }
            Message::Page { after, frames, reply } => drop(reply.try_send(self.log.read(after, frames))),
            Message::Snapshot { position, name } => {
                self.tolerate_full(|log| log.set_snapshot(position, &name))?
            }
            Message::Truncate { up_to } => self.truncate_up_to = self.truncate_up_to.max(up_to),
            Message::Stop => return Ok(false),
        }
        Ok(true)
    }

    /// Keeping house is tried again later when there is no room for it.
    fn tolerate_full(&mut self, act: impl FnOnce(&mut dyn Log) -> Result<(), Fault>) -> Result<(), Fault> {
        match act(&mut *self.log) {
            Err(fault) if fault.is_full() => {
                tracing::warn!("{fault}");
                Ok(())
            }
            other => other,
        }
    }

    fn decide(&mut self, work: &mut Work, command: &Command) -> Result<Reply, Refusal> {
        if let Some(full) = &self.full {
            return Err(Refusal::Full { code: full.code });
        }
        let now = self.clock.batch;
        let decision = {
            let rule_counts = self.rule_counts.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = Fresh::new(self.ids.any());
            let context = Context { now, settings: &self.settings, rule_counts: &rule_counts, fresh };
            decide(&self.state, &context, command).map_err(Refusal::Rejected)?
        };
        for change in decision.changes {
            let position = self.log.last_position() + work.records.len() as u64 + 1;
            let record = work.records.push_mut(Record { at: now, change });
            if let Some(event) = tell(&self.state, record) {
                work.events.push((position, event));
            }
            work.pushes.extend(push(&self.state, record));
            apply(&mut self.state, record);
            let bytes = codec::encode_into(record, self.spare.pop().unwrap_or_default());
            work.bytes += bytes.len();
            work.encoded.push(bytes);
        }
        Ok(decision.reply)
    }

    fn propose(&mut self, work: &mut Work, proposal: Proposal) {
        // Search may have found it after the batch began, by rules that were looser by then.
        self.clock.batch = clock::now(self.clock.batch);
        match self.decide(work, &Command::Propose(proposal.clone())) {
            Ok(_) => work.proposals.push(proposal),
            Err(_) => work.answers.push(Pending::Rejected(proposal)),
        }
    }

    fn tick(&mut self, work: &mut Work) {
        let now = self.clock.batch;
        let is_due = self.state.next_due().is_some_and(|due| due <= now) && self.clock.idle_until <= now;
        if !is_due || self.full.is_some() {
            return;
        }
        let before = work.records.len();
        // A tick is never rejected; were it, its deadlines would stay due.
        let _ = self.decide(work, &Command::Tick);
        if work.records.len() == before {
            self.clock.idle_until = now + IDLE_TICK;
        }
    }

    fn commit(&mut self, mut work: Work) -> Result<(), Fault> {
        if !work.records.is_empty() {
            let started = Instant::now();
            let first_position = self.log.last_position() + 1;
            match self.log.append(first_position, &work.encoded) {
                Ok(()) => self.meters.committed(started.elapsed(), work.records.len()),
                Err(fault) if fault.is_full() => return self.no_room(work, &fault),
                Err(fault) => return Err(fault),
            }
            self.spare.extend(work.encoded.drain(..).filter(|bytes| bytes.capacity() <= SPARE_BYTES));
            self.clock.floor = work.records.last().map_or(self.clock.floor, |last| last.at);
            self.publish(&mut work, first_position);
        }
        work.answers.into_iter().for_each(|pending| self.reply(pending));
        Ok(())
    }

    /// A follower that is gone has its own reasons; the writer goes on.
    fn publish(&self, work: &mut Work, first_position: u64) {
        let records = Arc::new(std::mem::take(&mut work.records));
        let batch = Batch { first_position, records, bytes: work.bytes as u64 };
        let events = std::mem::take(&mut work.events);
        if !work.pushes.is_empty() {
            let _ = self.to_game_servers.send(std::mem::take(&mut work.pushes));
        }
        let _ = self.to_hub.send(Told { events, last_position: batch.last_position() });
        let _ = self.to_search.send(ToSearch::Committed(batch.clone()));
        if let Some(allocators) = &self.to_allocators {
            let _ = allocators.send(batch.clone());
        }
        let _ = self.to_archive.send(ToArchive::Committed(batch));
    }

    fn reply(&self, pending: Pending) {
        // A client that went away does not wait for its reply.
        match pending {
            Pending::Command(reply, result) => drop(reply.send(result)),
            Pending::Query(reply, _, answer) => drop(reply.send(answer)),
            Pending::Rejected(proposal) => drop(self.to_search.send(ToSearch::Rejected(proposal))),
        }
    }

    /// Nothing of the batch was written: the state goes back to the journal's, everything is refused.
    fn no_room(&mut self, work: Work, fault: &Fault) -> Result<(), Fault> {
        tracing::error!("{fault}; changes are refused until there is room, questions are answered");
        self.meters.full(true);
        self.state = rebuild(&self.place, &mut *self.log)?;
        let mut held = work.proposals;
        for pending in work.answers {
            match pending {
                Pending::Command(reply, _) => drop(reply.send(Err(Refusal::Full { code: fault.code() }))),
                Pending::Query(reply, query, _) => drop(reply.send(answer(&self.state, &query, self.now()))),
                Pending::Rejected(proposal) => held.push(proposal),
            }
        }
        self.full = Some(Full { code: fault.code(), probed: Instant::now(), held });
        let _ = self.to_archive.send(ToArchive::NoRoom);
        Ok(())
    }

    fn keep_house(&mut self) -> Result<(), Fault> {
        if self.truncate_up_to > 0 {
            let up_to = self.truncate_up_to;
            let mut removed = 0;
            self.tolerate_full(|log| log.truncate(up_to).map(|frames| removed = frames))?;
            if removed == 0 {
                self.truncate_up_to = 0;
            }
        }
        if self.full.as_ref().is_some_and(|full| full.probed.elapsed() >= SECOND) {
            self.probe()?;
        }
        if self.clock.gauges.elapsed() >= SECOND {
            self.clock.gauges = Instant::now();
            let counts =
                self.state.matchmakers.keys().map(|name| (name.as_str(), self.state.active_count(name)));
            self.meters.current_tickets(counts);
        }
        Ok(())
    }

    /// Appends a record that says nothing new.
    fn probe(&mut self) -> Result<(), Fault> {
        let Some(full) = self.full.take() else { return Ok(()) };
        let mut work = Work::default();
        let position = self.log.last_position();
        let probe = Command::AdvanceSink { sink: "room".to_string(), position };
        let _ = self.decide(&mut work, &probe);
        match self.log.append(position + 1, &work.encoded) {
            Ok(()) => {
                tracing::info!("there is room for the journal again; changes are accepted");
                self.meters.full(false);
                self.publish(&mut work, position + 1);
                full.held.into_iter().for_each(|proposal| self.reply(Pending::Rejected(proposal)));
                Ok(())
            }
            // The probe stays applied in memory: it says nothing that a decision looks at.
            Err(fault) if fault.is_full() => {
                self.full = Some(Full { probed: Instant::now(), ..full });
                let _ = self.to_archive.send(ToArchive::NoRoom);
                Ok(())
            }
            Err(fault) => Err(fault),
        }
    }
}
