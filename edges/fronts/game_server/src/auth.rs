//! Who connects: the query of the connection URL, by token or by signature (spec hosting 1.1).

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hmac::{Hmac, Mac};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use matchwright_hosting::{ProcessKey, Sdk};
use matchwright_model::Timestamp;
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "gamelift";
/// How far the clock of whoever signs may be from ours, as for the API.
pub const CLOCK_SKEW: Duration = Duration::from_secs(15 * 60);

/// A process at the door.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    pub process: ProcessKey,
    pub sdk: Sdk,
    pub proof: Proof,
    /// The same over the retries of one connect; SDKs before 5.3 send none.
    pub idempotency_token: Option<String>,
}

#[derive(Clone, PartialEq)]
pub enum Proof {
    /// The token of its compute.
    Token(String),
    Signature(Signature),
}

/// A secret is not for logs.
impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(_) => f.write_str("Token"),
            Self::Signature(signature) => write!(f, "Signature({})", signature.access_key),
        }
    }
}

/// The SDK's own form of a version 4 signature: of the three ids, and nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    pub access_key: String,
    pub region: String,
    /// As sent, and what it means. Its first eight characters are the date.
    stamp: String,
    at: Timestamp,
    signature: Vec<u8>,
    canonical: String,
}

/// Why somebody was not let in. For the log and the body of the answer: SDKs show it to whoever reads their logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthError {
    Missing(&'static str),
    Malformed(&'static str),
    /// The signature is older or newer than the clocks may differ.
    OutOfTime,
    WrongSignature,
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => {
                write!(f, "expected the parameter {name} in the connection URL, found none; connect with a server SDK of version 5")
            }
            Self::Malformed(name) => write!(f, "the parameter {name} of the connection URL cannot be read"),
            Self::OutOfTime => f.write_str(
                "expected a signature that is at most 15 minutes old; set the clock of the machine, then connect again",
            ),
            Self::WrongSignature => {
                f.write_str("the signature does not match; check the secret key of the game server")
            }
        }
    }
}

/// Reads the query of a connection URL: parameters in any order, encoded or not, unknown ones ignored.
///
/// # Errors
/// What is missing or cannot be read.
pub fn read(query: &str) -> Result<Visit, AuthError> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    // Of a parameter that comes twice the first counts.
    let mut parameters: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in pairs {
        parameters.entry(name).or_insert_with(|| decoded(value));
    }
    let optional = |name| parameters.get(name).filter(|value| !value.is_empty()).cloned();
    let required = |name: &'static str| optional(name).ok_or(AuthError::Missing(name));
    let process = ProcessKey {
        fleet: required("FleetId")?.into(),
        compute: required("ComputeId")?.into(),
        id: required("pID")?.into(),
    };
    let named = [process.fleet.as_str(), process.compute.as_str(), process.id.as_str()];
    if named.iter().any(|id| id.len() > 256 || id.chars().any(char::is_control)) {
        return Err(AuthError::Malformed("FleetId, ComputeId or pID"));
    }
    let short = |name| optional(name).unwrap_or_default().chars().take(64).collect();
    let sdk = Sdk { version: short("sdkVersion"), language: short("sdkLanguage") };
    let proof = match required("Authorization")? {
        kind if kind == "SigV4" => Proof::Signature(signature(&process, required)?),
        token => Proof::Token(token),
    };
    // One that no SDK makes, and that would be kept for hours, counts as none.
    let idempotency_token = optional("IdempotencyToken").filter(|token| token.len() <= 64);
    Ok(Visit { process, sdk, proof, idempotency_token })
}

