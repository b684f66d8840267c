//! Tokens of somebody else whom the instance trusts to say who a caller is: an OIDC entry of the application registry.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use super::registry::User;
use crate::sim::jwt::{Jwt, Key, is_for, time};

/// How wrong its clock may be.
const SKEW: TimeDelta = TimeDelta::seconds(300);

/// An OIDC entry.
#[derive(Debug, Clone)]
pub struct Provider {
    /// What verifies the signature.
    pub key: Key,
    /// The entry's client id, which must be the token's `aud`.
    pub audience: String,
    /// The claim that tells users apart: `appid` for tokens of applications.
    pub claim: String,
    /// The users' field that holds the claim's value: `user_name`, or one of [`User::fields`].
    pub field: String,
    /// Whether a token counts but once: what must not be wished for a poller.
    pub single_use: bool,
    spent: BTreeSet<String>,
}

impl Provider {
    /// An entry that finds users by a field equal to `appid`.
    pub fn by_appid(key: Key, audience: &str, field: &str) -> Self {
        Self {
            key,
            audience: audience.to_owned(),
            claim: "appid".to_owned(),
            field: field.to_owned(),
            single_use: false,
            spent: BTreeSet::new(),
        }
    }

    pub(super) fn user_of(&mut self, token: &str, users: &HashMap<String, User>, now: DateTime<Utc>) -> Option<String> {
        let token = Jwt::parse(token)?;
        let claims = token.claims(&self.key)?;
        let alive = time(claims, "exp").is_some_and(|end| now < end + SKEW)
            && time(claims, "nbf").is_none_or(|start| start <= now + SKEW);
        if !alive || !is_for(claims, &[&self.audience]) {
            return None;
        }
        if self.single_use && !self.spent.insert(token.id()) {
            return None;
        }
        let value = claims[self.claim.as_str()].as_str()?;
        let is_it = |(name, user): &(&String, &User)| match self.field.as_str() {
            "user_name" => name.as_str() == value,
            field => user.fields.get(field).is_some_and(|held| held == value),
        };
        users.iter().find(is_it).map(|(name, _)| name.clone())
    }
}
