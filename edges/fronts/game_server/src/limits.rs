//! How often a process may ask: the limits of the real service, per action (spec hosting 1.8). The time is handed in.

use std::time::Duration;

use matchwright_model::Timestamp;

use crate::operations::Action;

/// So many at once, then one in each interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
    pub interval: Duration,
}

const fn rate(burst: u32, interval_ms: u64) -> Rate {
    Rate { burst, interval: Duration::from_millis(interval_ms) }
}

/// Of all frames together, so that heartbeats and what cannot be read are bounded too. A full session of 200 players
/// may be accepted in one breath.
pub const FRAMES: Rate = rate(500, 10);

/// The rate of one action. Accepted and removed players have one each.
pub fn rate_of(action: Action) -> Option<Rate> {
    use Action::*;
    match action {
        AcceptPlayerSession | RemovePlayerSession => Some(rate(3, 1000)),
        ActivateGameSession
        | ActivateServerProcess
        | StartMatchBackfill
        | StopMatchBackfill
        | TerminateServerProcess => Some(rate(3, 1000)),
        DescribePlayerSessions => Some(rate(10, 200)),
        GetComputeCertificate | GetFleetRoleCredentials => Some(rate(3, 10_000)),
        // No limit of their own is published.
        HeartbeatServerProcess | UpdatePlayerSessionCreationPolicy => None,
    }
}

/// What a process used up. A bucket that is full again takes no memory.
#[derive(Debug, Default)]
pub struct Buckets {
    used: Vec<Bucket>,
}

/// Without an action: of all frames.
#[derive(Debug)]
struct Bucket {
    action: Option<Action>,
    subject: Option<Box<str>>,
    full_at: Timestamp,
}

impl Buckets {
    /// Any frame at all.
    pub fn take_frame(&mut self, now: Timestamp) -> bool {
        self.take_one(None, None, FRAMES, now)
    }

    /// Whether an action may be done now; `subject` is whom it concerns.
    pub fn take(&mut self, action: Action, subject: Option<&str>, now: Timestamp) -> bool {
        rate_of(action).is_none_or(|rate| self.take_one(Some(action), subject, rate, now))
    }

    fn take_one(
        &mut self,
        action: Option<Action>,
        subject: Option<&str>,
        rate: Rate,
        now: Timestamp,
    ) -> bool {
        self.used.retain(|one| one.full_at > now);
        let found =
            self.used.iter_mut().find(|one| one.action == action && one.subject.as_deref() == subject);
        let full_at = found.as_ref().map_or(now, |found| found.full_at);
        if full_at.since(now) + rate.interval > rate.interval * rate.burst {
            return false;
        }
        let full_at = full_at + rate.interval;
        match found {
            Some(found) => found.full_at = full_at,
            None => self.used.push(Bucket { action, subject: subject.map(Into::into), full_at }),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn taken(buckets: &mut Buckets, action: Action, subject: Option<&str>, at: Timestamp) -> usize {
        (0..100).filter(|_| buckets.take(action, subject, at)).count()
    }

    #[test]
    fn a_burst_then_one_in_each_interval() {
        let mut buckets = Buckets::default();
        let action = Action::StartMatchBackfill;
        assert_eq!(taken(&mut buckets, action, None, NOW), 3);
        assert_eq!(taken(&mut buckets, action, None, NOW + Duration::from_millis(999)), 0);
        assert_eq!(taken(&mut buckets, action, None, NOW + Duration::from_millis(1000)), 1);
        assert_eq!(taken(&mut buckets, action, None, NOW + Duration::from_secs(60)), 3);
        assert_eq!(taken(&mut buckets, Action::DescribePlayerSessions, None, NOW), 10);
    }

    #[test]
    fn each_player_has_a_bucket_and_a_full_one_takes_no_memory() {
        let mut buckets = Buckets::default();
        for player in ["psess-1", "psess-2"] {
            assert_eq!(taken(&mut buckets, Action::AcceptPlayerSession, Some(player), NOW), 3);
            assert_eq!(taken(&mut buckets, Action::RemovePlayerSession, Some(player), NOW), 3);
        }
        assert_eq!(buckets.used.len(), 4);
        assert!(buckets.take_frame(NOW + Duration::from_secs(4)));
        assert_eq!(buckets.used.len(), 1);
    }

    #[test]
    fn heartbeats_are_bounded_by_the_limit_of_all_frames() {
        let mut buckets = Buckets::default();
        assert_eq!(taken(&mut buckets, Action::HeartbeatServerProcess, None, NOW), 100);
        assert_eq!((0..1000).filter(|_| buckets.take_frame(NOW)).count(), 500);
    }
}
