//! Paths.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

use super::{App, Body, api, stream};

pub(crate) async fn route(app: Arc<App>, request: Request<Incoming>) -> Response<Body> {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/healthz") => text(StatusCode::OK, "ok\n"),
        (&Method::GET, "/readyz") => match app.is_ready.load(Ordering::SeqCst) && !*app.draining.borrow() {
            true => text(StatusCode::OK, "ready\n"),
            false => text(
                StatusCode::SERVICE_UNAVAILABLE,
                "not ready: the journal failed or the server is stopping\n",
            ),
        },
        (&Method::GET, "/metrics") => text(StatusCode::OK, app.recorder.render()),
        (&Method::GET, "/v1/events") => stream::events(app, request).await,
        (&Method::POST, _) => api::call(app, request).await,
        (_, path) => {
            let hint =
                "POST / takes API calls; GET /v1/events, /metrics, /healthz and /readyz are for operators";
            text(StatusCode::NOT_FOUND, format!("nothing at {path}; {hint}\n"))
        }
    }
}

pub(super) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).boxed()
}

pub(super) fn text(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    let mut response = Response::new(full(text.into()));
    *response.status_mut() = status;
    let plain = http::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(http::header::CONTENT_TYPE, plain);
    response
}
