//! A machine of a fleet, and the tokens that its processes show.

use matchwright_model::{ComputeName, FleetId, LocationName, Timestamp};

use crate::decide::{Context, Decision, Reply};
use crate::{Change, FleetStatus, Rejection, State};

#[derive(Debug, Clone, PartialEq)]
pub struct Compute {
    pub fields: ComputeFields,
    pub created_at: Timestamp,
    /// Those that may still be valid, the newest last.
    pub tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComputeFields {
    pub location: LocationName,
    pub ip: String,
    pub dns: Option<String>,
    pub certificate_path: Option<String>,
}

/// Opens the socket to every process of its compute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub expires_at: Timestamp,
}
