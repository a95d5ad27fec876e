//! One try to hand something over.

use std::sync::Arc;

/// What is delivered. A retry sends the same bytes with the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The journal position of what it tells.
    pub position: u64,
    /// Parcels of one lane key arrive in the order they were pushed.
    pub lane_key: String,
    pub content_type: &'static str,
    /// Headers that the format asks for.
    pub headers: Vec<(&'static str, String)>,
    pub body: Arc<[u8]>,
}

/// Why a try failed. Every failure is tried again: a receiver that is wrong today may be right tomorrow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("the receiver answered {status}; expected 2xx")]
    Answer { status: u16 },
    #[error("the receiver could not be reached: {0}")]
    Unreachable(String),
}

/// A way to one receiver. `deliver` blocks until the receiver has taken the parcel or the try failed.
pub trait Transport: Send + Sync + 'static {
    /// # Errors
    /// The receiver did not confirm. It may have taken the parcel all the same: delivery is at least once.
    fn deliver(&self, parcel: &Parcel) -> Result<(), Failure>;
}
