//! Tickets that come one by one, in virtual time: how long they wait, how many wait in vain, and what it costs.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use matchwright_engine::{Change, Proposal, Record};
use matchwright_model::{AttributeValue, MatchId, Player, TicketId, Timestamp};
use matchwright_rules::RuleSet;
use matchwright_search::{Search, SearchSettings};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use crate::clock::thread_time;
use crate::greedy::greedy;
use crate::live::{matchmaker_records, started};
use crate::quality::{Made, is_match};
use crate::workload::{Ticket, Workload};

/// A stream of tickets.
#[derive(Debug, Clone)]
pub struct Stream {
    /// By when they come.
    pub tickets: Vec<Ticket>,
    pub span: Duration,
    /// A ticket waits at most so long.
    pub patience: Duration,
}

/// What became of the tickets that came in the middle three fifths of the stream.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    pub tickets: usize,
    /// Seconds, over those who were matched.
    pub mean_wait: f64,
    pub p99_wait: f64,
    /// Share that waited in vain.
    pub unmatched: f64,
    /// Mean over matches of the greatest difference of two players' skills.
    pub spread: f64,
    /// Processor time per ticket, in microseconds.
    pub cpu_us: f64,
    /// The longest step, in milliseconds.
    pub worst_ms: f64,
    /// Matches that the judge refuses, and tickets in a second match. Anything but 0 is an error of the search.
    pub wrong: usize,
}

