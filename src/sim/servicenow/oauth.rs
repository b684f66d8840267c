//! Applications and their tokens, as `/oauth_token.do` hands them out.
//!
//! While a token lives the endpoint gives the same one again, with what is left of its life. Whatever is
//! wrong, the answer is 401 `server_error` / `access_denied`: a caller cannot tell a bad secret from an outage.

mod grant;

pub(super) use grant::Request;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::sim::jwt::Certificate;

/// An entry of the application registry.
#[derive(Clone)]
pub struct Client {
    /// Its secret.
    pub secret: String,
    /// The user whom `client_credentials` stands for; without one that grant is refused.
    pub user: Option<String>,
    /// From then on the secret is refused.
    pub expires: Option<DateTime<Utc>>,
    /// Whether it is active.
    pub active: bool,
    /// Whose assertions it takes.
    pub jwt: Option<JwtKey>,
}

/// Whose signature an application's assertions must bear.
#[derive(Debug, Clone)]
pub struct JwtKey {
    /// The certificate of the verifier map.
    pub certificate: Certificate,
    /// The `kid` that the assertion must name, if one is wished.
    pub kid: Option<String>,
    /// The `aud` it must name; unless it is said, the application's id, or the instance or its token endpoint.
    pub audience: Option<String>,
    /// Whether an assertion counts but once, told by its `jti`.
    pub single_use: bool,
}

/// What becomes of a refresh token that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rotation {
    /// It is given again.
    #[default]
    Kept,
    /// Another is given in its stead, and it is good for so long yet.
    Replaced {
        /// How long the old one is good once it was used.
        grace: Duration,
    },
}

/// Applications and what they were given.
pub(super) struct OAuth {
    pub clients: HashMap<String, Client>,
    /// Life of access tokens.
    pub life: Duration,
    /// Life of refresh tokens.
    pub refresh_life: Duration,
    pub rotation: Rotation,
    /// `glide.oauth.inbound.client.credential.grant_type.enabled`.
    pub client_credentials: bool,
    tokens: Vec<Token>,
    refresh: Vec<Refresh>,
    spent: BTreeSet<String>,
    issued: u64,
}

struct Token {
    access: String,
    user: String,
    client: String,
    expires: DateTime<Utc>,
}

struct Refresh {
    token: String,
    user: String,
    client: String,
    expires: DateTime<Utc>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Default for OAuth {
    fn default() -> Self {
        Self {
            clients: HashMap::new(),
            life: Duration::from_secs(1800),
            refresh_life: Duration::from_secs(8_640_000),
            rotation: Rotation::Kept,
            client_credentials: true,
            tokens: Vec::new(),
            refresh: Vec::new(),
            spent: BTreeSet::new(),
            issued: 0,
        }
    }
}

impl Client {
    pub(super) fn new(secret: &str, user: Option<&str>) -> Self {
        Self {
            secret: secret.to_owned(),
            user: user.map(str::to_owned),
            expires: None,
            active: true,
            jwt: None,
        }
    }
}

impl OAuth {
    /// Whose living token it is.
    pub fn user_of(&self, access: &str, now: DateTime<Utc>) -> Option<String> {
        let same = |token: &&Token| token.access == access && token.expires > now;
        self.tokens.iter().find(same).map(|token| token.user.clone())
    }

    /// Whether an application acts for a user of that name, which need not have a password.
    pub fn stands_for(&self, name: &str) -> bool {
        self.clients.values().any(|client| client.user.as_deref() == Some(name))
    }

    /// Ends the life of all access tokens, and of refresh tokens too if so wished.
    pub fn revoke(&mut self, refresh_tokens: bool) {
        self.tokens.clear();
        if refresh_tokens {
            self.refresh.clear();
        }
    }

    /// A refresh token as somebody got it who signed in by hand once.
    pub fn hand_out(&mut self, client: &str, user: &str, now: DateTime<Utc>) -> String {
        self.issued += 1;
        let token = secret("refresh", self.issued);
        self.refresh.push(Refresh {
            token: token.clone(),
            user: user.to_owned(),
            client: client.to_owned(),
            expires: now + self.refresh_life,
        });
        token
    }

    /// Refresh tokens that are good.
    pub fn refresh_tokens(&self, now: DateTime<Utc>) -> Vec<String> {
        let alive = self.refresh.iter().filter(|one| one.expires > now);
        alive.map(|one| one.token.clone()).collect()
    }

    /// All tokens that were ever handed out, of both kinds: they follow from their numbers. Some of one kind alone were not.
    pub fn ever_issued(&self) -> Vec<(&'static str, String)> {
        let both = |number| {
            [
                ("access", secret("access", number)),
                ("refresh", secret("refresh", number)),
            ]
        };
        (1..=self.issued).flat_map(both).collect()
    }

    /// Access tokens that are good.
    pub fn access_tokens(&self, now: DateTime<Utc>) -> Vec<String> {
        let alive = self.tokens.iter().filter(|one| one.expires > now);
        alive.map(|one| one.access.clone()).collect()
    }
}

/// 86 letters, as the real ones have.
fn secret(kind: &str, number: u64) -> String {
    let mut dice = fastrand::Rng::with_seed(number ^ kind.len() as u64);
    let tail: String = std::iter::repeat_with(|| dice.alphanumeric()).take(70).collect();
    format!("{kind}-{number}-{tail}")
}
