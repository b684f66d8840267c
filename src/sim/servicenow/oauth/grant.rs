//! A token request: the application first, then what it shows, then the token, new or the one that lives.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::registry::Registry;
use super::{Client, JwtKey, OAuth, Refresh, Rotation, Token, secret};
use crate::sim::jwt::{Jwt, is_for, time};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// How wrong the clock of an assertion's maker may be.
const SKEW: TimeDelta = TimeDelta::seconds(300);

/// A form, and where it came in.
#[derive(Debug)]
pub struct Request<'a> {
    pub form: &'a [(String, String)],
    /// `http://host`.
    pub instance: &'a str,
    pub now: DateTime<Utc>,
}

impl Request<'_> {
    fn field(&self, wanted: &str) -> Option<&str> {
        let mut found = self.form.iter().filter(|(name, _)| name == wanted);
        found.next().map(|(_, value)| value.as_str())
    }
}

impl Registry {
    /// The answer's body, or `None` for a refusal. Grants: `password`, `refresh_token`, `client_credentials`,
    /// JWT bearer.
    pub fn grant(&mut self, request: &Request<'_>) -> Option<String> {
        let id = request.field("client_id")?.to_owned();
        let client = self.client(&id, request)?;
        let now = request.now;
        let user = match request.field("grant_type")? {
            "password" => {
                let name = request.field("username")?;
                self.sign_in(name, request.field("password")?)?;
                name.to_owned()
            }
            "client_credentials" if self.oauth.client_credentials => client.user.clone()?,
            JWT_BEARER => self.oauth.asserted(&id, client.jwt.as_ref()?, request)?,
            "refresh_token" => {
                let (user, refresh) = self.oauth.refreshed(&id, request.field("refresh_token")?, now)?;
                self.active(&user)?;
                let expires = self.oauth.access(&id, &user, now);
                return Some(expires.body(Some(&refresh), now));
            }
            _ => return None,
        };
        self.active(&user)?;
        let refresh =
            (request.field("grant_type") == Some("password")).then(|| self.oauth.refresh_for(&id, &user, now));
        Some(self.oauth.access(&id, &user, now).body(refresh.as_deref(), now))
    }

    fn client(&self, id: &str, request: &Request<'_>) -> Option<Client> {
        let client = self.oauth.clients.get(id)?;
        let right = request.field("client_secret") == Some(client.secret.as_str());
        let fresh = client.expires.is_none_or(|expires| request.now < expires);
        (client.active && right && fresh).then(|| client.clone())
    }

    /// A user who is there must be active; one who is not may be an application's.
    fn active(&self, name: &str) -> Option<()> {
        match self.users.get(name) {
            Some(user) => user.may_come().then_some(()),
            None => self.oauth.stands_for(name).then_some(()),
        }
    }
}

impl OAuth {
    /// The living token of that user, or a new one.
    fn access(&mut self, client: &str, user: &str, now: DateTime<Utc>) -> &Token {
        self.tokens.retain(|old| old.expires > now);
        let of_both = |token: &Token| token.client == client && token.user == user;
        let place = self.tokens.iter().position(of_both).unwrap_or_else(|| {
            self.issued += 1;
            self.tokens.push(Token {
                access: secret("access", self.issued),
                user: user.to_owned(),
                client: client.to_owned(),
                expires: now + self.life,
            });
            self.tokens.len() - 1
        });
        &self.tokens[place]
    }

    /// The current refresh token of that user, or a first one.
    fn refresh_for(&mut self, client: &str, user: &str, now: DateTime<Utc>) -> String {
        let of_both = |one: &&Refresh| one.client == client && one.user == user && one.expires > now;
        match self.refresh.iter().find(of_both) {
            Some(current) => current.token.clone(),
            None => self.hand_out(client, user, now),
        }
    }

    /// Whose refresh token it is, and the one to use from now on.
    fn refreshed(&mut self, client: &str, token: &str, now: DateTime<Utc>) -> Option<(String, String)> {
        let known = |one: &&mut Refresh| one.token == token && one.client == client && one.expires > now;
        let known = self.refresh.iter_mut().find(known)?;
        let user = known.user.clone();
        let Rotation::Replaced { grace } = self.rotation else {
            return Some((user, token.to_owned()));
        };
        known.expires = known.expires.min(now + grace);
        // A new refresh token comes with a new access token.
        self.tokens.retain(|old| old.client != client || old.user != user);
        let next = self.hand_out(client, &user, now);
        Some((user, next))
    }

    /// Whom the assertion names, if it is one.
    fn asserted(&mut self, id: &str, known: &JwtKey, request: &Request<'_>) -> Option<String> {
        let sent = Jwt::parse(request.field("assertion")?)?;
        let kid = sent.header["kid"].as_str();
        if known.kid.is_some() && known.kid.as_deref() != kid {
            return None;
        }
        if known.certificate.expires.is_some_and(|expires| expires <= request.now) {
            return None;
        }
        let claims = sent.claims(&known.certificate.key()?)?;
        let endpoint = format!("{}/oauth_token.do", request.instance);
        let meant = match &known.audience {
            Some(audience) => is_for(claims, &[audience]),
            None => is_for(claims, &[id, request.instance, &endpoint]),
        };
        let issued = time(claims, "iat").is_some_and(|at| at <= request.now + SKEW);
        let alive = time(claims, "exp").is_some_and(|end| request.now < end + SKEW);
        if !meant || !issued || !alive || claims["iss"] != id {
            return None;
        }
        let user = claims["sub"].as_str()?.to_owned();
        if known.single_use && !self.spent.insert(sent.id()) {
            return None;
        }
        Some(user)
    }
}

impl Token {
    fn body(&self, refresh: Option<&str>, now: DateTime<Utc>) -> String {
        let mut body = serde_json::json!({
            "access_token": self.access,
            "scope": "useraccount",
            "token_type": "Bearer",
            "expires_in": (self.expires - now).num_seconds(),
        });
        if let Some(refresh) = refresh {
            body["refresh_token"] = refresh.into();
        }
        body.to_string()
    }
}
