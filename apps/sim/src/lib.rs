//! A virtual world around the same core: time, players and crashes come from a seed. No socket, no disk, no clock.
//!
//! [`World`] is one node with virtual time; [`auditor`] checks what must always hold; [`life`] is a random life of
//! players, [`houses`] one of game servers and those who play there.

pub mod auditor;
pub mod houses;
pub mod life;
mod world;

pub use world::{Told, World};
