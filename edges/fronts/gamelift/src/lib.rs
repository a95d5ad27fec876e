//! Amazon GameLift on the wire, matchmaking and hosting on machines of one's own: bytes to commands and back. Sans-I/O: knows no socket, no clock, no state.
//!
//! Reading order: [`operations`] (what can be asked), `protocol` (in which of two languages), `document` (a request as
//! it came, in either), `decode`, `shapes` and `words` (requests and their constraints), [`search`] (their
//! expressions), `out` (what is written, in either), `encode` (replies), [`errors`], [`events`], [`auth`] (who may ask).

pub mod auth;
mod decode;
mod document;
mod encode;
pub mod errors;
pub mod events;
pub mod operations;
mod out;
mod protocol;
pub mod search;
mod shapes;
mod words;

use std::sync::Arc;

use matchwright_engine::{Answer, Command, Query, Rejection, Reply, Resource};

pub use errors::ApiError;
pub use matchwright_amazon::Arns;
pub use operations::Operation;
pub use protocol::{Protocol, Response};
use words::Words;

/// What this front needs to know of its realm.
#[derive(Debug, Clone, PartialEq)]
pub struct FrontSettings {
    pub region: String,
    /// 12 digits.
    pub account: String,
    /// Any printable id, not only the published pattern (D-05).
    pub lenient_ids: bool,
    /// A latency of 0 is read as 1 (D-07).
    pub lenient_latency: bool,
    /// Rule sets are checked as the engine does (D-42).
    pub unknown_keys_warn: bool,
    /// Where game servers connect to, at most 128 characters: the SDKs ask RegisterCompute for it. Empty: not told.
    pub game_server_endpoint: String,
}

/// The front of one realm.
#[derive(Debug, Clone)]
pub struct Front {
    settings: FrontSettings,
    arns: Arns,
    /// What requests have in common, for all copies of the front.
    words: Arc<Words>,
}

/// A request that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub protocol: Protocol,
    pub operation: Operation,
    pub ask: Ask,
    /// What it touches; see [`Front::resource`].
    pub resource: Option<Resource>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    Command(Command),
    Query(Query),
    /// ValidateMatchmakingRuleSet: needs no state, see [`Front::validate`].
    Validate(String),
}

/// What the engine said.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Reply(Reply),
    Answer(Answer),
    Valid,
}

impl Front {
    pub fn new(settings: FrontSettings) -> Self {
        let arns = Arns::new(&settings.region, &settings.account);
        Self { settings, arns, words: Arc::default() }
    }

    pub fn arns(&self) -> &Arns {
        &self.arns
    }

    /// Decodes a request. `fresh_id` makes a ticket id where the client sent none.
    ///
    /// # Errors
    /// Unknown operation, unreadable body, or every violated constraint in one message.
    pub fn decode(
        &self,
        path: &str,
        headers: &http::HeaderMap,
        body: &[u8],
        fresh_id: impl FnOnce() -> String,
    ) -> Result<Request, ApiError> {
        let (protocol, operation) = protocol::choose(path, headers)?;
        let mut copied = String::new();
        let document = protocol.read(body, &mut copied)?;
        let (ask, resource) = decode::decode(self, operation, &document, fresh_id)?;
        Ok(Request { protocol, operation, ask, resource })
    }

    /// The ARN of what a request touches, `*` where it is nothing in particular; for policies.
    ///
    /// As we write it: a policy must not depend on how the caller did.
    pub fn resource(&self, request: &Request) -> String {
        request.resource.as_ref().map_or_else(|| "*".to_string(), |resource| self.arns.of(resource))
    }

    /// Checks a rule set body, as ValidateMatchmakingRuleSet does (D-16).
    ///
    /// # Errors
    /// `RuleSetInvalid` with all diagnostics.
    pub fn validate(&self, body: &str) -> Result<Outcome, Rejection> {
        let options = matchwright_rules::Options { unknown_keys_warn: self.settings.unknown_keys_warn };
        matchwright_rules::compile(body, options).map(|_| Outcome::Valid).map_err(Rejection::RuleSetInvalid)
    }

    /// Encodes what came of a request.
    pub fn encode(
        &self,
        protocol: Protocol,
        operation: Operation,
        outcome: Result<Outcome, Rejection>,
    ) -> Response {
        match outcome {
            Ok(outcome) => protocol.write(200, |out| encode::encode(self, operation, &outcome, out)),
            Err(rejection) => self.encode_error(protocol, &errors::of_rejection(operation, &rejection)),
        }
    }

    pub fn encode_error(&self, protocol: Protocol, error: &ApiError) -> Response {
        protocol.write(error.status(), |out| errors::encode(error, out))
    }

    pub(crate) fn settings(&self) -> &FrontSettings {
        &self.settings
    }
}
