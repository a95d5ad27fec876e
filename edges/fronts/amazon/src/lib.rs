//! What Amazon's fronts have in common: resource names and matchmaker data. Knows no operation, socket, clock or state.

mod arn;
mod matchmaker_data;

pub use arn::{Arns, Kind, name_of, resource_of};
pub use matchmaker_data::matchmaker_data;
