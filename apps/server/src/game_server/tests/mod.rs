//! Sockets over loopback against a realm that follows a script.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use matchwright_engine::{Command, Event, Reply};
use matchwright_gamelift::{Front, FrontSettings};
use matchwright_hosting::{
    Command as Hosted, GameSession, ProcessKey, Push, PushKind, Rejection, Reply as Replied, SessionFields,
    SessionStatus, Token, UpdateReason,
};
use matchwright_model::{GameSessionId, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{Sockets, Switchboard};
use crate::config::{self, Limits};
use crate::http::{App, Certificate, Gate, Served, listen};
use crate::metrics::Recorder;
use crate::realm::ids::Ids;
use crate::realm::message::Message as Asked;
use crate::realm::{Encoder, Realm, Refusal};

mod signed;
mod with_realm;

const QUERY: &str =
    "Authorization=tok-1&ComputeId=c-1&FleetId=fleet-1&pID=p-1&sdkVersion=5.4.0&sdkLanguage=Go";

struct NoEvents;

impl Encoder for NoEvents {
    fn envelope(&self, _: u64, _: &Event) -> String {
        String::new()
    }

    fn notification(&self, _: u64, _: &Event) -> String {
        String::new()
    }
}

/// What the realm was asked, and what it does.
#[derive(Default)]
struct Script {
    asked: Vec<Hosted>,
    /// Pushes of the next connects.
    missed: VecDeque<Vec<Push>>,
    /// Commands that are never answered.
    is_slow: bool,
}

struct House {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
    pushes: mpsc::UnboundedSender<Vec<Push>>,
    drain: watch::Sender<bool>,
    certificate: Arc<Certificate>,
    app: Arc<App>,
    _folder: tempfile::TempDir,
}

type Client<S = TcpStream> = WebSocketStream<S>;

fn key() -> ProcessKey {
    ProcessKey { fleet: "fleet-1".into(), compute: "c-1".into(), id: "p-1".into() }
}

/// The realm: every token but `bad` is right, every command is done.
fn play(asked: Receiver<Asked>, script: &Mutex<Script>) {
    let mut unanswered = Vec::new();
    for message in asked {
        let Asked::Command { command: Command::Hosting(command), reply } = message else { continue };
        let mut script = script.lock().unwrap();
        script.asked.push((*command).clone());
        let outcome = match *command {
            Hosted::ConnectProcess { token, .. } if token.as_deref() == Some("bad") => {
                Err(Refusal::Rejected(matchwright_engine::Rejection::Hosting(Rejection::TokenInvalid)))
            }
            Hosted::ConnectProcess { .. } => {
                Ok(Reply::Hosting(Replied::Connected(script.missed.pop_front().unwrap_or_default())))
            }
            Hosted::IssueToken { fleet, compute } => {
                let token = Token { text: "tok-2".to_string(), expires_at: Timestamp(0) };
                Ok(Reply::Hosting(Replied::Token(fleet, compute, token)))
            }
            _ if script.is_slow => {
                unanswered.push(reply);
                continue;
            }
            _ => Ok(Reply::Hosting(Replied::Done)),
        };
        if let Some(reply) = reply {
            let _ = reply.send(outcome);
        }
    }
}

impl House {
    async fn open(change: impl FnOnce(&mut config::Hosting, &mut super::Settings)) -> Self {
        let (realm, asked) = Realm::scripted(Arc::new(NoEvents));
        let script: Arc<Mutex<Script>> = Arc::default();
        let actor = script.clone();
        std::thread::spawn(move || play(asked, &actor));
        let (pushes, told) = mpsc::unbounded_channel();
        Self { script, ..Self::around(realm, pushes, told, Gate::default(), change).await }
    }

    /// The doors of a realm.
    async fn around(
        realm: Realm,
        pushes: mpsc::UnboundedSender<Vec<Push>>,
        told: mpsc::UnboundedReceiver<Vec<Push>>,
        gate: Gate,
        change: impl FnOnce(&mut config::Hosting, &mut super::Settings),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config::Config { data_dir: folder.path().to_path_buf(), ..Default::default() };
        let mut settings = super::Settings::new(&config.hosting);
        change(&mut config.hosting, &mut settings);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let switchboard = Switchboard::new(realm.clone(), settings.clone());
        tokio::spawn(switchboard.clone().run(told));
        let (drain, draining) = watch::channel(false);
        let certificate = Certificate::open(&config, address).unwrap();
        let sockets = Sockets { settings, ..Sockets::new(&config.hosting) };
        let app = Arc::new(App {
            realms: vec![Arc::new(served(realm, switchboard))],
            gate,
            limits: Limits::default(),
            sockets,
            certificate: certificate.clone(),
            keep_alive: Duration::from_secs(15),
            at_work: AtomicUsize::new(0),
            ids: Mutex::new(Ids::from_system().unwrap()),
            recorder: Recorder::new(),
            is_ready: AtomicBool::new(true),
            draining,
        });
        tokio::spawn(listen(listener, app.clone()));
        Self { address, script: Arc::default(), pushes, drain, certificate, app, _folder: folder }
    }

    async fn plain() -> Self {
        Self::open(|_, _| ()).await
    }

    async fn try_connect(&self, path_and_query: &str) -> Result<Client, Error> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let url = format!("ws://{}{path_and_query}", self.address);
        client_async(url, stream).await.map(|(client, _)| client)
    }

    async fn connect(&self) -> Client {
        self.try_connect(&format!("/game-server?{QUERY}")).await.expect("it is let in")
    }

    fn push(&self, kind: PushKind) {
        self.pushes.send(vec![Push { process: key(), kind }]).unwrap();
    }

    /// The names of the commands so far.
    fn asked(&self) -> Vec<String> {
        let name =
            |command: &Hosted| format!("{command:?}").split([' ', '{', '(']).next().unwrap().to_string();
        self.script.lock().unwrap().asked.iter().map(name).collect()
    }

    async fn until_asked(&self, name: &str) {
        until(name, || self.asked().iter().any(|one| one == name)).await;
    }
}

