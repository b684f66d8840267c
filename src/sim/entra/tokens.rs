//! The tokens that were handed out: opaque, or JWTs signed by the directory. A simulator that takes them asks here,
//! or verifies their signature as the real ones do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use tokio::time::Instant;
use xxhash_rust::xxh3::xxh3_128;

use super::grant::Granted;
use crate::sim::clock::Clock;
use crate::sim::jwt::{Key, Signer};

/// A token that was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Its `aud`.
    pub audience: String,
    /// The application it was issued to.
    pub client_id: String,
    /// The user it stands for, with the password grant.
    pub username: Option<String>,
    expires: (Instant, DateTime<Utc>),
    revoked: bool,
}

/// The issued tokens; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Tokens(Arc<Mutex<Book>>);

#[derive(Debug, Default)]
struct Book {
    issued: HashMap<String, Issued>,
    clock: Clock,
    signer: Option<Signer>,
}

impl Tokens {
    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The clock by which tokens die; they die of the runtime's time too.
    pub fn set_clock(&self, clock: Clock) {
        self.lock().clock = clock;
    }

    pub(super) fn sign(&self) -> Option<Key> {
        let mut book = self.lock();
        if book.signer.is_none() {
            book.signer = Signer::new();
        }
        book.signer.as_ref()?.key()
    }

    pub(super) fn issue(&self, granted: &Granted, ttl: Duration) -> String {
        let mut book = self.lock();
        let now = book.clock.now();
        // Told apart, and the same in every run of the same requests.
        let id = format!("{:032x}", xxh3_128(&book.issued.len().to_le_bytes()));
        let token = book.signer.as_ref().and_then(|signer| {
            signer.sign(&json!({
                "aud": granted.audience,
                "iss": format!("https://sts.windows.net/{}/", granted.tenant),
                "iat": now.timestamp(),
                "nbf": now.timestamp(),
                "exp": (now + ttl).timestamp(),
                "appid": granted.client_id,
                "tid": granted.tenant,
                "upn": granted.username,
                "uti": id,
                "ver": "1.0",
            }))
        });
        let token = token.unwrap_or_else(|| format!("sim.{id}.token"));
        let issued = Issued {
            audience: granted.audience.clone(),
            client_id: granted.client_id.clone(),
            username: granted.username.clone(),
            expires: (Instant::now() + ttl, now + ttl),
            revoked: false,
        };
        book.issued.insert(token.clone(), issued);
        token
    }

    /// Whether `token` was issued for `audience`, has not expired and was not revoked; a slash at an
    /// audience's end makes no difference.
    pub fn valid(&self, token: &str, audience: &str) -> bool {
        let bare = |text: &str| text.trim_end_matches('/').to_ascii_lowercase();
        let book = self.lock();
        let wall = book.clock.now();
        let good = |issued: &Issued| {
            let (by_runtime, by_clock) = issued.expires;
            let alive = !issued.revoked && Instant::now() < by_runtime && wall < by_clock;
            alive && bare(&issued.audience) == bare(audience)
        };
        book.issued.get(token).is_some_and(good)
    }

    /// Whose token it is, good or not.
    pub fn find(&self, token: &str) -> Option<Issued> {
        self.lock().issued.get(token).cloned()
    }

    /// Every token handed out so far, good or not.
    pub fn all(&self) -> Vec<String> {
        self.lock().issued.keys().cloned().collect()
    }

    /// Makes one token worthless.
    pub fn revoke(&self, token: &str) {
        if let Some(issued) = self.lock().issued.get_mut(token) {
            issued.revoked = true;
        }
    }

    /// Makes every token issued so far worthless.
    pub fn revoke_all(&self) {
        for issued in self.lock().issued.values_mut() {
            issued.revoked = true;
        }
    }
}
