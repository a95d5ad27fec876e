//! A machine of a fleet, and the tokens that its processes show.

use matchwright_model::{ComputeName, FleetId, LocationName, Timestamp};

use crate::decide::{Context, Decision, Draft, Reply};
use crate::{Change, EndCause, ProcessKey, Rejection, State, fleet, process};

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

impl Token {
    /// Takes as long for a text that is nearly right as for any other of its length.
    pub(crate) fn is(&self, text: &str) -> bool {
        let pairs = self.text.bytes().zip(text.bytes());
        let differences = pairs.fold(0, |found, (one, other)| found | (one ^ other));
        self.text.len() == text.len() && differences == 0
    }
}

/// # Rejections, in this order
/// `FleetNotFound`, `FleetDeleting`, `ComputeExists`, `LocationNotInFleet`, `Quota`.
pub(crate) fn decide_register(
    state: &State,
    context: &Context<'_>,
    id: &FleetId,
    name: &ComputeName,
    fields: &ComputeFields,
) -> Result<Decision, Rejection> {
    let fleet = fleet::active(state, id)?;
    if fleet.computes.contains_key(name) {
        return Err(Rejection::ComputeExists { fleet: id.clone(), name: name.clone() });
    }
    if !fleet.locations.contains(&fields.location) {
        let location = fields.location.clone();
        return Err(Rejection::LocationNotInFleet { fleet: id.clone(), location });
    }
    let limit = context.settings.computes_per_fleet_max;
    if fleet.computes.len() >= limit {
        return Err(Rejection::Quota { what: "computes of a fleet", limit });
    }
    let made = Compute { fields: fields.clone(), created_at: context.now, tokens: Vec::new() };
    let registered =
        Change::ComputeRegistered { fleet: id.clone(), name: name.clone(), fields: fields.clone() };
    let reply = Reply::Compute(id.clone(), name.clone(), Box::new(made));
    Ok(Decision { changes: vec![registered], reply })
}

/// Its processes end with it.
///
/// # Rejections, in this order
/// `FleetNotFound`, `ComputeNotFound`.
pub(crate) fn decide_deregister(
    state: &State,
    context: &Context<'_>,
    id: &FleetId,
    name: &ComputeName,
) -> Result<Decision, Rejection> {
    state.fleet(id)?.compute(id, name)?;
    let mut draft = Draft::default();
    let live = process::of_compute(state, id, name);
    // None of them is to host what another one loses.
    draft.taken = live.map(|process| process.key.clone()).collect();
    for key in draft.taken.clone() {
        process::end(state, context, &key, EndCause::ComputeGone, &mut draft);
    }
    draft.push(Change::ComputeDeregistered { fleet: id.clone(), name: name.clone() });
    Ok(draft.done())
}

/// The token in force, or a new one where that has less than half of its life left: whoever asks gets one that he can
/// use for a while, and asking often makes no more of them.
///
/// # Rejections, in this order
/// `FleetNotFound`, `FleetDeleting`, `ComputeNotFound`.
pub(crate) fn decide_token(
    state: &State,
    context: &Context<'_>,
    id: &FleetId,
    name: &ComputeName,
) -> Result<Decision, Rejection> {
    let compute = fleet::active(state, id)?.compute(id, name)?;
    let life = context.settings.token_life;
    let newest = compute.tokens.last().filter(|token| token.expires_at >= context.now + life / 2);
    if let Some(token) = newest {
        let reply = Reply::Token(id.clone(), name.clone(), token.clone());
        return Ok(Decision { changes: Vec::new(), reply });
    }
    let token = Token { text: context.fresh.uuid().to_string(), expires_at: context.now + life };
    let issued = Change::TokenIssued { fleet: id.clone(), compute: name.clone(), token: token.clone() };
    Ok(Decision { changes: vec![issued], reply: Reply::Token(id.clone(), name.clone(), token) })
}

pub(crate) fn apply_registered(
    state: &mut State,
    at: Timestamp,
    id: &FleetId,
    name: &ComputeName,
    fields: &ComputeFields,
) {
    if let Some(fleet) = state.fleets.get_mut(id) {
        let made = Compute { fields: fields.clone(), created_at: at, tokens: Vec::new() };
        fleet.computes.insert(name.clone(), made);
    }
}

/// Tokens that have been over for longer than the new one lives are forgotten; younger ones still bring back a process
/// that was away, and so does the one that the oldest process was let in with, however long it lives.
pub(crate) fn apply_token(state: &mut State, at: Timestamp, id: &FleetId, name: &ComputeName, token: &Token) {
    let first = ProcessKey { fleet: id.clone(), compute: name.clone(), id: "".into() };
    let known = state.processes.range(first..).map(|(_, process)| process);
    let own = known.take_while(|one| one.key.fleet == *id && one.key.compute == *name);
    let oldest = own.filter(|one| one.is_live()).map(|one| one.created_at).min();
    let compute = state.fleets.get_mut(id).and_then(|fleet| fleet.computes.get_mut(name));
    let Some(compute) = compute else { return };
    let life = token.expires_at.since(at);
    let may_be_shown = |old: &Token| oldest.is_some_and(|oldest| old.expires_at > oldest);
    compute.tokens.retain(|old| old.expires_at + life > at || may_be_shown(old));
    compute.tokens.push(token.clone());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_no_other_text() {
        let token = Token { text: "token-1".to_string(), expires_at: Timestamp(0) };
        assert!(token.is("token-1"));
        for other in ["", "token-", "token-2", "token-11", "Token-1"] {
            assert!(!token.is(other), "{other:?}");
        }
    }
}
