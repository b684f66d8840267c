//! Talking HTTP: permit, request, classify, bounded retry.

mod secret;

pub use secret::{SecretError, SecretRef};

use std::path::PathBuf;

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
