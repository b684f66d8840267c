//! Users, applications and their tokens, as `/oauth_token.do` hands them out.
//!
//! While a token lives the endpoint gives the same one again, with what is left of its life. Whatever is
//! wrong, the answer is 401 `server_error` / `access_denied`: a caller cannot tell a bad secret from an outage.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

/// Who may come in.
pub(super) struct Registry {
    pub users: HashMap<String, String>,
    pub clients: HashMap<String, Client>,
    pub life: Duration,
    tokens: Vec<Token>,
    issued: u64,
}

/// An entry of the application registry.
pub(super) struct Client {
    pub secret: String,
    /// The user whom `client_credentials` stands for; without one that grant is refused.
    pub user: Option<String>,
}

struct Token {
    access: String,
    refresh: Option<String>,
    user: String,
    client: String,
    expires: DateTime<Utc>,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            users: HashMap::new(),
            clients: HashMap::new(),
            life: Duration::from_secs(1800),
            tokens: Vec::new(),
            issued: 0,
        }
    }
}

impl Registry {
    /// Who asks, by the `Authorization` header; `Err` if that is nobody. An instance without users and
    /// applications lets everybody in.
    pub fn admit(&self, authorization: Option<&str>, now: DateTime<Utc>) -> Result<Option<String>, ()> {
        let open = self.users.is_empty() && self.clients.is_empty();
        let Some(header) = authorization else {
            return if open { Ok(None) } else { Err(()) };
        };
        if let Some(access) = header.strip_prefix("Bearer ") {
            let token = self
                .tokens
                .iter()
                .find(|token| token.access == access && token.expires > now);
            return token.map(|token| Some(token.user.clone())).ok_or(());
        }
        let pair = header
            .strip_prefix("Basic ")
            .and_then(|code| STANDARD.decode(code).ok())
            .ok_or(())?;
        let pair = String::from_utf8(pair).map_err(|_| ())?;
        let (user, password) = pair.split_once(':').ok_or(())?;
        let known = open || self.users.get(user).is_some_and(|right| right == password);
        if known { Ok(Some(user.to_owned())) } else { Err(()) }
    }

    /// The answer's body to a token request, or `None` for a refusal. Grants: `password`, `refresh_token`,
    /// `client_credentials`.
    pub fn grant(&mut self, form: &[(String, String)], now: DateTime<Utc>) -> Option<String> {
        let field = |wanted: &str| {
            form.iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.as_str())
        };
        let id = field("client_id")?;
        let client = self
            .clients
            .get(id)
            .filter(|client| Some(client.secret.as_str()) == field("client_secret"))?;
        let kind = field("grant_type")?;
        let user = match kind {
            "password" => {
                let user = field("username")?;
                let right = self.users.get(user)?;
                (Some(right.as_str()) == field("password")).then(|| user.to_owned())?
            }
            "client_credentials" => client.user.clone()?,
            "refresh_token" => {
                let refresh = field("refresh_token");
                let known = self
                    .tokens
                    .iter()
                    .find(|token| token.refresh.as_deref() == refresh && token.client == id);
                known.filter(|_| refresh.is_some())?.user.clone()
            }
            _ => return None,
        };
        Some(self.issue(id.to_owned(), user, kind != "client_credentials", now))
    }

    /// Ends the life of all access tokens, and of refresh tokens too if so wished.
    pub fn revoke(&mut self, refresh_tokens: bool) {
        for token in &mut self.tokens {
            token.expires = DateTime::<Utc>::MIN_UTC;
            if refresh_tokens {
                token.refresh = None;
            }
        }
    }

    fn issue(&mut self, client: String, user: String, refreshable: bool, now: DateTime<Utc>) -> String {
        let of_both = |token: &&Token| token.client == client && token.user == user;
        if let Some(token) = self.tokens.iter().find(|token| of_both(token) && token.expires > now) {
            return token.body(now);
        }
        self.issued += 1;
        let refresh = self
            .tokens
            .iter()
            .filter(of_both)
            .find_map(|token| token.refresh.clone());
        let refresh = refreshable.then(|| refresh.unwrap_or_else(|| secret("refresh", self.issued)));
        let token = Token {
            access: secret("access", self.issued),
            refresh,
            user,
            client,
            expires: now + self.life,
        };
        let body = token.body(now);
        // Dead tokens stay for their refresh tokens only.
        self.tokens.retain(|old| old.expires > now || old.refresh.is_some());
        self.tokens.push(token);
        body
    }
}

impl Token {
    fn body(&self, now: DateTime<Utc>) -> String {
        let mut body = serde_json::json!({
            "access_token": self.access,
            "scope": "useraccount",
            "token_type": "Bearer",
            "expires_in": (self.expires - now).num_seconds(),
        });
        if let Some(refresh) = &self.refresh {
            body["refresh_token"] = refresh.clone().into();
        }
        body.to_string()
    }
}

/// 86 letters, as the real ones have.
fn secret(kind: &str, number: u64) -> String {
    let mut dice = fastrand::Rng::with_seed(number ^ kind.len() as u64);
    let tail: String = std::iter::repeat_with(|| dice.alphanumeric()).take(70).collect();
    format!("{kind}-{number}-{tail}")
}
