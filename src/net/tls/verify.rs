//! The platform's judgement of a certificate, with what a person needs to know if nobody known has signed it.

use std::fmt;
use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use x509_parser::certificate::X509Certificate;

/// Whose certificate it is, for somebody who may know the names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::net) struct Names {
    /// `CN=contoso.example`.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// `2026-11-20`.
    pub ends: String,
}

/// A certificate that leads to no authority we know.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Untrusted {
    pub names: Names,
    /// The name is wrong too: mending the trust alone would not do.
    pub name: Option<CertificateError>,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nobody known has signed the certificate of {}", self.names.subject)
    }
}

impl std::error::Error for Untrusted {}

/// Whose certificate this is; `None` if it cannot be read.
pub(in crate::net) fn names(certificate: &CertificateDer<'_>) -> Option<Names> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let shown = |name: String| {
        if name.is_empty() {
            "nobody named".to_owned()
        } else {
            name
        }
    };
    Some(Names {
        subject: shown(certificate.subject().to_string()),
        issuer: shown(certificate.issuer().to_string()),
        ends: day(&certificate),
    })
}

fn day(certificate: &X509Certificate<'_>) -> String {
    let ends = chrono::DateTime::from_timestamp(certificate.validity().not_after.timestamp(), 0);
    ends.map_or_else(String::new, |ends| ends.format("%Y-%m-%d").to_string())
}

/// The platform's verifier, explaining itself.
#[derive(Debug)]
pub(super) struct Explaining(Verifier);

impl Explaining {
    pub fn new(authorities: Vec<CertificateDer<'static>>, provider: Arc<CryptoProvider>) -> Result<Self, Error> {
        Verifier::new_with_extra_roots(authorities, provider).map(Self)
    }
}

impl ServerCertVerifier for Explaining {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self
            .0
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.map_err(|error| explained(error, end_entity, server_name))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// The library says no more than “unknown issuer”; of a self-signed certificate marked as an authority it says that an
/// authority is no server, which is true and helps nobody.
fn explained(error: Error, certificate: &CertificateDer<'_>, wanted: &ServerName<'_>) -> Error {
    let Some(names) = names(certificate) else { return error };
    let untrusted = match &error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => true,
        Error::InvalidCertificate(CertificateError::Other(_)) => names.subject == names.issuer,
        _ => false,
    };
    if !untrusted {
        return error;
    }
    let name = wrong_name(certificate, wanted);
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(Untrusted { names, name }))))
}

/// The platform looks at the name last, so not at all where nobody known has signed.
fn wrong_name(certificate: &CertificateDer<'_>, wanted: &ServerName<'_>) -> Option<CertificateError> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    match verify_server_name(&parsed, wanted) {
        Err(Error::InvalidCertificate(error)) => Some(error),
        Ok(()) | Err(_) => None,
    }
}
