//! The things that a game server of one's own machine needs: made where they are missing, used where they are there.

use std::fmt;

use clap::Args;
use matchwright_fake_server::Address;
use serde_json::{Value, json};

use crate::api::Api;

/// Where the server's own configuration says no other path.
const SOCKET_PATH: &str = "/game-server";
const MATCHMAKER_RULES: &str = r#"{
  "name": "dev", "ruleLanguageVersion": "1.0",
  "teams": [{ "name": "red", "minPlayers": 1, "maxPlayers": 1 }, { "name": "blue", "minPlayers": 1, "maxPlayers": 1 }]
}"#;

/// Names, so that what was made before is found again.
#[derive(Debug, Clone, Args)]
pub struct Names {
    /// Where the game servers are; begins with custom-
    #[arg(long, default_value = "custom-dev", value_name = "NAME")]
    pub location: String,
    /// The Anywhere fleet
    #[arg(long, default_value = "dev", value_name = "NAME")]
    pub fleet: String,
    /// This machine, as a compute of the fleet
    #[arg(long, default_value = "dev", value_name = "NAME")]
    pub compute: String,
    /// The address that players are sent to
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub ip: String,
    /// The queue that places games on the fleet
    #[arg(long, default_value = "dev", value_name = "NAME")]
    pub queue: String,
}

/// A fleet that game servers can connect to.
#[derive(Debug, Clone)]
pub struct Fleet {
    pub id: String,
    pub compute: String,
    /// `ws://…`
    pub endpoint: String,
    pub queue: String,
    pub queue_arn: String,
    /// What was made and what was there, in order.
    pub steps: Vec<Step>,
}

/// One thing that is there now.
#[derive(Debug, Clone)]
pub struct Step {
    what: &'static str,
    name: String,
    is_new: bool,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.is_new { "made" } else { "was there" };
        write!(f, "{:<11} {:<50} {word}", self.what, self.name)
    }
}

/// Makes what is missing.
///
/// # Errors
/// What the server refused, or why it could not be reached.
pub fn ensure(api: &Api, names: &Names) -> Result<Fleet, String> {
    let mut steps = Vec::new();
    location(api, &names.location, &mut steps)?;
    let fleet = fleet(api, names, &mut steps)?;
    let (id, arn) = (text(&fleet["FleetId"]), text(&fleet["FleetArn"]));
    let compute = compute(api, names, &id, &mut steps)?;
    let queue = queue(api, &names.queue, &arn, &mut steps)?;
    let endpoint = match compute["GameLiftServiceSdkEndpoint"].as_str() {
        Some(told) => told.replace("wss://", "ws://"),
        None => format!("{}{SOCKET_PATH}", api.url().replace("http://", "ws://")),
    };
    let queue_arn = text(&queue["GameSessionQueueArn"]);
    Ok(Fleet { id, compute: names.compute.clone(), endpoint, queue: names.queue.clone(), queue_arn, steps })
}

impl Fleet {
    /// Where its game servers connect, with the token in force; the server gives a new one in time.
    ///
    /// # Errors
    /// What the server refused, or why it could not be reached.
    pub fn address(&self, api: &Api) -> Result<Address, String> {
        let asked = json!({ "FleetId": self.id, "ComputeName": self.compute });
        let answer = api.call("GetComputeAuthToken", &asked)?;
        let (endpoint, fleet) = (self.endpoint.clone(), self.id.clone());
        Ok(Address { endpoint, fleet, compute: self.compute.clone(), token: text(&answer["AuthToken"]) })
    }

    /// A matchmaker of two players whose matches go to the queue.
    ///
    /// # Errors
    /// What the server refused, or why it could not be reached.
    pub fn matchmaker(&mut self, api: &Api, name: &str) -> Result<(), String> {
        let rule_sets = api.list("DescribeMatchmakingRuleSets", &json!({}), "RuleSets")?;
        let is_new = find(&rule_sets, "RuleSetName", name).is_none();
        if is_new {
            let body = json!({ "Name": name, "RuleSetBody": MATCHMAKER_RULES });
            api.call("CreateMatchmakingRuleSet", &body)?;
        }
        self.steps.push(Step { what: "rule set", name: name.to_string(), is_new });
        let all = api.list("DescribeMatchmakingConfigurations", &json!({}), "Configurations")?;
        let is_new = find(&all, "Name", name).is_none();
        if is_new {
            let body = json!({ "Name": name, "RuleSetName": name, "AcceptanceRequired": false,
                "RequestTimeoutSeconds": 60, "FlexMatchMode": "WITH_QUEUE", "GameSessionQueueArns": [self.queue_arn] });
            api.call("CreateMatchmakingConfiguration", &body)?;
        }
        self.steps.push(Step { what: "matchmaker", name: name.to_string(), is_new });
        Ok(())
    }
}

