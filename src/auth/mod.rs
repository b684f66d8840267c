//! Signing in: every request gets its authorization here, one file a method.
//!
//! Tokens are fetched once however many requests wait for them, renewed before they run out, and used as long as
//! they hold even if the renewal fails. A refused sign-in is repeated ever more slowly, so that no account is
//! locked by us. Secrets are read from where they are at each sign-in, and never shown.

mod basic;
mod certificate;
mod code;
mod entra;
mod entra_code;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod gate;
mod grant;
mod issuer;
mod oauth;
mod settings;
#[cfg(test)]
mod tests;
mod token;

pub use certificate::certificate_ends;
pub use code::codes;
pub use entra_code::ENTRA_CODES;
pub use settings::Settings;

use crate::model::Trouble;
use crate::net::{self, Answer, Authorization, Authorize, Rejected};

use self::basic::Basic;
use self::grant::Grant;
use self::issuer::Issuer;
use self::token::Tokens;

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
            Settings::None | Settings::Mtls => Method::None,
            Settings::Basic { username, password } => Method::Basic(Basic::new(username, password)),
            Settings::ApiKey { .. }
            | Settings::OauthPassword { .. }
            | Settings::OauthClientCredentials { .. }
            | Settings::OauthRefresh { .. }
            | Settings::OauthJwtBearer { .. }
            | Settings::EntraSecret { .. }
            | Settings::EntraPassword { .. }
            | Settings::EntraCertificate { .. }
            | Settings::WorkloadIdentity { .. }
            | Settings::ManagedIdentity { .. } => {
                let issuer = Issuer::Grant(Grant::new(settings, server_url)?);
                Method::Token(Tokens::new(issuer, client.clone()))
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
