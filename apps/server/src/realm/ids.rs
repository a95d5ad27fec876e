//! Random ids, made at the door from a generator that the system seeds.

use matchwright_model::{MatchId, TicketId};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Makes ids that nobody can guess and that do not meet.
pub struct Ids(ChaCha12Rng);

impl Ids {
    /// # Errors
    /// The system gives no randomness.
    pub fn from_system() -> std::io::Result<Self> {
        let rng = ChaCha12Rng::try_from_rng(&mut rand::rngs::SysRng)
            .map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(Self(rng))
    }

    /// A UUID of version 4.
    fn uuid(&mut self) -> u128 {
        let bits = (u128::from(self.0.next_u64()) << 64) | u128::from(self.0.next_u64());
        let version = bits & !(0xF << 76) | (0x4 << 76);
        version & !(0x3 << 62) | (0x2 << 62)
    }

    pub fn ticket(&mut self) -> TicketId {
        TicketId::new(MatchId::new(self.uuid()).to_string())
    }

    pub fn match_id(&mut self) -> MatchId {
        MatchId::new(self.uuid())
    }

    pub fn any(&mut self) -> u128 {
        self.uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_of_version_4_and_differ() {
        let mut ids = Ids::from_system().unwrap();
        let (one, other) = (ids.ticket(), ids.ticket());
        assert_ne!(one, other);
        let text = one.as_str();
        assert_eq!((text.len(), &text[14..15]), (36, "4"));
        assert!("89ab".contains(&text[19..20]), "{text}");
    }
}
