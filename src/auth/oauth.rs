//! ServiceNow's own tokens: `{server_url}/oauth_token.do`, by form only.

use super::Settings;
use super::assertion::{Assertion, Proof};
use super::grant::{Dialect, Field, Grant};

pub(super) fn grant(settings: &Settings, server_url: &str) -> Option<Grant> {
    let url = format!("{}/oauth_token.do", server_url.trim_end_matches('/'));
    match settings {
        Settings::OauthPassword {
            username,
            password,
            client_id,
            client_secret,
        } => {
            let fields = vec![
                Field::Plain("grant_type", "password".into()),
                Field::Plain("client_id", client_id.clone()),
                Field::Secret("client_secret", client_secret.clone()),
                Field::Plain("username", username.clone()),
                Field::Secret("password", password.clone()),
            ];
            Some(Grant::of(url, Dialect::ServiceNowPassword, fields))
        }
        Settings::OauthClientCredentials {
            client_id,
            client_secret,
        } => {
            let fields = vec![
                Field::Plain("grant_type", "client_credentials".into()),
                Field::Plain("client_id", client_id.clone()),
                Field::Secret("client_secret", client_secret.clone()),
            ];
            Some(Grant::of(url, Dialect::ServiceNowClient, fields))
        }
        // The token to refresh with is no field of the configuration's: whoever keeps it adds it.
        Settings::OauthRefresh {
            client_id,
            client_secret,
            refresh_token: _,
        } => {
            let fields = vec![
                Field::Plain("grant_type", "refresh_token".into()),
                Field::Plain("client_id", client_id.clone()),
                Field::Secret("client_secret", client_secret.clone()),
            ];
            Some(Grant::of(url, Dialect::ServiceNowRefresh, fields))
        }
        Settings::OauthJwtBearer {
            client_id,
            client_secret,
            subject,
            key_id,
            private_key,
        } => {
            let assertion = Assertion {
                issuer: client_id.clone(),
                subject: subject.clone(),
                audience: client_id.clone(),
                key: private_key.clone(),
                proof: Proof::KeyId(key_id.clone()),
            };
            let fields = vec![
                Field::Plain("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".into()),
                Field::Plain("client_id", client_id.clone()),
                Field::Secret("client_secret", client_secret.clone()),
                Field::Signed("assertion", assertion),
            ];
            Some(Grant::of(url, Dialect::ServiceNowAssertion, fields))
        }
        Settings::None
        | Settings::Basic { .. }
        | Settings::ApiKey { .. }
        | Settings::Mtls
        | Settings::EntraSecret { .. }
        | Settings::EntraPassword { .. }
        | Settings::EntraCertificate { .. }
        | Settings::WorkloadIdentity { .. }
        | Settings::ManagedIdentity { .. } => None,
    }
}
