//! Matchmaker data: who plays, as the text that game servers and their SDKs read (spec 4.4).

use matchwright_model::{AttributeValue, Roster, RosterPlayer, RosterTeam};
use serde_json::{Value, json};

use crate::Arns;

/// The text of a roster: keys in the order of the captures, attributes by name, every number with a fraction.
pub fn matchmaker_data(arns: &Arns, roster: &Roster) -> String {
    let _ = (arns, roster);
    todo!()
}
