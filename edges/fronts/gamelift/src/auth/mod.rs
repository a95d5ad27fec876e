//! Who asks, and what he may: access keys, signatures ([`Keyring::verify`]), policies ([`Policy`]).
//!
//! Sans-I/O like the rest of the front: the time is an argument, the keys come from the configuration.

mod credential;
mod policy;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;

use bytes::Bytes;
use chrono::DateTime;
use http::request::Parts;
use matchwright_model::Timestamp;
use scratchstack_aws_signature::{
    ConstSignedHeaderRequirements, GetSigningKeyRequest, GetSigningKeyResponse, KSecretKey, SignatureError,
    SignatureOptions, service_for_signing_key_fn, sigv4_validate_request,
};

pub use credential::Credential;
pub use policy::{Policy, PolicyError};

use crate::errors::{ApiError, Class};

/// The service name that clients sign for (spec 1.1).
const SERVICE: &str = "gamelift";

/// Without its target a JSON request would mean something else, so the target must be signed too.
const MUST_BE_SIGNED: ConstSignedHeaderRequirements =
    ConstSignedHeaderRequirements::new(&[], &[Cow::Borrowed("x-amz-target")], &[]);

/// The access keys of a server.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    keys: BTreeMap<String, Key>,
}

/// One access key.
#[derive(Clone)]
pub struct Key {
    id: String,
    secret: KSecretKey,
    policy: Option<Policy>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// Why a key of the configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyError {
    /// A secret has another length than the 40 bytes of the field's secrets.
    SecretLength {
        found: usize,
    },
    /// The key was configured before.
    Twice,
    Policy(PolicyError),
}

impl std::fmt::Display for KeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SecretLength { found } => write!(
                f,
                "expected a secret of 40 characters, such as `openssl rand -base64 30` prints, found {found} characters"
            ),
            Self::Twice => f.write_str("expected every access_key_id once; remove one of the two"),
            Self::Policy(error) => write!(f, "policy: {error}"),
        }
    }
}

impl Keyring {
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Adds a key. Without a policy it may do everything.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn add(&mut self, id: &str, secret: &str, policy: Option<&str>) -> Result<(), KeyError> {
        let found = secret.len();
        let secret = KSecretKey::from_str(secret).map_err(|_| KeyError::SecretLength { found })?;
        let policy = policy.map(Policy::parse).transpose().map_err(KeyError::Policy)?;
        let key = Key { id: id.to_string(), secret, policy };
        match self.keys.insert(id.to_string(), key) {
            None => Ok(()),
            Some(_) => Err(KeyError::Twice),
        }
    }

    pub fn get(&self, id: &str) -> Option<&Key> {
        self.keys.get(id)
    }

    /// The key that signed this request (header form) for `region`, not more than 15 minutes from `now`.
    ///
    /// # Errors
    /// The exception that says what is wrong with the signature.
    pub async fn verify(
        &self,
        head: &Parts,
        body: Bytes,
        region: &str,
        now: Timestamp,
    ) -> Result<&Key, ApiError> {
        let missing = "expected a request that is signed in its Authorization header (AWS4-HMAC-SHA256); give the client an access key";
        let credential = Credential::of(head).ok_or_else(|| ApiError::new(Class::MissingToken, missing))?;
        let key = self.keys.get(credential.access_key_id).ok_or_else(|| {
            let why = format!(
                "access key {} is not configured here; add it to [[keys]] or use another",
                credential.access_key_id
            );
            ApiError::new(Class::UnrecognizedClient, why)
        })?;
        let secret = key.secret;
        let derive = move |asked: GetSigningKeyRequest| {
            let signing_key = secret.to_ksigning(asked.request_date(), asked.region(), asked.service());
            let found = GetSigningKeyResponse::builder().signing_key(signing_key).build();
            std::future::ready(found.map_err(Into::into))
        };
        let mut signing_key = service_for_signing_key_fn(derive);
        let request = http::Request::from_parts(head.clone(), body);
        let now =
            DateTime::from_timestamp_millis(i64::try_from(now.0).unwrap_or(i64::MAX)).unwrap_or_default();
        let options = SignatureOptions::default();
        sigv4_validate_request(request, region, SERVICE, &mut signing_key, now, &MUST_BE_SIGNED, options)
            .await
            .map(|_| key)
            .map_err(|error| of_signature(&*error))
    }
}

impl Key {
    /// Whether the key's policy allows `action` (such as `gamelift:StartMatchmaking`) on the ARN `resource`.
    ///
    /// # Errors
    /// AccessDeniedException.
    pub fn may(&self, action: &str, resource: &str) -> Result<(), ApiError> {
        if self.policy.as_ref().is_none_or(|policy| policy.allows(action, resource)) {
            return Ok(());
        }
        let why = format!(
            "access key {} is not authorized to perform {action} on {resource}; its policy must allow it and not deny it",
            self.id
        );
        Err(ApiError::new(Class::AccessDenied, why))
    }
}

fn of_signature(error: &(dyn std::error::Error + 'static)) -> ApiError {
    let class = match error.downcast_ref::<SignatureError>() {
        Some(SignatureError::IncompleteSignature(_)) => Class::IncompleteSignature,
        Some(SignatureError::MissingAuthenticationToken(_)) => Class::MissingToken,
        Some(SignatureError::InternalServiceError(_) | SignatureError::IO(_)) | None => Class::Internal,
        Some(_) => Class::InvalidSignature,
    };
    ApiError::new(class, error.to_string())
}
