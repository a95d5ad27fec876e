//! The game-server side of Amazon GameLift (Server SDK 5) on the wire: text frames to commands and back. Sans-I/O:
//! knows no socket, clock or state.
//!
//! Reading order: [`auth`] (who connects), [`operations`] (what a game server can ask), `decode` (frames and their
//! constraints), `encode` (answers and pushes), [`errors`] (refusals), [`limits`] (how often it may ask).

pub mod auth;
mod decode;
mod encode;
pub mod errors;
pub mod limits;
pub mod operations;
mod page;

use matchwright_amazon::Arns;
use matchwright_engine::{Answer, Command, Query, Rejection, Reply};
use matchwright_hosting::{Command as Hosted, ProcessKey, PushKind};
use matchwright_model::TicketId;

pub use decode::Refused;
pub use errors::SocketError;
pub use operations::Action;

/// What this front needs to know of its realm.
#[derive(Debug, Clone, PartialEq)]
pub struct FrontSettings {
    pub region: String,
    /// 12 digits.
    pub account: String,
    /// A latency of 0 is read as 1 (D-07).
    pub lenient_latency: bool,
}

/// The front of one realm.
#[derive(Debug, Clone)]
pub struct Front {
    settings: FrontSettings,
    arns: Arns,
}

/// A request that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub head: Head,
    pub ask: Ask,
}

/// What its answer repeats.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    pub action: Action,
    /// Chosen by the SDK, which finds the waiting call by it. An SDK that asks again uses it again.
    pub request_id: String,
    /// The ticket id that was made from it, where the server named none.
    pub made: Option<TicketId>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    Command(Box<Command>),
    Query(Box<Query>),
    Heartbeat {
        is_healthy: bool,
    },
    /// Computes that are no part of a cloud have no role: always the same answer.
    Credentials,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Reply(Reply),
    Answer(Answer),
    /// Nothing had to be asked.
    Done,
}

impl Front {
    pub fn new(settings: FrontSettings) -> Self {
        let arns = Arns::new(&settings.region, &settings.account);
        Self { settings, arns }
    }

    /// Understands a text frame of a process.
    ///
    /// # Errors
    /// No JSON, no RequestId, an unknown action, or the first constraint that is broken.
    pub fn decode(&self, process: &ProcessKey, frame: &str) -> Result<Request, Refused> {
        decode::decode(self, process, frame)
    }

    /// The answer to a request.
    pub fn encode(&self, head: &Head, outcome: &Result<Outcome, Rejection>) -> String {
        match outcome {
            Ok(outcome) => encode::answer(self, head, outcome),
            Err(Rejection::TicketExists(id)) if head.made.as_ref() == Some(id) => {
                // It asked before, and the answer was lost.
                encode::backfill(head, id)
            }
            Err(rejection) => self.encode_error(head, &errors::of_rejection(rejection)),
        }
    }

    pub fn encode_error(&self, head: &Head, error: &SocketError) -> String {
        encode::error(Some(head.action.name()), Some(&head.request_id), error)
    }

    /// The answer to a frame that was not understood: with what could be read of it.
    pub fn encode_refused(&self, refused: &Refused) -> String {
        encode::error(refused.action.as_deref(), refused.request_id.as_deref(), &refused.error)
    }

    /// What a process is told without asking; `None` where nothing is said in words.
    pub fn push(&self, kind: &PushKind) -> Option<String> {
        encode::push(self, kind)
    }

    /// Tells a process to connect anew, with another token.
    pub fn refresh(&self, endpoint: &str, token: &str) -> String {
        encode::refresh(endpoint, token)
    }
}

impl Request {
    /// Whom it concerns, where an action is limited for each of them: a player session.
    pub fn subject(&self) -> Option<&str> {
        let Ask::Command(command) = &self.ask else { return None };
        let Command::Hosting(command) = &**command else { return None };
        match &**command {
            Hosted::AcceptPlayer { player_session, .. } | Hosted::RemovePlayer { player_session, .. } => {
                Some(player_session.as_str())
            }
            _ => None,
        }
    }
}
