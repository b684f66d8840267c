//! What ends on a known day: secrets whose end the file tells, and certificates, which tell it themselves.

use std::path::Path;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::{Config, Connection};
use crate::auth::{Settings, certificate_ends};
use crate::model::ConnectionName;
use crate::net::TlsSettings;
use crate::sink;

/// Something to sign in with that ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// Whose; `None` is the workspace's.
    pub connection: Option<ConnectionName>,
    /// What, as a sentence begins with it: `the client secret`, `the certificate /etc/itsmd/azure.pem`.
    pub what: String,
    /// When: the beginning of the day that the file tells, or a certificate's own second.
    pub at: DateTime<Utc>,
}

impl Config {
    /// Everything of the workspace and of the enabled connections whose end is known. Certificates are read anew; one
    /// that cannot be read is left out here: signing in says what is wrong with it.
    pub fn expiries(&self) -> Vec<Expiry> {
        let mut found = match &self.workspace {
            sink::Settings::LogsIngestion { auth, expires, tls, .. } => of(None, auth, *expires, tls),
            sink::Settings::DataCollector { tls, .. } => of(None, &Settings::None, None, tls),
            sink::Settings::File { .. } => Vec::new(),
        };
        for connection in self.connections.iter().filter(|connection| connection.enabled) {
            let Connection {
                name,
                auth,
                expires,
                tls,
                ..
            } = connection;
            found.extend(of(Some(name), auth, *expires, tls));
        }
        found
    }
}

fn of(
    connection: Option<&ConnectionName>,
    auth: &Settings,
    expires: Option<NaiveDate>,
    tls: &TlsSettings,
) -> Vec<Expiry> {
    let told = expires.map(|day| (auth.secret().to_owned(), day.and_time(NaiveTime::MIN).and_utc()));
    let certificates = [auth.certificate(), tls.client_certificate.as_deref()];
    let read = |path: &Path| Some((format!("the certificate {}", path.display()), certificate_ends(path)?));
    told.into_iter()
        .chain(certificates.into_iter().flatten().filter_map(read))
        .map(|(what, at)| Expiry {
            connection: connection.cloned(),
            what,
            at,
        })
        .collect()
}
