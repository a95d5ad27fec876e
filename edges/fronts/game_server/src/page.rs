//! Paging tokens, opaque to game servers: creation time and name of the last one told.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use matchwright_model::Timestamp;

type Place = (Timestamp, String);

pub(crate) fn write(after: &Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}/{}", after.0.0, after.1))
}

pub(crate) fn read(token: &str) -> Option<Place> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (at, name) = text.split_once('/')?;
    Some((Timestamp(at.parse().ok()?), name.to_string()))
}
