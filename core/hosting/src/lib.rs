//! Where matches are played: fleets, computes, server processes, queues, placements, game and player sessions.
//!
//! Decides and applies. Knows no ticket, matchmaker or rule, no clock, disk, network, thread or randomness but a seed
//! handed in.
//!
//! Reading order: [`Command`] (what one may ask for), [`Change`] (what then happened), [`State`] (what follows from all
//! changes). [`decide`] turns a command into changes, [`apply`] turns a change into state. Each noun has its file, with
//! its decisions, its part of `apply` and, where it lives and dies, its diagram.

mod alias;
mod change;
mod choose;
mod command;
mod compute;
mod decide;
mod elsewhere;
mod filter;
mod fleet;
mod game_session;
mod index;
mod location;
mod placement;
mod player_session;
mod process;
mod push;
mod query;
mod queue;
mod rejection;
mod resource;
mod settings;
mod snapshot;
mod state;

pub use alias::{Alias, AliasFields, AliasPatch, Routing};
pub use change::Change;
pub use choose::locations_of;
pub use command::{Command, PlayerRequest, TerminationMode};
pub use compute::{Compute, ComputeFields, Token};
pub use decide::{Context, Decision, Fresh, Reply, apply, decide, decide_tick};
pub use elsewhere::{Home, Host, Server, hosted, session_name};
pub use filter::{Comparison, Filter, Operand, Sort, Value};
pub use fleet::{
    Cost, CreationLimit, Fleet, FleetEvent, FleetEventKind, FleetFields, FleetPatch, FleetStatus,
};
pub use game_session::{
    GameSession, JoinPolicy, SessionEnd, SessionFields, SessionPatch, SessionRequest, SessionStatus,
    SessionUpdate, UpdateReason,
};
pub use location::Location;
pub use placement::{
    Fallback, LocationOverride, Placement, PlacementRequest, PlacementStatus, PlayerLatency,
};
pub use player_session::{PlayerSession, PlayerSessionStatus, seats_for_match};
pub use process::{Connection, EndCause, Phase, Process, ProcessKey, Sdk};
pub use push::{Push, PushKind, push};
pub use query::{Answer, PlayersOf, Query, SessionsOf, Target, Utilization, answer};
pub use queue::{Destination, LatencyPolicy, Priority, Queue, QueueFields, QueuePatch};
pub use rejection::Rejection;
pub use resource::Resource;
pub use settings::Settings;
pub use snapshot::snapshot;
pub use state::State;
