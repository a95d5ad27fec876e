//! API calls: bytes to the front, what it understood to the realm, the outcome back.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header, request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use matchwright_gamelift::errors::Class;
use matchwright_gamelift::{ApiError, Ask, Outcome, Protocol, Request as Understood};
use matchwright_model::MatchId;

use super::route::full;
use super::{App, Body};
use crate::realm::Refusal;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

pub(super) async fn call(app: Arc<App>, request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let protocol = Protocol::of(head.uri.path());
    let (operation, answer) = match work(&app, &head, body).await {
        Ok((operation, response)) => (operation, response),
        Err(refused) => {
            let mut answer = app.realms[0].front.encode_error(protocol, &refused.error);
            answer.status = refused.status.unwrap_or(answer.status);
            ("none", answer)
        }
    };
    app.recorder.request(operation, answer.status);
    let id = app.ids.lock().unwrap_or_else(PoisonError::into_inner).any();
    respond(answer, id)
}

fn respond(answer: matchwright_gamelift::Response, id: u128) -> Response<Body> {
    let mut response = Response::new(full(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_maybe_shared(Bytes::from(MatchId(id).to_string())) {
        headers.insert(&REQUEST_ID, id);
    }
    // What is left of a body that was too large or too slow is not waited for.
    if [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::REQUEST_TIMEOUT].contains(&response.status()) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// An error, and its status where it is not that of its class.
struct Refused {
    error: ApiError,
    status: Option<u16>,
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self { error, status: None }
    }
}

fn refuse(class: Class, status: u16, message: String) -> Refused {
    Refused { error: ApiError::new(class, message), status: Some(status) }
}

type Done = (&'static str, matchwright_gamelift::Response);

async fn work(app: &App, head: &request::Parts, body: Incoming) -> Result<Done, Refused> {
    let limit = app.limits.requests;
    let _permit = app.requests.try_acquire().map_err(|_| {
        let why = format!(
            "expected at most {limit} requests at a time (limits.requests); try again in a moment [H101]"
        );
        refuse(Class::Throttling, 503, why)
    })?;
    let body = read(app, body).await?;
    let served = app.gate.realm(&app.realms, head)?;
    let visitor = app.gate.enter(head, body.clone(), served).await?;
    let fresh_id = || app.ids.lock().unwrap_or_else(PoisonError::into_inner).ticket().to_string();
    let understood = served.front.decode(head.uri.path(), &head.headers, &body, fresh_id)?;
    let Understood { protocol, operation, ask, resource } = understood;
    visitor.may(format_args!("gamelift:{}", operation.name()), &resource)?;
    let outcome = match ask {
        Ask::Validate(body) => served.front.validate(&body),
        Ask::Query(query) => served.realm.query(query).await.map_err(unavailable)?.map(Outcome::Answer),
        Ask::Command(command) => match served.realm.command(command).await {
            Ok(reply) => Ok(Outcome::Reply(reply)),
            Err(Refusal::Rejected(rejection)) => Err(rejection),
            Err(refusal) => return Err(unavailable(refusal)),
        },
    };
    Ok((operation.name(), served.front.encode(protocol, operation, outcome)))
}

/// Not the caller's fault: an internal error, which clients try again.
fn unavailable(refusal: Refusal) -> Refused {
    let why = match refusal {
        Refusal::Full { code } => {
            format!(
                "The journal has no room, so nothing can be changed; free disk space or raise journal.max_bytes, then try again [{code}]"
            )
        }
        _ => "The server is stopping; try again in a moment [H102]".to_string(),
    };
    ApiError::new(Class::Internal, why).into()
}

async fn read(app: &App, body: Incoming) -> Result<Bytes, Refused> {
    let most = app.limits.body_bytes;
    let too_large = || {
        let why = format!(
            "expected a body of at most {most} bytes (limits.body_bytes); send less in one request [H103]"
        );
        refuse(Class::TooLarge, 413, why)
    };
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    let seconds = app.limits.body_read_seconds;
    let collected =
        tokio::time::timeout(Duration::from_secs(seconds), Limited::new(body, most).collect()).await;
    match collected {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => {
            Err(ApiError::new(Class::Serialization, format!("the body could not be read: {error} [H104]"))
                .into())
        }
        Err(_) => {
            let why = format!("expected the whole body within {seconds} s (limits.body_read_seconds) [H105]");
            Err(refuse(Class::InvalidRequest, 408, why))
        }
    }
}
