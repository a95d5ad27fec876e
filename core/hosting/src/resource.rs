//! What can carry tags.

use matchwright_model::{AliasId, FleetId, LocationName, QueueName};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    Location(LocationName),
    Fleet(FleetId),
    Alias(AliasId),
    Queue(QueueName),
}
