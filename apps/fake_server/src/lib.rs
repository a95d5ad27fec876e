//! Simulated game servers over the real socket: our own client of what Server SDK 5 speaks, and the lives of those who
//! use it. For demos, load and tests. Knows nothing of the server's inside, nor of its API.
//!
//! Reading order: [`address`] (where and as whom), [`push`] (what a server is told), [`connection`] (the socket as SDKs
//! handle it), [`habits`] (how a simulated server behaves), [`life`] (one process), [`crowd`] (many, one after the
//! other), [`echo`] (the yardstick).

pub mod address;
pub mod connection;
pub mod crowd;
pub mod echo;
pub mod habits;
pub mod life;
pub mod push;
mod stream;

pub use address::Address;
pub use connection::{CallError, Connection, Lost, Timing};
pub use crowd::Crowd;
pub use habits::{Habits, Span};
pub use life::{Ending, Happening, Watch};
pub use push::{Game, Push};