impl Stream {
    /// A workload's tickets: Poisson arrivals, or the measured times between them where the workload has such, scaled.
    pub fn of(workload: &Workload, per_second: f64, span: Duration, seed: u64) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let count = (per_second * span.as_secs_f64()) as usize;
        let mut tickets = workload.tickets(count, seed, Timestamp(0));
        let mut at = 0.0;
        for (number, ticket) in tickets.iter_mut().enumerate() {
            let gap = match workload.gaps() {
                Some(gaps) => gaps[number % gaps.len()].as_secs_f64(),
                None => -f64::ln(1.0 - rng.random::<f64>()),
            };
            at += gap / per_second;
            ticket.started_at = Timestamp(1_000 + (at * 1e3) as u64);
        }
        Self { tickets, span, patience: Duration::from_secs(60) }
    }

    /// The engine's search, fed with changes and answered at once.
    pub fn engine(&self, workload: &Workload, hold: Duration) -> Outcome {
        let mut search = Search::new(SearchSettings { hold, ..SearchSettings::default() });
        matchmaker_records(workload).iter().for_each(|record| search.follow(record));
        let rules = workload.compiled();
        let mut book = Book::default();
        let mut waiting: VecDeque<usize> = VecDeque::new();
        let (mut next, mut matches) = (0, 0_u128);
        let mut new_id = || {
            matches += 1;
            MatchId::new(matches)
        };
        let mut now = Timestamp(0);
        while let Some(at) = self.next_event(next, waiting.front(), search.next_wake(), now) {
            now = at;
            let begun = thread_time();
            while self.tickets.get(next).is_some_and(|ticket| ticket.started_at <= now) {
                started(&ticket_id(next), &self.tickets[next])
                    .iter()
                    .for_each(|record| search.follow(record));
                waiting.push_back(next);
                next += 1;
            }
            while let Some(oldest) = waiting.front().copied() {
                let is_over = book.is_matched(oldest);
                if !is_over && self.tickets[oldest].started_at + self.patience > now {
                    break;
                }
                waiting.pop_front();
                if !is_over {
                    let change = Change::TicketTimedOut { id: ticket_id(oldest), rule_counts: Vec::new() };
                    search.follow(&Record { at: now, change });
                }
            }
            loop {
                let before = thread_time();
                let step = searched(&mut search, now, &mut new_id);
                book.worst = book.worst.max(thread_time() - before);
                let Some(proposals) = step else { break };
                for proposal in proposals {
                    let team = |name: &str| rules.team(name).expect("a team of the rule set") as u8;
                    let seats = proposal.seats.iter().map(|seat| {
                        let ticket = number(&seat.ticket) as u32;
                        (ticket, team(seat.team.as_str()))
                    });
                    book.matched(&self.tickets, seats.collect(), now);
                    let id = proposal.match_id;
                    let made = Change::MatchProposed {
                        id,
                        matchmaker: proposal.matchmaker,
                        seats: proposal.seats,
                        acceptance_deadline: None,
                        region: proposal.region,
                        rule_counts: Vec::new(),
                    };
                    search.follow(&Record { at: now, change: made });
                    search.follow(&Record { at: now, change: Change::MatchCompleted { id, session: None } });
                }
            }
            book.cpu += thread_time() - begun;
        }
        book.outcome(self, &rules)
    }

    /// The documented greedy, over the whole pool once a second.
    pub fn greedy(&self, workload: &Workload) -> Outcome {
        let rules = workload.compiled();
        let (mut book, mut waiting, mut next) = (Book::default(), Vec::<usize>::new(), 0);
        let mut now = Timestamp(2_000);
        while next < self.tickets.len() || !waiting.is_empty() {
            while self.tickets.get(next).is_some_and(|ticket| ticket.started_at <= now) {
                waiting.push(next);
                next += 1;
            }
            waiting.retain(|ticket| self.tickets[*ticket].started_at + self.patience > now);
            let pool: Vec<Ticket> = waiting.iter().map(|ticket| self.tickets[*ticket].clone()).collect();
            let outcome = greedy(&rules, &pool, now, Duration::MAX);
            book.cpu += outcome.took;
            book.worst = book.worst.max(outcome.took);
            for made in outcome.matches {
                let seats = made.seats.iter().map(|(ticket, team)| (waiting[*ticket as usize] as u32, *team));
                book.matched(&self.tickets, seats.collect(), now);
            }
            waiting.retain(|ticket| !book.is_matched(*ticket));
            now = now + Duration::from_secs(1);
        }
        book.outcome(self, &rules)
    }

    fn next_event(
        &self,
        next: usize,
        oldest: Option<&usize>,
        wake: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let arrival = self.tickets.get(next).map(|ticket| ticket.started_at);
        let timeout = oldest.map(|oldest| self.tickets[*oldest].started_at + self.patience);
        // When nobody waits and nobody comes, nothing is left but wakes of those who are gone.
        arrival.or(timeout)?;
        let wake = wake.map(|wake| wake.max(Timestamp(now.0 + 1)));
        [arrival, timeout, wake].into_iter().flatten().min()
    }
}

/// The next piece of work as the server does it: a round of a sweep where so many wait, and a step. `None`: there is
/// nothing to do.
fn searched(
    search: &mut Search,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> MatchId,
) -> Option<Vec<Proposal>> {
    let mut proposals = Vec::new();
    if let Some(backlog) = search.backlog(now) {
        let round = backlog.stretches().map(|stretch| backlog.walk(stretch)).collect();
        proposals = search.swept(round, new_id);
    }
    let step = search.step(now, new_id);
    let is_idle = step.is_none() && proposals.is_empty();
    proposals.extend(step.and_then(|step| step.proposal));
    (!is_idle).then_some(proposals)
}

fn ticket_id(number: usize) -> TicketId {
    TicketId::new(number.to_string())
}

fn number(id: &TicketId) -> usize {
    id.as_str().parse().expect("tickets of a stream are numbered")
}

/// Who was matched when.
#[derive(Debug, Default)]
struct Book {
    matched_at: BTreeMap<usize, Timestamp>,
    made: Vec<(Timestamp, Made)>,
    spreads: Vec<f64>,
    cpu: Duration,
    worst: Duration,
}

impl Book {
    fn is_matched(&self, ticket: usize) -> bool {
        self.matched_at.contains_key(&ticket)
    }

