//! Events as they happen: `GET /v1/events`, server-sent events with the journal's position as id.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use http_body_util::channel::{Channel, Sender};
use hyper::body::Incoming;
use matchwright_engine::Source;
use matchwright_gamelift::Protocol;

use super::gate::READ_EVENTS;
use super::route::{full, text};
use super::{App, Body};
use crate::realm::{Envelope, Read, Reader, Realm};

/// Events read at a time.
const EVENTS: usize = 256;

/// What a reader asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wish {
    after: Option<u64>,
    /// Only events of this matchmaker or queue.
    source: Option<Source>,
    region: Option<String>,
}

impl Wish {
    /// `Last-Event-ID` wins over `after`: it is what a reader that reconnects says.
    fn of(query: &str, last_event_id: Option<&str>) -> Result<Self, String> {
        let mut wish = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match key {
                "after" => wish.after = Some(position(value)?),
                "matchmaker" => wish.source = Some(Source::Matchmaker(value.into())),
                "queue" => wish.source = Some(Source::Queue(value.into())),
                "region" => wish.region = Some(value.to_string()),
                other => {
                    return Err(format!(
                        "unknown parameter {other}; expected after, matchmaker, queue or region [H111]\n"
                    ));
                }
            }
        }
        if let Some(id) = last_event_id {
            wish.after = Some(position(id)?);
        }
        Ok(wish)
    }
}

fn position(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| {
        format!(
            "expected a position, found {text}; use the id of an event, or 0 for all that is kept [H112]\n"
        )
    })
}

pub(super) async fn events(app: Arc<App>, request: Request<Incoming>) -> Response<Body> {
    let last = request.headers().get("last-event-id").and_then(|value| value.to_str().ok());
    let wish = match Wish::of(request.uri().query().unwrap_or(""), last) {
        Ok(wish) => wish,
        Err(why) => return text(StatusCode::BAD_REQUEST, why),
    };
    let served = match &wish.region {
        None => app.realms.first(),
        Some(region) => app.realms.iter().find(|served| *served.realm.region == **region),
    };
    let Some(served) = served else {
        return text(StatusCode::NOT_FOUND, "this region is not served here [H113]\n");
    };
    let (head, _) = request.into_parts();
    let entered = app.gate.enter(&head, &Bytes::new(), served).await;
    if let Err(refused) = entered.and_then(|visitor| visitor.may(READ_EVENTS, || "*".to_string())) {
        let answer = served.front.encode_error(Protocol::Json, &refused);
        let mut response = Response::new(full(answer.body));
        *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::FORBIDDEN);
        return response;
    }
    let realm = served.realm.clone();
    let after = wish.after.unwrap_or_else(|| realm.hub.head());
    let (sender, body) = Channel::<Bytes, Infallible>::new(16);
    tokio::spawn(pump(app.clone(), realm, after, wish.source, sender));
    let mut response = Response::new(Body::Right(body.boxed()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Sends until the reader goes away or the node drains. A slow reader slows only itself.
async fn pump(
    app: Arc<App>,
    realm: Realm,
    after: u64,
    source: Option<Source>,
    mut sender: Sender<Bytes, Infallible>,
) {
    let mut draining = app.draining.clone();
    let pumping = async {
        let mut heads = realm.hub.heads();
        let mut reader = Reader::new(realm, after);
        if sender.send_data(Bytes::from_static(b": connected\n\n")).await.is_err() {
            return;
        }
        loop {
            heads.borrow_and_update();
            // The journal may have to be read: not on a thread that serves others.
            let read = tokio::task::spawn_blocking(move || {
                let read = reader.read(EVENTS);
                (reader, read)
            });
            let Ok((back, read)) = read.await else { return };
            reader = back;
            let bytes = match read {
                Ok(Read::Events(events)) => encode(&events, source.as_ref()),
                Ok(Read::Nothing { .. }) if reader.is_behind() => continue,
                Ok(Read::Nothing { .. }) => match tokio::time::timeout(app.keep_alive, heads.changed()).await
                {
                    Ok(Ok(())) => continue,
                    Ok(Err(_)) => return,
                    Err(_) => Bytes::from_static(b": still here\n\n"),
                },
                Ok(Read::Closed) => return,
                Err(why) => {
                    tracing::error!("events could not be read: {why}");
                    return;
                }
            };
            if !bytes.is_empty() && sender.send_data(bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = pumping => {}
        _ = draining.wait_for(|is_draining| *is_draining) => {}
    }
}

fn encode(events: &[Envelope], source: Option<&Source>) -> Bytes {
    let mut out = Vec::new();
    for event in events.iter().filter(|event| source.is_none_or(|wanted| event.source() == wanted)) {
        out.extend(format!("id: {}\ndata: ", event.position).bytes());
        // An envelope is one line: JSON without line breaks.
        out.extend(event.envelope());
        out.extend(b"\n\n");
    }
    Bytes::from(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_read_and_nonsense_refused() {
        let wish = |query, last| Wish::of(query, last);
        assert_eq!(wish("", None), Ok(Wish::default()));
        let both = Wish { after: Some(9), source: Some(Source::Matchmaker("duel".into())), region: None };
        assert_eq!(wish("after=3&matchmaker=duel", Some("9")), Ok(both));
        assert!(wish("after=x", None).unwrap_err().contains("H112"));
        assert!(wish("afer=1", None).unwrap_err().contains("H111"));
    }
}
