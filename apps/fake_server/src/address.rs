//! Where a game server connects, and as whom: what the environment tells an SDK.

use rand::Rng;
use rand::rngs::SysRng;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

/// The version whose behaviour this client follows.
const SDK_VERSION: &str = "5.6.0";

/// Shared by all processes of a compute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `ws://host:port`, with or without a path.
    pub endpoint: String,
    pub fleet: String,
    pub compute: String,
    pub token: String,
}

impl Address {
    /// The host with its port; `None` where the endpoint is not of the plain kind.
    pub fn authority(&self) -> Option<&str> {
        let rest = self.endpoint.strip_prefix("ws://")?;
        rest.split(['/', '?']).next().filter(|host| !host.is_empty())
    }

    /// The connection URL. The idempotency token stays the same while one connection is tried again.
    pub fn url(&self, process: &str, idempotency_token: &str) -> String {
        let slash = if self.endpoint.matches('/').count() > 2 { "" } else { "/" };
        format!(
            "{}{slash}?Authorization={}&ComputeId={}&FleetId={}&IdempotencyToken={idempotency_token}&pID={process}\
             &sdkLanguage=Rust&sdkVersion={SDK_VERSION}",
            self.endpoint, self.token, self.compute, self.fleet
        )
    }
}

/// Makes ids that do not meet those of another run: 32 hexadecimal digits.
pub struct Ids(ChaCha12Rng);

impl Ids {
    /// # Errors
    /// The system gives no randomness.
    pub fn from_system() -> Result<Self, String> {
        ChaCha12Rng::try_from_rng(&mut SysRng).map(Self).map_err(|error| error.to_string())
    }

    pub fn next_id(&mut self) -> String {
        format!("{:016x}{:016x}", self.0.next_u64(), self.0.next_u64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(endpoint: &str) -> Address {
        let text = |text: &str| text.to_string();
        Address {
            endpoint: text(endpoint),
            fleet: text("fleet-1"),
            compute: text("here"),
            token: text("tok-1"),
        }
    }

    #[test]
    fn an_empty_path_becomes_a_slash_and_others_stay() {
        let query = "Authorization=tok-1&ComputeId=here&FleetId=fleet-1&IdempotencyToken=i&pID=p";
        for (endpoint, start) in [("ws://h:1", "ws://h:1/?"), ("ws://h:1/game", "ws://h:1/game?")] {
            let url = address(endpoint).url("p", "i");
            assert!(url.starts_with(&format!("{start}{query}&sdkLanguage=Rust&")), "{url}");
            assert_eq!(address(endpoint).authority(), Some("h:1"));
        }
        assert_eq!(address("wss://h:1").authority(), None);
    }

    #[test]
    fn ids_differ() {
        let mut ids = Ids::from_system().expect("the system gives randomness");
        let (one, other) = (ids.next_id(), ids.next_id());
        assert!(one.len() == 32 && one != other, "{one} {other}");
    }
}
