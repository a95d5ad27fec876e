//! API calls: bytes to the front, what it understood to the realm, the outcome back.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header, request};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Frame, Incoming};
use matchwright_gamelift::errors::Class;
use matchwright_gamelift::{ApiError, Ask, Outcome, Protocol, Request as Understood};
use matchwright_model::MatchId;

use super::route::full;
use super::{App, Body, Served};
use crate::realm::Refusal;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

pub(super) async fn call(app: Arc<App>, request: Request<Incoming>) -> Response<Body> {
    let protocol = Protocol::of(request.uri().path());
    let (operation, answer) = match work(&app, request).await {
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
        headers.insert(*name, HeaderValue::from_static(value));
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

async fn work(app: &App, request: Request<Incoming>) -> Result<Done, Refused> {
    let limit = app.limits.requests;
    let _permit = app.requests.try_acquire().map_err(|_| {
        let why = format!(
            "expected at most {limit} requests at a time (limits.requests); try again in a moment [H101]"
        );
        refuse(Class::Throttling, 503, why)
    })?;
    let (head, body) = request.into_parts();
    let (served, Understood { protocol, operation, ask, .. }) = understand(app, &head, body).await?;
    // What was read is let go before the wait for the disk: the connection then reads on where it lay.
    drop(head);
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

/// What is asked, of which realm, by somebody who may.
async fn understand<'a>(
    app: &'a App,
    head: &request::Parts,
    body: Incoming,
) -> Result<(&'a Served, Understood), Refused> {
    let body = read(app, body).await?;
    let served = app.gate.realm(&app.realms, head)?;
    let visitor = app.gate.enter(head, &body, served).await?;
    let fresh_id = || app.ids.lock().unwrap_or_else(PoisonError::into_inner).ticket().to_string();
    let understood = served.front.decode(head.uri.path(), &head.headers, &body, fresh_id)?;
    visitor.may(format_args!("gamelift:{}", understood.operation.name()), || {
        served.front.resource(&understood)
    })?;
    Ok((served, understood))
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

async fn read(app: &App, mut body: Incoming) -> Result<Bytes, Refused> {
    let limits = &app.limits;
    if body.size_hint().lower() > limits.body_bytes as u64 {
        return Err(too_large(limits.body_bytes));
    }
    // Mostly all of it came with the head, in one piece: nothing is copied then, and no timer made.
    let first = match poll_fn(|context| Poll::Ready(Pin::new(&mut body).poll_frame(context))).await {
        Poll::Ready(Some(frame)) => data(frame)?,
        Poll::Ready(None) => return Ok(Bytes::new()),
        Poll::Pending => Bytes::new(),
    };
    if body.is_end_stream() && first.len() <= limits.body_bytes {
        return Ok(first);
    }
    let seconds = limits.body_read_seconds;
    let rest = read_on(BytesMut::from(first), body, limits.body_bytes);
    // Boxed, or each request would carry the room for it, whole or not.
    tokio::time::timeout(Duration::from_secs(seconds), Box::pin(rest)).await.unwrap_or_else(|_| {
        let why = format!("expected the whole body within {seconds} s (limits.body_read_seconds) [H105]");
        Err(refuse(Class::InvalidRequest, 408, why))
    })
}

async fn read_on(mut whole: BytesMut, mut body: Incoming, most: usize) -> Result<Bytes, Refused> {
    while whole.len() <= most {
        match body.frame().await {
            Some(frame) => whole.extend(data(frame)?),
            None => return Ok(whole.freeze()),
        }
    }
    Err(too_large(most))
}

/// Trailers say nothing here.
fn data(frame: Result<Frame<Bytes>, hyper::Error>) -> Result<Bytes, Refused> {
    let unreadable =
        |error| ApiError::new(Class::Serialization, format!("the body could not be read: {error} [H104]"));
    Ok(frame.map_err(unreadable)?.into_data().unwrap_or_default())
}

fn too_large(most: usize) -> Refused {
    let why = format!(
        "expected a body of at most {most} bytes (limits.body_bytes); send less in one request [H103]"
    );
    refuse(Class::TooLarge, 413, why)
}
