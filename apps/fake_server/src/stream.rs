//! A WebSocket that takes little memory, and its opening.

use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::http::Response;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Error};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::address::Address;
use crate::connection::Lost;

pub type Stream = WebSocketStream<TcpStream>;

/// A quiet socket reads little; a larger message makes room for itself.
const READ_BUFFER: usize = 1024;

pub fn small_buffers() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(READ_BUFFER).write_buffer_size(0)
}

/// Opens a connection, once.
///
/// # Errors
/// `Refused`: the server answered, but not with an upgrade. `Unreachable`: anything else.
pub async fn open(address: &Address, process: &str, idempotency_token: &str) -> Result<Stream, Lost> {
    let Some(authority) = address.authority() else {
        let why =
            format!("expected an endpoint that begins with ws://, found {}; use that one", address.endpoint);
        return Err(Lost::Unreachable(why));
    };
    let unreachable = |error: std::io::Error| Lost::Unreachable(format!("{authority}: {error}"));
    let stream = TcpStream::connect(authority).await.map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    let url = address.url(process, idempotency_token);
    match client_async_with_config(url, stream, Some(small_buffers())).await {
        Ok((stream, _)) => Ok(stream),
        Err(Error::Http(response)) => Err(refused(&response)),
        Err(error) => Err(Lost::Unreachable(format!("{authority}: {error}"))),
    }
}

fn refused(response: &Response<Option<Vec<u8>>>) -> Lost {
    let body = response.body().as_deref().unwrap_or_default();
    let why = String::from_utf8_lossy(body).trim().to_string();
    Lost::Refused { status: response.status().as_u16(), why }
}

/// Whether a close code says that the process is no longer wanted: SDKs do not come back after it.
pub fn is_dismissal(code: tungstenite::protocol::frame::coding::CloseCode) -> bool {
    matches!(u16::from(code), 1000 | 1001)
}
