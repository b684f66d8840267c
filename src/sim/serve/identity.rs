//! Who a server says it is, to callers who insist on `https`.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, version};

/// A certificate and its key.
#[derive(Clone)]
pub struct Identity {
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// Its key, PKCS #8, DER.
    pub key: Vec<u8>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl Identity {
    /// What shakes hands in its name, by TLS 1.2 or 1.3.
    pub(super) fn acceptor(&self) -> io::Result<TlsAcceptor> {
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        let key = PrivateKeyDer::Pkcs8(self.key.clone().into());
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(invalid)?
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone().into()], key)
            .map_err(invalid)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
