//! Who may come into an instance, and what ends that.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::super::oauth::{Client, Rotation};
use super::super::oidc::Provider;
use super::super::registry::{ApiKey, User};
use super::Desk;
use crate::sim::jwt::Certificate;

impl Desk {
    /// A user with a password, for basic authentication and the password grant.
    pub fn user(&self, name: &str, password: &str) {
        self.lock().registry.users.insert(name.to_owned(), User::new(password));
    }

    /// Changes a user that is there: its password, roles, second factor, whether it is active.
    pub fn change_user(&self, name: &str, change: impl FnOnce(&mut User)) {
        if let Some(user) = self.lock().registry.users.get_mut(name) {
            change(user);
        }
    }

    /// Takes a user away.
    pub fn remove_user(&self, name: &str) {
        self.lock().registry.users.remove(name);
    }

    /// Whether basic authentication is denied to people, as on instances from Zurich on; it is at first.
    pub fn restrict_basic(&self, restricted: bool) {
        self.lock().registry.restricted = restricted;
    }

    /// So many wrong passwords in a row lock a user out; nothing does at first.
    pub fn set_lockout(&self, failures: Option<u32>) {
        self.lock().registry.lockout = failures;
    }

    /// An entry of the application registry; with a `user` it may use `client_credentials`.
    pub fn client(&self, id: &str, secret: &str, user: Option<&str>) {
        let client = Client::new(secret, user);
        self.lock().registry.oauth.clients.insert(id.to_owned(), client);
    }

    /// Changes an entry that is there: its secret, that secret's end, whose assertions it takes.
    pub fn change_client(&self, id: &str, change: impl FnOnce(&mut Client)) {
        if let Some(client) = self.lock().registry.oauth.clients.get_mut(id) {
            change(client);
        }
    }

    /// Takes an entry away; tokens it was given live on.
    pub fn remove_client(&self, id: &str) {
        self.lock().registry.oauth.clients.remove(id);
    }

    /// Whether the grant `client_credentials` is enabled; it is at first, unlike on the real thing.
    pub fn set_client_credentials(&self, enabled: bool) {
        self.lock().registry.oauth.client_credentials = enabled;
    }

    /// What becomes of a refresh token that was used; it is given again at first.
    pub fn set_rotation(&self, rotation: Rotation) {
        self.lock().registry.oauth.rotation = rotation;
    }

    /// Life of access tokens issued from now on; 1800 s at first.
    pub fn token_life(&self, life: Duration) {
        self.lock().registry.oauth.life = life;
    }

    /// Life of refresh tokens issued from now on; 100 days at first.
    pub fn refresh_life(&self, life: Duration) {
        self.lock().registry.oauth.refresh_life = life;
    }

    /// A refresh token of that user, as somebody got it who signed in by hand.
    pub fn hand_out_refresh_token(&self, client: &str, user: &str) -> String {
        let mut state = self.lock();
        let now = state.now();
        state.registry.oauth.hand_out(client, user, now)
    }

    /// Refresh tokens that are good now.
    pub fn refresh_tokens(&self) -> Vec<String> {
        let state = self.lock();
        state.registry.oauth.refresh_tokens(state.now())
    }

    /// All tokens of either kind (`access`, `refresh`) that were handed out, used up ones too; a number of one kind may never
    /// have been one of the other's.
    pub fn ever_issued(&self) -> Vec<(&'static str, String)> {
        self.lock().registry.oauth.ever_issued()
    }

    /// Access tokens that are good now.
    pub fn access_tokens(&self) -> Vec<String> {
        let state = self.lock();
        state.registry.oauth.access_tokens(state.now())
    }

    /// Ends all access tokens, and the refresh tokens too if so wished.
    pub fn revoke_tokens(&self, refresh_tokens: bool) {
        self.lock().registry.oauth.revoke(refresh_tokens);
    }

    /// A key for `x-sn-apikey`, which counts where [`Self::allow_api_keys`] says so.
    pub fn api_key(&self, key: &str, user: &str, expires: Option<DateTime<Utc>>) {
        let user = user.to_owned();
        self.lock()
            .registry
            .keys
            .insert(key.to_owned(), ApiKey { user, expires });
    }

    /// Takes a key away.
    pub fn revoke_api_key(&self, key: &str) {
        self.lock().registry.keys.remove(key);
    }

    /// A policy: keys count for this table from now on, or for all by `*`. Where there is none they are not looked at.
    pub fn allow_api_keys(&self, table: &str) {
        self.lock().registry.key_policies.push(table.to_owned());
    }

    /// Whoever shows this certificate in the handshake is that user.
    pub fn certificate(&self, certificate: Certificate, user: &str) {
        self.lock().registry.certificates.push((certificate, user.to_owned()));
    }

    /// Takes all certificates away.
    pub fn revoke_certificates(&self) {
        self.lock().registry.certificates.clear();
    }

    /// Whether a known certificate is asked for beside everything else.
    pub fn require_certificate(&self, required: bool) {
        self.lock().registry.certificate_required = required;
    }

    /// Trusts the tokens of somebody else.
    pub fn trust(&self, provider: Provider) {
        self.lock().registry.providers.push(provider);
    }

    /// Trusts nobody else any more.
    pub fn trust_nobody(&self) {
        self.lock().registry.providers.clear();
    }
}
