//! TLS on the same port: the certificate, our own or a configured one, and its renewal while the node runs.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::config::Config;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Why there is no certificate. For the operator.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{path}: cannot be read: {why}; correct [tls] or the file [N111]")]
    Unreadable { path: String, why: String },
    #[error("{path}: is not the key of the certificate: {why}; correct [tls] or the files [N112]")]
    Unfit { path: String, why: String },
    #[error("{path}: a certificate could not be made there: {why}; configure [tls] [N113]")]
    NotMade { path: String, why: String },
}

/// The certificate in force. Handshakes take it from here, so that another can come while the node runs.
#[derive(Debug)]
pub(crate) struct Certificate {
    files: [PathBuf; 2],
    in_force: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    /// The configured one, or our own, made at the first start.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn open(config: &Config, address: SocketAddr) -> Result<Arc<Self>, TlsError> {
        let files = match config.tls.is_configured() {
            true => [config.tls.certificate.clone(), config.tls.key.clone()],
            false => {
                let folder = config.data_dir.join("tls");
                let files = [folder.join("certificate.pem"), folder.join("key.pem")];
                if !files.iter().all(|file| file.exists()) {
                    make(&folder, &files, &names(config, address))?;
                }
                files
            }
        };
        let in_force = RwLock::new(Arc::new(read(&files)?));
        Ok(Arc::new(Self { files, in_force }))
    }

    pub fn file(&self) -> &Path {
        &self.files[0]
    }

    /// TLS 1.2 for the SDKs of C++ and C#, 1.3 for others.
    pub fn acceptor(self: &Arc<Self>) -> TlsAcceptor {
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("the provider knows both versions");
        let mut config = builder.with_no_client_auth().with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }

    /// Reads the files again whenever they change. What cannot be used is logged, and the old one stays.
    pub async fn watch(self: Arc<Self>) {
        let mut seen = self.changed_at();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = self.changed_at();
            if now != seen {
                seen = now;
                self.reload();
            }
        }
    }

    fn reload(&self) {
        match read(&self.files) {
            Ok(key) => {
                *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
                tracing::info!("the certificate {} was read again", self.file().display());
            }
            Err(error) => tracing::error!("{error}; the old certificate stays in force"),
        }
    }

    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        let at = |file: &PathBuf| std::fs::metadata(file).and_then(|found| found.modified()).ok();
        [at(&self.files[0]), at(&self.files[1])]
    }
}

impl ResolvesServerCert for Certificate {
    /// The same for every name: some SDKs name an IP address, which is no name.
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.in_force.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn read([certificate, key]: &[PathBuf; 2]) -> Result<CertifiedKey, TlsError> {
    let unreadable =
        |path: &Path, why: String| TlsError::Unreadable { path: path.display().to_string(), why };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(unreadable(certificate, "expected a PEM certificate, found none".to_string()));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, error.to_string()))?;
    CertifiedKey::from_der(chain, secret, &provider())
        .map_err(|error| TlsError::Unfit { path: key.display().to_string(), why: error.to_string() })
}

/// Whom our own certificate is for.
fn names(config: &Config, address: SocketAddr) -> Vec<String> {
    let mut names = vec!["localhost".to_string(), "127.0.0.1".to_string(), "::1".to_string()];
    if !address.ip().is_unspecified() {
        names.push(address.ip().to_string());
    }
    names.extend(host_of(&config.hosting.public_endpoint));
    names.sort();
    names.dedup();
    names
}

fn host_of(endpoint: &str) -> Option<String> {
    let uri: http::Uri = endpoint.parse().ok()?;
    let host = uri.host()?.trim_matches(['[', ']']);
    let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    (is_name || host.parse::<IpAddr>().is_ok()).then(|| host.to_string())
}

fn make(folder: &Path, files: &[PathBuf; 2], names: &[String]) -> Result<(), TlsError> {
    let failed = |why: String| TlsError::NotMade { path: folder.display().to_string(), why };
    let made = rcgen::generate_simple_self_signed(names).map_err(|error| failed(error.to_string()))?;
    std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    // The key first: a certificate without its key is made again.
    let texts = [(&files[1], made.signing_key.serialize_pem()), (&files[0], made.cert.pem())];
    for (file, text) in texts {
        write_private(file, &text).map_err(|error| failed(error.to_string()))?;
    }
    Ok(())
}

/// Whole or not at all: half a certificate would keep the node from starting.
fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    let beside = file.with_added_extension("new");
    let mut open = std::fs::OpenOptions::new();
    let mut opened = open.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    opened.write_all(text.as_bytes())?;
    opened.sync_all()?;
    std::fs::rename(beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(folder: &Path) -> Config {
        Config { data_dir: folder.to_path_buf(), ..Config::default() }
    }

    const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

    #[test]
    fn our_own_certificate_is_made_once_and_its_key_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let first = Certificate::open(&config(folder.path()), ADDRESS).unwrap();
        let text = std::fs::read_to_string(first.file()).unwrap();
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&first.files[1]).unwrap());
        assert_eq!(mode & 0o777, 0o600);
        let again = Certificate::open(&config(folder.path()), ADDRESS).unwrap();
        assert_eq!(std::fs::read_to_string(again.file()).unwrap(), text);
    }

    #[test]
    fn another_certificate_is_taken_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let certificate = Certificate::open(&config(folder.path()), ADDRESS).unwrap();
        let in_force = || certificate.in_force.read().unwrap().cert[0].clone();
        let first = in_force();
        make(&folder.path().join("tls"), &certificate.files, &["localhost".to_string()]).unwrap();
        certificate.reload();
        let second = in_force();
        assert_ne!(second, first);
        std::fs::write(certificate.file(), "nonsense").unwrap();
        certificate.reload();
        assert_eq!(in_force(), second);
        let refused = Certificate::open(&config(folder.path()), ADDRESS).unwrap_err();
        assert!(refused.to_string().contains("[N111]"), "{refused}");
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let certificate = Certificate::open(&config(folder.path()), ADDRESS).unwrap();
        let other = rcgen::KeyPair::generate().unwrap();
        std::fs::write(&certificate.files[1], other.serialize_pem()).unwrap();
        let refused = Certificate::open(&config(folder.path()), ADDRESS).unwrap_err();
        assert!(refused.to_string().contains("[N112]"), "{refused}");
    }

    #[test]
    fn the_host_of_the_public_endpoint_is_among_the_names() {
        assert_eq!(host_of("wss://games.example.com:4600/x").as_deref(), Some("games.example.com"));
        assert_eq!(host_of("ws://[::1]:4600").as_deref(), Some("::1"));
        assert_eq!(host_of(""), None);
    }
}
