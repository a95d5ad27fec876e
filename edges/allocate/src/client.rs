//! HTTP to one service: JSON out, JSON in, with a bearer token and certificates from files.
//!
//! The files are looked at before every request, for whoever issues tokens and certificates replaces them in place.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use ureq::Agent;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::Failure;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientOptions {
    /// Without a path at its end.
    pub url: String,
    /// Of one request, from connecting to the last byte of the answer.
    pub timeout: Duration,
    pub token_file: Option<PathBuf>,
    /// Whom to trust instead of the public authorities.
    pub ca_file: Option<PathBuf>,
    /// Shown to a service that asks for one; with its key in `key_file`.
    pub certificate_file: Option<PathBuf>,
    pub key_file: Option<PathBuf>,
}

/// A file that cannot be used. For the operator.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("{path}: cannot be read: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{path}: expected {expected} in PEM, found none")]
    NotPem { path: PathBuf, expected: &'static str },
}

/// What a service answered.
pub(crate) struct Reply {
    pub status: u16,
    body: Vec<u8>,
}

pub struct Client {
    options: ClientOptions,
    /// With the times of the files that it was made from.
    agent: Mutex<(Times, Agent)>,
}

type Times = [Option<SystemTime>; 3];

impl Client {
    /// # Errors
    /// A file that is missing, or holds something else.
    pub fn new(options: ClientOptions) -> Result<Self, Unusable> {
        token(&options)?;
        let agent = Mutex::new((times(&options), agent(&options)?));
        Ok(Self { options, agent })
    }

    /// One POST. Redirects are not followed: a token is for one service only.
    ///
    /// # Errors
    /// `Unanswered`: a file cannot be used any more, or the service was not reached.
    pub(crate) fn post(&self, path: &str, key: &str, body: &Value) -> Result<Reply, Failure> {
        let unanswered = |error: &dyn std::fmt::Display| Failure::Unanswered(error.to_string());
        let url = format!("{}{path}", self.options.url.trim_end_matches('/'));
        let agent = self.agent().map_err(|error| unanswered(&error))?;
        let mut request = agent.post(&url).content_type("application/json").header("idempotency-key", key);
        if let Some(token) = token(&self.options).map_err(|error| unanswered(&error))? {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = request.send(body.to_string().as_bytes());
        let answer =
            answer.map_err(|error| Failure::Unanswered(format!("{url} was not reached: {error}")))?;
        let status = answer.status().as_u16();
        let body = answer.into_body().read_to_vec();
        let body = body.map_err(|error| Failure::Unanswered(format!("{url} broke off: {error}")))?;
        Ok(Reply { status, body })
    }

    fn agent(&self) -> Result<Agent, Unusable> {
        let now = times(&self.options);
        let mut kept = self.agent.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != now {
            *kept = (now, agent(&self.options)?);
        }
        Ok(kept.1.clone())
    }
}

impl Reply {
    /// # Errors
    /// `Unanswered`: not the JSON that was expected.
    pub fn json<'b, T: serde::Deserialize<'b>>(&'b self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Failure::Unanswered(format!("the answer is not what was expected: {error}")))
    }

    /// What a status says that is no success. A service that is set up wrongly (401, 403, 404) may be set right while the
    /// placement waits.
    pub fn failure(&self) -> Failure {
        let text = String::from_utf8_lossy(&self.body);
        let text: String = text.trim().chars().take(200).collect();
        match self.status {
            429 => Failure::NoCapacity,
            409 => Failure::Contention,
            400 | 413 | 422 => Failure::Refused(format!("the service answered {}: {text}", self.status)),
            status => Failure::Unanswered(format!("the service answered {status}: {text}")),
        }
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

fn times(options: &ClientOptions) -> Times {
    let time = |file: &Option<PathBuf>| fs::metadata(file.as_ref()?).ok()?.modified().ok();
    [&options.ca_file, &options.certificate_file, &options.key_file].map(time)
}

fn read(path: &Path) -> Result<Vec<u8>, Unusable> {
    fs::read(path).map_err(|source| Unusable::Unreadable { path: path.to_path_buf(), source })
}

fn token(options: &ClientOptions) -> Result<Option<String>, Unusable> {
    let Some(path) = &options.token_file else { return Ok(None) };
    Ok(Some(String::from_utf8_lossy(&read(path)?).trim().to_string()))
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, Unusable> {
    let pem = read(path)?;
    let found: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    match found.is_empty() {
        true => Err(Unusable::NotPem { path: path.to_path_buf(), expected: "a certificate" }),
        false => Ok(found),
    }
}

fn agent(options: &ClientOptions) -> Result<Agent, Unusable> {
    let mut tls = TlsConfig::builder();
    if let Some(path) = &options.ca_file {
        tls = tls.root_certs(RootCerts::from(certificates(path)?));
    }
    if let (Some(certificate), Some(key)) = (&options.certificate_file, &options.key_file) {
        let chain = certificates(certificate)?;
        let no_key = |_| Unusable::NotPem { path: key.clone(), expected: "a private key" };
        let key = PrivateKey::from_pem(&read(key)?).map_err(no_key)?;
        tls = tls.client_cert(Some(ClientCert::new_with_certs(&chain, key)));
    }
    let config = Agent::config_builder()
        .timeout_global(Some(options.timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .tls_config(tls.build())
        .user_agent(concat!("matchwright/", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(config.into())
}
