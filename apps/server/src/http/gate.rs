//! Who may in: the region a request is for, the key that signed it, and what that key may do.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use matchwright_gamelift::ApiError;
use matchwright_gamelift::auth::{Credential, Key, Keyring};
use matchwright_gamelift::errors::Class;

use super::Served;
use crate::realm::clock;

/// The action that a key's policy must allow for `GET /v1/events`.
pub(super) const READ_EVENTS: &str = "matchwright:ReadEvents";

#[derive(Default)]
pub(crate) struct Gate {
    /// Empty: nothing is verified.
    pub keys: Keyring,
    /// By access key: game servers sign in a way of their own.
    pub secrets: BTreeMap<String, String>,
    /// Requests must be for a region that is served.
    pub is_strict_region: bool,
}

/// Somebody who was let in.
pub(crate) struct Visitor<'a> {
    /// None while no keys are configured.
    key: Option<&'a Key>,
}

impl Gate {
    /// The realm of the region that a request was signed for; without a signature, or with one realm and no keys,
    /// the first.
    ///
    /// # Errors
    /// `UnsupportedRegionException` with the regions that are served.
    pub fn realm<'a>(&self, realms: &'a [Arc<Served>], head: &Parts) -> Result<&'a Arc<Served>, ApiError> {
        let Some(credential) = self.is_strict_region.then(|| Credential::of(head)).flatten() else {
            return Ok(&realms[0]);
        };
        realms.iter().find(|served| *served.realm.region == *credential.region).ok_or_else(|| {
            let served: Vec<&str> = realms.iter().map(|served| &*served.realm.region).collect();
            let why = format!(
                "expected a request for {}, found region {}; set the client's region [H106]",
                served.join(" or "),
                credential.region
            );
            ApiError::new(Class::UnsupportedRegion, why)
        })
    }

    /// While no keys are configured anybody may in.
    pub fn anybody(&self) -> Option<Visitor<'_>> {
        self.keys.is_empty().then_some(Visitor { key: None })
    }

    /// Verifies the signature, where keys are configured.
    ///
    /// # Errors
    /// What is wrong with the signature, as the exception that clients know.
    pub async fn enter(&self, head: &Parts, body: &Bytes, served: &Served) -> Result<Visitor<'_>, ApiError> {
        if let Some(anybody) = self.anybody() {
            return Ok(anybody);
        }
        // Boxed, or each request would carry the room for it, signed or not.
        let key = Box::pin(self.keys.verify(head, body.clone(), &served.realm.region, clock::wall())).await?;
        Ok(Visitor { key: Some(key) })
    }
}

impl Visitor<'_> {
    /// `resource` names what it touches, where a policy wants to know.
    ///
    /// # Errors
    /// `AccessDeniedException`.
    pub fn may(&self, action: impl Display, resource: impl FnOnce() -> String) -> Result<(), ApiError> {
        self.key.map_or(Ok(()), |key| key.may(&action.to_string(), &resource()))
    }
}
