//! `[workspace]` and the `tls` sections.

use super::section::Section;
use super::{auth, values};
use crate::auth::certificate_ends;
use crate::net::TlsSettings;
use crate::sink::Settings;

/// `[workspace]`.
pub(super) fn workspace(section: &Section<'_>) -> Option<Settings> {
    match section.text("kind")? {
        "logs-ingestion" => logs_ingestion(section),
        "data-collector" => data_collector(section),
        "file" => Some(Settings::File {
            path: match section.text("path")? {
                "-" => "-".into(),
                path => section.document.path(path),
            },
        }),
        _ => None,
    }
}

fn logs_ingestion(section: &Section<'_>) -> Option<Settings> {
    let tls = tls(section);
    let endpoint = section.checked("endpoint", values::address);
    let auth = section.section("auth").and_then(|auth| {
        let endpoint = endpoint.as_deref().unwrap_or_default();
        auth::workspace(&auth, endpoint)
    });
    let dcr_immutable_id = section.checked("dcr_immutable_id", |id| {
        let hint = "expected dcr- and 32 hexadecimal digits: the rule's immutableId, not its name";
        values::is_dcr_id(id).then(|| id.to_owned()).ok_or(hint.to_owned())
    });
    let stream = section.checked("stream", stream);
    let log_stream = section.checked("log_stream", self::stream);
    Some(Settings::LogsIngestion {
        endpoint: endpoint?,
        dcr_immutable_id: dcr_immutable_id?,
        stream: stream?,
        log_stream,
        auth: auth?,
        expires: section.section("auth").and_then(|auth| auth.date("expires")),
        tls,
        proxy: section.checked("proxy", values::proxy),
    })
}

fn stream(name: &str) -> Result<String, String> {
    let rest = name.strip_prefix("Custom-").unwrap_or_default();
    let legal = !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    legal
        .then(|| name.to_owned())
        .ok_or("expected the name of a stream of the rule: Custom- and letters, digits, _".to_owned())
}

fn data_collector(section: &Section<'_>) -> Option<Settings> {
    let tls = tls(section);
    let endpoint = section.checked("endpoint", values::address);
    let shared_key = section.secret("shared_key");
    let log_type = section.checked("log_type", |name| {
        let legal = name.len() <= 100 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let hint = "letters, digits and _, at most 100; without _CL, which the API appends";
        (legal && !name.ends_with("_CL"))
            .then(|| name.to_owned())
            .ok_or(hint.to_owned())
    });
    Some(Settings::DataCollector {
        endpoint: endpoint?,
        workspace_id: section.text("workspace_id")?.to_owned(),
        shared_key: shared_key?,
        log_type: log_type?,
        tls,
        proxy: section.checked("proxy", values::proxy),
    })
}

/// The `tls` section below a section; a certificate and its key come together.
pub(super) fn tls(parent: &Section<'_>) -> TlsSettings {
    let Some(section) = parent.section("tls") else {
        return TlsSettings::default();
    };
    let (has_certificate, has_key) = (
        section.value("client_certificate").is_some(),
        section.value("client_key").is_some(),
    );
    if has_certificate != has_key {
        let (there, other) = if has_certificate {
            ("client_certificate", "client_key")
        } else {
            ("client_key", "client_certificate")
        };
        section.mistake(there, &format!("{there} needs the key \"{other}\" beside it"));
    }
    let client_certificate = section.readable("client_certificate");
    TlsSettings {
        ca: section.readable("ca"),
        client_certificate_ends: client_certificate.as_deref().and_then(certificate_ends),
        client_certificate,
        client_key: section.secret("client_key"),
    }
}
