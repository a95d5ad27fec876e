//! Which socket belongs to which process of a realm, and what is told to whom.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use matchwright_engine::Command;
use matchwright_game_server::Request;
use matchwright_hosting::{Command as Hosted, ProcessKey, Push};
use matchwright_model::Timestamp;
use tokio::sync::mpsc::UnboundedReceiver;

use super::Settings;
use super::line::{Line, Outlet, Repeated, kinds};
use crate::realm::{Message, Realm};

/// How long a process without a socket is remembered: as long as the slowest SDK tries to come back.
const REMEMBERED: Duration = Duration::from_secs(200);

/// The sockets of one realm.
pub(crate) struct Switchboard {
    realm: Realm,
    settings: Settings,
    lines: Mutex<HashMap<ProcessKey, Line>>,
    next: AtomicU64,
    started: Instant,
}

/// The place of one socket; given up when it is dropped.
pub(super) struct Plug {
    pub board: Arc<Switchboard>,
    pub process: ProcessKey,
    id: u64,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    /// The realm was not asked yet, or refused.
    Outside,
    /// The realm was asked, and may have let it in.
    Knocked,
    Accepted,
    /// The node stops: the realm goes on thinking that it is connected, and gives it time to come back from the moment
    /// in which the next node starts.
    Kept,
}

impl Switchboard {
    pub fn new(realm: Realm, settings: Settings) -> Arc<Self> {
        let (next, started) = (AtomicU64::new(1), Instant::now());
        Arc::new(Self { realm, settings, lines: Mutex::default(), next, started })
    }

    /// Follows the writer and watches the heartbeats, until the realm is gone.
    pub async fn run(self: Arc<Self>, mut pushes: UnboundedReceiver<Vec<Push>>) {
        let pause = (self.settings.heartbeat / 12).clamp(Duration::from_millis(50), Duration::from_secs(5));
        let mut watch = tokio::time::interval(pause);
        watch.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                told = pushes.recv() => match told {
                    Some(told) => self.route(told),
                    None => return,
                },
                _ = watch.tick() => self.report_silent(),
            }
        }
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<ProcessKey, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn with<T>(&self, process: &ProcessKey, act: impl FnOnce(&mut Line) -> T) -> Option<T> {
        self.lines().get_mut(process).map(act)
    }

    /// Time for the rates: it never steps back.
    fn now(&self) -> Timestamp {
        Timestamp(self.started.elapsed().as_millis() as u64)
    }

    fn route(&self, pushes: Vec<Push>) {
        let mut lines = self.lines();
        for Push { process, kind } in pushes {
            if let Some(line) = lines.get_mut(&process) {
                line.push(kind);
            }
        }
    }

    /// Reports who is unhealthy or silent, and forgets who is gone for long.
    fn report_silent(&self) {
        let (most, silence) = (self.settings.heartbeats_missed, self.settings.silence_max());
        let now = Instant::now();
        self.lines().retain(|process, line| {
            if line.is_connected && line.health.is_lost(most, silence, now) {
                tracing::warn!("process {} of fleet {} is unhealthy or silent", process.id, process.fleet);
                self.tell(Hosted::ReportUnhealthy { process: process.clone() });
            }
            line.empty_since.is_none_or(|since| now.duration_since(since) < REMEMBERED)
        });
    }

    /// What needs no answer. A realm that is stopping hears nothing, and need not.
    fn tell(&self, command: Hosted) {
        let command = Command::Hosting(Box::new(command));
        let _ = self.realm.send(Message::Command { command, reply: None });
    }

    /// A place for a socket whose process is not let in yet.
    pub(super) fn plug(
        self: &Arc<Self>,
        process: ProcessKey,
        outlet: Outlet,
        idempotency_token: Option<&str>,
    ) -> Plug {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut lines = self.lines();
        let line = lines.entry(process.clone()).or_insert_with(|| Line::new(Instant::now()));
        line.plug(id, outlet, idempotency_token.map(Into::into));
        drop(lines);
        Plug { board: self.clone(), process, id, stage: Stage::Outside }
    }
}

impl Plug {
    /// The realm is asked: from now on it may think that the process is connected.
    pub fn knock(&mut self) {
        self.stage = Stage::Knocked;
    }

    /// Another one for each socket.
    pub fn number(&self) -> u64 {
        self.id
    }

    pub fn keep(&mut self) {
        self.stage = Stage::Kept;
    }

    pub fn refused(mut self) {
        self.stage = Stage::Outside;
    }

    /// It was let in. `missed` is what the realm would tell it again.
    pub fn accepted(&mut self, missed: Vec<Push>) {
        self.stage = Stage::Accepted;
        let now = Instant::now();
        self.board.with(&self.process, |line| line.accept(self.id, kinds(missed), now));
    }

    /// It was told to connect anew.
    pub fn leave(&self) {
        self.board.with(&self.process, |line| line.leave(self.id));
    }

    /// All up to this push was read.
    pub fn read(&self, number: u64) {
        self.board.with(&self.process, |line| line.read(self.id, number));
    }

    pub fn beat(&self, is_healthy: bool) {
        self.board.with(&self.process, |line| line.health.beat(is_healthy, Instant::now()));
    }

    /// Whether it may ask once more, of all frames and of this action.
    pub fn may_ask(&self, request: Option<&Request>) -> bool {
        if !self.board.settings.has_rate_limits {
            return true;
        }
        let now = self.board.now();
        let taken = self.board.with(&self.process, |line| {
            let of_action =
                request.map(|request| line.buckets.take(request.head.action, request.subject(), now));
            line.buckets.take_frame(now) && of_action.unwrap_or(true)
        });
        taken.unwrap_or(true)
    }

    pub fn begin(&self, request_id: &str, outlet: &Outlet) -> Repeated {
        self.board.with(&self.process, |line| line.begin(request_id, outlet)).unwrap_or(Repeated::No)
    }
}

/// An answer is remembered for whoever asks again.
pub(super) fn finish(
    board: &Switchboard,
    process: &ProcessKey,
    request_id: &str,
    answer: &str,
    is_final: bool,
) {
    board.with(process, |line| line.finish(request_id, answer, is_final));
}

impl Drop for Plug {
    fn drop(&mut self) {
        let mut lines = self.board.lines();
        let Some(line) = lines.get_mut(&self.process) else { return };
        if !line.unplug(self.id, Instant::now()) {
            return;
        }
        // Told while the lines are held: whoever knocks now is heard after it.
        let is_gone = self.stage != Stage::Kept && line.is_connected;
        if is_gone || self.stage == Stage::Knocked {
            line.is_connected = false;
            self.board.tell(Hosted::DisconnectProcess { process: self.process.clone() });
        } else if self.stage == Stage::Outside && line.is_stranger() {
            lines.remove(&self.process);
        }
    }
}
