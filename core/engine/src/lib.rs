//! Decides and applies. Knows no clock, disk, network, thread or randomness.
//!
//! Reading order: [`Command`] (what one may ask for), [`Change`] (what then happened), [`State`] (what follows
//! from all changes), [`Event`] (what outsiders are told). [`decide`] turns a command into changes, [`apply`]
//! turns a change into state, [`tell`] turns a change into at most one event, [`push`] into at most one word to a game
//! server. Where matches are played is decided by `matchwright_hosting`; what it means for matches stands in `hosting`.

mod backfill;
mod change;
mod command;
mod deadlines;
mod decide;
mod estimate;
mod event;
mod hosting;
mod index;
mod matchmaker;
mod proposal;
mod query;
mod rejection;
mod resource;
mod rule_set;
mod settings;
mod snapshot;
mod state;
mod ticket;
mod tickets;

pub use change::{Change, EndReason, Record, RuleCount, Seat};
pub use command::{Command, MatchmakerFields, MatchmakerPatch, Proposal};
pub use decide::{Context, Decision, Reply, apply, decide};
pub use event::{Event, EventKind, EventPlayer, EventTicket, PlacementOutcome, Source, tell};
pub use hosting::push;
pub use matchmaker::{BackfillMode, Matchmaker, Mode};
pub use proposal::{AcceptanceOutcome, Match, MatchPhase};
pub use query::{Answer, Query, answer};
pub use rejection::Rejection;
pub use resource::Resource;
pub use rule_set::RuleSetRecord;
pub use settings::Settings;
pub use snapshot::snapshot;
pub use state::State;
pub use ticket::{Asked, Matched, Session, Status, Ticket, TicketKind};
pub use tickets::Tickets;