fn location(api: &Api, name: &str, steps: &mut Vec<Step>) -> Result<(), String> {
    let all = api.list("ListLocations", &json!({ "Filters": ["CUSTOM"] }), "Locations")?;
    let is_new = find(&all, "LocationName", name).is_none();
    if is_new {
        api.call("CreateLocation", &json!({ "LocationName": name }))?;
    }
    steps.push(Step { what: "location", name: name.to_string(), is_new });
    Ok(())
}

/// Fleets may share a name: the first active one of machines of one's own is taken.
fn fleet(api: &Api, names: &Names, steps: &mut Vec<Step>) -> Result<Value, String> {
    let all = api.list("DescribeFleetAttributes", &json!({}), "FleetAttributes")?;
    let is_ours = |fleet: &&Value| {
        fleet["Name"] == names.fleet.as_str()
            && fleet["ComputeType"] == "ANYWHERE"
            && fleet["Status"] == "ACTIVE"
    };
    let found = all.iter().find(is_ours).cloned();
    let is_new = found.is_none();
    let fleet = match found {
        Some(fleet) => fleet,
        None => {
            let body = json!({ "Name": names.fleet, "ComputeType": "ANYWHERE",
                "Locations": [{ "Location": names.location }], "AnywhereConfiguration": { "Cost": "1" } });
            api.call("CreateFleet", &body)?["FleetAttributes"].take()
        }
    };
    let name = format!("{} {}", names.fleet, text(&fleet["FleetId"]));
    steps.push(Step { what: "fleet", name, is_new });
    Ok(fleet)
}

fn compute(api: &Api, names: &Names, fleet: &str, steps: &mut Vec<Step>) -> Result<Value, String> {
    let all = api.list("ListCompute", &json!({ "FleetId": fleet }), "ComputeList")?;
    let found = find(&all, "ComputeName", &names.compute).cloned();
    let is_new = found.is_none();
    let compute = match found {
        Some(compute) => compute,
        None => {
            let body = json!({ "FleetId": fleet, "ComputeName": names.compute,
                "IpAddress": names.ip, "Location": names.location });
            api.call("RegisterCompute", &body)?["Compute"].take()
        }
    };
    let name = format!("{} {}", names.compute, text(&compute["IpAddress"]));
    steps.push(Step { what: "compute", name, is_new });
    Ok(compute)
}

/// A queue that was there gets the fleet as one more destination, if it has it not.
fn queue(api: &Api, name: &str, fleet_arn: &str, steps: &mut Vec<Step>) -> Result<Value, String> {
    let all = api.list("DescribeGameSessionQueues", &json!({}), "GameSessionQueues")?;
    let found = find(&all, "Name", name).cloned();
    let is_new = found.is_none();
    let destination = json!({ "DestinationArn": fleet_arn });
    let mut destinations =
        found.as_ref().and_then(|queue| queue["Destinations"].as_array().cloned()).unwrap_or_default();
    let queue = match found {
        Some(queue) if destinations.contains(&destination) => queue,
        other => {
            destinations.push(destination);
            let operation = if other.is_some() { "UpdateGameSessionQueue" } else { "CreateGameSessionQueue" };
            let body = json!({ "Name": name, "Destinations": destinations });
            api.call(operation, &body)?["GameSessionQueue"].take()
        }
    };
    steps.push(Step { what: "queue", name: name.to_string(), is_new });
    Ok(queue)
}

fn find<'a>(all: &'a [Value], key: &str, name: &str) -> Option<&'a Value> {
    all.iter().find(|one| one[key] == name)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}
