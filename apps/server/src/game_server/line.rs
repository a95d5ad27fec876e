//! What the door knows of one process: its sockets, its health, what it was answered. None of it is kept over a restart.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use matchwright_game_server::limits::Buckets;
use matchwright_hosting::{Push, PushKind};
use matchwright_model::GameSessionId;
use tokio::sync::mpsc::UnboundedSender;

use super::socket::ToSocket;
use super::unread::Unread;

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
    /// The game that it was told to start.
    told: Option<GameSessionId>,
    unread: Unread,
    answers: VecDeque<Answered>,
    pub buckets: Buckets,
    pub health: Health,
}

struct Plugged {
    id: u64,
    outlet: Outlet,
    /// The same where an SDK tries one connection again; not all SDKs send one.
    idempotency_token: Option<Box<str>>,
    is_accepted: bool,
    /// Its process was told to connect anew.
    is_leaving: bool,
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
            unread: Unread::default(),
            answers: VecDeque::new(),
            buckets: Buckets::default(),
            health: Health { good_at: now, bad: 0 },
        }
    }

    pub fn plug(&mut self, id: u64, outlet: Outlet, idempotency_token: Option<Box<str>>) {
        self.empty_since = None;
        let (is_accepted, is_leaving, held) = (false, false, Vec::new());
        self.sockets.push(Plugged { id, outlet, idempotency_token, is_accepted, is_leaving, held });
    }

    /// The newest that was let in.
    fn newest(&self) -> Option<&Plugged> {
        self.sockets.iter().rfind(|socket| socket.is_accepted)
    }

    /// A socket was let in; `missed` is what the realm would tell it again.
    ///
    /// An SDK that was told to connect anew moves from one socket to the other by itself and missed nothing. Any other
    /// that comes again has lost its older socket, whether we have noticed or not.
    pub fn accept(&mut self, id: u64, missed: Vec<PushKind>, now: Instant) {
        let is_move = self.is_move(id);
        (self.is_connected, self.was_accepted) = (true, true);
        self.health = Health { good_at: now, bad: 0 };
        for older in self.sockets.iter().filter(|socket| socket.is_accepted) {
            let _ = older.outlet.send(ToSocket::Superseded);
        }
        let Some(socket) = self.sockets.iter_mut().find(|socket| socket.id == id) else { return };
        socket.is_accepted = true;
        let held = std::mem::take(&mut socket.held);
        let is_read = self.told.as_ref().is_some_and(|told| !self.unread.holds_game(told));
        let unread = self.unread.take();
        if is_move {
            return;
        }
        // One that was read is on its way: a second CreateGameSession would start it twice.
        if !is_read {
            self.told = None;
        }
        in_order(missed, unread, held).into_iter().for_each(|push| self.push(push));
    }

    /// Whether a socket takes over from one that is still in use.
    fn is_move(&self, id: u64) -> bool {
        let socket = self.sockets.iter().find(|socket| socket.id == id);
        let token = socket.and_then(|socket| socket.idempotency_token.as_ref());
        self.newest().is_some_and(|older| {
            older.is_leaving && (token.is_none() || older.idempotency_token.as_ref() != token)
        })
    }

    /// A socket was told to connect anew.
    pub fn leave(&mut self, id: u64) {
        if let Some(socket) = self.sockets.iter_mut().find(|socket| socket.id == id) {
            socket.is_leaving = true;
        }
    }

    /// A socket has read all up to this push.
    pub fn read(&mut self, id: u64, number: u64) {
        self.unread.read(id, number);
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
        let is_last = push == PushKind::Close;
        let push = Arc::new(push);
        let newest = self.sockets.iter().rfind(|socket| socket.is_accepted);
        // Without a socket it is told to the next one: the realm did not know yet that this one would miss it.
        let number = match is_last {
            true => 0,
            false => self.unread.push(newest.map_or(0, |newest| newest.id), &push),
        };
        if let Some(newest) = newest {
            let _ = newest.outlet.send(ToSocket::Push { number, push });
        }
        self.is_connected &= !is_last;
    }

    /// Remembers that a request is at work, or how it was answered.
    pub fn begin(&mut self, request_id: &str, outlet: &Outlet) -> Repeated {
        let known = self.answers.iter_mut().find(|one| *one.request_id == *request_id);
        match known {
            Some(Answered { answer: Some(answer), .. }) => Repeated::Answered(answer.to_string()),
            Some(at_work) => {
                // Once for each socket, however often it asks.
                if !at_work.also.iter().any(|one| one.same_channel(outlet)) {
                    at_work.also.push(outlet.clone());
                }
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

    /// How many wait for an answer to what was asked before.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        self.answers.iter().map(|one| one.also.len()).sum()
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

/// What a process is told that has lost its older socket, each once: first its game, then what is older, then the rest.
fn in_order(missed: Vec<PushKind>, unread: Vec<PushKind>, held: Vec<PushKind>) -> Vec<PushKind> {
    let is_game = |push: &PushKind| matches!(push, PushKind::CreateSession(_));
    let (games, missed): (Vec<PushKind>, Vec<PushKind>) = missed.into_iter().partition(is_game);
    let mut all: Vec<PushKind> = Vec::new();
    for push in [games, unread, missed, held].into_iter().flatten() {
        if !all.contains(&push) {
            all.push(push);
        }
    }
    all
}

/// Pushes without the process, which the line knows.
pub(super) fn kinds(pushes: Vec<Push>) -> Vec<PushKind> {
    pushes.into_iter().map(|push| push.kind).collect()
}
