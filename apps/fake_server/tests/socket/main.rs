//! The client beside a server that does as it is told.

mod connection;
mod lives;
mod script;