fn signature(
    process: &ProcessKey,
    required: impl Fn(&'static str) -> Result<String, AuthError>,
) -> Result<Signature, AuthError> {
    if required("X-Amz-Algorithm")? != ALGORITHM {
        return Err(AuthError::Malformed("X-Amz-Algorithm"));
    }
    let credential = required("X-Amz-Credential")?;
    let mut parts = credential.rsplitn(5, '/');
    let mut part = || parts.next().map(str::to_string).ok_or(AuthError::Malformed("X-Amz-Credential"));
    let (end, service, region, date, access_key) = (part()?, part()?, part()?, part()?, part()?);
    if end != "aws4_request" || service != SERVICE {
        return Err(AuthError::Malformed("X-Amz-Credential"));
    }
    let stamp = required("X-Amz-Date")?;
    let at =
        time(&stamp).filter(|_| stamp.get(..8) == Some(&*date)).ok_or(AuthError::Malformed("X-Amz-Date"))?;
    let signature = unhex(&required("X-Amz-Signature")?).ok_or(AuthError::Malformed("X-Amz-Signature"))?;
    let canonical = canonical(process);
    Ok(Signature { access_key, region, stamp, at, signature, canonical })
}

impl Signature {
    /// Checks it against the secret of its access key, in a time that does not tell how much of it was right.
    ///
    /// # Errors
    /// `OutOfTime`, `WrongSignature`.
    pub fn verify(&self, secret: &str, now: Timestamp) -> Result<(), AuthError> {
        if now.since(self.at).max(self.at.since(now)) > CLOCK_SKEW {
            return Err(AuthError::OutOfTime);
        }
        let (key, text) = to_sign(secret, &self.region, &self.stamp, &self.canonical);
        mac(&key, &text).verify_slice(&self.signature).map_err(|_| AuthError::WrongSignature)
    }
}

/// The time stamp and the signature of a game server that connects at `seconds` since 1970.
pub fn sign(process: &ProcessKey, region: &str, secret: &str, seconds: u64) -> (String, String) {
    let at = jiff::Timestamp::from_second(i64::try_from(seconds).unwrap_or(0)).unwrap_or_default();
    let stamp = at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let (key, text) = to_sign(secret, region, &stamp, &canonical(process));
    let signature = hex(&mac(&key, &text).finalize().into_bytes());
    (stamp, signature)
}

/// All that is signed of a request.
fn canonical(process: &ProcessKey) -> String {
    let ids = [
        ("ComputeId=", process.compute.as_str()),
        ("&FleetId=", process.fleet.as_str()),
        ("&pID=", process.id.as_str()),
    ];
    ids.map(|(key, value)| format!("{key}{}", encoded(value))).concat()
}

/// The key and the text of a signature.
fn to_sign(secret: &str, region: &str, stamp: &str, canonical: &str) -> (Vec<u8>, String) {
    let date = &stamp[..8];
    let hash = hex(&Sha256::digest(canonical.as_bytes()));
    let text = format!("{ALGORITHM}\n{stamp}\n{date}/{region}/{SERVICE}/aws4_request\n{hash}");
    let first = format!("AWS4{secret}").into_bytes();
    let steps = [date, region, SERVICE, "aws4_request"];
    let key = steps.iter().fold(first, |key, step| mac(&key, step).finalize().into_bytes().to_vec());
    (key, text)
}

fn mac(key: &[u8], text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length is taken");
    mac.update(text.as_bytes());
    mac
}

/// `20260101T120000Z`.
fn time(stamp: &str) -> Option<Timestamp> {
    let at = DateTime::strptime("%Y%m%dT%H%M%SZ", stamp).ok()?.to_zoned(TimeZone::UTC).ok()?;
    u64::try_from(at.timestamp().as_millisecond()).ok().map(Timestamp)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let is_whole = digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit);
    let pairs = is_whole.then(|| digits.chunks_exact(2))?;
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Percent signs that encode nothing stand for themselves: most SDKs encode nothing. So does a plus.
fn decoded(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = (bytes[at] == b'%').then(|| value.get(at + 1..at + 3)).flatten();
        match pair.and_then(unhex) {
            Some(byte) => {
                out.extend(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn encoded(value: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    value.bytes().map(one).collect()
}
