//! What ends on a known day: secrets whose end the file tells, and certificates, which tell it themselves; and what it takes
//! until a new one is used.

use std::path::Path;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::{Config, Connection};
use crate::auth::{Settings, certificate_ends};
use crate::model::ConnectionName;
use crate::net::{SecretRef, TlsSettings};
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
    /// When a new one put in its place is used.
    pub used: Used,
}

/// When what was put in the place of something that ends is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// At the next sign-in: files of the `auth` sections.
    NextSignIn,
    /// After a reload: certificate and key of a `tls` section.
    Reload,
    /// After a start: the environment and systemd's credentials are those of the start.
    Restart,
}

impl Used {
    /// After what is in these places changed.
    fn of<'s>(secrets: impl IntoIterator<Item = &'s SecretRef>, files: Self) -> Self {
        let outside = |secret: &SecretRef| match secret {
            SecretRef::File(_) => false,
            SecretRef::Env(_) | SecretRef::Credential(_) => true,
        };
        if secrets.into_iter().any(outside) {
            Self::Restart
        } else {
            files
        }
    }
}

impl Config {
    /// Everything of the workspace and of the enabled connections whose end is known. A certificate to sign in with is read
    /// anew, as each sign-in does; that of a `tls` section is the one in use. One that cannot be read is left out here: using
    /// it says what is wrong.
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
    let secrets = Used::of(auth.secrets(), Used::NextSignIn);
    let told = expires.map(|day| {
        (
            auth.secret().to_owned(),
            day.and_time(NaiveTime::MIN).and_utc(),
            secrets,
        )
    });
    let named = |path: &Path| format!("the certificate {}", path.display());
    let signing = auth.certificate().and_then(|path| {
        let at = certificate_ends(path)?;
        Some((named(path), at, secrets))
    });
    let shown = tls.client_certificate.as_deref().zip(tls.client_certificate_ends);
    let shown = shown.map(|(path, at)| (named(path), at, Used::of(&tls.client_key, Used::Reload)));
    let known = told.into_iter().chain(signing).chain(shown);
    known
        .map(|(what, at, used)| Expiry {
            connection: connection.cloned(),
            what,
            at,
            used,
        })
        .collect()
}
