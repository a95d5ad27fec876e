//! What hosting means for matches, and matches for hosting.

use crate::decide::{Context, Decision};
use crate::{Rejection, State};

pub(crate) fn decide(
    state: &State,
    context: &Context<'_>,
    command: &matchwright_hosting::Command,
) -> Result<Decision, Rejection> {
    let _ = (state, context, command);
    todo!()
}
