//! The doors: sockets, limits and paths.
//!
//! Reading order: [`App`] (what the doors lead to), `listen` (connections), `tls` (and its certificate),
//! `route` (paths), `gate` (who may in), `api` (the
//! front), `stream` (events as they happen).

mod api;
mod gate;
mod listen;
mod route;
mod stream;
mod tls;

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{Either, Full};
use matchwright_gamelift::Front;
use tokio::sync::watch;

use crate::config::Limits;
use crate::game_server::{Sockets, Switchboard};
use crate::metrics::Recorder;
use crate::realm::Realm;
use crate::realm::ids::Ids;

pub(crate) use gate::Gate;
pub(crate) use listen::listen;
pub(crate) use route::{full, text};
pub(crate) use tls::{Certificate, TlsError};

/// A whole body, as nearly all are, or one that comes by and by.
pub(crate) type Body = Either<Full<Bytes>, BoxBody<Bytes, Infallible>>;

/// A realm and the front that speaks for it.
pub(crate) struct Served {
    pub realm: Realm,
    pub front: Front,
    /// The front of game servers.
    pub game_servers: matchwright_game_server::Front,
    pub switchboard: Arc<Switchboard>,
}

/// What every request can reach.
pub(crate) struct App {
    /// In the order of the configuration; the first serves what names no region.
    pub realms: Vec<Arc<Served>>,
    pub gate: Gate,
    pub limits: Limits,
    pub sockets: Sockets,
    pub certificate: Arc<Certificate>,
    pub keep_alive: std::time::Duration,
    /// Requests that are not answered yet.
    pub at_work: AtomicUsize,
    pub ids: Mutex<Ids>,
    pub recorder: Arc<Recorder>,
    pub is_ready: AtomicBool,
    /// True once the node drains.
    pub draining: watch::Receiver<bool>,
}
