//! API calls: bytes to the front, what it understood to the realm, the outcome back.

use std::ops::Deref;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header, request};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Frame, Incoming};
use matchwright_engine::{Answer, Rejection, Reply};
use matchwright_gamelift::errors::Class;
use matchwright_gamelift::{ApiError, Ask, Operation, Outcome, Protocol, Request as Understood};
use matchwright_model::MatchId;
use tokio::sync::oneshot::Receiver as Waiting;

use super::gate::Visitor;
use super::route::full;
use super::{App, Body, Served};
use crate::config::Limits;
use crate::realm::Refusal;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// A request at work: counted until it is answered.
struct AtWork(Arc<App>);

impl AtWork {
    /// False: there is no room for it.
    fn begin(app: Arc<App>) -> (Self, bool) {
        let others = app.at_work.fetch_add(1, Ordering::Relaxed);
        let has_room = others < app.limits.requests;
        (Self(app), has_room)
    }
}

impl Deref for AtWork {
    type Target = App;

    fn deref(&self) -> &App {
        &self.0
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a request asked for, and where its outcome will be.
struct Asked {
    served: Arc<Served>,
    protocol: Protocol,
    operation: Operation,
    outcome: Coming,
    /// For the answer: those of the request, emptied, have room already.
    headers: HeaderMap,
}

enum Coming {
    Here(Result<Outcome, Rejection>),
    Reply(Waiting<Result<Reply, Refusal>>),
    Answer(Waiting<Result<Answer, Rejection>>),
}

pub(super) async fn call(app: Arc<App>, request: Request<Incoming>) -> Response<Body> {
    let protocol = Protocol::of(request.uri().path());
    let (app, has_room) = AtWork::begin(app);
    let asked = match has_room.then(|| at_once(&app, request)) {
        None => Err(too_many(app.limits.requests)),
        Some(Ok(asked)) => asked,
        // Boxed, or each request would carry the room for it, all there at once or not.
        Some(Err(rest)) => Box::pin(enter(&app, *rest)).await,
    };
    // Nothing of the request is left while the disk is waited for: the connection reads on where it lay.
    let (done, headers) = match asked {
        Ok(mut asked) => {
            let headers = std::mem::take(&mut asked.headers);
            (asked.done().await, headers)
        }
        Err(refused) => (Err(refused), HeaderMap::new()),
    };
    let (operation, answer) = done.unwrap_or_else(|refused| {
        let mut answer = app.realms[0].front.encode_error(protocol, &refused.error);
        answer.status = refused.status.unwrap_or(answer.status);
        ("none", answer)
    });
    app.recorder.request(operation, answer.status);
    let id = app.ids.lock().unwrap_or_else(PoisonError::into_inner).any();
    respond(answer, headers, id)
}

/// A request that is waited for: for the rest of its body, or for the proof that its caller may.
struct Rest {
    head: request::Parts,
    first: Bytes,
    body: Incoming,
}

/// Mostly all of a body came with its head and nobody's signature is verified: then nothing is waited for.
fn at_once(app: &App, request: Request<Incoming>) -> Result<Result<Asked, Refused>, Box<Rest>> {
    let (head, mut body) = request.into_parts();
    let first = match first(&app.limits, &mut body) {
        Ok(first) => first,
        Err(refused) => return Ok(Err(refused)),
    };
    let is_whole = body.is_end_stream() && first.len() <= app.limits.body_bytes;
    let Some(anybody) = app.gate.anybody().filter(|_| is_whole) else {
        return Err(Box::new(Rest { head, first, body }));
    };
    let served = app.gate.realm(&app.realms, &head).map_err(Refused::from);
    Ok(served.and_then(|served| ask(app, served, head, &first, &anybody)))
}

async fn enter(app: &App, rest: Rest) -> Result<Asked, Refused> {
    let Rest { head, first, body } = rest;
    let body = read_on(first, body, &app.limits).await?;
    let served = app.gate.realm(&app.realms, &head)?;
    let visitor = app.gate.enter(&head, &body, served).await?;
    ask(app, served, head, &body, &visitor)
}

/// Understands a request and hands it to its realm.
fn ask(
    app: &App,
    served: &Arc<Served>,
    head: request::Parts,
    body: &[u8],
    visitor: &Visitor<'_>,
) -> Result<Asked, Refused> {
    let fresh_id = || app.ids.lock().unwrap_or_else(PoisonError::into_inner).ticket().to_string();
    let understood = served.front.decode(head.uri.path(), &head.headers, body, fresh_id)?;
    visitor.may(format_args!("gamelift:{}", understood.operation.name()), || {
        served.front.resource(&understood)
    })?;
    let Understood { protocol, operation, ask, .. } = understood;
    let outcome = match ask {
        Ask::Validate(body) => Coming::Here(served.front.validate(&body)),
        Ask::Query(query) => Coming::Answer(served.realm.query(query).map_err(unavailable)?),
        Ask::Command(command) => Coming::Reply(served.realm.command(command).map_err(unavailable)?),
    };
    let mut headers = head.headers;
    headers.clear();
    Ok(Asked { served: served.clone(), protocol, operation, outcome, headers })
}

impl Asked {
    async fn done(self) -> Result<(&'static str, matchwright_gamelift::Response), Refused> {
        let stopping = |_| unavailable(Refusal::Stopping);
        let outcome = match self.outcome {
            Coming::Here(outcome) => outcome,
            Coming::Answer(answer) => answer.await.map_err(stopping)?.map(Outcome::Answer),
            Coming::Reply(reply) => match reply.await.map_err(stopping)? {
                Ok(reply) => Ok(Outcome::Reply(reply)),
                Err(Refusal::Rejected(rejection)) => Err(rejection),
                Err(refusal) => return Err(unavailable(refusal)),
            },
        };
        Ok((self.operation.name(), self.served.front.encode(self.protocol, self.operation, outcome)))
    }
}

fn respond(answer: matchwright_gamelift::Response, mut headers: HeaderMap, id: u128) -> Response<Body> {
    for (name, value) in answer.headers {
        headers.insert(name, value.clone());
    }
    if let Ok(id) = HeaderValue::from_str(MatchId::new(id).encode(&mut [0; MatchId::LENGTH])) {
        headers.insert(&REQUEST_ID, id);
    }
    let mut response = Response::new(full(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
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

fn too_many(limit: usize) -> Refused {
    let why = format!(
        "expected at most {limit} requests at a time (limits.requests); try again in a moment [H101]"
    );
    refuse(Class::Throttling, 503, why)
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

/// What there is of a body before anything is waited for. Who reads on asks again and is woken then.
fn first(limits: &Limits, body: &mut Incoming) -> Result<Bytes, Refused> {
    if body.size_hint().lower() > limits.body_bytes as u64 {
        return Err(too_large(limits.body_bytes));
    }
    match Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Some(frame)) => data(frame),
        Poll::Ready(None) | Poll::Pending => Ok(Bytes::new()),
    }
}

async fn read_on(first: Bytes, mut body: Incoming, limits: &Limits) -> Result<Bytes, Refused> {
    let (most, seconds) = (limits.body_bytes, limits.body_read_seconds);
    let whole = async {
        let mut whole = BytesMut::from(first);
        while whole.len() <= most {
            match body.frame().await {
                Some(frame) => whole.extend(data(frame)?),
                None => return Ok(whole.freeze()),
            }
        }
        Err(too_large(most))
    };
    tokio::time::timeout(Duration::from_secs(seconds), whole).await.unwrap_or_else(|_| {
        let why = format!("expected the whole body within {seconds} s (limits.body_read_seconds) [H105]");
        Err(refuse(Class::InvalidRequest, 408, why))
    })
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
