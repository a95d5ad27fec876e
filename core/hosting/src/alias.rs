//! Another name for a fleet, which can be pointed elsewhere without telling the clients.

use std::collections::BTreeMap;

use matchwright_model::{AliasId, FleetId, Timestamp};

use crate::decide::{Context, Decision, Reply};
use crate::resource::check_tags;
use crate::{Change, Rejection, State};

#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    pub fields: AliasFields,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AliasFields {
    pub name: String,
    pub description: Option<String>,
    pub routing: Routing,
}

/// Where an alias leads.
#[derive(Debug, Clone, PartialEq)]
pub enum Routing {
    /// SIMPLE.
    Fleet(FleetId),
    /// TERMINAL: nowhere, with a text for the player.
    Nowhere { message: String },
}

/// Only the given members change; an empty text clears one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AliasPatch {
    pub name: Option<String>,
    pub description: Option<String>,
    pub routing: Option<Routing>,
}
