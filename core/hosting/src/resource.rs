//! What can carry tags.

use std::collections::BTreeMap;

use matchwright_model::{AliasId, FleetId, LocationName, QueueName};

use crate::{Rejection, Settings};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    Location(LocationName),
    Fleet(FleetId),
    Alias(AliasId),
    Queue(QueueName),
}

/// Reserved keys first, then the number (D-39).
pub(crate) fn check_tags(tags: &BTreeMap<String, String>, settings: &Settings) -> Result<(), Rejection> {
    if let Some(key) = tags.keys().find(|key| key.starts_with("aws:")) {
        return Err(Rejection::TagReserved(key.clone()));
    }
    match tags.len() > settings.tags_max {
        true => Err(Rejection::TagQuota { limit: settings.tags_max }),
        false => Ok(()),
    }
}