fn served(realm: Realm, switchboard: Arc<Switchboard>) -> Served {
    let (region, account) = ("us-east-1".to_string(), "123456789012".to_string());
    let front = Front::new(FrontSettings {
        region: region.clone(),
        account: account.clone(),
        lenient_ids: false,
        lenient_latency: false,
        unknown_keys_warn: false,
        game_server_endpoint: String::new(),
    });
    let settings = matchwright_game_server::FrontSettings { region, account, lenient_latency: false };
    Served { realm, front, game_servers: matchwright_game_server::Front::new(settings), switchboard }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited in vain until {what}");
}

async fn say<S>(client: &mut WebSocketStream<S>, action: &str, id: &str, with: Value)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut frame = json!({ "Action": action, "RequestId": id });
    frame.as_object_mut().unwrap().extend(with.as_object().cloned().unwrap_or_default());
    client.send(Message::Text(frame.to_string().into())).await.unwrap();
}

async fn hear<S>(client: &mut WebSocketStream<S>) -> Value
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    loop {
        let frame = tokio::time::timeout(Duration::from_secs(5), client.next()).await.expect("in time");
        match frame.expect("it is open").expect("a frame") {
            Message::Text(text) => return serde_json::from_str(text.as_str()).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("expected a text, found {other:?}"),
        }
    }
}

/// Answers pings for a while and says nothing else.
async fn listen_only(client: &mut Client) {
    let _ = tokio::time::timeout(Duration::from_millis(200), async {
        while let Some(Ok(frame)) = client.next().await {
            assert!(matches!(frame, Message::Ping(_)), "{frame:?}");
        }
    })
    .await;
}

/// How it ended: the close code, or none.
async fn end(client: &mut Client) -> Option<u16> {
    let mut code = None;
    loop {
        match tokio::time::timeout(Duration::from_secs(5), client.next()).await.expect("it ends in time") {
            Some(Ok(Message::Close(Some(frame)))) => code = Some(frame.code.into()),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return code,
        }
    }
}

fn update(id: &str) -> PushKind {
    let PushKind::CreateSession(session) = game(id) else { unreachable!("a game is created") };
    PushKind::UpdateSession { session, reason: UpdateReason::BackfillFailed, backfill: None }
}

