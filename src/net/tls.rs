//! TLS: 1.2 or newer, the system's authorities, beside them a private one and a client certificate.

mod problem;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ClientConfig, version};

pub(super) use problem::explain;
pub(super) use verify::names;

use self::verify::Explaining;
use super::{SecretRef, codes};
use crate::model::Trouble;

type Chain = Vec<CertificateDer<'static>>;

/// A `tls` section.
#[derive(Debug, Clone, Default)]
pub struct TlsSettings {
    /// PEM file of certificate authorities to trust beside the system's.
    pub ca: Option<PathBuf>,
    /// PEM file of a client certificate.
    pub client_certificate: Option<PathBuf>,
    /// Its private key.
    pub client_key: Option<SecretRef>,
    /// When the certificate ends that the file held as it was read, and that is shown until it is read again.
    pub client_certificate_ends: Option<DateTime<Utc>>,
}

impl TlsSettings {
    /// Whether nothing is set.
    pub fn is_default(&self) -> bool {
        self.ca.is_none() && self.client_certificate.is_none() && self.client_key.is_none()
    }
}

impl TlsSettings {
    /// What every connection is made with: 1.2 or newer, the system's authorities beside our own.
    pub(super) fn config(&self) -> Result<ClientConfig, Trouble> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let authorities = self.ca.as_deref().map(certificates).transpose()?.unwrap_or_default();
        let verifier = Explaining::new(authorities, Arc::clone(&provider)).map_err(|error| self.no_verifier(&error))?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(|error| codes::CLIENT.stop(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match self.identity()? {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(|_| self.no_pair())?,
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn no_verifier(&self, error: &rustls::Error) -> Trouble {
        match &self.ca {
            Some(path) => codes::TLS_FILES.stop(format!("{}: {error}", path.display())),
            None => codes::CLIENT.stop(error.to_string()),
        }
    }

    fn identity(&self) -> Result<Option<(Chain, PrivateKeyDer<'static>)>, Trouble> {
        let (certificate, key) = match (&self.client_certificate, &self.client_key) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => (certificate, key),
            (Some(_), None) | (None, Some(_)) => {
                return Err(
                    codes::TLS_FILES.stop("`client_certificate` and `client_key` are needed both or not at all")
                );
            }
        };
        let chain = certificates(certificate)?;
        let key = key.read().map_err(|error| codes::TLS_FILES.stop(error.to_string()))?;
        // The library's words may quote the file: only the path is told.
        let key = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes()).map_err(|_| self.no_pair())?;
        Ok(Some((chain, key)))
    }

    fn no_pair(&self) -> Trouble {
        let path = self.client_certificate.clone().unwrap_or_default();
        codes::TLS_FILES.stop(format!(
            "client certificate {} and its key are not a PEM pair",
            path.display()
        ))
    }
}

fn certificates(path: &Path) -> Result<Chain, Trouble> {
    let pem = read(path)?;
    let found: Result<Chain, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.unwrap_or_default();
    if found.is_empty() {
        return Err(codes::TLS_FILES.stop(format!("{} holds no PEM certificate", path.display())));
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    std::fs::read(path).map_err(|error| codes::TLS_FILES.stop(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        let settings = TlsSettings {
            ca: Some(path.clone()),
            ..TlsSettings::default()
        };
        let missing = settings.config().unwrap_err();
        assert!(missing.seen.contains("ca.pem"), "{missing}");
        std::fs::write(&path, "not a certificate").unwrap();
        let empty = settings.config().unwrap_err();
        assert!(empty.seen.contains("holds no PEM certificate"), "{empty}");
    }

    #[test]
    fn a_certificate_without_its_key_is_refused() {
        let settings = TlsSettings {
            client_certificate: Some("client.pem".into()),
            ..TlsSettings::default()
        };
        assert_eq!(settings.identity().unwrap_err().code, codes::TLS_FILES.id);
    }
}
