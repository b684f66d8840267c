//! Who is registered, and how long tokens live.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::sim::jwt::{Certificate, Key};

/// How an application proves itself.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// By `client_secret`.
    Secret(String),
    /// By this `client_assertion` to the letter: the contents of a federated token file.
    Assertion(String),
    /// By a `client_assertion` that it signed with the key of this certificate.
    Certificate(Certificate),
    /// By a `client_assertion` that somebody else signed whom the directory trusts.
    Federated(Federated),
    /// Not at all: a public client, which must not send a secret.
    Public,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "Secret",
            Self::Assertion(_) => "Assertion",
            Self::Certificate(_) => "Certificate",
            Self::Federated(_) => "Federated",
            Self::Public => "Public",
        })
    }
}

/// A federated identity credential: whose tokens stand for an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Federated {
    /// `iss` of the token, e.g. a cluster.
    pub issuer: String,
    /// `sub` of the token, e.g. `system:serviceaccount:itsm:itsmd`.
    pub subject: String,
    /// `aud` of the token; `api://AzureADTokenExchange` as a rule.
    pub audience: String,
    /// What verifies its signature.
    pub key: Key,
}

/// An application registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The tenant it lives in.
    pub tenant: String,
    /// Its application (client) id.
    pub client_id: String,
    /// How it proves itself.
    pub credential: Credential,
    /// When that proof ends to be one.
    pub expires: Option<DateTime<Utc>>,
    /// Whether it may not sign in at all.
    pub disabled: bool,
}

/// What keeps a user whose password is right from signing in with it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// A second factor is asked for.
    SecondFactor,
    /// A second factor is yet to be set up.
    SecondFactorUnset,
    /// The password ran out.
    PasswordExpired,
    /// The account is disabled.
    Disabled,
    /// Somebody tried too often.
    Locked,
    /// The password is known elsewhere: the user's domain is federated.
    Federated,
    /// A conditional access policy.
    Blocked,
    /// Nobody agreed that the application may act for the user.
    Consent,
}

/// A user who may sign in with a password.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The tenant it lives in.
    pub tenant: String,
    /// `svc-itsm@contoso.com`; letter case does not matter.
    pub username: String,
    /// Its password.
    pub password: String,
    /// Whether a second factor is asked for, which the password grant cannot give.
    pub mfa: bool,
    /// What else is in the way.
    pub obstacle: Option<Obstacle>,
    /// Wrong passwords since the last right one.
    pub failures: u32,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            tenant, username, mfa, ..
        } = self;
        f.debug_struct("User")
            .field("tenant", tenant)
            .field("username", username)
            .field("mfa", mfa)
            .finish_non_exhaustive()
    }
}

/// Everything registered.
#[derive(Debug, Clone)]
pub struct Directory {
    /// Applications; their tenants exist by that.
    pub applications: Vec<Application>,
    /// Users; their tenants exist by that.
    pub users: Vec<User>,
    /// Resources tokens may be asked for, without a slash at the end; empty allows any.
    pub resources: BTreeSet<String>,
    /// How long a token is good.
    pub ttl: Duration,
    /// `refresh_in` of the answer, if it has one.
    pub refresh_in: Option<Duration>,
    /// Whether numbers of the answer are written as strings, as the older endpoint does.
    pub numbers_as_strings: bool,
    /// So many wrong passwords lock a user out.
    pub lockout: Option<u32>,
    /// Whether an assertion counts but once, told by its `jti`.
    pub single_use: bool,
    pub(super) spent: BTreeSet<String>,
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            applications: Vec::new(),
            users: Vec::new(),
            resources: BTreeSet::new(),
            ttl: Duration::from_secs(3_599),
            refresh_in: None,
            numbers_as_strings: false,
            lockout: None,
            single_use: false,
            spent: BTreeSet::new(),
        }
    }
}

impl Directory {
    /// Registers an application that has a secret.
    pub fn add_application(&mut self, tenant: &str, client_id: &str, secret: &str) {
        self.register(tenant, client_id, Credential::Secret(secret.to_owned()));
    }

    /// Registers a public client.
    pub fn add_public_client(&mut self, tenant: &str, client_id: &str) {
        self.register(tenant, client_id, Credential::Public);
    }

    /// Registers an application with any credential.
    pub fn register(&mut self, tenant: &str, client_id: &str, credential: Credential) {
        self.applications.push(Application {
            tenant: tenant.to_owned(),
            client_id: client_id.to_owned(),
            credential,
            expires: None,
            disabled: false,
        });
    }

    /// An application that is registered, to be changed.
    pub fn application_mut(&mut self, client_id: &str) -> Option<&mut Application> {
        self.applications.iter_mut().find(|one| one.client_id == client_id)
    }

    /// A user, to be changed.
    pub fn user_mut(&mut self, username: &str) -> Option<&mut User> {
        let same = |one: &&mut User| one.username.eq_ignore_ascii_case(username);
        self.users.iter_mut().find(same)
    }

    /// Gives a registered application another way to prove itself; the old one is worthless.
    pub fn renew(&mut self, client_id: &str, credential: Credential) {
        if let Some(application) = self.application_mut(client_id) {
            (application.credential, application.expires) = (credential, None);
        }
    }

    /// Registers a user without a second factor.
    pub fn add_user(&mut self, tenant: &str, username: &str, password: &str) {
        let [tenant, username, password] = [tenant, username, password].map(ToOwned::to_owned);
        self.users.push(User {
            tenant,
            username,
            password,
            mfa: false,
            obstacle: None,
            failures: 0,
        });
    }

    pub(super) fn has_tenant(&self, tenant: &str) -> bool {
        let mut tenants = self
            .applications
            .iter()
            .map(|one| &one.tenant)
            .chain(self.users.iter().map(|one| &one.tenant));
        tenants.any(|known| known.eq_ignore_ascii_case(tenant))
    }

    pub(super) fn application(&self, tenant: &str, client_id: &str) -> Option<&Application> {
        let same = |one: &&Application| {
            one.tenant.eq_ignore_ascii_case(tenant) && one.client_id.eq_ignore_ascii_case(client_id)
        };
        self.applications.iter().find(same)
    }

    pub(super) fn user_in(&mut self, tenant: &str, username: &str) -> Option<&mut User> {
        let found = self.user(tenant, username)?.username.clone();
        self.user_mut(&found)
    }

    pub(super) fn user(&self, tenant: &str, username: &str) -> Option<&User> {
        let everywhere = tenant.eq_ignore_ascii_case("organizations");
        let same = |one: &&User| {
            (everywhere || one.tenant.eq_ignore_ascii_case(tenant)) && one.username.eq_ignore_ascii_case(username)
        };
        self.users.iter().find(same)
    }
}
