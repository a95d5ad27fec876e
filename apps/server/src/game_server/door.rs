//! The door: who may open a socket is decided before the upgrade is answered, for an SDK that hears 101 believes that it
//! is in, and one that hears 403 says so in its log.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use matchwright_engine::{Answer, Command, Query, Reply};
use matchwright_game_server::auth::{self, Proof, Visit};
use matchwright_hosting::{Command as Hosted, ProcessKey, Push, Query as HostedQuery, Reply as Replied, Sdk};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::unbounded_channel;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::socket::{Origin, Socket};
use super::switchboard::Plug;
use crate::http::{App, Body, Served, full, text};
use crate::realm::{Refusal, clock};

/// The action that a key's policy must allow for a signed connection.
const CONNECT: &str = "matchwright:ConnectGameServer";
/// The C# SDK gives up a connect after 2 s.
const DECISION_MAX: Duration = Duration::from_millis(1800);
/// Reads of a quiet socket are this small; a larger message makes room for itself.
const READ_BUFFER: usize = 1024;

/// Marks a request that came over TLS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Secure;

/// Whether a request wants to become a socket of a game server.
pub(crate) fn is_upgrade(app: &App, request: &Request<Incoming>) -> bool {
    let wants = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"websocket");
    let path = request.uri().path().trim_end_matches('/');
    request.method() == Method::GET
        && request.headers().get(header::UPGRADE).is_some_and(wants)
        && app.sockets.settings.paths.iter().any(|one| one == path)
}

/// Why a socket was not opened.
struct Refused {
    status: StatusCode,
    why: String,
}

fn refused(status: StatusCode, why: impl Into<String>) -> Refused {
    Refused { status, why: why.into() }
}

/// Answers the upgrade: 101 to whom the realm let in, else a status with the reason in the body.
pub(crate) async fn enter(app: Arc<App>, mut request: Request<Incoming>) -> Response<Body> {
    match let_in(&app, &request).await {
        Ok((accept, entered)) => {
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                // The answer is on its way; what follows on the wire are frames.
                match upgrade.await {
                    Ok(upgraded) => entered.serve(upgraded).await,
                    Err(error) => {
                        tracing::debug!("a game server went away before its socket opened: {error}")
                    }
                }
            });
            switching(accept)
        }
        Err(Refused { status, why }) => {
            let query = request.uri().query().unwrap_or("");
            tracing::warn!("a game server was refused ({status}): {why}; it was {}", who(query));
            app.recorder.socket_refused(status.as_u16());
            text(status, format!("{why}\n"))
        }
    }
}

fn switching(accept: HeaderValue) -> Response<Body> {
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    response
}

/// For the log, without the token.
fn who(query: &str) -> String {
    let told = query.split('&').filter(|pair| {
        ["pID=", "ComputeId=", "FleetId=", "sdkLanguage=", "sdkVersion="]
            .iter()
            .any(|key| pair.starts_with(key))
    });
    told.map(|pair| pair.chars().take(100).collect::<String>().escape_debug().to_string())
        .collect::<Vec<String>>()
        .join(" ")
}

/// A socket that was let in, before its first frame.
struct Entered {
    app: Arc<App>,
    served: Arc<Served>,
    plug: Plug,
    origin: Origin,
    outlet: super::line::Outlet,
    inbox: tokio::sync::mpsc::UnboundedReceiver<super::socket::ToSocket>,
    permit: OwnedSemaphorePermit,
}

impl Entered {
    async fn serve(self, upgraded: hyper::upgrade::Upgraded) {
        let most = self.app.sockets.settings.message_bytes;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(usize::MAX)
            .max_message_size(Some(most))
            .max_frame_size(Some(most));
        let io = TokioIo::new(upgraded);
        let stream = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        let recorder = self.app.recorder.clone();
        recorder.sockets(self.app.sockets.open());
        let sockets = self.app.clone();
        Socket::new(self.app, self.served, self.plug, self.origin, self.outlet, self.inbox, stream)
            .run()
            .await;
        drop(self.permit);
        recorder.sockets(sockets.sockets.open());
    }
}

