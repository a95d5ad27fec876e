//! Connections: accepted up to a limit, served until they end or the node drains.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::App;
use super::route::route;

/// Accepts until the node drains, then waits for the open connections, at most `limits.drain_seconds`.
pub(crate) async fn listen(listener: TcpListener, app: Arc<App>) {
    let most = app.limits.connections.min(Semaphore::MAX_PERMITS);
    let connections = Arc::new(Semaphore::new(most));
    let mut draining = app.draining.clone();
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
                let app = app.clone();
                tokio::spawn(async move {
                    serve(stream, app).await;
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
    let drained = connections.acquire_many(all);
    if tokio::time::timeout(Duration::from_secs(app.limits.drain_seconds), drained).await.is_err() {
        tracing::warn!("connections were still open after {} s; they are cut", app.limits.drain_seconds);
    }
}

async fn serve(stream: TcpStream, app: Arc<App>) {
    // Answers are small and waited for.
    let _ = stream.set_nodelay(true);
    let mut draining = app.draining.clone();
    let limits = app.limits.clone();
    let service = service_fn(move |request| {
        let app = app.clone();
        async move { Ok::<_, Infallible>(route(app, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.header_read_seconds))
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        _ = draining.wait_for(|is_draining| *is_draining) => None,
    };
    let ended = match ended {
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
