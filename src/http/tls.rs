//! The service's certificate, which may be replaced while it runs, and what it agrees to: TLS 1.2 and 1.3, HTTP/2 and
//! HTTP/1.1.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info};

use crate::http::settings::ListenSettings;

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file of the certificate cannot be read.
    #[error("{}: {source}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// The file of the key cannot be read.
    #[error("{}: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// They do not go together, or are of a kind that is not known.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// What TLS connections are made with.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ServerConfig>,
    identity: Arc<Identity>,
}

/// Certificate and key, as last read.
#[derive(Debug)]
struct Identity {
    settings: ListenSettings,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Tls {
    /// Reads certificate and key. Whether the certificate is still valid is not checked.
    pub fn load(settings: &ListenSettings) -> Result<Self, TlsError> {
        let current = RwLock::new(Arc::new(read(settings)?));
        let identity = Arc::new(Identity { settings: settings.clone(), current });
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Identity>::clone(&identity));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), identity })
    }

    /// What it agrees to.
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// Reads certificate and key anew at each `SIGHUP` from now on, for connections from then on. What cannot be used leaves
    /// things as they are. Must be called within the runtime.
    pub fn reload_on_hangup(self) -> io::Result<()> {
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            while hangup.recv().await.is_some() {
                self.identity.reload();
            }
        });
        Ok(())
    }
}

impl Identity {
    fn reload(&self) {
        match read(&self.settings) {
            Ok(read) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
                info!("TLS certificate read anew");
            }
            Err(error) => error!(%error, "TLS certificate cannot be used; the one read before stays in use"),
        }
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn read(settings: &ListenSettings) -> Result<CertifiedKey, TlsError> {
    let path = &settings.certificate;
    let certificate = |source| TlsError::Certificate { path: path.clone(), source };
    let chain = CertificateDer::pem_file_iter(path).map_err(certificate)?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(certificate)?;
    if chain.is_empty() {
        return Err(certificate(pem::Error::NoItemsFound));
    }
    let path = &settings.private_key;
    let key = PrivateKeyDer::from_pem_file(path).map_err(|source| TlsError::Key { path: path.clone(), source })?;
    Ok(CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?)
}
