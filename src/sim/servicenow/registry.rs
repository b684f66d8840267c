//! Who may come in: by name and password, by a token of its own or of a provider it trusts, by a key, by a certificate.
//!
//! Whatever is wrong, the answer is 401 `User Not Authenticated`; but for a second factor nothing tells why.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use super::oauth::OAuth;
use super::oidc::Provider;
use crate::sim::jwt::Certificate;

/// A user. One that [`super::Desk::user`] makes is for web services only, and active.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Its password.
    pub password: String,
    /// Whether people sign in by it: not `web_service_access_only`. Basic authentication is denied to those.
    pub interactive: bool,
    /// Whether it has the role `snc_basic_auth_api_access`, by which even interactive users may.
    pub basic_role: bool,
    /// Whether it has the role `snc_platform_rest_api_access`.
    pub platform_role: bool,
    /// Whether it is active.
    pub active: bool,
    /// Whether it is locked out.
    pub locked: bool,
    /// The code that basic authentication must bear as `X-MFA_TOKEN`.
    pub mfa: Option<String>,
    /// Fields by which a provider's claims find it, beside `user_name`.
    pub fields: HashMap<String, String>,
    /// Wrong passwords since the last right one.
    pub failures: u32,
}

/// A key for `x-sn-apikey`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Whom it stands for.
    pub user: String,
    /// From then on it counts no more.
    pub expires: Option<DateTime<Utc>>,
}

/// Users, applications, keys, certificates, providers, and the rules about them.
pub(super) struct Registry {
    pub users: HashMap<String, User>,
    pub oauth: OAuth,
    pub keys: HashMap<String, ApiKey>,
    /// Tables for which keys count; `*` for all.
    pub key_policies: Vec<String>,
    pub certificates: Vec<(Certificate, String)>,
    /// Whether a certificate is asked for beside everything else.
    pub certificate_required: bool,
    pub providers: Vec<Provider>,
    /// Whether basic authentication is denied to people.
    pub restricted: bool,
    /// So many wrong passwords lock a user out.
    pub lockout: Option<u32>,
}

/// What a request shows.
#[derive(Debug, Default)]
pub(super) struct Knock<'a> {
    pub authorization: Option<&'a str>,
    pub api_key: Option<&'a str>,
    pub mfa: Option<&'a str>,
    /// DER.
    pub certificate: Option<&'a [u8]>,
    /// The table it asks for.
    pub table: Option<&'a str>,
}

/// Why nobody was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    Unknown,
    /// All was right but the second factor.
    SecondFactor,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            users: HashMap::new(),
            oauth: OAuth::default(),
            keys: HashMap::new(),
            key_policies: Vec::new(),
            certificates: Vec::new(),
            certificate_required: false,
            providers: Vec::new(),
            restricted: true,
            lockout: None,
        }
    }
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("interactive", &self.interactive)
            .field("active", &self.active)
            .field("locked", &self.locked)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKey")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl User {
    pub(super) fn new(password: &str) -> Self {
        Self {
            password: password.to_owned(),
            interactive: false,
            basic_role: false,
            platform_role: true,
            active: true,
            locked: false,
            mfa: None,
            fields: HashMap::new(),
            failures: 0,
        }
    }

    /// Whether it may come in at all.
    pub(super) fn may_come(&self) -> bool {
        self.active && !self.locked
    }
}

impl Registry {
    /// Who asks; `Err` if that is nobody. An instance without users and applications lets everybody in.
    pub fn admit(&mut self, knock: &Knock<'_>, now: DateTime<Utc>) -> Result<Option<String>, Denied> {
        let open = self.users.is_empty() && self.oauth.clients.is_empty();
        let shown = self.certified(knock.certificate);
        if self.certificate_required && shown.is_none() {
            return Err(Denied::Unknown);
        }
        let name = match knock.authorization {
            Some(header) => Some(self.authorized(header, knock, now, open)?),
            None => self.by_key(knock, now)?.or(shown),
        };
        let Some(name) = name else {
            return if open { Ok(None) } else { Err(Denied::Unknown) };
        };
        match self.users.get(&name) {
            Some(user) if !user.may_come() || !user.platform_role => Err(Denied::Unknown),
            None if !open && !self.oauth.stands_for(&name) => Err(Denied::Unknown),
            Some(_) | None => Ok(Some(name)),
        }
    }

    /// The name behind a password that is right, and counts those that are wrong.
    pub fn sign_in(&mut self, name: &str, password: &str) -> Option<&User> {
        let lockout = self.lockout;
        let user = self.users.get_mut(name)?;
        if user.password == password {
            user.failures = 0;
        } else {
            user.failures += 1;
            user.locked |= lockout.is_some_and(|most| user.failures >= most);
            return None;
        }
        user.may_come().then_some(&*user)
    }

    fn authorized(
        &mut self,
        header: &str,
        knock: &Knock<'_>,
        now: DateTime<Utc>,
        open: bool,
    ) -> Result<String, Denied> {
        if let Some(token) = header.strip_prefix("Bearer ") {
            return self.bearer(token, now).ok_or(Denied::Unknown);
        }
        let pair = header
            .strip_prefix("Basic ")
            .and_then(|code| STANDARD.decode(code).ok());
        let pair = pair
            .and_then(|pair| String::from_utf8(pair).ok())
            .ok_or(Denied::Unknown)?;
        let (name, password) = pair.split_once(':').ok_or(Denied::Unknown)?;
        if open {
            return Ok(name.to_owned());
        }
        let restricted = self.restricted;
        let user = self.sign_in(name, password).ok_or(Denied::Unknown)?;
        if restricted && user.interactive && !user.basic_role {
            return Err(Denied::Unknown);
        }
        if user.mfa.is_some() && user.mfa.as_deref() != knock.mfa {
            return Err(Denied::SecondFactor);
        }
        Ok(name.to_owned())
    }

    fn bearer(&mut self, token: &str, now: DateTime<Utc>) -> Option<String> {
        if let Some(user) = self.oauth.user_of(token, now) {
            return Some(user);
        }
        let users = &self.users;
        self.providers
            .iter_mut()
            .find_map(|provider| provider.user_of(token, users, now))
    }

    /// Without a policy for the table a key is not looked at; with one it must be right.
    fn by_key(&self, knock: &Knock<'_>, now: DateTime<Utc>) -> Result<Option<String>, Denied> {
        let covered = self
            .key_policies
            .iter()
            .any(|table| table == "*" || Some(table.as_str()) == knock.table);
        let Some(key) = knock.api_key.filter(|_| covered) else {
            return Ok(None);
        };
        let known = self
            .keys
            .get(key)
            .filter(|key| key.expires.is_none_or(|expires| now < expires));
        known.map(|key| Some(key.user.clone())).ok_or(Denied::Unknown)
    }

    fn certified(&self, shown: Option<&[u8]>) -> Option<String> {
        let shown = shown?;
        let known = self.certificates.iter().find(|(certificate, _)| certificate.is(shown));
        known.map(|(_, user)| user.clone())
    }
}
