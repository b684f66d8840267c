//! Microsoft Entra: `{authority}/{tenant}/oauth2/v2.0/token`.
//!
//! Decisions hang on the status and `error` alone; Microsoft forbids depending on AADSTS numbers, so these only
//! choose the remedy's words.

use super::assertion::{Assertion, Proof};
use super::entra_code::code_of;
use super::grant::{Dialect, Field, Grant};
use super::{Settings, codes};
use crate::model::Trouble;
use crate::net::Answer;

/// What a signed assertion in place of a secret is called.
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub(super) fn grant(settings: &Settings) -> Result<Option<Grant>, Trouble> {
    match settings {
        Settings::EntraSecret {
            tenant_id,
            client_id,
            client_secret,
            authority,
            scope,
        } => {
            let proof = [Field::Secret("client_secret", client_secret.clone())];
            let fields = form("client_credentials", client_id, scope, proof);
            Ok(Some(Grant::of(url(authority, tenant_id)?, Dialect::Entra, fields)))
        }
        Settings::EntraCertificate {
            tenant_id,
            client_id,
            certificate,
            private_key,
            authority,
            scope,
        } => {
            let url = url(authority, tenant_id)?;
            let assertion = Assertion {
                issuer: client_id.clone(),
                subject: client_id.clone(),
                audience: url.clone(),
                key: private_key.clone(),
                proof: Proof::Certificate(certificate.clone()),
            };
            let fields = asserted(client_id, scope, Field::Signed("client_assertion", assertion));
            Ok(Some(Grant::of(url, Dialect::Entra, fields)))
        }
        Settings::EntraPassword {
            tenant_id,
            client_id,
            username,
            password,
            authority,
            scope,
        } => {
            if ["common", "consumers"].contains(&tenant_id.trim().to_ascii_lowercase().as_str()) {
                return Err(codes::TENANT.stop(format!("tenant_id is `{tenant_id}`")));
            }
            // A public client: it has no secret, and must not send one.
            let user = [
                Field::Plain("username", username.clone()),
                Field::Secret("password", password.clone()),
            ];
            let fields = form("password", client_id, scope, user);
            Ok(Some(Grant::of(url(authority, tenant_id)?, Dialect::Entra, fields)))
        }
        Settings::WorkloadIdentity {
            tenant_id,
            client_id,
            token_file,
            authority,
            scope,
        } => {
            let fields = asserted(
                client_id,
                scope,
                Field::Federated("client_assertion", token_file.clone()),
            );
            Ok(Some(Grant::of(url(authority, tenant_id)?, Dialect::Entra, fields)))
        }
        Settings::None
        | Settings::Basic { .. }
        | Settings::ApiKey { .. }
        | Settings::Mtls
        | Settings::OauthPassword { .. }
        | Settings::OauthClientCredentials { .. }
        | Settings::OauthRefresh { .. }
        | Settings::OauthJwtBearer { .. }
        | Settings::ManagedIdentity { .. } => Ok(None),
    }
}

/// What is asked for, by whom, and the proof.
fn form(grant: &str, client_id: &str, scope: &str, proof: impl IntoIterator<Item = Field>) -> Vec<Field> {
    let mut fields = vec![
        Field::Plain("grant_type", grant.into()),
        Field::Plain("client_id", client_id.into()),
        Field::Plain("scope", scope.into()),
    ];
    fields.extend(proof);
    fields
}

/// An application that proves itself by a token of its own.
fn asserted(client_id: &str, scope: &str, assertion: Field) -> Vec<Field> {
    let kind = Field::Plain("client_assertion_type", JWT_BEARER.into());
    form("client_credentials", client_id, scope, [kind, assertion])
}

fn url(authority: &str, tenant: &str) -> Result<String, Trouble> {
    let tenant = tenant.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if tenant.is_empty() || !tenant.chars().all(plain) {
        return Err(codes::TENANT.stop(format!("tenant_id is `{tenant}`")));
    }
    Ok(format!(
        "{}/{tenant}/oauth2/v2.0/token",
        authority.trim_end_matches('/')
    ))
}

/// What a refusal means to the operator.
pub(super) fn explain(answer: &Answer) -> Trouble {
    let number = number(&answer.message());
    let code = number.and_then(code_of).unwrap_or(&codes::ENTRA);
    code.stop(answer.words())
}

fn number(message: &str) -> Option<u32> {
    let (_, rest) = message.split_once("AADSTS")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_found_in_the_description() {
        assert_eq!(number("invalid_grant: AADSTS50076: Due to a change"), Some(50076));
        assert_eq!(number("AADSTS"), None);
        assert_eq!(number("an HTML page"), None);
    }

    #[test]
    fn a_tenant_cannot_change_the_path() {
        assert!(url("https://login.microsoftonline.com/", "contoso.com").is_ok());
        for tenant in ["", "a/b", "a?b", "../x"] {
            assert_eq!(
                url("https://login.microsoftonline.com", tenant).unwrap_err().code,
                codes::TENANT.id
            );
        }
    }
}
