//! What the door knows of one process: its sockets, its health, what it was answered. None of it is kept over a restart.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use matchwright_game_server::limits::Buckets;
use matchwright_hosting::{Push, PushKind};
use matchwright_model::GameSessionId;
use tokio::sync::mpsc::UnboundedSender;

use super::socket::ToSocket;

pub(super) type Outlet = UnboundedSender<ToSocket>;

/// Answers that are kept for an SDK that asks again.
const ANSWERS_KEPT: usize = 8;
const ANSWER_BYTES_MAX: usize = 1024;

pub(super) struct Line {
    /// In the order they were opened.
    sockets: Vec<Plugged>,
    /// A socket was let in and the realm does not know that it is gone.
    pub is_connected: bool,
    pub empty_since: Option<Instant>,
    was_accepted: bool,
    /// The game that it was told to start through a socket that is still open.
    told: Option<GameSessionId>,
    answers: VecDeque<Answered>,
    pub buckets: Buckets,
    pub health: Health,
}

struct Plugged {
    id: u64,
    outlet: Outlet,
    is_accepted: bool,
    /// Pushes since it knocked, while the realm decides on it.
    held: Vec<PushKind>,
}

struct Answered {
    request_id: Box<str>,
    /// None: at work.
    answer: Option<Box<str>>,
    /// Sockets on which the same was asked meanwhile.
    also: Vec<Outlet>,
}

/// What a request is, seen from what was asked before.
pub(super) enum Repeated {
    No,
    /// It was answered so.
    Answered(String),
    /// Its answer will come to this socket too.
    AtWork,
}

impl Line {
    pub fn new(now: Instant) -> Self {
        Self {
            sockets: Vec::new(),
            is_connected: false,
            empty_since: None,
            was_accepted: false,
            told: None,
            answers: VecDeque::new(),
            buckets: Buckets::default(),
            health: Health { good_at: now, bad: 0 },
        }
    }

    pub fn plug(&mut self, id: u64, outlet: Outlet) {
        self.empty_since = None;
        self.sockets.push(Plugged { id, outlet, is_accepted: false, held: Vec::new() });
    }

    /// The newest that was let in.
    fn newest(&self) -> Option<&Plugged> {
        self.sockets.iter().rfind(|socket| socket.is_accepted)
    }

    /// A socket was let in; `missed` is what the realm would tell it again.
    ///
    /// While an older one is open nothing was missed: the SDK moves from one to the other by itself, and a second
    /// CreateGameSession would start the game twice.
    pub fn accept(&mut self, id: u64, missed: Vec<PushKind>, now: Instant) {
        let was_open = self.newest().is_some();
        (self.is_connected, self.was_accepted) = (true, true);
        self.health = Health { good_at: now, bad: 0 };
        for older in self.sockets.iter().filter(|socket| socket.is_accepted) {
            let _ = older.outlet.send(ToSocket::Superseded);
        }
        let Some(socket) = self.sockets.iter_mut().find(|socket| socket.id == id) else { return };
        socket.is_accepted = true;
        let held = std::mem::take(&mut socket.held);
        if !was_open {
            self.told = None;
            let later: Vec<PushKind> = held.into_iter().filter(|push| !missed.contains(push)).collect();
            missed.into_iter().chain(later).for_each(|push| self.push(push));
        }
    }

    /// True: it was the last one.
    pub fn unplug(&mut self, id: u64, now: Instant) -> bool {
        self.sockets.retain(|socket| socket.id != id);
        let is_empty = self.sockets.is_empty();
        self.empty_since = is_empty.then_some(now);
        is_empty
    }

    /// None of its sockets was ever let in: not worth remembering.
    pub fn is_stranger(&self) -> bool {
        !self.was_accepted
    }

    pub fn push(&mut self, push: PushKind) {
        for waiting in self.sockets.iter_mut().filter(|socket| !socket.is_accepted) {
            waiting.held.push(push.clone());
        }
        if let PushKind::CreateSession(session) = &push {
            if self.newest().is_none() || self.told.as_ref() == Some(&session.id) {
                return;
            }
            self.told = Some(session.id.clone());
        }
        if push == PushKind::Close {
            self.is_connected = false;
        }
        if let Some(newest) = self.newest() {
            let _ = newest.outlet.send(ToSocket::Push(Box::new(push)));
        }
    }

    /// Remembers that a request is at work, or how it was answered.
    pub fn begin(&mut self, request_id: &str, outlet: &Outlet) -> Repeated {
        let known = self.answers.iter_mut().find(|one| *one.request_id == *request_id);
        match known {
            Some(Answered { answer: Some(answer), .. }) => Repeated::Answered(answer.to_string()),
            Some(at_work) => {
                at_work.also.push(outlet.clone());
                Repeated::AtWork
            }
            None => {
                if self.answers.len() >= ANSWERS_KEPT
                    && let Some(oldest) = self.answers.iter().position(|one| one.answer.is_some())
                {
                    self.answers.remove(oldest);
                }
                let request_id = request_id.into();
                self.answers.push_back(Answered { request_id, answer: None, also: Vec::new() });
                Repeated::No
            }
        }
    }

    /// Keeps the answer of what is done; of what failed through no fault of the server's the next try counts.
    pub fn finish(&mut self, request_id: &str, answer: &str, is_final: bool) {
        let Some(place) = self.answers.iter().position(|one| *one.request_id == *request_id) else { return };
        let also = std::mem::take(&mut self.answers[place].also);
        for outlet in also {
            let _ = outlet.send(ToSocket::Again(answer.to_string()));
        }
        match is_final && answer.len() <= ANSWER_BYTES_MAX {
            true => self.answers[place].answer = Some(answer.into()),
            false => drop(self.answers.remove(place)),
        }
    }
}

/// When the last good heartbeat came, and how many bad ones since.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Health {
    good_at: Instant,
    bad: u32,
}

impl Health {
    pub fn beat(&mut self, is_healthy: bool, now: Instant) {
        match is_healthy {
            true => *self = Self { good_at: now, bad: 0 },
            false => self.bad += 1,
        }
    }

    /// Whether it must be reported; then counts anew, so that it is reported again if nothing changes.
    pub fn is_lost(&mut self, bad_max: u32, silence_max: Duration, now: Instant) -> bool {
        let is_lost = self.bad >= bad_max || now.duration_since(self.good_at) > silence_max;
        if is_lost {
            *self = Self { good_at: now, bad: 0 };
        }
        is_lost
    }
}

/// Pushes without the process, which the line knows.
pub(super) fn kinds(pushes: Vec<Push>) -> Vec<PushKind> {
    pushes.into_iter().map(|push| push.kind).collect()
}
