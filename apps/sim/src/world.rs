//! One node under virtual time: engine and search as they are, a log in memory.

use std::collections::BTreeMap;

use matchwright_engine::{
    Answer, Change, Command, Context, Event, Proposal, Query, Record, Rejection, Reply, RuleCount, Settings,
    State, answer, apply, decide, push, snapshot, tell,
};
use matchwright_hosting::{Fresh, Push};
use matchwright_model::{MatchId, TicketId, Timestamp};
use matchwright_search::{Search, SearchSettings};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::auditor::{self, Ledger};

/// An event and the position of its change.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub position: u64,
    pub event: Event,
}

/// A node. Every change is audited when it is applied.
pub struct World {
    pub now: Timestamp,
    pub state: State,
    pub log: Vec<Record>,
    pub events: Vec<Told>,
    /// What game servers were told, in order.
    pub pushes: Vec<Push>,
    ledger: Ledger,
    settings: Settings,
    search_settings: SearchSettings,
    search: Search,
    rule_counts: BTreeMap<TicketId, Vec<RuleCount>>,
    random: ChaCha8Rng,
}

impl World {
    pub fn new(settings: Settings, search_settings: SearchSettings, seed: u64) -> Self {
        Self {
            now: Timestamp::from_secs(1_700_000_000),
            state: State::new(&settings),
            log: Vec::new(),
            events: Vec::new(),
            pushes: Vec::new(),
            ledger: Ledger::default(),
            search: Search::new(search_settings.clone()),
            settings,
            search_settings,
            rule_counts: BTreeMap::new(),
            random: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Decides and applies one command, then lets search do all it can at this moment.
    pub fn send(&mut self, command: &Command) -> Result<Reply, Rejection> {
        let reply = self.commit(command)?;
        self.settle();
        Ok(reply)
    }

    /// Decides and applies one command; search hears of it and does nothing yet.
    pub fn commit(&mut self, command: &Command) -> Result<Reply, Rejection> {
        let context = Context {
            now: self.now,
            settings: &self.settings,
            rule_counts: &self.rule_counts,
            // Other ids with every command, the same in every run.
            fresh: Fresh::new(self.log.len() as u128),
        };
        let decision = decide(&self.state, &context, command)?;
        for change in decision.changes {
            self.happen(change);
        }
        Ok(decision.reply)
    }

    pub fn ask(&self, query: &Query) -> Result<Answer, Rejection> {
        answer(&self.state, query, self.now)
    }

    fn happen(&mut self, change: Change) {
        let record = Record { at: self.now, change };
        let position = self.log.len() as u64 + 1;
        if let Some(event) = tell(&self.state, &record) {
            self.events.push(Told { position, event });
        }
        self.pushes.extend(push(&self.state, &record));
        auditor::audit_change(&self.state, &record, &self.settings);
        self.ledger.enter(&self.state, &record);
        apply(&mut self.state, &record);
        self.ledger.compare(&self.state, &record);
        self.search.follow(&record);
        self.log.push(record);
    }

    /// Search works until it is idle at this moment.
    pub fn settle(&mut self) {
        loop {
            let random = &mut self.random;
            let mut new_id =
                || MatchId::new(u128::from(random.next_u64()) << 64 | u128::from(random.next_u64()));
            if let Some(backlog) = self.search.backlog(self.now) {
                // One worker after the other: what they do at the same time does not repeat.
                let swept = backlog.stretches().map(|stretch| backlog.walk(stretch)).collect();
                let proposals = self.search.swept(swept, &mut new_id);
                proposals.iter().for_each(|proposal| self.propose(proposal));
                continue;
            }
            let Some(step) = self.search.step(self.now, &mut new_id) else { return };
            self.rule_counts.extend(step.rule_counts);
            if let Some(proposal) = step.proposal {
                self.propose(&proposal);
            }
        }
    }

    fn propose(&mut self, proposal: &Proposal) {
        if self.commit(&Command::Propose(proposal.clone())).is_err() {
            self.search.rejected(proposal);
        }
    }

    /// Lets time pass; timers and search wake exactly when they are due.
    pub fn advance(&mut self, to: Timestamp) {
        loop {
            let next = [self.state.next_due(), self.search.next_wake()].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= to) else { break };
            self.now = self.now.max(next);
            while self.state.next_due().is_some_and(|due| due <= self.now) {
                let before = self.log.len();
                self.commit(&Command::Tick).expect("a tick is never rejected");
                assert!(self.log.len() > before, "a tick does something where something is due");
            }
            self.settle();
        }
        self.now = self.now.max(to);
        auditor::audit_moment(&self.state, self.now);
    }

    /// The process dies and starts again from its log: state, search and nothing else comes back.
    ///
    /// # Panics
    /// When the state rebuilt from the log, or from a snapshot of it, is not the state that was lost.
    pub fn crash(&mut self) {
        let records = self.audit_rebuilt();
        let mut restored = State::new(&self.settings);
        records.iter().for_each(|record| apply(&mut restored, record));
        self.state = restored;
        self.search = Search::new(self.search_settings.clone());
        self.rule_counts.clear();
        records.iter().for_each(|record| self.search.follow(record));
        self.settle();
    }

    /// What the state and its indexes are, computed anew from the log and from a snapshot; the snapshot.
    ///
    /// # Panics
    /// When either is not what changes made of it one by one.
    fn audit_rebuilt(&self) -> Vec<Record> {
        let mut rebuilt = State::new(&self.settings);
        self.log.iter().for_each(|record| apply(&mut rebuilt, record));
        assert!(rebuilt == self.state, "the log rebuilds the state");
        let records = snapshot(&self.state);
        let mut restored = State::new(&self.settings);
        records.iter().for_each(|record| apply(&mut restored, record));
        assert!(restored == self.state, "a snapshot rebuilds the state");
        records
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}
