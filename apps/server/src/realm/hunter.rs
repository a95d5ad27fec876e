//! Search as a follower on a thread of its own: records in, proposals out.

use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use matchwright_engine::{Change, MatchPhase, Record};
use matchwright_search::Search;

use super::clock;
use super::ids::Ids;
use super::message::{Message, ToSearch};
use super::writer::RuleCounts;

/// The longest sleep: a clock that was set forward is noticed after it.
const REST: Duration = Duration::from_secs(1);

pub(crate) struct Hunter {
    pub search: Search,
    pub news: Receiver<ToSearch>,
    pub writer: Sender<Message>,
    pub rule_counts: RuleCounts,
    pub ids: Ids,
}

impl Hunter {
    /// Follows until the writer ends.
    pub fn run(mut self) {
        loop {
            while let Ok(news) = self.news.try_recv() {
                self.follow(news);
            }
            if self.step() {
                continue;
            }
            let wake = self.search.next_wake();
            let patience =
                wake.map_or(REST, |at| at.since(clock::wall())).clamp(Duration::from_millis(1), REST);
            match self.news.recv_timeout(patience) {
                Ok(news) => self.follow(news),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn follow(&mut self, news: ToSearch) {
        match news {
            ToSearch::Rejected(proposal) => self.search.rejected(&proposal),
            ToSearch::Committed(batch) => {
                for record in batch.records.iter() {
                    self.search.follow(record);
                    self.forget_counts(record);
                }
            }
        }
    }

    /// A round of a sweep, where so many wait at once that their pool is swept: a stretch here, and one on a thread of
    /// its own for each worker more.
    fn sweep(&mut self) {
        let Some(backlog) = self.search.backlog(clock::wall()) else { return };
        let backlog = &backlog;
        let mut stretches = backlog.stretches();
        let own = stretches.next().expect("a round has a stretch at least");
        let swept = std::thread::scope(|scope| {
            let spawned: Vec<_> =
                stretches.map(|stretch| scope.spawn(move || backlog.walk(stretch))).collect();
            let own = backlog.walk(own);
            let others = spawned.into_iter().map(|walk| walk.join().expect("a walk does not panic"));
            std::iter::once(own).chain(others).collect()
        });
        let ids = &mut self.ids;
        for proposal in self.search.swept(swept, &mut || ids.match_id()) {
            let _ = self.writer.send(Message::Propose(proposal));
        }
    }

    /// One bounded piece of work. False: nothing to do before the next wake or the next news.
    fn step(&mut self) -> bool {
        self.sweep();
        let ids = &mut self.ids;
        let Some(step) = self.search.step(clock::wall(), &mut || ids.match_id()) else { return false };
        if !step.rule_counts.is_empty() {
            let mut counts = self.rule_counts.lock().unwrap_or_else(PoisonError::into_inner);
            counts.extend(step.rule_counts);
        }
        // A writer that is gone ends this thread at the next receive.
        if let Some(proposal) = step.proposal {
            let _ = self.writer.send(Message::Propose(proposal));
        }
        true
    }

    fn forget_counts(&self, record: &Record) {
        let ids: Vec<_> = match &record.change {
            Change::TicketCancelled { id, .. }
            | Change::TicketTimedOut { id, .. }
            | Change::TicketForgotten { id } => {
                vec![id]
            }
            Change::MatchProposed { seats, .. } => seats.iter().map(|seat| &seat.ticket).collect(),
            _ => return,
        };
        let mut counts = self.rule_counts.lock().unwrap_or_else(PoisonError::into_inner);
        ids.into_iter().for_each(|id| drop(counts.remove(id)));
    }
}

/// The records that bring a search to where a state is, and the tickets' order with them.
pub(crate) fn catch_up(search: &mut Search, state: &matchwright_engine::State) {
    for record in matchwright_engine::snapshot(state) {
        if let Change::MatchRestored { open, .. } = &record.change {
            debug_assert!(matches!(open.phase, MatchPhase::Acceptance { .. } | MatchPhase::Placing));
        }
        search.follow(&record);
    }
}
