//! What is posted to a token endpoint, and what its refusals mean.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::{Settings, codes, entra, oauth};
use crate::model::Trouble;
use crate::net::{Answer, SecretRef, check_url};

/// A field of the form; secrets are read when it is sent.
#[derive(Debug, Clone)]
pub(super) enum Field {
    Plain(&'static str, String),
    Secret(&'static str, SecretRef),
}

/// Whose words the refusals are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    ServiceNowPassword,
    ServiceNowClient,
    Entra,
}

/// A way to get a token.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) url: String,
    pub(super) dialect: Dialect,
    fields: Vec<Field>,
}

impl Grant {
    pub(super) fn new(settings: &Settings, server_url: &str) -> Result<Self, Trouble> {
        let grant = match settings {
            Settings::OauthPassword { .. } | Settings::OauthClientCredentials { .. } => {
                oauth::grant(settings, server_url)
            }
            Settings::EntraSecret { .. } | Settings::EntraPassword { .. } => entra::grant(settings)?,
            Settings::None
            | Settings::Basic { .. }
            | Settings::ApiKey { .. }
            | Settings::Mtls
            | Settings::OauthRefresh { .. }
            | Settings::OauthJwtBearer { .. }
            | Settings::EntraCertificate { .. }
            | Settings::WorkloadIdentity { .. }
            | Settings::ManagedIdentity { .. } => None,
        };
        let grant = grant.ok_or_else(|| codes::UNUSABLE.stop("this method has no tokens"))?;
        check_url(&grant.url)?;
        Ok(grant)
    }

    pub(super) fn of(url: String, dialect: Dialect, fields: Vec<Field>) -> Self {
        Self { url, dialect, fields }
    }

    /// The form as it is at `now`: secrets are read, and what is made afresh for each sign-in is made.
    pub(super) fn read(&self, _now: DateTime<Utc>) -> Result<Vec<(&'static str, SecretString)>, Trouble> {
        let read = |field: &Field| match field {
            Field::Plain(name, value) => Ok((*name, SecretString::from(value.as_str()))),
            Field::Secret(name, secret) => secret
                .read()
                .map(|secret| (*name, secret))
                .map_err(|error| codes::SECRET.stop(error.to_string())),
        };
        self.fields.iter().map(read).collect()
    }

    /// What a refusal (any 4xx but 408 and 429) means.
    pub(super) fn explain(&self, answer: &Answer) -> Trouble {
        match self.dialect {
            Dialect::ServiceNowPassword => codes::OAUTH_PASSWORD.stop(answer.words()),
            Dialect::ServiceNowClient => codes::OAUTH_CLIENT.stop(answer.words()),
            Dialect::Entra => entra::explain(answer),
        }
    }
}

/// A form as the client takes it.
pub(super) fn exposed<'a>(form: &'a [(&'static str, SecretString)]) -> Vec<(&'a str, &'a str)> {
    form.iter()
        .map(|(name, value)| (*name, value.expose_secret()))
        .collect()
}
