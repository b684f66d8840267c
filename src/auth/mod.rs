//! Signing in: every request gets its authorization here, one file a method.
//!
//! Tokens are fetched once however many requests wait for them, renewed before they run out, and used as long as
//! they hold even if the renewal fails. A refused sign-in is repeated ever more slowly, so that no account is
//! locked by us. Secrets are read from where they are at each sign-in, and never shown.

mod assertion;
mod certificate;
mod code;
mod entra;
mod entra_code;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod gate;
mod grant;
mod identity;
mod issuer;
mod kept;
mod managed_identity;
mod oauth;
mod print;
mod refresh;
mod settings;
mod silence;
mod standing;
#[cfg(test)]
mod tests;
mod token;
mod workload_identity;

use std::sync::Arc;
use std::time::Duration;

pub use certificate::certificate_ends;
pub use code::codes;
pub use entra_code::{ENTRA_CODES, ENTRA_NUMBERS};
pub use gate::Refusal;
pub use identity::Identities;
pub use kept::{Fingerprint, Keep, KeptToken};
pub use settings::Settings;

use crate::model::Trouble;
use crate::net::{self, Answer, Authorization, Authorize, Rejected};

use self::grant::Grant;
use self::identity::Identity;
use self::issuer::Issuer;
use self::managed_identity::ManagedIdentity;
use self::print::Print;
use self::refresh::Refresh;
use self::standing::Standing;
use self::token::Tokens;

/// A connection's way to authorize its requests; shared by all of them.
#[derive(Debug)]
pub struct Credentials {
    method: Method,
    identity: Arc<Identity>,
}

#[derive(Debug)]
enum Method {
    None,
    /// The TLS connection itself has signed in, with the certificate of this print.
    Certificate(Option<Print>),
    Standing(Standing),
    Token(Arc<Tokens>),
}

/// What credentials are made among.
#[derive(Debug, Clone, Default)]
pub struct Company {
    /// Those who sign in now: the same sign-in is one identity.
    pub identities: Identities,
    /// Where this connection's rotated refresh tokens are kept; [`Settings::OauthRefresh`] needs it.
    pub kept: Option<Arc<dyn Keep>>,
}

impl Credentials {
    /// `server_url` is where ServiceNow's token endpoint is (`{server_url}/oauth_token.do`); Entra's is at its
    /// authority. Fails if an address or a tenant cannot be used; no request is made and no secret read yet.
    pub fn new(settings: &Settings, server_url: &str, client: &net::Client) -> Result<Self, Trouble> {
        Self::among(settings, server_url, client, &Company::default())
    }

    /// The same, as one of several.
    pub fn among(
        settings: &Settings,
        server_url: &str,
        client: &net::Client,
        company: &Company,
    ) -> Result<Self, Trouble> {
        let identity = company.identities.of(settings, &place(settings, server_url, client));
        let method = match settings {
            Settings::None => Method::None,
            Settings::Mtls => Method::Certificate(client.certificate().and_then(Print::of_file)),
            Settings::Basic { username, password } => Method::Standing(Standing::Basic {
                username: username.clone(),
                password: password.clone(),
            }),
            Settings::ApiKey { api_key } => Method::Standing(Standing::ApiKey(api_key.clone())),
            Settings::OauthRefresh { refresh_token, .. } => {
                let Some(kept) = company.kept.clone() else {
                    return Err(codes::KEPT.stop("there is no state to keep it in"));
                };
                let grant = Grant::new(settings, server_url)?;
                let refresh = Refresh::new(
                    grant,
                    refresh_token.clone(),
                    kept,
                    Arc::clone(&identity),
                    company.identities.exchanges.clone(),
                );
                let issuer = Issuer::Refresh(Arc::new(refresh));
                Method::Token(Arc::new(Tokens::new(issuer, client.clone(), Arc::clone(&identity))))
            }
            Settings::OauthPassword { .. }
            | Settings::OauthClientCredentials { .. }
            | Settings::OauthJwtBearer { .. }
            | Settings::EntraSecret { .. }
            | Settings::EntraPassword { .. }
            | Settings::EntraCertificate { .. }
            | Settings::WorkloadIdentity { .. } => {
                let issuer = Issuer::Grant(Grant::new(settings, server_url)?);
                Method::Token(Arc::new(Tokens::new(issuer, client.clone(), Arc::clone(&identity))))
            }
            Settings::ManagedIdentity { client_id, scope } => {
                let machine = ManagedIdentity::new(client_id.as_deref(), scope)?;
                let issuer = Issuer::ManagedIdentity(machine);
                Method::Token(Arc::new(Tokens::new(issuer, client.clone(), Arc::clone(&identity))))
            }
        };
        Ok(Self { method, identity })
    }

    /// The age of the access token in use, and how long it still holds; `None` without one.
    pub fn token_age(&self) -> Option<(Duration, Duration)> {
        self.identity.state().token.as_ref()?.age()
    }

    /// The last refused sign-in, if none has passed since.
    pub fn refusal(&self) -> Option<Refusal> {
        self.identity.state().gate.refusal()
    }
}

/// Entra's identities are the same whoever they are shown to; a service desk's are its own, and a client certificate is
/// one of its own.
fn place(settings: &Settings, server_url: &str, client: &net::Client) -> String {
    let server_url = server_url.trim_end_matches('/');
    match settings {
        Settings::EntraSecret { .. }
        | Settings::EntraCertificate { .. }
        | Settings::EntraPassword { .. }
        | Settings::WorkloadIdentity { .. }
        | Settings::ManagedIdentity { .. } => String::new(),
        Settings::Mtls => format!("{server_url} {:?}", client.certificate()),
        Settings::None
        | Settings::Basic { .. }
        | Settings::ApiKey { .. }
        | Settings::OauthPassword { .. }
        | Settings::OauthClientCredentials { .. }
        | Settings::OauthRefresh { .. }
        | Settings::OauthJwtBearer { .. } => server_url.to_owned(),
    }
}

impl Authorize for Credentials {
    async fn authorization(&self, rejected: Option<Rejected<'_>>) -> Result<Option<Authorization>, Trouble> {
        match &self.method {
            Method::None => Ok(None),
            Method::Certificate(print) => {
                self.identity.state().gate.check(print.as_ref())?;
                Ok(None)
            }
            Method::Standing(standing) => standing.authorization(&self.identity, rejected).await.map(Some),
            Method::Token(tokens) => tokens.authorization(rejected).await.map(Some),
        }
    }

    fn accepted(&self) {
        match &self.method {
            Method::None | Method::Token(_) => {}
            Method::Certificate(print) => self.identity.state().gate.passed(print.as_ref()),
            Method::Standing(standing) => standing.accepted(&self.identity),
        }
    }

    fn refused(&self, answer: &Answer) -> Trouble {
        match &self.method {
            Method::None => codes::NONE_SENT.stop(answer.words()),
            Method::Certificate(print) => {
                let trouble = codes::CLIENT_CERTIFICATE.stop(answer.words());
                self.identity.state().gate.refused(trouble, *print)
            }
            Method::Standing(standing) => standing.refused(&self.identity, answer),
            Method::Token(_) => codes::TOKEN_REFUSED.stop(answer.words()),
        }
    }
}
