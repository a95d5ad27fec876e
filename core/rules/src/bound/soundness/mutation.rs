//! Faults to plant into the bound and the plan, so that the check that should find them can be seen to do so.

use std::cell::Cell;

use crate::{ComparisonOperation, Party, TierSpan};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// One seat fewer than may still be taken.
    OneSeatTooFew,
    /// The last candidate's values are forgotten.
    LastCandidateForgotten,
    /// `<` means `<=`, and the other way round.
    BoundaryMoved,
    /// Only the first of the tiers is looked at.
    LaterTiersForgotten,
    /// The plan allows one text more than a list may share with others, or one less.
    OneTextMore,
    OneTextFewer,
}

thread_local! {
    static PLANTED: Cell<Option<Mutation>> = const { Cell::new(None) };
}

/// Plants a fault for the rest of this thread, which is the rest of the test.
pub(super) fn plant(mutation: Mutation) {
    PLANTED.set(Some(mutation));
}

fn is(mutation: Mutation) -> bool {
    PLANTED.get() == Some(mutation)
}

pub(in crate::bound) fn room(extra: (u32, u32)) -> (u32, u32) {
    if is(Mutation::OneSeatTooFew) { (extra.0, extra.1.saturating_sub(1).max(extra.0)) } else { extra }
}

pub(in crate::bound) fn parties<'a>(
    parties: impl Iterator<Item = &'a Party> + Clone,
) -> impl Iterator<Item = &'a Party> + Clone {
    let all = parties.clone().count();
    parties.take(if is(Mutation::LastCandidateForgotten) { all.saturating_sub(1) } else { all })
}

pub(in crate::bound) fn operation(operation: ComparisonOperation) -> ComparisonOperation {
    match operation {
        ComparisonOperation::Less if is(Mutation::BoundaryMoved) => ComparisonOperation::LessOrEqual,
        ComparisonOperation::LessOrEqual if is(Mutation::BoundaryMoved) => ComparisonOperation::Less,
        operation => operation,
    }
}

pub(in crate::bound) fn tiers(tiers: TierSpan) -> TierSpan {
    let high = if is(Mutation::LaterTiersForgotten) { tiers.low } else { tiers.high };
    TierSpan { high, ..tiers }
}

/// The most texts that a plan allows.
pub(crate) fn limit(max: (f64, f64)) -> (f64, f64) {
    let by = f64::from(u8::from(is(Mutation::OneTextMore))) - f64::from(u8::from(is(Mutation::OneTextFewer)));
    (max.0 + by, max.1 + by)
}
