//! ServiceNow's own tokens: `{server_url}/oauth_token.do`, by form only.

use super::Settings;
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
        Settings::None
        | Settings::Basic { .. }
        | Settings::ApiKey { .. }
        | Settings::Mtls
        | Settings::OauthRefresh { .. }
        | Settings::OauthJwtBearer { .. }
        | Settings::EntraSecret { .. }
        | Settings::EntraPassword { .. }
        | Settings::EntraCertificate { .. }
        | Settings::WorkloadIdentity { .. }
        | Settings::ManagedIdentity { .. } => None,
    }
}
