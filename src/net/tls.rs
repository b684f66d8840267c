//! TLS: 1.2 or newer, the system's authorities, beside them a private one and a client certificate.

use std::path::{Path, PathBuf};

use reqwest::{Certificate, ClientBuilder, Identity};
use secrecy::ExposeSecret;

use super::{SecretRef, codes};
use crate::model::Trouble;

/// A `tls` section.
#[derive(Debug, Clone, Default)]
pub struct TlsSettings {
    /// PEM file of certificate authorities to trust beside the system's.
    pub ca: Option<PathBuf>,
    /// PEM file of a client certificate.
    pub client_certificate: Option<PathBuf>,
    /// Its private key.
    pub client_key: Option<SecretRef>,
}

impl TlsSettings {
    /// Whether nothing is set.
    pub fn is_default(&self) -> bool {
        self.ca.is_none() && self.client_certificate.is_none() && self.client_key.is_none()
    }
}

impl TlsSettings {
    pub(super) fn apply(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, Trouble> {
        builder = builder.tls_version_min(reqwest::tls::Version::TLS_1_2);
        if let Some(path) = &self.ca {
            builder = builder.tls_certs_merge(authorities(path)?);
        }
        if let Some(identity) = self.identity()? {
            builder = builder.identity(identity);
        }
        Ok(builder)
    }

    fn identity(&self) -> Result<Option<Identity>, Trouble> {
        let (certificate, key) = match (&self.client_certificate, &self.client_key) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => (certificate, key),
            (Some(_), None) | (None, Some(_)) => {
                return Err(
                    codes::TLS_FILES.stop("`client_certificate` and `client_key` are needed both or not at all")
                );
            }
        };
        let mut pem = read(certificate)?;
        let key = key.read().map_err(|error| codes::TLS_FILES.stop(error.to_string()))?;
        pem.push(b'\n');
        pem.extend_from_slice(key.expose_secret().as_bytes());
        // The library's words may quote the file: only the path is told.
        Identity::from_pem(&pem).map(Some).map_err(|_| {
            codes::TLS_FILES.stop(format!(
                "client certificate {} and its key are not a PEM pair",
                certificate.display()
            ))
        })
    }
}

fn authorities(path: &Path) -> Result<Vec<Certificate>, Trouble> {
    let found = Certificate::from_pem_bundle(&read(path)?).unwrap_or_default();
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
        let missing = settings.apply(reqwest::Client::builder()).unwrap_err();
        assert!(missing.seen.contains("ca.pem"), "{missing}");
        std::fs::write(&path, "not a certificate").unwrap();
        let empty = settings.apply(reqwest::Client::builder()).unwrap_err();
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
