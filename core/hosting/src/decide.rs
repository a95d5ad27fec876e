//! The two doors of hosting: a command in, changes out; a change in, new state.

use std::cell::Cell;

use matchwright_model::{
    AliasId, ComputeName, FleetId, LocationName, QueueName, Timestamp,
};
use uuid::Uuid;

use crate::{
    Alias, Change, Command, Compute, Fleet, GameSession, Location, Placement, PlayerSession, Push, Queue, Rejection,
    Settings, State, Token,
};
use crate::{alias, compute, fleet, game_session, location, placement, player_session, process, queue};

/// What a decision may look at besides the state.
#[derive(Debug)]
pub struct Context<'a> {
    /// Stamped once, at the door.
    pub now: Timestamp,
    pub settings: &'a Settings,
    pub fresh: &'a Fresh,
}

/// Ids that nobody can guess, from a random seed that the door made for one command.
#[derive(Debug)]
pub struct Fresh {
    seed: Uuid,
    made: Cell<u64>,
}

impl Fresh {
    pub fn new(seed: u128) -> Self {
        Self { seed: Uuid::from_u128(seed), made: Cell::new(0) }
    }

    /// Another one with each call; the same seed gives the same row of them.
    pub fn uuid(&self) -> Uuid {
        let number = self.made.replace(self.made.get() + 1);
        Uuid::new_v5(&self.seed, &number.to_be_bytes())
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// In the order they happened; applied one by one.
    pub changes: Vec<Change>,
    pub reply: Reply,
}

impl Decision {
    pub(crate) fn done(changes: Vec<Change>) -> Self {
        Self { changes, reply: Reply::Done }
    }
}

/// What the caller of a command hears.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    Done,
    Location(LocationName, Location),
    Fleet(FleetId, Box<Fleet>),
    Alias(AliasId, Box<Alias>),
    Compute(FleetId, ComputeName, Box<Compute>),
    Token(FleetId, ComputeName, Token),
    Queue(QueueName, Box<Queue>),
    /// With its session, where it has one.
    Placement(Box<Placement>, Option<Box<GameSession>>),
    /// As it is now.
    Session(Box<GameSession>),
    /// The seats, and the session that they are in.
    PlayerSessions(Vec<PlayerSession>, Box<GameSession>),
    /// A process is connected: what it must be told again, for it may have missed it.
    Connected(Vec<Push>),
}

/// Decides a command. Changes nothing; the same inputs give the same changes.
///
/// # Errors
/// The rejections of each command, in the order its `decide_*` documents.
pub fn decide(state: &State, context: &Context<'_>, command: &Command) -> Result<Decision, Rejection> {
    let _ = (state, context, command);
    todo!()
}

/// Applies a change. Total: what was journaled is never refused.
pub fn apply(state: &mut State, at: Timestamp, change: &Change) {
    let _ = (state, at, change);
    todo!()
}
