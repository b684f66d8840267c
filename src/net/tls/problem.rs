//! What was wrong at the handshake, by the TLS library's own error, never by its words.

use std::error::Error as StdError;

use chrono::{DateTime, Utc};
use tokio_rustls::rustls::pki_types::UnixTime;
use tokio_rustls::rustls::{AlertDescription, CertificateError, Error, InvalidMessage, OtherError};

use super::verify::Untrusted;
use crate::net::code::Code;
use crate::net::codes;

/// The TLS error in a chain of causes, as a code and what was seen; `None` if there is none in it.
pub(in crate::net) fn explain(error: &(dyn StdError + 'static)) -> Option<(Code, String)> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref::<Error>() {
            return Some(of(tls));
        }
        // An io::Error is transparent: its source is that of what it carries.
        let carried = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(found) = carried.and_then(|carried| explain(carried)) {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

fn of(error: &Error) -> (Code, String) {
    match error {
        Error::InvalidCertificate(certificate) => of_certificate(certificate),
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => {
            (codes::NOT_TLS, "the answer to the TLS greeting is not TLS".to_owned())
        }
        Error::PeerIncompatible(_) => (codes::OLD_TLS, format!("{error}")),
        other => (codes::TLS, other.to_string()),
    }
}

fn of_certificate(error: &CertificateError) -> (Code, String) {
    match error {
        CertificateError::ExpiredContext { not_after, .. } => (
            codes::CERTIFICATE_EXPIRED,
            format!("the certificate ended {}", moment(*not_after)),
        ),
        CertificateError::Expired => (codes::CERTIFICATE_EXPIRED, "the certificate has ended".to_owned()),
        CertificateError::NotValidYetContext { not_before, .. } => (
            codes::CERTIFICATE_EARLY,
            format!("the certificate begins {}", moment(*not_before)),
        ),
        CertificateError::NotValidYet => (codes::CERTIFICATE_EARLY, "the certificate has not begun".to_owned()),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let bears = match presented.as_slice() {
                [] => "no name at all".to_owned(),
                names => names.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", "),
            };
            let seen = format!("the certificate is not for {}; it bears {bears}", expected.to_str());
            (codes::CERTIFICATE_NAME, seen)
        }
        CertificateError::NotValidForName => (codes::CERTIFICATE_NAME, error.to_string()),
        CertificateError::UnknownIssuer => (codes::CERTIFICATE_ISSUER, "its issuer is not known".to_owned()),
        CertificateError::Other(other) => of_other(other),
        other => (codes::TLS, other.to_string()),
    }
}

fn of_other(error: &OtherError) -> (Code, String) {
    let Some(Untrusted { names, name }) = error.0.downcast_ref() else {
        return (codes::TLS, error.to_string());
    };
    // Said at once: it would be the next thing to fail.
    let also = match name {
        Some(name) => format!("; besides, {}", of_certificate(name).1),
        None => String::new(),
    };
    if names.subject == names.issuer {
        let seen = format!(
            "the certificate of {} is signed by itself; it ends {}{also}",
            names.subject, names.ends
        );
        return (codes::CERTIFICATE_SELF, seen);
    }
    let seen = format!(
        "the certificate of {} is signed by {}, which is not known here{also}",
        names.subject, names.issuer
    );
    (codes::CERTIFICATE_ISSUER, seen)
}

fn of_alert(alert: AlertDescription) -> (Code, String) {
    let seen = format!("the server broke off the TLS handshake: {alert:?}");
    let code = match alert {
        AlertDescription::CertificateRequired
        | AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => codes::CLIENT_CERTIFICATE,
        AlertDescription::ProtocolVersion | AlertDescription::InsufficientSecurity => codes::OLD_TLS,
        _ => codes::TLS,
    };
    (code, seen)
}

/// The library writes `DnsName("contoso.example")`.
fn plain(name: &str) -> &str {
    name.split_once('(')
        .map_or(name, |(_, rest)| rest.trim_end_matches(')'))
        .trim_matches('"')
}

fn moment(at: UnixTime) -> String {
    let at = i64::try_from(at.as_secs())
        .ok()
        .and_then(|seconds| DateTime::<Utc>::from_timestamp(seconds, 0));
    at.map_or_else(String::new, |at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string())
}
