//! Starts and stops `matchwright serve` on a free port with an empty data folder.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use aws_sdk_gamelift::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_gamelift::{Client, Config};
use tempfile::TempDir;

/// A key of `signed.toml` that may do everything.
const KEY: &str = "AKIDGAME";
const SECRET: &str = "open-sesame-open-sesame-open-sesame-0000";

pub struct Server {
    process: Child,
    address: String,
    /// Holds the data folder until the end.
    _folder: TempDir,
}

impl Server {
    pub fn start(configuration: &str) -> Self {
        let binary = std::env::var_os("MATCHWRIGHT_BIN").expect("MATCHWRIGHT_BIN names the server's binary");
        let folder = TempDir::with_prefix("matchwright-rust-").expect("a temporary folder");
        let log = folder.path().join("server.log");
        let out = File::create(&log).expect("a log file");
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data").join(configuration);
        let process = Command::new(binary)
            .args(["serve".as_ref(), "--config".as_ref(), data.as_os_str()])
            // The server reads MATCHWRIGHT_ variables as settings; the way to its binary is none.
            .env_remove("MATCHWRIGHT_BIN")
            .env("MATCHWRIGHT_DATA_DIR", folder.path().join("data"))
            .stdout(out.try_clone().expect("a second handle"))
            .stderr(out)
            .spawn()
            .expect("the server starts");
        let mut server = Self { process, address: String::new(), _folder: folder };
        server.address = server.wait_for_address(&log);
        server
    }

    /// The start-up line tells the address that was taken.
    fn wait_for_address(&mut self, log: &Path) -> String {
        for _ in 0..500 {
            let text = fs::read_to_string(log).unwrap_or_default();
            if let Some(port) = text.split("127.0.0.1:").skip(1).find_map(port_of) {
                return format!("127.0.0.1:{port}");
            }
            let ended = self.process.try_wait().expect("the server's state");
            assert!(ended.is_none(), "the server ended:\n{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("no address within 10 s:\n{}", fs::read_to_string(log).unwrap_or_default());
    }

    pub fn client(&self) -> Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(format!("http://{}", self.address))
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new(KEY, SECRET, None, None, "scenarios"))
            .retry_config(aws_sdk_gamelift::config::retry::RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        Client::from_conf(config.build())
    }
}

/// The digits at the beginning; a log that is still being written may end inside them.
fn port_of(text: &str) -> Option<u16> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    (digits.len() < text.len()).then(|| digits.parse().ok()).flatten().filter(|port| *port > 0)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
