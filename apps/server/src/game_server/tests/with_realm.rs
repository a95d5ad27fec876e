//! Sockets in front of a real realm: the life of a game, and a restart in the middle of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use matchwright_engine::{Answer, Command, Query, Reply, Settings};
use matchwright_hosting::{
    Answer as Answered, Command as Hosted, ComputeFields, FleetFields, GameSession, JoinPolicy,
    PlayerRequest, Query as Questioned, Reply as Replied, SessionFields, SessionRequest, SessionsOf, Target,
};
use matchwright_model::{ComputeName, FleetId, Page};
use matchwright_search::SearchSettings;
use serde_json::json;
use tokio::sync::mpsc;

use super::{House, NoEvents, end, hear, say};
use crate::http::Gate;
use crate::metrics::{Meters, Recorder};
use crate::realm::{OpenOptions, Realm, Running, open};

/// A realm and its doors.
struct Realmed {
    house: House,
    running: Running,
}

fn start(
    folder: &Path,
) -> (
    Running,
    mpsc::UnboundedSender<Vec<matchwright_hosting::Push>>,
    mpsc::UnboundedReceiver<Vec<matchwright_hosting::Push>>,
) {
    let (to_game_servers, told) = mpsc::unbounded_channel();
    let options = OpenOptions {
        region: "us-east-1".to_string(),
        folder: folder.to_path_buf(),
        settings: Settings::default(),
        search: SearchSettings::default(),
        max_bytes: None,
        snapshot_bytes: 1 << 20,
        snapshot_every: Duration::from_secs(3600),
        keep_events: 10,
        sinks: Vec::new(),
        allocators: Vec::new(),
        arns: matchwright_amazon::Arns::new("us-east-1", "000000000000"),
        meters: Meters::new(Recorder::new(), "us-east-1".to_string()),
        to_game_servers: to_game_servers.clone(),
        encoder: Box::new(|_| Arc::new(NoEvents)),
        on_fault: Arc::new(|fault| panic!("{fault}")),
    };
    (open(options).unwrap(), to_game_servers, told)
}

impl Realmed {
    async fn open(folder: &Path) -> Self {
        let (running, pushes, told) = start(folder);
        let house = House::around(running.realm.clone(), pushes, told, Gate::default(), |_, _| ()).await;
        Self { house, running }
    }

    async fn command(&self, command: Hosted) -> Replied {
        let command = Command::Hosting(Box::new(command));
        match self.running.realm.command(command).unwrap().await.unwrap() {
            Ok(Reply::Hosting(reply)) => reply,
            other => panic!("expected a reply of hosting, found {other:?}"),
        }
    }

    /// A fleet with one compute, and its token.
    async fn fleet(&self) -> (FleetId, String) {
        self.command(Hosted::CreateLocation { name: "custom-1".into(), tags: BTreeMap::new() }).await;
        let fields = FleetFields::least("fleet");
        let locations = BTreeSet::from(["custom-1".into()]);
        let made = self.command(Hosted::CreateFleet { fields, locations, tags: BTreeMap::new() }).await;
        let Replied::Fleet(fleet, _) = made else { panic!("{made:?}") };
        let name = ComputeName::from("c-1");
        let fields = ComputeFields {
            location: "custom-1".into(),
            ip: "127.0.0.1".to_string(),
            dns: None,
            certificate_path: None,
        };
        self.command(Hosted::RegisterCompute { fleet: fleet.clone(), name: name.clone(), fields }).await;
        let issued = self.command(Hosted::IssueToken { fleet: fleet.clone(), compute: name }).await;
        let Replied::Token(_, _, token) = issued else { panic!("{issued:?}") };
        (fleet, token.text)
    }

    async fn create(&self, fleet: &FleetId) -> GameSession {
        let fields = SessionFields {
            name: Some("game".to_string()),
            max_players: 4,
            properties: Vec::new(),
            data: None,
            creator: None,
            token: None,
            policy: JoinPolicy::AcceptAll,
            is_protected: false,
        };
        let request = SessionRequest { target: Target::Fleet(fleet.clone()), location: None, fields };
        match self.command(Hosted::CreateSession(request)).await {
            Replied::Session(session) => *session,
            other => panic!("{other:?}"),
        }
    }
}