async fn let_in(app: &Arc<App>, request: &Request<Incoming>) -> Result<(HeaderValue, Entered), Refused> {
    let accept = accept_key(request.headers())?;
    if *app.draining.borrow() {
        return Err(refused(
            StatusCode::SERVICE_UNAVAILABLE,
            "the server is stopping; try again in a moment",
        ));
    }
    let Ok(permit) = app.sockets.free.clone().try_acquire_owned() else {
        let why = format!("expected at most {} sockets (hosting.sockets); raise it", app.sockets.most);
        return Err(refused(StatusCode::SERVICE_UNAVAILABLE, why));
    };
    let forbidden = |error: auth::AuthError| refused(StatusCode::FORBIDDEN, error.to_string());
    let visit = auth::read(request.uri().query().unwrap_or("")).map_err(forbidden)?;
    let served = realm_of(app, &visit).await?;
    let token = prove(app, &served, &visit)?;
    let (outlet, inbox) = unbounded_channel();
    let idempotency_token = visit.idempotency_token.as_deref();
    let mut plug = served.switchboard.plug(visit.process.clone(), outlet.clone(), idempotency_token);
    plug.knock();
    match connect(&served, visit.process, token.clone(), visit.sdk).await {
        Ok(missed) => plug.accepted(missed),
        Err(refused) => {
            // Where nobody knows whether it was let in, the plug says that it is gone.
            if refused.status == StatusCode::FORBIDDEN {
                plug.refused();
            }
            return Err(refused);
        }
    }
    let origin = Origin::new(endpoint(app, request), token);
    let app = app.clone();
    Ok((accept, Entered { app, served, plug, origin, outlet, inbox, permit }))
}

fn accept_key(headers: &HeaderMap) -> Result<HeaderValue, Refused> {
    let is_13 = headers.get(header::SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| is_13);
    key.and_then(|key| HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok())
        .ok_or_else(|| refused(StatusCode::BAD_REQUEST, "expected a WebSocket handshake of version 13"))
}

/// The realm that knows the fleet.
async fn realm_of(app: &App, visit: &Visit) -> Result<Arc<Served>, Refused> {
    if let [only] = &app.realms[..] {
        return Ok(only.clone());
    }
    for served in &app.realms {
        let (fleet, name) = (visit.process.fleet.clone(), visit.process.compute.clone());
        let query = Query::Hosting(HostedQuery::Compute { fleet, name });
        let Ok(answer) = served.realm.query(query) else { continue };
        if let Ok(Ok(Ok(Answer::Hosting(_)))) = tokio::time::timeout(DECISION_MAX, answer).await {
            return Ok(served.clone());
        }
    }
    let ProcessKey { fleet, compute, .. } = &visit.process;
    let why = format!("no region here knows compute {compute} of fleet {fleet}; register it first");
    Err(refused(StatusCode::FORBIDDEN, why))
}

/// The token for the realm to judge, or none where a signature was verified here.
fn prove(app: &App, served: &Served, visit: &Visit) -> Result<Option<String>, Refused> {
    let forbidden = |why: String| refused(StatusCode::FORBIDDEN, why);
    let signature = match &visit.proof {
        Proof::Token(token) => return Ok(Some(token.clone())),
        Proof::Signature(_) if app.gate.keys.is_empty() => return Ok(None),
        Proof::Signature(signature) => signature,
    };
    let (Some(key), Some(secret)) =
        (app.gate.keys.get(&signature.access_key), app.gate.secrets.get(&signature.access_key))
    else {
        let why = format!("access key {} is not configured here; add it to [[keys]]", signature.access_key);
        return Err(forbidden(why));
    };
    signature.verify(secret, clock::wall()).map_err(|error| forbidden(error.to_string()))?;
    let fleet = served.front.arns().fleet(&visit.process.fleet);
    key.may(CONNECT, &fleet).map(|()| None).map_err(|error| forbidden(error.message))
}

/// Asks the realm.
async fn connect(
    served: &Served,
    process: ProcessKey,
    token: Option<String>,
    sdk: Sdk,
) -> Result<Vec<Push>, Refused> {
    let later = |why: &str| refused(StatusCode::SERVICE_UNAVAILABLE, why);
    let command = Command::Hosting(Box::new(Hosted::ConnectProcess { process, token, sdk }));
    let asked = served.realm.command(command).map_err(|_| later("the server is stopping"))?;
    match tokio::time::timeout(DECISION_MAX, asked).await {
        Ok(Ok(Ok(Reply::Hosting(Replied::Connected(missed))))) => Ok(missed),
        Ok(Ok(Ok(_))) => Ok(Vec::new()),
        Ok(Ok(Err(Refusal::Rejected(why)))) => Err(refused(StatusCode::FORBIDDEN, why.to_string())),
        Ok(Ok(Err(Refusal::Full { .. }))) => Err(later("the journal has no room; free disk space")),
        Ok(Ok(Err(Refusal::Stopping)) | Err(_)) => Err(later("the server is stopping")),
        Err(_) => Err(later("the server is busy; try again in a moment")),
    }
}

/// Where the process is to connect anew: what is configured, or where it is now.
fn endpoint(app: &App, request: &Request<Incoming>) -> String {
    if !app.sockets.settings.public_endpoint.is_empty() {
        return app.sockets.settings.public_endpoint.clone();
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let scheme = if request.extensions().get::<Secure>().is_some() { "wss" } else { "ws" };
    format!("{scheme}://{host}{}", request.uri().path())
}
