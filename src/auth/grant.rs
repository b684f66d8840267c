//! What is posted to a token endpoint, and what its refusals mean.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::assertion::Assertion;
use super::issuer::unavailable;
use super::print::Print;
use super::{Settings, codes, entra, oauth, workload_identity};
use crate::model::Trouble;
use crate::net::{Answer, SecretRef, check_url};

/// A field of the form; secrets are read when it is sent.
#[derive(Debug, Clone)]
pub(super) enum Field {
    Plain(&'static str, String),
    Secret(&'static str, SecretRef),
    /// A token of whoever vouches for this machine, read from its file.
    Federated(&'static str, PathBuf),
    /// Signed for each attempt.
    Signed(&'static str, Assertion),
}

/// Whose words the refusals are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    ServiceNowPassword,
    ServiceNowClient,
    ServiceNowRefresh,
    ServiceNowAssertion,
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
            Settings::OauthPassword { .. }
            | Settings::OauthClientCredentials { .. }
            | Settings::OauthRefresh { .. }
            | Settings::OauthJwtBearer { .. } => oauth::grant(settings, server_url),
            Settings::EntraSecret { .. }
            | Settings::EntraCertificate { .. }
            | Settings::EntraPassword { .. }
            | Settings::WorkloadIdentity { .. } => entra::grant(settings)?,
            Settings::None
            | Settings::Basic { .. }
            | Settings::ApiKey { .. }
            | Settings::Mtls
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
    pub(super) fn read(&self, now: DateTime<Utc>) -> Result<Vec<(&'static str, SecretString)>, Trouble> {
        let read = |field: &Field| match field {
            Field::Plain(name, value) => Ok((*name, SecretString::from(value.as_str()))),
            Field::Secret(name, secret) => secret
                .read()
                .map(|secret| (*name, secret))
                .map_err(|error| codes::SECRET.stop(error.to_string())),
            Field::Federated(name, path) => workload_identity::token(path, now).map(|token| (*name, token)),
            Field::Signed(name, assertion) => assertion.sign(now).map(|signed| (*name, signed)),
        };
        self.fields.iter().map(read).collect()
    }

    /// Of the secrets as they are now; `None` if one cannot be read.
    pub(super) fn print(&self) -> Option<Print> {
        self.print_with(&[])
    }

    /// The same with these beside them.
    pub(super) fn print_with(&self, more: &[SecretString]) -> Option<Print> {
        let read = |field: &Field| match field {
            Field::Plain(..) => None,
            Field::Secret(_, secret) => Some(secret.read().ok()),
            Field::Signed(_, assertion) => Some(assertion.key.read().ok()),
            Field::Federated(_, path) => Some(std::fs::read_to_string(path).ok().map(SecretString::from)),
        };
        let secrets: Option<Vec<SecretString>> = self.fields.iter().filter_map(read).collect();
        Some(Print::of(secrets?.iter().chain(more)))
    }

    /// What a refusal (any 4xx but 408 and 429) means.
    pub(super) fn explain(&self, answer: &Answer) -> Trouble {
        // A token endpoint says no in JSON; what is not there is told by a page.
        if answer.status.as_u16() == 404 && answer.is_html() {
            return codes::NO_ENDPOINT.stop(format!("POST {}: {}", self.url, answer.words()));
        }
        match self.dialect {
            Dialect::ServiceNowPassword => codes::OAUTH_PASSWORD.stop(answer.words()),
            Dialect::ServiceNowClient => codes::OAUTH_CLIENT.stop(answer.words()),
            Dialect::ServiceNowRefresh if is_servicenow(answer) => codes::OAUTH_REFRESH.stop(answer.words()),
            // Somebody in between, who has not seen the token.
            Dialect::ServiceNowRefresh => unavailable(answer),
            Dialect::ServiceNowAssertion => codes::OAUTH_ASSERTION.stop(answer.words()),
            Dialect::Entra => entra::explain(answer),
        }
    }
}

/// Whether it is a refusal as the instance's endpoint words it: JSON with an `error`.
fn is_servicenow(answer: &Answer) -> bool {
    let said = serde_json::from_slice::<serde_json::Value>(&answer.body);
    said.is_ok_and(|said| said.get("error").is_some_and(serde_json::Value::is_string))
}
