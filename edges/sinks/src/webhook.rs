//! A try over HTTP: one POST, confirmed by any 2xx.

use std::time::Duration;

use ureq::Agent;

use crate::{Failure, Parcel, Transport};

/// A receiver at a URL.
pub struct Webhook {
    agent: Agent,
    url: String,
}

impl Webhook {
    /// `timeout` bounds a whole try, from connecting to the last byte of the answer.
    pub fn new(url: impl Into<String>, timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("matchwright/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into(), url: url.into() }
    }
}

impl Transport for Webhook {
    fn deliver(&self, parcel: &Parcel) -> Result<(), Failure> {
        let mut request = self.agent.post(&self.url).content_type(parcel.content_type);
        for (name, value) in &parcel.headers {
            request = request.header(*name, value);
        }
        let answer =
            request.send(&parcel.body[..]).map_err(|error| Failure::Unreachable(error.to_string()))?;
        let status = answer.status();
        // The body is read to its end, so that the connection can serve the next parcel.
        let _ = answer.into_body().read_to_vec();
        if status.is_success() { Ok(()) } else { Err(Failure::Answer { status: status.as_u16() }) }
    }
}