    /// A match, told by its players' tickets with their teams.
    fn matched(&mut self, tickets: &[Ticket], mut seats: Vec<(u32, u8)>, now: Timestamp) {
        seats.sort_unstable();
        seats.dedup();
        let skills = seats.iter().flat_map(|seat| &tickets[seat.0 as usize].players).map(skill);
        let ends =
            skills.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(one), high.max(one)));
        self.spreads.push(ends.1 - ends.0);
        self.matched_at.extend(seats.iter().map(|seat| (seat.0 as usize, now)));
        self.made.push((now, Made { seats }));
    }

    /// Judged when everything is over, so that the judge's time is not counted.
    fn wrong(&self, stream: &Stream, rules: &RuleSet) -> usize {
        let refused = self.made.iter().filter(|(at, made)| !is_match(rules, &stream.tickets, *at, made));
        let seated: usize = self.made.iter().map(|(_, made)| made.seats.len()).sum();
        refused.count() + seated - self.matched_at.len()
    }

    fn outcome(self, stream: &Stream, rules: &RuleSet) -> Outcome {
        let wrong = self.wrong(stream, rules);
        let (from, to) = (stream.span.mul_f64(0.2), stream.span.mul_f64(0.8));
        let is_inside = |ticket: &Ticket| {
            let at = Duration::from_millis(ticket.started_at.0.saturating_sub(1_000));
            at >= from && at < to
        };
        let inside: Vec<usize> =
            (0..stream.tickets.len()).filter(|number| is_inside(&stream.tickets[*number])).collect();
        let wait = |number: &usize| {
            let matched_at = self.matched_at.get(number)?;
            Some(matched_at.since(stream.tickets[*number].started_at).as_secs_f64())
        };
        let mut waits: Vec<f64> = inside.iter().filter_map(wait).collect();
        waits.sort_unstable_by(f64::total_cmp);
        Outcome {
            tickets: stream.tickets.len(),
            mean_wait: waits.iter().sum::<f64>() / waits.len().max(1) as f64,
            p99_wait: waits.get(waits.len().saturating_sub(1) * 99 / 100).copied().unwrap_or(0.0),
            unmatched: 1.0 - waits.len() as f64 / inside.len().max(1) as f64,
            spread: self.spreads.iter().sum::<f64>() / self.spreads.len().max(1) as f64,
            cpu_us: self.cpu.as_secs_f64() * 1e6 / stream.tickets.len().max(1) as f64,
            worst_ms: self.worst.as_secs_f64() * 1e3,
            wrong,
        }
    }
}

fn skill(player: &Player) -> f64 {
    match player.attributes.get("skill") {
        Some(AttributeValue::Number(number)) => *number,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short() -> (Workload, Stream) {
        let duel = Workload::by_name("w1").expect("it is one of all");
        let stream = Stream::of(&duel, 5.0, Duration::from_secs(20), 1);
        (duel, stream)
    }

    #[test]
    fn the_judge_accepts_every_match_of_both() {
        let (duel, stream) = short();
        for outcome in [stream.engine(&duel, Duration::ZERO), stream.greedy(&duel)] {
            assert_eq!((outcome.tickets, outcome.wrong), (100, 0));
            assert!(outcome.unmatched < 0.5, "{outcome:?}");
        }
    }

    #[test]
    fn what_is_no_match_and_who_is_in_two_is_counted() {
        let (duel, stream) = short();
        let mut book = Book::default();
        let now = Timestamp(60_000);
        book.matched(&stream.tickets, vec![(0, 0)], now);
        assert_eq!(book.wrong(&stream, &duel.compiled()), 1, "one alone is no match");
        book.matched(&stream.tickets, vec![(0, 0)], now);
        assert_eq!(book.wrong(&stream, &duel.compiled()), 3, "nor is he the second time, and he had one");
    }
}
