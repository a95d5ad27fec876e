//! Requests as data: `conformance/front/*.json`, a file per operation, each case in JSON and in CBOR.
//!
//! A case changes the file's `body` (`with`, `without`) and says what it `asks` (parts of the understood request), or
//! how it is `refused` (class, `status` where it is not 400, and what the message `says`). Both languages must lead to
//! the same. `protocols.json` holds whole requests instead.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use http::{HeaderMap, HeaderName, HeaderValue};
use matchwright_gamelift::{ApiError, Front, FrontSettings, Request};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    operation: Option<String>,
    body: Option<Map<String, Value>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    settings: BTreeMap<String, bool>,
    #[serde(default, rename = "with")]
    added: Map<String, Value>,
    #[serde(default)]
    without: Vec<String>,
    path: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    text: Option<Value>,
    hex: Option<Value>,
    #[serde(default)]
    asks: Vec<String>,
    resource: Option<String>,
    refused: Option<String>,
    status: Option<u16>,
    #[serde(default)]
    says: Vec<String>,
}

/// A request as it comes from the socket.
struct Wire {
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

fn files() -> Vec<(String, File)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/front");
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no cases in {}", folder.display());
    let read = |path: PathBuf| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name.clone(), serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
    };
    let files: Vec<(String, File)> = paths.into_iter().map(read).collect();
    for (name, file) in &files {
        check(name, file);
    }
    files
}

/// A case that could not fail, or that says two things, is a mistake of its author.
fn check(name: &str, file: &File) {
    let mut names = BTreeSet::new();
    for case in &file.cases {
        let place = format!("{name}: {}", case.name);
        assert!(names.insert(&case.name), "{place}: there are two cases of that name");
        match case.refused {
            Some(_) => assert!(case.asks.is_empty() && case.resource.is_none(), "{place}: asks and refused"),
            None => assert!(!case.asks.is_empty(), "{place}: neither asks nor refused"),
        }
        let of_refusal = !case.says.is_empty() || case.status.is_some();
        assert!(case.refused.is_some() || !of_refusal, "{place}: says and status are of refusals");
        let changes = !case.added.is_empty() || !case.without.is_empty();
        let is_whole = case.path.is_some() || !case.headers.is_empty();
        let is_whole = is_whole || case.text.is_some() || case.hex.is_some();
        match file.operation {
            Some(_) => assert!(!is_whole, "{place}: the file has an operation, the case a whole request"),
            None => assert!(!changes, "{place}: there is no body to change"),
        }
    }
}

/// `{"$repeat": [text, count]}` is a long text, `{"$list": [item, count]}` a long list.
fn expand(value: &Value) -> Value {
    let pair = |key: &str| {
        let [what, count] = value.get(key)?.as_array()?.as_slice() else { return None };
        Some((expand(what), count.as_u64()? as usize))
    };
    if let Some((text, count)) = pair("$repeat") {
        return Value::from(text.as_str().expect("a text is repeated").repeat(count));
    }
    if let Some((item, count)) = pair("$list") {
        return Value::from(vec![item; count]);
    }
    match value {
        Value::Array(items) => items.iter().map(expand).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), expand(value))).collect(),
        other => other.clone(),
    }
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).expect("a hexadecimal digit") as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// The request in every language it can be said in.
fn wires(file: &File, case: &Case) -> Vec<Wire> {
    let Some(operation) = &file.operation else {
        let text = |value: &Value| expand(value).as_str().expect("a text").to_string();
        let body = match (&case.text, &case.hex) {
            (Some(body), None) => text(body).into_bytes(),
            (None, Some(hex)) => bytes_of(&text(hex)),
            _ => panic!("{}: expected text or hex", case.name),
        };
        return vec![Wire { path: case.path.clone().expect("a path"), headers: case.headers.clone(), body }];
    };
    let mut members = file.body.clone().expect("a file of an operation has a body");
    members.extend(case.added.clone());
    case.without.iter().for_each(|key| assert!(members.remove(key).is_some(), "{}: no {key}", case.name));
    let body = expand(&Value::Object(members));
    let mut cbor = Vec::new();
    ciborium::into_writer(&body, &mut cbor).expect("CBOR is written");
    let target = BTreeMap::from([("x-amz-target".to_string(), format!("GameLift.{operation}"))]);
    vec![
        Wire { path: "/".to_string(), headers: target, body: body.to_string().into_bytes() },
        Wire {
            path: format!("/service/GameLift/operation/{operation}"),
            headers: BTreeMap::new(),
            body: cbor,
        },
    ]
}

/// What is asked, and the ARN of what it touches.
fn ask(case: &Case, wire: &Wire) -> Result<(Request, String), ApiError> {
    let setting = |key: &str| case.settings.get(key).copied().unwrap_or(false);
    let front = Front::new(FrontSettings {
        region: "us-east-1".to_string(),
        account: "000000000000".to_string(),
        lenient_ids: setting("lenient_ids"),
        lenient_latency: setting("lenient_latency"),
        unknown_keys_warn: false,
        game_server_endpoint: "wss://games.example:443".to_string(),
    });
    let headers: HeaderMap = wire
        .headers
        .iter()
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap()))
        .collect();
    let request = front.decode(&wire.path, &headers, &wire.body, || "fresh".to_string())?;
    let resource = front.resource(&request);
    Ok((request, resource))
}

/// What differs from the case, if anything.
fn differs(case: &Case, found: &Result<(Request, String), ApiError>) -> Option<String> {
    match (found, &case.refused) {
        (Ok((request, touched)), None) => {
            let text = format!("{:?}", request.ask);
            let missing = case.asks.iter().find(|part| !text.contains(part.as_str()));
            let resource = case.resource.as_ref().filter(|resource| *resource != touched);
            missing
                .map(|part| format!("expected {part}, found {text}"))
                .or_else(|| resource.map(|resource| format!("expected resource {resource}, found {touched}")))
        }
        (Err(error), Some(class)) => {
            let fits = error.class.name() == class
                && case.status.unwrap_or(400) == error.status()
                && case.says.iter().all(|part| error.message.contains(part.as_str()));
            (!fits).then(|| format!("expected {class} {:?}, found {error:?}", case.says))
        }
        (Ok((request, _)), Some(class)) => Some(format!("expected {class}, found {:?}", request.ask)),
        (Err(error), None) => Some(format!("expected {:?}, found {error:?}", case.asks)),
    }
}

#[test]
fn every_request_is_understood_or_refused_as_its_case_says() {
    let mut wrong = Vec::new();
    for (name, file) in files() {
        for case in &file.cases {
            let found: Vec<_> =
                wires(&file, case).iter().map(|wire| (wire.path.clone(), ask(case, wire))).collect();
            for (path, found) in &found {
                if let Some(why) = differs(case, found) {
                    wrong.push(format!("{name}: {} ({path}): {why}", case.name));
                }
            }
            if let [(_, json), (_, cbor)] = found.as_slice()
                && json.as_ref().map(|(request, _)| &request.ask)
                    != cbor.as_ref().map(|(request, _)| &request.ask)
            {
                wrong.push(format!("{name}: {}: in JSON {json:?}, in CBOR {cbor:?}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_operation_has_cases() {
    let files = files();
    for operation in matchwright_gamelift::Operation::ALL {
        let has = files.iter().any(|(_, file)| file.operation.as_deref() == Some(operation.name()));
        assert!(has, "{} has no cases", operation.name());
    }
}
