//! Paths.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;

use super::{App, Body, api, stream};
use crate::game_server;

/// An answer on its way. Boxed once: in the hands of the connection it would be moved with all it may ever hold.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

pub(crate) fn route(app: Arc<App>, request: Request<Incoming>) -> Answer {
    let at_once = match (request.method(), request.uri().path()) {
        (&Method::POST, _) => return Box::pin(api::call(app, request)),
        _ if game_server::is_upgrade(&app, &request) => return Box::pin(game_server::enter(app, request)),
        (&Method::GET, "/v1/events") => return Box::pin(stream::events(app, request)),
        (&Method::GET, "/healthz") => text(StatusCode::OK, "ok\n"),
        (&Method::GET, "/readyz") => match app.is_ready.load(Ordering::SeqCst) && !*app.draining.borrow() {
            true => text(StatusCode::OK, "ready\n"),
            false => text(
                StatusCode::SERVICE_UNAVAILABLE,
                "not ready: the journal failed or the server is stopping\n",
            ),
        },
        (&Method::GET, "/metrics") => text(StatusCode::OK, app.recorder.render()),
        (_, path) => {
            let hint = "POST / takes API calls; game servers connect with a WebSocket; GET /v1/events, /metrics, /healthz and /readyz are for operators";
            text(StatusCode::NOT_FOUND, format!("nothing at {path}; {hint}\n"))
        }
    };
    Box::pin(std::future::ready(at_once))
}

pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Body::Left(Full::new(bytes.into()))
}

pub(crate) fn text(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    let mut response = Response::new(full(text.into()));
    *response.status_mut() = status;
    let plain = http::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(http::header::CONTENT_TYPE, plain);
    response
}
