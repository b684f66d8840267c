//! The tokens that are good, and for what.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use xxhash_rust::xxh3::xxh3_128;

use super::grant::Granted;

/// A token that was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Its `aud`.
    pub audience: String,
    /// The application it was issued to.
    pub client_id: String,
    /// The user it stands for, with the password grant.
    pub username: Option<String>,
    expires: Instant,
    revoked: bool,
}

/// The issued tokens; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    issued: Arc<Mutex<HashMap<String, Issued>>>,
}

impl Tokens {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Issued>> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn issue(&self, granted: &Granted, ttl: Duration) -> String {
        let mut known = self.lock();
        // Told apart, and the same in every run of the same requests.
        let token = format!("sim.{:032x}.token", xxh3_128(&known.len().to_le_bytes()));
        let issued = Issued {
            audience: granted.audience.clone(),
            client_id: granted.client_id.clone(),
            username: granted.username.clone(),
            expires: Instant::now() + ttl,
            revoked: false,
        };
        known.insert(token.clone(), issued);
        token
    }

    /// Whether `token` was issued for `audience`, has not expired and was not revoked; a slash at an
    /// audience's end makes no difference.
    pub fn valid(&self, token: &str, audience: &str) -> bool {
        let bare = |text: &str| text.trim_end_matches('/').to_ascii_lowercase();
        let good = |issued: &Issued| {
            !issued.revoked && Instant::now() < issued.expires && bare(&issued.audience) == bare(audience)
        };
        self.lock().get(token).is_some_and(good)
    }

    /// Whose token it is, good or not.
    pub fn find(&self, token: &str) -> Option<Issued> {
        self.lock().get(token).cloned()
    }

    /// Makes one token worthless.
    pub fn revoke(&self, token: &str) {
        if let Some(issued) = self.lock().get_mut(token) {
            issued.revoked = true;
        }
    }

    /// Makes every token issued so far worthless.
    pub fn revoke_all(&self) {
        for issued in self.lock().values_mut() {
            issued.revoked = true;
        }
    }
}
