//! Asks others for a game server: Agones, or a service of the studio's own. Knows no placement, queue or state: it asks
//! with what it is handed, again and again, and tells what was found.
//!
//! Reading order: [`Allocator`] (one question), [`Agones`] and [`Webhook`] (two who answer), [`Client`] (HTTP with tokens
//! and certificates), [`Desk`] (many questions at once, each repeated until it is answered or taken back).

mod agones;
mod allocator;
mod client;
mod desk;
mod webhook;

pub use agones::{ANNOTATIONS_BYTES_MAX, Agones, AgonesOptions, Api, Scheduling};
pub use allocator::{Allocator, Failure, Latency, Request, Server};
pub use client::{Client, ClientOptions, Unusable};
pub use desk::{Desk, DeskOptions};
pub use webhook::Webhook;
