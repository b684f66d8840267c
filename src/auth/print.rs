//! Whether a secret is another one than before, without keeping the secret.

use std::fmt;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// A hash of what signs in; it never leaves the process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Print([u8; 32]);

impl fmt::Debug for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Print(…)")
    }
}

impl Print {
    /// Of what stands in a file of text; `None` if it cannot be read.
    pub(super) fn of_file(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        Some(Self::of([&SecretString::from(text)]))
    }

    /// Of these, in this order.
    pub(super) fn of<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let mut hash = Sha256::new();
        for secret in secrets {
            let bytes = secret.expose_secret().as_bytes();
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
        Self(hash.finalize().into())
    }
}
