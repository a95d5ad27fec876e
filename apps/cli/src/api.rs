//! A small client of the server's own API, for all commands that talk to one.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

/// Calls operations. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Api {
    agent: Agent,
    url: String,
}

impl Api {
    pub fn new(url: impl Into<String>) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(30)))
            .http_status_as_error(false)
            .max_idle_connections_per_host(1024)
            .max_idle_connections(1024);
        Self { agent: config.build().into(), url: url.into() }
    }

    /// # Errors
    /// The server's message, or why it could not be reached.
    pub fn call(&self, operation: &str, body: &Value) -> Result<Value, String> {
        let (status, text) = self.post(operation, body.to_string().as_bytes())?;
        let answer: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        match status {
            200 => Ok(answer),
            _ => Err(format!("{operation}: {}", answer["Message"].as_str().unwrap_or(&text))),
        }
    }

    /// Everything that an operation lists under `key`, page by page.
    ///
    /// # Errors
    /// The server's message, or why it could not be reached.
    pub fn list(&self, operation: &str, body: &Value, key: &str) -> Result<Vec<Value>, String> {
        let (mut body, mut all) = (body.clone(), Vec::new());
        loop {
            let mut answer = self.call(operation, &body)?;
            all.extend(answer[key].as_array_mut().map(std::mem::take).unwrap_or_default());
            match answer["NextToken"].take() {
                Value::Null => return Ok(all),
                next => body["NextToken"] = next,
            }
        }
    }

    /// # Errors
    /// Why the server could not be reached.
    pub fn post(&self, operation: &str, body: &[u8]) -> Result<(u16, String), String> {
        let request = self.agent.post(&self.url).content_type("application/x-amz-json-1.1");
        let request = request.header("x-amz-target", format!("GameLift.{operation}"));
        let mut answer = request.send(body).map_err(|error| {
            format!("{error}; is a server running at {}? matchwright serve starts one", self.url)
        })?;
        let status = answer.status().as_u16();
        answer.body_mut().read_to_string().map(|text| (status, text)).map_err(|error| error.to_string())
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// A page of the server's own, as text.
    ///
    /// # Errors
    /// Why the server could not be reached.
    pub fn get(&self, path: &str) -> Result<String, String> {
        let answer = self.agent.get(format!("{}{path}", self.url)).call();
        let mut answer = answer.map_err(|error| error.to_string())?;
        answer.body_mut().read_to_string().map_err(|error| error.to_string())
    }

    /// Hands on every event from `after` on, until `each` says false or the stream ends.
    ///
    /// # Errors
    /// Why the stream could not be opened.
    pub fn events(&self, after: u64, mut each: impl FnMut(Value) -> bool) -> Result<(), String> {
        let endless = Agent::config_builder().timeout_global(None).build();
        let agent: Agent = endless.into();
        let url = format!("{}/v1/events?after={after}", self.url);
        let answer = agent.get(&url).call().map_err(|error| error.to_string())?;
        for line in BufReader::new(answer.into_body().into_reader()).lines() {
            let Ok(line) = line else { return Ok(()) };
            let event = line.strip_prefix("data: ").and_then(|data| serde_json::from_str(data).ok());
            if event.is_some_and(|event| !each(event)) {
                return Ok(());
            }
        }
        Ok(())
    }
}
