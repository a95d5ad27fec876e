//! Connections: accepted up to a limit, served until they end or the node drains. One port takes all: the first byte
//! tells TLS from plain HTTP.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use super::App;
use super::route::route;
use crate::game_server::Secure;

/// What a TLS connection begins with: a handshake record. No HTTP method does.
const TLS_HANDSHAKE: u8 = 0x16;

/// Accepts until the node drains, then waits for the open connections, at most `limits.drain_seconds`.
pub(crate) async fn listen(listener: TcpListener, app: Arc<App>) {
    let most = app.limits.connections.min(Semaphore::MAX_PERMITS);
    let connections = Arc::new(Semaphore::new(most));
    let mut draining = app.draining.clone();
    let tls = app.certificate.acceptor();
    loop {
        let permit = tokio::select! {
            permit = connections.clone().acquire_owned() => permit.expect("the semaphore is never closed"),
            _ = draining.wait_for(|is_draining| *is_draining) => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = draining.wait_for(|is_draining| *is_draining) => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let (app, tls) = (app.clone(), tls.clone());
                tokio::spawn(async move {
                    open(stream, app, tls).await;
                    drop(permit);
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: pause instead of spinning.
                tracing::warn!("a connection was not accepted: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    let drained = async {
        let _ = connections.acquire_many(all).await;
        app.sockets.closed().await;
    };
    if tokio::time::timeout(Duration::from_secs(app.limits.drain_seconds), drained).await.is_err() {
        tracing::warn!("connections were still open after {} s; they are cut", app.limits.drain_seconds);
    }
}

/// Serves a connection, over TLS if it begins so.
async fn open(stream: TcpStream, app: Arc<App>, tls: TlsAcceptor) {
    // Answers are small and waited for.
    let _ = stream.set_nodelay(true);
    let patience = Duration::from_secs(app.limits.header_read_seconds);
    let mut draining = app.draining.clone();
    let mut first = [0];
    let begun = tokio::select! {
        begun = tokio::time::timeout(patience, stream.peek(&mut first)) => begun,
        _ = draining.wait_for(|is_draining| *is_draining) => return,
    };
    match begun {
        Ok(Ok(1)) if first[0] == TLS_HANDSHAKE => {
            // Boxed, or every connection would carry the room for it.
            let handshake = Box::pin(tokio::time::timeout(patience, tls.accept(stream)));
            let shaken = tokio::select! {
                shaken = handshake => shaken,
                _ = draining.wait_for(|is_draining| *is_draining) => return,
            };
            match shaken {
                Ok(Ok(stream)) => Box::pin(serve(stream, app, true)).await,
                Ok(Err(error)) => tracing::debug!("a TLS handshake failed: {error}"),
                Err(_) => tracing::debug!("a TLS handshake was not over in time"),
            }
        }
        Ok(Ok(1)) => serve(stream, app, false).await,
        _ => {}
    }
}

async fn serve<S>(stream: S, app: Arc<App>, is_secure: bool)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let signal = app.draining.clone();
    let mut draining = app.draining.clone();
    let limits = app.limits.clone();
    let service = service_fn(move |mut request| {
        if is_secure {
            hyper::Request::extensions_mut(&mut request).insert(Secure);
        }
        let answer = route(app.clone(), request);
        async { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.header_read_seconds))
        .max_buf_size(64 << 10)
        // Answers are short: head and body in one buffer cost less than a list of two.
        .writev(false)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let mut drained = std::pin::pin!(draining.wait_for(|is_draining| *is_draining));
    let mut is_watched = false;
    let ended = poll_fn(|context| {
        if let Poll::Ready(ended) = connection.as_mut().poll(context) {
            return Poll::Ready(Some(ended));
        }
        // Once asked it wakes this task; asking again with every request would cost more than all else here.
        let is_asked = is_watched && !signal.has_changed().unwrap_or(true);
        is_watched = true;
        if is_asked { Poll::Pending } else { drained.as_mut().poll(context).map(|_| None) }
    });
    let ended = match ended.await {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended: {error}");
    }
}
