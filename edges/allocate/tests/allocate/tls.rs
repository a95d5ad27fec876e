//! The allocator service's way in: a certificate on both sides, each replaced while it runs.

use std::collections::VecDeque;
use std::io::BufReader;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use matchwright_allocate::{Agones, Allocator, Api, Client, ClientOptions, Failure};
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::json;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::service::{Act, agones_options, options, request, serve};

/// An authority of our own.
struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    fn issue(&self, name: &str) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_string()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        roots
    }
}

/// A service that lets nobody in without a certificate of `clients`.
fn start(servers: &Authority, clients: &Authority) -> String {
    let (certificate, key) = servers.issue("localhost");
    let verifier = WebPkiClientVerifier::builder(Arc::new(clients.roots())).build().unwrap();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder().with_client_cert_verifier(verifier);
    let config = Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let found = json!({ "address": "192.0.2.8", "ports": [{ "name": "default", "port": 7463 }] }).to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let script = Mutex::new(VecDeque::from([Act::Answer(200, found.clone())]));
            let stream = BufReader::new(StreamOwned::new(connection, stream));
            std::thread::spawn(move || serve(stream, &script, &Mutex::default()));
        }
    });
    url
}

/// Writes what a client needs that trusts `servers` and has a certificate of `clients`.
fn write(folder: &Path, servers: &Authority, clients: &Authority) {
    let (certificate, key) = clients.issue("matchwright");
    std::fs::write(folder.join("ca.pem"), servers.certificate.pem()).unwrap();
    std::fs::write(folder.join("client.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("client-key.pem"), key.serialize_pem()).unwrap();
}

fn agones(folder: &Path, url: &str) -> Agones {
    let client = Client::new(ClientOptions {
        timeout: Duration::from_secs(5),
        ca_file: Some(folder.join("ca.pem")),
        certificate_file: Some(folder.join("client.pem")),
        key_file: Some(folder.join("client-key.pem")),
        ..options(url)
    });
    Agones::new(client.unwrap(), agones_options(Api::Allocator))
}

#[test]
fn a_client_certificate_opens_the_door_and_a_foreign_one_does_not() {
    let (servers, clients, strangers) = (Authority::new(), Authority::new(), Authority::new());
    let url = start(&servers, &clients);
    let folder = tempfile::tempdir().unwrap();
    let answer = |servers, clients| {
        write(folder.path(), servers, clients);
        agones(folder.path(), &url).allocate(&request())
    };
    assert_eq!(answer(&servers, &clients).unwrap().port, 7463);
    let refused = answer(&servers, &strangers);
    assert!(matches!(refused, Err(Failure::Unanswered(_))), "{refused:?}");
    let distrusted = answer(&strangers, &clients);
    assert!(matches!(distrusted, Err(Failure::Unanswered(_))), "{distrusted:?}");
}

#[test]
fn certificates_are_read_again_when_they_were_replaced() {
    let (servers, clients, strangers) = (Authority::new(), Authority::new(), Authority::new());
    let url = start(&servers, &clients);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &servers, &strangers);
    let agones = agones(folder.path(), &url);
    assert!(agones.allocate(&request()).is_err());
    // The time of a file may be no finer than this.
    std::thread::sleep(Duration::from_millis(20));
    write(folder.path(), &servers, &clients);
    assert_eq!(agones.allocate(&request()).unwrap().port, 7463);
}

#[test]
fn a_file_that_holds_something_else_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, "nothing").unwrap();
    let client = Client::new(ClientOptions { ca_file: Some(file), ..options("https://localhost:1") });
    let why = client.err().expect("it is no certificate").to_string();
    assert!(why.contains("ca.pem") && why.contains("a certificate in PEM"), "{why}");
}
