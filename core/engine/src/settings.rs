//! The engine's limits (D-40 and the quotas of spec 1.5). Defaults are GameLift's.

use std::time::Duration;

use matchwright_model::PartyPolicy;

#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub rule_sets_max: usize,
    pub matchmakers_max: usize,
    pub tags_max: usize,
    /// How long a finished ticket can still be described (D-40).
    pub ticket_retention: Duration,
    /// A new ticket of a player also cancels backfill tickets that list him (D-107).
    pub requeue_cancels_backfill: bool,
    /// Who left a game (RemovePlayerSession) is taken out of its automatic backfill, so that his seat is filled too.
    pub backfill_forgets_leavers: bool,
    /// Who queues again while a backfill of his game searches gets his own seat there, and spares that backfill.
    pub backfill_offers_own_seat: bool,
    /// The request deadline also ends tickets in REQUIRES_ACCEPTANCE (the other reading of D-111).
    pub deadline_during_acceptance: bool,
    pub party_policy: PartyPolicy,
    /// Unknown keys in a rule set only warn (D-42).
    pub unknown_keys_warn: bool,
    /// How many due deadlines one tick ends.
    pub due_per_tick: usize,
    pub hosting: matchwright_hosting::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rule_sets_max: 1000,
            matchmakers_max: 100,
            tags_max: 50,
            ticket_retention: Duration::from_secs(3 * 3600),
            requeue_cancels_backfill: true,
            backfill_forgets_leavers: false,
            backfill_offers_own_seat: false,
            deadline_during_acceptance: false,
            party_policy: PartyPolicy::Individual,
            unknown_keys_warn: false,
            due_per_tick: 256,
            hosting: matchwright_hosting::Settings::default(),
        }
    }
}
