//! Two languages on one port, told apart by path and headers (spec 1.1).

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::document::Document;
use crate::errors::{ApiError, Class};
use crate::operations::{Operation, instead_of};
use crate::out::Out;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// AWS JSON 1.1.
    Json,
    /// Smithy RPC v2 CBOR.
    Cbor,
}

/// An answer as bytes; the server adds `x-amzn-RequestId`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: &'static [(HeaderName, HeaderValue)],
    pub body: Vec<u8>,
}

static JSON_HEADERS: [(HeaderName, HeaderValue); 1] =
    [(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"))];
static CBOR_HEADERS: [(HeaderName, HeaderValue); 2] = [
    (CONTENT_TYPE, HeaderValue::from_static("application/cbor")),
    (HeaderName::from_static("smithy-protocol"), HeaderValue::from_static("rpc-v2-cbor")),
];

const CBOR_PATH: &str = "/service/GameLift/operation/";
static TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const TARGET_PREFIX: &str = "GameLift.";
/// The code of an operation that is not served here; docs/reference/errors.md lists it.
const NOT_SERVED: &str = "E002";

impl Protocol {
    /// The language of a request, as far as it can be told: errors are answered in it too.
    pub fn of(path: &str) -> Self {
        if path.starts_with(CBOR_PATH) { Self::Cbor } else { Self::Json }
    }

    pub(crate) fn read<'a>(self, body: &'a [u8], copied: &'a mut String) -> Result<Document<'a>, ApiError> {
        let read = match self {
            // A body is optional where nothing is required.
            _ if body.is_empty() => Ok(Document::empty()),
            Self::Json => Document::from_json(body, copied),
            Self::Cbor => Document::from_cbor(body, copied),
        };
        read.map_err(|why| ApiError::new(Class::Serialization, why))
    }

    pub(crate) fn write(self, status: u16, write: impl FnOnce(&mut Out)) -> Response {
        let headers: &[_] = match self {
            Self::Json => &JSON_HEADERS,
            Self::Cbor => &CBOR_HEADERS,
        };
        let mut out = Out::new(self);
        write(&mut out);
        Response { status, headers, body: out.into_bytes() }
    }
}

/// # Errors
/// `UnknownOperationException` with what was asked for (D-02); of an operation of managed hosting,
/// `InvalidRequestException` with what to use instead.
pub(crate) fn choose(path: &str, headers: &HeaderMap) -> Result<(Protocol, Operation), ApiError> {
    let protocol = Protocol::of(path);
    let asked = match protocol {
        Protocol::Cbor => path.strip_prefix(CBOR_PATH),
        Protocol::Json if path == "/" => {
            let target = headers.get(&TARGET).and_then(|target| target.to_str().ok());
            target.and_then(|target| target.strip_prefix(TARGET_PREFIX))
        }
        Protocol::Json => None,
    };
    match asked.and_then(Operation::of_name) {
        Some(operation) => Ok((protocol, operation)),
        None => Err(not_served(path, asked)),
    }
}

fn not_served(path: &str, asked: Option<&str>) -> ApiError {
    if let Some(name) = asked
        && let Some(instead) = instead_of(name)
    {
        let why = format!(
            "operation: expected one that is served here, found {name}; use {instead} [{NOT_SERVED}]"
        );
        return ApiError::new(Class::InvalidRequest, why);
    }
    let found = asked.map_or_else(|| format!("path {path}"), |name| format!("operation {name}"));
    let expected = "expected POST / with X-Amz-Target GameLift.<Operation>, or POST /service/GameLift/operation/<Operation>";
    ApiError::new(Class::UnknownOperation, format!("{expected}, found {found}"))
}
