//! Signing in: every request gets its authorization here, one file a method.
//!
//! Tokens are fetched once however many requests wait for them, renewed before they run out, and used as long as
//! they hold even if the renewal fails. A refused sign-in is repeated ever more slowly, so that no account is
//! locked by us. Secrets are read from where they are at each sign-in, and never shown.

mod basic;
mod code;
mod entra;
mod entra_code;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod gate;
mod grant;
mod oauth;
#[cfg(test)]
mod tests;
mod token;

pub use code::codes;
pub use entra_code::ENTRA_CODES;

use crate::model::Trouble;
use crate::net::{self, Answer, Authorization, Authorize, Rejected, SecretRef};

use self::basic::Basic;
use self::grant::Grant;
use self::token::Tokens;

/// An `auth` section, checked: one variant a method.
#[derive(Debug, Clone)]
pub enum Settings {
    /// No authorization at all.
    None,
    /// HTTP basic.
    Basic {
        /// User.
        username: String,
        /// Its password.
        password: SecretRef,
    },
    /// `ServiceNow`'s OAuth password grant.
    OauthPassword {
        /// User.
        username: String,
        /// Its password.
        password: SecretRef,
        /// Registry entry.
        client_id: String,
        /// Its secret.
        client_secret: SecretRef,
    },
    /// `ServiceNow`'s OAuth client credentials grant.
    OauthClientCredentials {
        /// Registry entry.
        client_id: String,
        /// Its secret.
        client_secret: SecretRef,
    },
    /// Microsoft Entra, client secret (also `client-secret` of a workspace).
    EntraSecret {
        /// Tenant.
        tenant_id: String,
        /// Application.
        client_id: String,
        /// Its secret.
        client_secret: SecretRef,
        /// E.g. `https://login.microsoftonline.com`.
        authority: String,
        /// E.g. `https://monitor.azure.com/.default`.
        scope: String,
    },
    /// Microsoft Entra, password grant of a public client, as ITSMC signed in to Provance.
    EntraPassword {
        /// Tenant; never `common` or `consumers`.
        tenant_id: String,
        /// Application.
        client_id: String,
        /// User.
        username: String,
        /// Its password.
        password: SecretRef,
        /// E.g. `https://login.microsoftonline.com`.
        authority: String,
        /// `<server_url>/user_impersonation`.
        scope: String,
    },
}

/// A connection's way to authorize its requests; shared by all of them.
#[derive(Debug)]
pub struct Credentials {
    method: Method,
}

#[derive(Debug)]
enum Method {
    None,
    Basic(Basic),
    Token(Tokens),
}

impl Credentials {
    /// `server_url` is where ServiceNow's token endpoint is (`{server_url}/oauth_token.do`); Entra's is at its
    /// authority. Fails if an address or a tenant cannot be used; no request is made and no secret read yet.
    pub fn new(settings: &Settings, server_url: &str, client: &net::Client) -> Result<Self, Trouble> {
        let method = match settings {
            Settings::None => Method::None,
            Settings::Basic { username, password } => Method::Basic(Basic::new(username, password)),
            Settings::OauthPassword { .. }
            | Settings::OauthClientCredentials { .. }
            | Settings::EntraSecret { .. }
            | Settings::EntraPassword { .. } => {
                let grant = Grant::new(settings, server_url)?;
                Method::Token(Tokens::new(grant, client.clone()))
            }
        };
        Ok(Self { method })
    }
}

impl Authorize for Credentials {
    async fn authorization(&self, rejected: Option<Rejected<'_>>) -> Result<Option<Authorization>, Trouble> {
        match &self.method {
            Method::None => Ok(None),
            Method::Basic(basic) => basic.authorization(rejected).map(Some),
            Method::Token(tokens) => tokens.authorization(rejected).await.map(Some),
        }
    }

    fn refused(&self, answer: &Answer) -> Trouble {
        match &self.method {
            Method::None => codes::NONE_SENT.stop(answer.words()),
            Method::Basic(basic) => basic.refused(answer),
            Method::Token(_) => codes::TOKEN_REFUSED.stop(answer.words()),
        }
    }
}