/// The word of a game session's status.
async fn status(realm: &Realm, session: &GameSession) -> String {
    let of = SessionsOf::One(session.id.clone());
    let page = Page { after: None, limit: 10 };
    let query = Query::Hosting(Questioned::Sessions { of, status: None, page });
    match realm.query(query).unwrap().await.unwrap() {
        Ok(Answer::Hosting(answer)) => match *answer {
            Answered::Sessions((found, _)) => format!("{:?}", found[0].status),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn url(fleet: &FleetId, token: &str) -> String {
    format!(
        "/game-server?Authorization={token}&ComputeId=c-1&FleetId={fleet}&pID=p-1&sdkVersion=5.6.0&sdkLanguage=Go"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_game_is_created_played_and_over() {
    let folder = tempfile::tempdir().unwrap();
    let node = Realmed::open(folder.path()).await;
    let (fleet, token) = node.fleet().await;
    let refused = node.house.try_connect(&url(&fleet, "not-the-token")).await;
    assert!(refused.is_err(), "a wrong token");
    let mut server = node.house.try_connect(&url(&fleet, &token)).await.unwrap();
    say(&mut server, "ActivateServerProcess", "r-1", json!({ "Port": 7777, "LogPaths": null })).await;
    assert_eq!(hear(&mut server).await["StatusCode"], 200);
    say(&mut server, "HeartbeatServerProcess", "r-2", json!({ "HealthStatus": true })).await;
    assert_eq!(hear(&mut server).await["StatusCode"], 200);
    let session = node.create(&fleet).await;
    let push = hear(&mut server).await;
    assert_eq!((&push["Action"], &push["GameSessionName"]), (&json!("CreateGameSession"), &json!("game")));
    let arn = push["GameSessionId"].clone();
    say(&mut server, "ActivateGameSession", "r-3", json!({ "GameSessionId": arn })).await;
    assert_eq!(hear(&mut server).await["StatusCode"], 200);
    let players = vec![PlayerRequest { player: "ann".into(), data: Some("x".to_string()) }];
    let reserved = node.command(Hosted::ReservePlayers { session: session.id.clone(), players }).await;
    let Replied::PlayerSessions(seats, _) = reserved else { panic!("{reserved:?}") };
    let seat = json!({ "GameSessionId": arn, "PlayerSessionId": seats[0].id.as_str() });
    say(&mut server, "AcceptPlayerSession", "r-4", seat.clone()).await;
    assert_eq!(hear(&mut server).await["StatusCode"], 200);
    say(&mut server, "DescribePlayerSessions", "r-5", json!({ "GameSessionId": arn })).await;
    let described = hear(&mut server).await;
    let found = &described["PlayerSessions"][0];
    assert_eq!((&found["PlayerId"], &found["Status"]), (&json!("ann"), &json!("ACTIVE")), "{described}");
    say(&mut server, "RemovePlayerSession", "r-6", seat.clone()).await;
    assert_eq!(hear(&mut server).await["StatusCode"], 200);
    say(&mut server, "AcceptPlayerSession", "r-7", seat).await;
    assert_eq!(hear(&mut server).await["StatusCode"], 400, "the seat is given up");
    let backfill = json!({ "GameSessionArn": arn, "TicketId": "bf-1", "Players": [{ "PlayerId": "ann" }],
        "MatchmakingConfigurationArn": "arn:aws:gamelift:us-east-1:123456789012:matchmakingconfiguration/cfg" });
    say(&mut server, "StopMatchBackfill", "r-9", backfill.clone()).await;
    assert_eq!(hear(&mut server).await["StatusCode"], 404, "there is no such ticket");
    let mut foreign = node.house.try_connect(&url(&fleet, &token).replace("p-1", "p-2")).await.unwrap();
    for action in ["StartMatchBackfill", "StopMatchBackfill", "ActivateGameSession"] {
        let mut asked = backfill.clone();
        asked["GameSessionId"] = arn.clone();
        say(&mut foreign, action, action, asked).await;
        assert_eq!(hear(&mut foreign).await["StatusCode"], 403, "{action} of the game of another");
    }
    say(&mut server, "TerminateServerProcess", "r-8", json!({})).await;
    assert_eq!(hear(&mut server).await["StatusCode"], 200);
    assert_eq!(end(&mut server).await, Some(1000));
    assert!(status(&node.running.realm, &session).await.starts_with("Terminated"));
    assert!(node.house.try_connect(&url(&fleet, &token)).await.is_err(), "its id was used");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_game_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let node = Realmed::open(folder.path()).await;
    let (fleet, token) = node.fleet().await;
    let mut server = node.house.try_connect(&url(&fleet, &token)).await.unwrap();
    say(&mut server, "ActivateServerProcess", "r-1", json!({ "Port": 7777 })).await;
    assert_eq!(hear(&mut server).await["StatusCode"], 200);
    let session = node.create(&fleet).await;
    assert_eq!(hear(&mut server).await["Action"], "CreateGameSession");
    node.house.drain.send_replace(true);
    assert_eq!(end(&mut server).await, Some(1012));
    let Realmed { house, running } = node;
    drop(house);
    tokio::task::spawn_blocking(|| running.stop()).await.unwrap();

    let node = Realmed::open(folder.path()).await;
    let mut server = node.house.try_connect(&url(&fleet, &token)).await.expect("it comes back");
    // Without ActivateServerProcess; the game was not activated yet, so it is told again.
    let push = hear(&mut server).await;
    assert_eq!(push["Action"], "CreateGameSession");
    let activate = json!({ "GameSessionId": push["GameSessionId"] });
    say(&mut server, "ActivateGameSession", "r-2", activate).await;
    assert_eq!(hear(&mut server).await["StatusCode"], 200);
    assert!(status(&node.running.realm, &session).await.starts_with("Active"));
}
