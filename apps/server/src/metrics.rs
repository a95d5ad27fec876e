//! What is counted and measured, for `/metrics`. A node has a recorder of its own: nothing here is global.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use matchwright_engine::{AcceptanceOutcome, Event, EventKind, PlacementOutcome, RuleCount, Source};
use matchwright_model::{MatchmakerName, QueueName};
use metrics::{
    Counter, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram, with_local_recorder,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

/// Rules per matchmaker that are counted; a rule set with more shows its first ones.
const RULES_MAX: usize = 50;
const WAIT_BUCKETS: &[f64] =
    &[0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0];
const COMMIT_BUCKETS: &[f64] =
    &[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0];

/// Name, the name that operators of the original service know, and meaning.
const COUNTERS: &[(&str, &str)] = &[
    ("matchwright_tickets_started", "TicketsStarted: tickets that entered the pool, returns included"),
    ("matchwright_players_started", "PlayersStarted: players of tickets that entered the pool"),
    ("matchwright_matches_created", "MatchesCreated: potential matches made"),
    ("matchwright_matches_accepted", "MatchesAccepted: potential matches that everybody accepted"),
    ("matchwright_matches_rejected", "MatchesRejected: potential matches that somebody rejected"),
    (
        "matchwright_match_acceptances_timed_out",
        "MatchAcceptancesTimedOut: potential matches that somebody did not answer",
    ),
    ("matchwright_matches_placed", "MatchesPlaced: matches that were completed"),
    ("matchwright_tickets_failed", "TicketsFailed: tickets whose placement failed"),
    ("matchwright_tickets_timed_out", "TicketsTimedOut: tickets that found no match in time"),
    ("matchwright_rule_evaluations_passed", "RuleEvaluationsPassed: times a rule held, by rule"),
    ("matchwright_rule_evaluations_failed", "RuleEvaluationsFailed: times a rule did not hold, by rule"),
    ("matchwright_requests", "Requests by operation and status"),
    ("matchwright_journal_records", "Records on the disk"),
    ("matchwright_game_server_messages", "Frames of game servers by action"),
    ("matchwright_game_server_refused", "Sockets of game servers that were not opened, by status"),
    ("matchwright_allocator_answers", "Answers of allocators, by allocator and outcome"),
];
const HISTOGRAMS: &[(&str, &str)] = &[
    ("matchwright_time_to_match", "TimeToMatch: from a ticket's start to its potential match"),
    ("matchwright_time_to_ticket_cancel", "TimeToTicketCancel: from a ticket's start to its cancellation"),
    ("matchwright_time_to_ticket_success", "TimeToTicketSuccess: from a ticket's start to its completion"),
    ("matchwright_journal_commit", "A group commit, append and sync"),
];
const GAUGES: &[(&str, &str)] = &[
    ("matchwright_game_server_sockets", "Open sockets of game servers"),
    ("matchwright_current_tickets", "CurrentTickets: tickets that are being processed or wait"),
    ("matchwright_journal_full", "1 while the journal has no room and changes are refused"),
    ("matchwright_sink_lag", "Positions of the journal that a sink has not delivered"),
    ("matchwright_sink_outstanding", "Events on their way to a sink"),
];

/// The recorder of a node.
pub struct Recorder {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    /// Handles of what was counted before: they cost less than the registry.
    requests: RwLock<BTreeMap<(&'static str, u16), Counter>>,
    messages: RwLock<BTreeMap<&'static str, Counter>>,
}

impl Recorder {
    pub fn new() -> Arc<Self> {
        let builder = PrometheusBuilder::new().set_buckets(WAIT_BUCKETS).expect("buckets are given");
        let commit = metrics_exporter_prometheus::Matcher::Prefix("matchwright_journal_commit".to_string());
        let builder = builder.set_buckets_for_metric(commit, COMMIT_BUCKETS).expect("buckets are given");
        let recorder = builder.with_recommended_naming(true).build_recorder();
        let handle = recorder.handle();
        with_local_recorder(&recorder, || {
            COUNTERS.iter().for_each(|(name, meaning)| describe_counter!(*name, *meaning));
            HISTOGRAMS.iter().for_each(|(name, meaning)| describe_histogram!(*name, Unit::Seconds, *meaning));
            GAUGES.iter().for_each(|(name, meaning)| describe_gauge!(*name, *meaning));
        });
        Arc::new(Self { recorder, handle, requests: RwLock::default(), messages: RwLock::default() })
    }

    /// The text that scrapers read.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Sorts what was measured into its buckets; called every few seconds, so that samples do not pile up.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }

    pub fn request(&self, operation: &'static str, status: u16) {
        let key = (operation, status);
        if let Some(known) = self.requests.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.increment(1);
        }
        let made = with_local_recorder(
            &self.recorder,
            || counter!("matchwright_requests", "operation" => operation, "status" => status.to_string()),
        );
        made.increment(1);
        self.requests.write().unwrap_or_else(PoisonError::into_inner).insert(key, made);
    }
}

impl Recorder {
    pub(crate) fn socket_message(&self, action: &'static str) {
        if let Some(known) = self.messages.read().unwrap_or_else(PoisonError::into_inner).get(action) {
            return known.increment(1);
        }
        let made = with_local_recorder(
            &self.recorder,
            || counter!("matchwright_game_server_messages", "action" => action),
        );
        made.increment(1);
        self.messages.write().unwrap_or_else(PoisonError::into_inner).insert(action, made);
    }

    pub(crate) fn socket_refused(&self, status: u16) {
        with_local_recorder(&self.recorder, || {
            counter!("matchwright_game_server_refused", "status" => status.to_string()).increment(1)
        });
    }

    pub(crate) fn sockets(&self, open: usize) {
        with_local_recorder(&self.recorder, || {
            gauge!("matchwright_game_server_sockets").set(open as f64);
        });
    }
}

/// The meters of one realm.
pub struct Meters {
    recorder: Arc<Recorder>,
    region: String,
    known: Mutex<Known>,
}

/// Handles of series that moved before, by matchmaker: they cost less than the registry.
type Known = BTreeMap<MatchmakerName, Series>;

/// The series of a matchmaker. They are few: who looks for one goes through all.
#[derive(Default)]
struct Series {
    counters: Vec<(&'static str, Counter)>,
    histograms: Vec<(&'static str, Histogram)>,
}

/// The handle of that name, made when it is needed first.
fn handle<'h, H>(
    known: &'h mut Vec<(&'static str, H)>,
    name: &'static str,
    make: impl FnOnce() -> H,
) -> &'h H {
    let place = known.iter().position(|(one, _)| *one == name).unwrap_or_else(|| {
        known.push((name, make()));
        known.len() - 1
    });
    &known[place].1
}

