//! How long tickets waited lately (D-117): per minute, so that a snapshot of it stays small.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_model::Timestamp;

const WINDOW_MINUTES: u64 = 15;
const SAMPLES_MIN: u64 = 5;

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Waits {
    /// Minute since the epoch -> (tickets matched, sum of their waits in ms).
    minutes: BTreeMap<u64, (u64, u64)>,
}

impl Waits {
    pub(crate) fn record(&mut self, at: Timestamp, wait: Duration) {
        let minute = minute(at);
        let (tickets, total_ms) = self.minutes.entry(minute).or_default();
        *tickets += 1;
        *total_ms += wait.as_millis() as u64;
        self.minutes = self.minutes.split_off(&minute.saturating_sub(WINDOW_MINUTES));
    }

    pub(crate) fn restore(&mut self, minute: u64, tickets: u64, total_ms: u64) {
        self.minutes.insert(minute, (tickets, total_ms));
    }

    pub(crate) fn minutes(&self) -> impl Iterator<Item = (u64, u64, u64)> {
        self.minutes.iter().map(|(minute, (tickets, total_ms))| (*minute, *tickets, *total_ms))
    }

    /// Whole seconds, rounded; `None` below five samples.
    pub(crate) fn estimate(&self, now: Timestamp) -> Option<u64> {
        let recent = self.minutes.range((minute(now) + 1).saturating_sub(WINDOW_MINUTES)..);
        let (tickets, total_ms) = recent.fold((0, 0), |sum, (_, one)| (sum.0 + one.0, sum.1 + one.1));
        (tickets >= SAMPLES_MIN).then(|| (total_ms + tickets * 500) / (tickets * 1000))
    }
}

fn minute(at: Timestamp) -> u64 {
    at.0 / 60_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_five_samples_of_the_last_quarter_of_an_hour() {
        let mut waits = Waits::default();
        for second in 0..4 {
            waits.record(Timestamp::from_secs(second), Duration::from_millis(1500));
        }
        assert_eq!(waits.estimate(Timestamp::from_secs(10)), None);
        waits.record(Timestamp::from_secs(20), Duration::from_millis(2000));
        assert_eq!(waits.estimate(Timestamp::from_secs(30)), Some(2), "mean 1.6 s, rounded");
        assert_eq!(waits.estimate(Timestamp::from_secs(16 * 60)), None, "too old by now");
    }
}
