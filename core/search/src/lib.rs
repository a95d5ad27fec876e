//! Builds proposals from waiting tickets within a counted budget. Changes nothing: it reads changes and answers
//! with proposals. Knows no clock, no disk, no thread; the same changes give the same proposals.

mod follower;
mod settings;

pub use follower::{Search, Step};
pub use settings::SearchSettings;