impl Meters {
    pub fn new(recorder: Arc<Recorder>, region: String) -> Arc<Self> {
        Arc::new(Self { recorder, region, known: Mutex::default() })
    }

    fn record<T>(&self, record: impl FnOnce() -> T) -> T {
        with_local_recorder(&self.recorder.recorder, record)
    }

    pub(crate) fn committed(&self, took: Duration, records: usize) {
        self.record(|| {
            histogram!("matchwright_journal_commit", "region" => self.region.clone()).record(took);
            counter!("matchwright_journal_records", "region" => self.region.clone())
                .increment(records as u64);
        });
    }

    pub(crate) fn full(&self, is_full: bool) {
        let value = if is_full { 1.0 } else { 0.0 };
        self.record(|| gauge!("matchwright_journal_full", "region" => self.region.clone()).set(value));
    }

    pub(crate) fn current_tickets<'a>(&self, counts: impl Iterator<Item = (&'a str, usize)>) {
        self.record(|| {
            for (matchmaker, count) in counts {
                gauge!("matchwright_current_tickets", &self.labels(matchmaker)).set(count as f64);
            }
        });
    }

    pub(crate) fn sink(&self, sink: &str, lag: u64, outstanding: usize) {
        let labels = [("region", self.region.clone()), ("sink", sink.to_string())];
        self.record(|| {
            gauge!("matchwright_sink_lag", &labels).set(lag as f64);
            gauge!("matchwright_sink_outstanding", &labels).set(outstanding as f64);
        });
    }

    pub(crate) fn allocator(&self, allocator: &str, outcome: &'static str) {
        let labels = [
            ("region", self.region.clone()),
            ("allocator", allocator.to_string()),
            ("outcome", outcome.to_string()),
        ];
        self.record(|| counter!("matchwright_allocator_answers", &labels).increment(1));
    }

    fn labels(&self, matchmaker: &str) -> [(&'static str, String); 2] {
        [("region", self.region.clone()), ("matchmaker", matchmaker.to_string())]
    }

    /// Counts what an event tells.
    pub(crate) fn count(&self, event: &Event) {
        let matchmaker = match &event.source {
            Source::Matchmaker(name) => name,
            Source::Queue(name) => return self.count_placement(name, event),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Series { counters, histograms } = match known.get_mut(matchmaker) {
            Some(series) => series,
            None => known.entry(matchmaker.clone()).or_default(),
        };
        let mut add = |name: &'static str, count: usize| {
            let make = || self.record(|| counter!(name, &self.labels(matchmaker.as_str())));
            handle(counters, name, make).increment(count as u64);
        };
        let mut waits = |name: &'static str| {
            let make = || self.record(|| histogram!(name, &self.labels(matchmaker.as_str())));
            let histogram = handle(histograms, name, make);
            let waits = event.tickets.iter().map(|ticket| event.at.since(ticket.started_at));
            waits.for_each(|wait| histogram.record(wait));
        };
        let players = || event.tickets.iter().map(|ticket| ticket.players.len()).sum();
        match &event.kind {
            EventKind::Searching { .. } => {
                add("matchwright_tickets_started", event.tickets.len());
                add("matchwright_players_started", players());
            }
            EventKind::PotentialMatch { rule_counts, .. } => {
                add("matchwright_matches_created", 1);
                waits("matchwright_time_to_match");
                self.rules(matchmaker, rule_counts);
            }
            EventKind::AcceptanceEnded { outcome, .. } => add(outcome_name(*outcome), 1),
            EventKind::Succeeded { .. } => {
                add("matchwright_matches_placed", 1);
                waits("matchwright_time_to_ticket_success");
            }
            EventKind::TimedOut { rule_counts } => {
                add("matchwright_tickets_timed_out", event.tickets.len());
                self.rules(matchmaker, rule_counts);
            }
            EventKind::Cancelled { rule_counts, .. } => {
                waits("matchwright_time_to_ticket_cancel");
                self.rules(matchmaker, rule_counts);
            }
            EventKind::Failed { .. } => add("matchwright_tickets_failed", event.tickets.len()),
            EventKind::Answered { .. } | EventKind::PlacementEnded { .. } => {}
        }
    }

    fn count_placement(&self, queue: &QueueName, event: &Event) {
        let EventKind::PlacementEnded { started_at, outcome, .. } = &event.kind else { return };
        let name = match outcome {
            PlacementOutcome::Fulfilled(_) => "matchwright_placements_succeeded",
            PlacementOutcome::Cancelled => "matchwright_placements_canceled",
            PlacementOutcome::TimedOut => "matchwright_placements_timed_out",
            PlacementOutcome::Failed => "matchwright_placements_failed",
        };
        let labels = [("region", self.region.clone()), ("queue", queue.to_string())];
        self.record(|| {
            counter!(name, &labels).increment(1);
            histogram!("matchwright_placement_wait", &labels).record(event.at.since(*started_at));
        });
    }

    fn rules(&self, matchmaker: &MatchmakerName, counts: &[RuleCount]) {
        self.record(|| {
            for one in counts.iter().take(RULES_MAX) {
                let [region, matchmaker] = self.labels(matchmaker.as_str());
                let labels = [region, matchmaker, ("rule", one.rule.clone())];
                counter!("matchwright_rule_evaluations_passed", &labels).increment(one.passed);
                counter!("matchwright_rule_evaluations_failed", &labels).increment(one.failed);
            }
        });
    }
}

fn outcome_name(outcome: AcceptanceOutcome) -> &'static str {
    match outcome {
        AcceptanceOutcome::Accepted => "matchwright_matches_accepted",
        AcceptanceOutcome::Rejected => "matchwright_matches_rejected",
        AcceptanceOutcome::TimedOut => "matchwright_match_acceptances_timed_out",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_page_lists_every_series() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/metrics.md");
        let page = std::fs::read_to_string(page).unwrap();
        let counters = COUNTERS.iter().map(|(name, _)| format!("| `{name}_total` |"));
        let histograms = HISTOGRAMS.iter().map(|(name, _)| format!("| `{name}_seconds` |"));
        let gauges = GAUGES.iter().map(|(name, _)| format!("| `{name}` |"));
        for row in counters.chain(histograms).chain(gauges) {
            assert!(page.contains(&row), "docs/reference/metrics.md lacks {row}");
        }
    }
}
