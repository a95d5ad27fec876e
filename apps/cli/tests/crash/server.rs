//! The real binary on a free port, and a small client of it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

use crate::auditor::Told;

pub struct Server {
    process: Child,
    /// Kept open: it says more than its first line.
    _out: BufReader<ChildStdout>,
    api: Api,
}

impl Server {
    /// Starts it on a free port and waits until it listens.
    pub fn start(folder: &Path, options: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", folder, options)
    }

    /// The same at an address where others look for it.
    pub fn start_at(address: &str, folder: &Path, options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_matchwright"));
        command
            .args(["serve", "--listen", address, "--log", "error", "--data-dir"])
            .arg(folder)
            .args(options);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut greeting = String::new();
        let mut out = BufReader::new(process.stdout.take().expect("its output"));
        out.read_line(&mut greeting).expect("a first line");
        let url = greeting.split_whitespace().find(|word| word.starts_with("http://"));
        let url =
            url.unwrap_or_else(|| panic!("no address in {greeting:?}: {:?}", process.wait())).to_owned();
        Self { process, _out: out, api: Api::new(url) }
    }

    pub fn api(&self) -> &Api {
        &self.api
    }

    /// No time to do anything: SIGKILL.
    pub fn kill(mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("ended");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Why a call gave no answer.
#[derive(Debug)]
pub enum Failure {
    /// The server said no, and why.
    Refused(String),
    /// It said nothing: nobody knows whether it was done.
    Lost,
}

#[derive(Clone)]
pub struct Api {
    agent: Agent,
    url: String,
}

impl Api {
    fn new(url: String) -> Self {
        let config =
            Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(20)));
        Self { agent: config.build().into(), url }
    }

    /// An answer with status 200 is an acknowledgement.
    pub fn call(&self, operation: &str, body: &Value) -> Result<Value, Failure> {
        let request = self.agent.post(&self.url).content_type("application/x-amz-json-1.1");
        let request = request.header("x-amz-target", format!("GameLift.{operation}"));
        let mut answer = request.send(body.to_string()).map_err(|_| Failure::Lost)?;
        let text = answer.body_mut().read_to_string().map_err(|_| Failure::Lost)?;
        match answer.status().as_u16() {
            200 => Ok(serde_json::from_str(&text).expect("an answer is JSON")),
            _ => Err(Failure::Refused(text)),
        }
    }

    /// Where nothing may fail.
    pub fn must(&self, operation: &str, body: &Value) -> Value {
        self.call(operation, body).unwrap_or_else(|why| match why {
            Failure::Refused(why) => panic!("{operation} {body}: {why}"),
            Failure::Lost => panic!("{operation} {body}: no answer"),
        })
    }

    /// Hands on events after a position until `each` says false or the server is gone.
    pub fn events(&self, after: u64, mut each: impl FnMut(Told) -> bool) {
        let config = Agent::config_builder().timeout_global(Some(Duration::from_secs(30)));
        let agent: Agent = config.build().into();
        let Ok(answer) = agent.get(format!("{}/v1/events?after={after}", self.url)).call() else { return };
        let mut id = None;
        for line in BufReader::new(answer.into_body().into_reader()).lines() {
            let Ok(line) = line else { return };
            if let Some(found) = line.strip_prefix("id: ") {
                id = found.parse().ok();
            } else if let Some(data) = line.strip_prefix("data: ") {
                // A kill may cut the last event; what is not whole was not told.
                let Ok(envelope) = serde_json::from_str(data) else { return };
                let id = id.take().expect("an event has an id");
                if !each(Told { id, envelope }) {
                    return;
                }
            }
        }
    }
}
