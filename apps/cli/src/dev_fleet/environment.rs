//! What an SDK reads from the environment, in the forms that shells and tools take.

use clap::ValueEnum;
use matchwright_fake_server::Address;
use serde_json::{Map, Value};

/// The form of the variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// export lines, for eval
    Shell,
    /// One object
    Json,
    /// NAME=value lines, for env files
    Dotenv,
}

/// The variables, in the order in which they are shown. `process` is of one process only: no id is used twice.
pub fn variables(address: &Address, is_secure: bool, process: Option<&str>) -> Vec<(&'static str, String)> {
    let url = if is_secure { secure(&address.endpoint) } else { address.endpoint.clone() };
    let mut variables = vec![
        ("GAMELIFT_SDK_WEBSOCKET_URL", url),
        ("GAMELIFT_SDK_FLEET_ID", address.fleet.clone()),
        ("GAMELIFT_SDK_HOST_ID", address.compute.clone()),
        ("GAMELIFT_SDK_AUTH_TOKEN", address.token.clone()),
    ];
    variables.extend(process.map(|process| ("GAMELIFT_SDK_PROCESS_ID", process.to_string())));
    variables
}

pub fn secure(endpoint: &str) -> String {
    endpoint.replacen("ws://", "wss://", 1)
}

pub fn write(format: Format, variables: &[(&'static str, String)]) -> String {
    match format {
        Format::Shell => variables.iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect(),
        Format::Dotenv => variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect(),
        Format::Json => {
            let members = variables.iter().map(|(name, value)| (name.to_string(), value.clone().into()));
            format!("{}\n", Value::Object(members.collect::<Map<_, _>>()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(is_secure: bool, process: Option<&str>) -> Vec<(&'static str, String)> {
        let text = |text: &str| text.to_string();
        let address = Address {
            endpoint: text("ws://127.0.0.1:4600/game-server"),
            fleet: text("fleet-1"),
            compute: text("dev"),
            token: text("tok-1"),
        };
        variables(&address, is_secure, process)
    }

    #[test]
    fn each_form_says_the_same() {
        let all = of(false, Some("p-1"));
        let shell = write(Format::Shell, &all);
        assert!(shell.starts_with("export GAMELIFT_SDK_WEBSOCKET_URL='ws://127.0.0.1:4600/game-server'\n"));
        assert_eq!(shell.lines().count(), 5);
        let dotenv = write(Format::Dotenv, &all);
        assert!(dotenv.ends_with("GAMELIFT_SDK_PROCESS_ID=p-1\n"), "{dotenv}");
        let json: Value = serde_json::from_str(&write(Format::Json, &all)).expect("JSON");
        assert_eq!(
            (json["GAMELIFT_SDK_HOST_ID"].as_str(), json.as_object().unwrap().len()),
            (Some("dev"), 5)
        );
    }

    #[test]
    fn the_secure_form_differs_in_its_url_only() {
        let (plain, secure) = (of(false, None), of(true, None));
        assert_eq!(secure[0].1, "wss://127.0.0.1:4600/game-server");
        assert_eq!(plain[1..], secure[1..]);
    }
}
