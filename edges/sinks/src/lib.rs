//! Delivers bytes in order, with retries, to one receiver. Knows no event, no state and no format: it moves what it
//! is handed and says up to which position everything arrived.
//!
//! Reading order: [`Transport`] (one try), [`Webhook`] (a try over HTTP), [`Dispatcher`] (lanes, retries, and the
//! position below which nothing is missing).

mod dispatcher;
mod ledger;
mod transport;
mod webhook;

pub use dispatcher::{Dispatcher, DispatcherOptions, Stopped};
pub use transport::{Failure, Parcel, Transport};
pub use webhook::Webhook;
