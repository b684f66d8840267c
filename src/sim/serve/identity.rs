//! Who a server says it is, to callers who insist on `https`.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, UnixTime};
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use tokio_rustls::rustls::time_provider::TimeProvider;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, version};

use crate::sim::clock::Clock;

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

/// Whose certificates a server asks its callers for.
#[derive(Debug, Clone, Default)]
pub struct Guests {
    /// Who vouches for them: certificates in DER, of authorities or of the callers themselves.
    pub roots: Vec<Vec<u8>>,
    /// Whether the handshake ends without one.
    pub required: bool,
    /// The clock by which they expire.
    pub clock: Clock,
}

/// The certificate that a caller showed, DER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer(pub Arc<Vec<u8>>);

/// A simulator's clock, for certificates.
#[derive(Debug)]
struct Time(Clock);

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let since = u64::try_from(self.0.now().timestamp()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(since)))
    }
}

impl Guests {
    fn verifier(&self, provider: &Arc<CryptoProvider>) -> io::Result<Arc<dyn ClientCertVerifier>> {
        let mut roots = RootCertStore::empty();
        for root in &self.roots {
            roots.add(root.clone().into()).map_err(invalid)?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
        let verifier = if self.required {
            verifier
        } else {
            verifier.allow_unauthenticated()
        };
        verifier.build().map_err(invalid)
    }
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}

impl Identity {
    /// What shakes hands in its name, by TLS 1.2 or 1.3.
    pub(super) fn acceptor(&self, guests: Option<&Guests>) -> io::Result<TlsAcceptor> {
        let key = PrivateKeyDer::Pkcs8(self.key.clone().into());
        let provider = Arc::new(aws_lc_rs::default_provider());
        let time = Time(guests.map(|guests| guests.clock.clone()).unwrap_or_default());
        let config = ServerConfig::builder_with_details(Arc::clone(&provider), Arc::new(time))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(invalid)?;
        let config = match guests {
            Some(guests) => config.with_client_cert_verifier(guests.verifier(&provider)?),
            None => config.with_no_client_auth(),
        };
        let mut config = config
            .with_single_cert(vec![self.certificate.clone().into()], key)
            .map_err(invalid)?;
        if guests.is_some() {
            // A session taken up again would bring its certificate along unverified.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
