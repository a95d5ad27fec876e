//! Refusals: each rejection as the status that the SDKs turn into an error type (spec hosting 1.3).

use matchwright_engine::Rejection;
use matchwright_hosting::Rejection as Hosted;

/// An error as a game server sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketError {
    /// One of the constants below.
    pub status: u16,
    pub message: String,
}

pub const BAD_REQUEST: u16 = 400;
pub const UNAUTHORIZED: u16 = 401;
pub const FORBIDDEN: u16 = 403;
pub const NOT_FOUND: u16 = 404;
pub const CONFLICT: u16 = 409;
pub const THROTTLED: u16 = 429;
/// Not the game server's fault: it may try again.
pub const INTERNAL: u16 = 500;

impl SocketError {
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }
}

/// 404: there is no such thing. 403: it is another's. 409: not in this state. 400: the request is wrong.
pub fn of_rejection(rejection: &Rejection) -> SocketError {
    use Rejection::*;
    let status = match rejection {
        RuleSetNotFound(_) | MatchmakerNotFound(_) | TicketNotFound(_) | QueueNotFound(_) => NOT_FOUND,
        TicketExists(_) | TicketState { .. } => CONFLICT,
        Hosting(rejection) => of_hosting(rejection),
        _ => BAD_REQUEST,
    };
    SocketError::new(status, rejection.to_string())
}

fn of_hosting(rejection: &Hosted) -> u16 {
    use Hosted::*;
    match rejection {
        FleetNotFound(_)
        | ComputeNotFound { .. }
        | SessionNotFound(_)
        | PlayerSessionNotFound(_)
        | ProcessNotFound(_) => NOT_FOUND,
        TokenInvalid => UNAUTHORIZED,
        NotItsSession { .. } | ProcessEnded(_) => FORBIDDEN,
        ProcessState { .. } | SessionState { .. } => CONFLICT,
        // A player session in another state is a wrong player session: 400, as games expect (spec 1.4).
        _ => BAD_REQUEST,
    }
}