fn game(id: &str) -> PushKind {
    let fields = SessionFields::least(4);
    PushKind::CreateSession(Box::new(GameSession {
        id: GameSessionId::from(id),
        fields,
        host: matchwright_hosting::Host::Process(key()),
        location: "custom-1".into(),
        ip: "127.0.0.1".to_string(),
        dns: None,
        port: 7777,
        status: SessionStatus::Activating { by: Timestamp(1) },
        created_at: Timestamp(0),
        placement: None,
        roster: None,
        update: None,
        players: Vec::new(),
        occupied: 0,
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_life_from_connect_to_close() {
    let house = House::plain().await;
    let mut client = house.connect().await;
    say(&mut client, "ActivateServerProcess", "r-1", json!({ "Port": 7777 })).await;
    house.until_asked("ReadyProcess").await;
    house.push(game("fleet-1/custom-1/gsess-1"));
    let answer = json!({ "Action": "ActivateServerProcess", "RequestId": "r-1", "StatusCode": 200 });
    assert_eq!(hear(&mut client).await, answer, "the answer comes before the game");
    say(&mut client, "HeartbeatServerProcess", "r-2", json!({ "HealthStatus": true })).await;
    // In either order.
    let both = [hear(&mut client).await, hear(&mut client).await];
    assert!(both.iter().any(|one| one["Action"] == "CreateGameSession"), "{both:?}");
    assert!(both.iter().any(|one| one["RequestId"] == "r-2"), "{both:?}");
    say(&mut client, "TerminateServerProcess", "r-3", json!({})).await;
    assert_eq!(hear(&mut client).await["StatusCode"], 200);
    house.push(PushKind::Close);
    assert_eq!(end(&mut client).await, Some(1000));
    assert_eq!(
        house.asked(),
        ["ConnectProcess", "ReadyProcess", "EndProcess"],
        "an ended process is not lost"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_game_waits_for_a_process_that_sends_no_heartbeat() {
    let house = House::plain().await;
    let mut client = house.connect().await;
    say(&mut client, "ActivateServerProcess", "r-1", json!({ "Port": 7777 })).await;
    assert_eq!(hear(&mut client).await["StatusCode"], 200);
    let answered = std::time::Instant::now();
    house.push(game("g-1"));
    assert_eq!(hear(&mut client).await["Action"], "CreateGameSession");
    assert!(answered.elapsed() >= Duration::from_millis(200), "{:?}", answered.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_form_is_taken_and_no_other() {
    let house = House::plain().await;
    for path in ["/game-server", "/game-server/", "/"] {
        assert!(house.try_connect(&format!("{path}?{QUERY}")).await.is_ok(), "{path}");
    }
    let Err(Error::Http(response)) = house.try_connect(&format!("/elsewhere?{QUERY}")).await else {
        panic!("it was let in")
    };
    assert_eq!(response.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_refused_before_the_upgrade() {
    let house = House::plain().await;
    let refused = |error| match error {
        Err(Error::Http(response)) => {
            let body = response.body().clone().unwrap_or_default();
            (response.status().as_u16(), String::from_utf8(body).unwrap())
        }
        other => panic!("it was let in: {other:?}"),
    };
    let (status, body) = refused(house.try_connect(&format!("/?{}", QUERY.replace("tok-1", "bad"))).await);
    assert!(status == 403 && body.contains("GetComputeAuthToken"), "{status} {body}");
    let (status, body) = refused(house.try_connect("/?FleetId=fleet-1").await);
    assert!(status == 403 && body.contains("ComputeId"), "{status} {body}");
    assert_eq!(house.asked(), ["ConnectProcess"], "who was not let in is not gone either");
    assert!(house.app.recorder.render().contains("matchwright_game_server_refused_total{status=\"403\"} 2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_and_plain_share_the_port() {
    let house = House::plain().await;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(house.certificate.file()).unwrap()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let versions = [
        (&tokio_rustls::rustls::version::TLS12, "127.0.0.1"),
        (&tokio_rustls::rustls::version::TLS13, "localhost"),
    ];
    for (version, name) in versions {
        let client = ClientConfig::builder_with_provider(provider.clone()).with_protocol_versions(&[version]);
        let client = client.unwrap().with_root_certificates(roots.clone()).with_no_client_auth();
        let stream = TcpStream::connect(house.address).await.unwrap();
        let name = ServerName::try_from(name).unwrap();
        let stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap();
        let url = format!("ws://{}/game-server/?{QUERY}", house.address);
        let (mut client, _) = client_async(url, stream).await.unwrap();
        say(&mut client, "GetFleetRoleCredentials", "r-1", json!({})).await;
        assert_eq!(hear(&mut client).await["AccessKeyId"], "");
    }
    house.connect().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_socket_that_goes_disconnects_the_process() {
    let house = House::plain().await;
    let first = house.connect().await;
    let second = house.connect().await;
    drop(first);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(house.asked(), ["ConnectProcess", "ConnectProcess"]);
    drop(second);
    house.until_asked("DisconnectProcess").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_socket_gets_the_pushes_and_the_older_one_no_close_frame() {
    let house = House::open(|_, settings| {
        settings.superseded = Duration::from_millis(300);
        settings.token_life = Duration::from_millis(400);
    })
    .await;
    let mut older = house.connect().await;
    house.push(game("g-1"));
    assert_eq!(hear(&mut older).await["Action"], "CreateGameSession");
    assert_eq!(hear(&mut older).await["Action"], "RefreshConnection");
    // The realm cannot know that the older one heard it, and would tell the newer one.
    house.script.lock().unwrap().missed.push_back(vec![Push { process: key(), kind: game("g-1") }]);
    let mut newer = house.try_connect(&format!("/?{}", QUERY.replace("tok-1", "tok-2"))).await.unwrap();
    house.push(PushKind::Terminate { by: Timestamp(7) });
    let terminate = json!({ "Action": "TerminateProcess", "TerminationTime": 7 });
    assert_eq!(hear(&mut newer).await, terminate, "the game was started already");
    // Asked on the older one still, answered there.
    say(&mut older, "HeartbeatServerProcess", "r-1", json!({ "HealthStatus": true })).await;
    assert_eq!(hear(&mut older).await["StatusCode"], 200);
    assert_eq!(end(&mut older).await, None, "its connection is dropped without a word");
    say(&mut newer, "HeartbeatServerProcess", "r-2", json!({ "HealthStatus": true })).await;
    assert_eq!(hear(&mut newer).await["StatusCode"], 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_pushed_into_a_dead_socket_is_told_again() {
    let house = House::plain().await;
    let (game, update) = (game("g-1"), update("g-1"));
    let mut dead = house.connect().await;
    for push in [&game, &update] {
        house.push(push.clone());
        // It arrives, but nobody can know that.
        hear(&mut dead).await;
    }
    house.script.lock().unwrap().missed.push_back(vec![Push { process: key(), kind: game }]);
    // The SDK noticed before we did, and comes with the same URL.
    let mut client = house.connect().await;
    assert_eq!(hear(&mut client).await["Action"], "CreateGameSession");
    assert_eq!(hear(&mut client).await["UpdateReason"], "BACKFILL_FAILED");
    // Both are gone; the game is active by now.
    drop((dead, client));
    house.until_asked("DisconnectProcess").await;
    assert_eq!(hear(&mut house.connect().await).await["UpdateReason"], "BACKFILL_FAILED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_is_not_told_again() {
    let house = House::open(|_, settings| settings.receipt = Duration::from_millis(20)).await;
    let mut first = house.connect().await;
    for push in [game("g-1"), update("g-1")] {
        house.push(push);
        hear(&mut first).await;
    }
    listen_only(&mut first).await;
    drop(first);
    house.until_asked("DisconnectProcess").await;
    house.script.lock().unwrap().missed.push_back(vec![Push { process: key(), kind: game("g-1") }]);
    let mut client = house.connect().await;
    house.push(PushKind::Terminate { by: Timestamp(7) });
    assert_eq!(hear(&mut client).await["Action"], "TerminateProcess");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_connects_on_and_on_keeps_two_sockets() {
    let house = House::plain().await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(house.connect().await);
    }
    until("the older ones are dropped", || house.app.sockets.open() == 2).await;
    let mut newest = sockets.pop().unwrap();
    say(&mut newest, "HeartbeatServerProcess", "r-1", json!({ "HealthStatus": true })).await;
    assert_eq!(hear(&mut newest).await["StatusCode"], 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_is_told_what_it_missed() {
    let house = House::plain().await;
    drop(house.connect().await);
    house.until_asked("DisconnectProcess").await;
    house.script.lock().unwrap().missed.push_back(vec![Push { process: key(), kind: game("g-1") }]);
    let mut client = house.connect().await;
    assert_eq!(
        hear(&mut client).await["GameSessionId"],
        format!("arn:aws:gamelift:us-east-1:123456789012:gamesession/{}", "g-1")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_asked_once_and_answered_twice() {
    let house = House::plain().await;
    let mut client = house.connect().await;
    for _ in 0..2 {
        say(&mut client, "ActivateGameSession", "r-1", json!({ "GameSessionId": "g-1" })).await;
        assert_eq!(hear(&mut client).await["StatusCode"], 200);
    }
    // Also after the connection broke.
    drop(client);
    house.until_asked("DisconnectProcess").await;
    let mut client = house.connect().await;
    say(&mut client, "ActivateGameSession", "r-1", json!({ "GameSessionId": "g-1" })).await;
    assert_eq!(hear(&mut client).await["StatusCode"], 200);
    assert_eq!(house.asked().iter().filter(|one| *one == "ActivateSession").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_understood_is_answered_and_disturbs_nothing() {
    let house = House::plain().await;
    let mut client = house.connect().await;
    client.send(Message::Binary(vec![1, 2, 3].into())).await.unwrap();
    client.send(Message::Text("hello".into())).await.unwrap();
    assert_eq!(hear(&mut client).await["StatusCode"], 400);
    say(&mut client, "Dance", "r-1", json!({})).await;
    let answer = hear(&mut client).await;
    assert_eq!(
        (&answer["Action"], &answer["RequestId"], &answer["StatusCode"]),
        (&json!("Dance"), &json!("r-1"), &json!(400))
    );
    say(&mut client, "HeartbeatServerProcess", "r-2", json!({ "HealthStatus": true })).await;
    assert_eq!(hear(&mut client).await["StatusCode"], 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_message_ends_its_socket_and_no_other() {
    let house = House::open(|_, settings| settings.message_bytes = 10_000).await;
    let mut huge = house.connect().await;
    let mut other = house.try_connect(&format!("/?{}", QUERY.replace("p-1", "p-2"))).await.unwrap();
    huge.send(Message::Text("x".repeat(10_001).into())).await.unwrap();
    assert_eq!(end(&mut huge).await, Some(1009));
    say(&mut other, "HeartbeatServerProcess", "r-1", json!({ "HealthStatus": true })).await;
    assert_eq!(hear(&mut other).await["StatusCode"], 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_are_answered_429() {
    let house = House::plain().await;
    let mut client = house.connect().await;
    let mut statuses = Vec::new();
    for number in 0..5 {
        say(&mut client, "ActivateGameSession", &format!("r-{number}"), json!({ "GameSessionId": "g-1" }))
            .await;
        statuses.push(hear(&mut client).await["StatusCode"].as_u64().unwrap());
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_answers_keep_neither_pings_nor_others_waiting() {
    let house = House::open(|_, settings| {
        settings.requests_per_socket = 2;
        settings.has_rate_limits = false;
    })
    .await;
    house.script.lock().unwrap().is_slow = true;
    let mut client = house.connect().await;
    for number in 0..3 {
        say(&mut client, "ActivateGameSession", &format!("r-{number}"), json!({ "GameSessionId": "g-1" }))
            .await;
    }
    let answer = hear(&mut client).await;
    assert_eq!((&answer["RequestId"], &answer["StatusCode"]), (&json!("r-2"), &json!(429)));
    client.send(Message::Ping(b"x".to_vec().into())).await.unwrap();
    let pong = tokio::time::timeout(Duration::from_secs(1), client.next()).await.unwrap();
    assert!(matches!(pong, Some(Ok(Message::Pong(_)))), "{pong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_bad_heartbeats_or_silence_are_reported() {
    let house = House::open(|_, settings| settings.heartbeat = Duration::from_secs(3600)).await;
    let mut client = house.connect().await;
    // The watch looks every 5 s; a shorter silence is another house.
    for number in 0..3 {
        say(&mut client, "HeartbeatServerProcess", &format!("r-{number}"), json!({ "HealthStatus": false }))
            .await;
        assert_eq!(hear(&mut client).await["StatusCode"], 200);
    }
    house.until_asked("ReportUnhealthy").await;
    let house = House::open(|_, settings| {
        settings.heartbeat = Duration::from_millis(100);
        settings.heartbeat_jitter = Duration::from_millis(50);
    })
    .await;
    let _silent = house.connect().await;
    house.until_asked("ReportUnhealthy").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_open_connection_is_dropped() {
    let house = House::open(|_, settings| settings.ping = Duration::from_millis(50)).await;
    let client = house.connect().await;
    // It is not read, so no ping is answered.
    house.until_asked("DisconnectProcess").await;
    drop(client);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_given_up() {
    for flood in [Message::Ping(vec![7; 125].into()), Message::Text("x".repeat(1000).into())] {
        let house = House::open(|_, settings| settings.patience = Duration::from_millis(300)).await;
        let (mut client, _unread) = house.connect().await.split();
        let sending = async { while client.feed(flood.clone()).await.is_ok() {} };
        tokio::time::timeout(Duration::from_secs(20), sending).await.expect("its connection is cut");
        house.until_asked("DisconnectProcess").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_sent_to_a_new_connection_before_its_token_ends() {
    let house = House::open(|_, settings| settings.token_life = Duration::from_millis(400)).await;
    let mut client = house.connect().await;
    let refresh = hear(&mut client).await;
    let endpoint = format!("ws://{}/game-server", house.address);
    let expected =
        json!({ "Action": "RefreshConnection", "RefreshConnectionEndpoint": endpoint, "AuthToken": "tok-2" });
    assert_eq!(refresh, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_closes_with_1012_and_reports_nobody_lost() {
    let house = House::plain().await;
    let mut client = house.connect().await;
    house.drain.send_replace(true);
    assert_eq!(end(&mut client).await, Some(1012));
    let sockets = house.app.sockets.closed();
    tokio::time::timeout(Duration::from_secs(5), sockets).await.expect("all are closed");
    assert_eq!(house.asked(), ["ConnectProcess"], "its time to come back begins with the next start");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_sockets_than_allowed_are_refused() {
    let house = House::open(|hosting, _| hosting.sockets = 1).await;
    let _first = house.connect().await;
    let Err(Error::Http(response)) = house.try_connect(&format!("/?{QUERY}")).await else {
        panic!("it was let in")
    };
    assert_eq!(response.status(), 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_no_tls_handshake() {
    let house = House::plain().await;
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, &[0x16, 3, 1]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    house.drain.send_replace(true);
    let mut byte = [0];
    let cut = tokio::io::AsyncReadExt::read(&mut stream, &mut byte);
    let cut = tokio::time::timeout(Duration::from_secs(5), cut).await.expect("in time");
    assert!(matches!(cut, Ok(0) | Err(_)), "{cut:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_repeats_its_request_waits_for_it_once() {
    let house = House::open(|_, settings| settings.has_rate_limits = false).await;
    house.script.lock().unwrap().is_slow = true;
    let mut client = house.connect().await;
    for _ in 0..100 {
        say(&mut client, "ActivateGameSession", "r-1", json!({ "GameSessionId": "g-1" })).await;
    }
    say(&mut client, "HeartbeatServerProcess", "r-2", json!({ "HealthStatus": true })).await;
    assert_eq!(hear(&mut client).await["RequestId"], "r-2");
    let switchboard = &house.app.realms[0].switchboard;
    assert_eq!(switchboard.with(&key(), |line| line.waiting()), Some(1));
}
