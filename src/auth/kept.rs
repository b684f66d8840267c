//! Where a rotated refresh token is kept, and by whom it may be used just now.

use std::fmt;

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::model::Trouble;

/// A refresh token that came back from the server, and of which configured one it is the offspring.
#[derive(Debug, Clone)]
pub struct KeptToken {
    /// What refreshes next.
    pub token: SecretString,
    /// Of the configured token with which the line began, and of where.
    pub first: Fingerprint,
}

/// Tells whether a secret and the place it is shown at are those it was made of, and nothing else about them.
#[derive(Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// Random, its own.
    pub salt: [u8; 16],
    /// SHA-256 of salt, place and secret.
    pub hash: [u8; 32],
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

impl Fingerprint {
    /// Of a secret at a place, the address of its token endpoint; with a salt of its own.
    pub fn of(secret: &SecretString, place: &str) -> Self {
        let salt = uuid::Uuid::new_v4().into_bytes();
        Self {
            salt,
            hash: hash(&salt, secret, place),
        }
    }

    /// Whether it was made of this secret at this place.
    pub fn is_of(&self, secret: &SecretString, place: &str) -> bool {
        hash(&self.salt, secret, place) == self.hash
    }
}

fn hash(salt: &[u8; 16], secret: &SecretString, place: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update((place.len() as u64).to_le_bytes());
    hash.update(place.as_bytes());
    hash.update(secret.expose_secret().as_bytes());
    hash.finalize().into()
}

/// The place of one connection's refresh token, shared with every process that signs in as that connection.
pub trait Keep: Send + Sync + fmt::Debug {
    /// Waits until nobody else, in this process or another, refreshes with this connection's token; it is this caller's
    /// turn until what comes back is dropped.
    fn turn(&self) -> BoxFuture<'_, Result<Box<dyn Send>, Trouble>>;

    /// The token kept last.
    fn load(&self) -> BoxFuture<'_, Result<Option<KeptToken>, Trouble>>;

    /// Keeps it in place of the last one; it is on the disk when this returns.
    fn keep(&self, token: KeptToken) -> BoxFuture<'_, Result<(), Trouble>>;
}
