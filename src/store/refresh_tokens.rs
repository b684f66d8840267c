//! Refresh tokens: each that comes back takes the place of the one before, which leaves no trace in the file.

use std::fmt;

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::{Db, StoreError, millis};

/// A connection's refresh token as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The secret.
    pub token: String,
    /// Random, of this row.
    pub salt: [u8; 16],
    /// SHA-256 of salt, token endpoint and the configured token with which the line began.
    pub first: [u8; 32],
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

impl Db<'_> {
    /// The one of that connection.
    pub fn refresh_token(&self, connection: &str) -> Result<Option<RefreshToken>, StoreError> {
        let row = self
            .0
            .prepare_cached("SELECT token, salt, first FROM refresh_tokens WHERE connection = ?1")?
            .query_row([connection], |row| {
                Ok(RefreshToken {
                    token: row.get(0)?,
                    salt: row.get(1)?,
                    first: row.get(2)?,
                })
            })
            .optional()?;
        Ok(row)
    }

    /// Keeps it in place of the last one.
    pub fn keep_refresh_token(
        &self,
        connection: &str,
        token: &RefreshToken,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.overwriting(|db| {
            db.0.execute(
                "INSERT OR REPLACE INTO refresh_tokens (connection, token, salt, first, kept) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![connection, token.token, token.salt, token.first, millis(now)],
            )
        })
    }

    /// Drops it.
    pub(super) fn drop_refresh_token(&self, connection: &str) -> Result<(), StoreError> {
        self.overwriting(|db| {
            db.0.execute("DELETE FROM refresh_tokens WHERE connection = ?1", [connection])
        })
    }

    /// What is deleted meanwhile is overwritten with zeros.
    fn overwriting(&self, work: impl FnOnce(&Self) -> rusqlite::Result<usize>) -> Result<(), StoreError> {
        self.0.pragma_update(None, "secure_delete", true)?;
        let outcome = work(self);
        self.0.pragma_update(None, "secure_delete", false)?;
        outcome?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, Threads};

    fn token(text: &str) -> RefreshToken {
        RefreshToken {
            token: text.to_owned(),
            salt: [7; 16],
            first: [8; 32],
        }
    }

    #[test]
    fn the_last_one_takes_the_place_of_the_one_before_which_is_in_the_file_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("itsmd.db");
        let store = Store::open(&path, Threads::Inline).unwrap();
        let keep = |connection: &'static str, text: &str| {
            let token = token(text);
            store
                .call_here(|db| db.keep_refresh_token(connection, &token, DateTime::UNIX_EPOCH))
                .unwrap();
        };
        keep("contoso", "planted-first-token");
        keep("fabrikam", "planted-other-token");
        keep("contoso", "planted-second-token");
        let read = |connection: &'static str| store.call_here(|db| db.refresh_token(connection)).unwrap();
        assert_eq!(read("contoso"), Some(token("planted-second-token")));
        store.call_here(|db| db.forget("contoso")).unwrap();
        assert_eq!(
            (read("contoso"), read("fabrikam")),
            (None, Some(token("planted-other-token")))
        );
        // The last to close folds the log into the file.
        drop(store);
        let bytes = std::fs::read(&path).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(holds("planted-other-token"));
        assert!(!holds("planted-first-token") && !holds("planted-second-token"));
    }
}
