//! Refresh tokens in the state file: the daemon's and those of the commands beside it are the same.
//!
//! A command that works on a state of its own, as `itsmd check` does, still signs in with the token in the configured
//! state file and leaves there what comes back: otherwise it would use up the daemon's.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::auth::{Fingerprint, Keep, KeptToken, codes};
use crate::model::{ConnectionName, Trouble};
use crate::store::{Held, Lock, RefreshToken, Store, StoreError, Threads};

/// Longer than any sign-in with all its tries takes; who holds the turn that long is waited for no more.
const LONGEST_TURN: Duration = Duration::from_secs(300);

/// How often a turn that somebody has is asked for.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// The state file that tokens are kept in.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    state: PathBuf,
    /// Opened with the first use, if it is not the store at hand; once, for a second descriptor that is closed would drop
    /// SQLite's locks.
    store: Arc<OnceCell<Store>>,
}

/// The place of one connection's token.
#[derive(Debug)]
struct InState {
    connection: String,
    tokens: Tokens,
}

impl Tokens {
    /// Those in the state file at `state`; `store` is the one at hand.
    pub(super) fn new(state: &Path, store: &Store) -> Self {
        let known = (store.path() == state).then(|| store.clone());
        Self {
            state: state.to_owned(),
            store: Arc::new(OnceCell::new_with(known)),
        }
    }

    /// The place of that connection's token.
    pub(super) fn of(&self, connection: &ConnectionName) -> Arc<dyn Keep> {
        Arc::new(InState {
            connection: connection.as_str().to_owned(),
            tokens: self.clone(),
        })
    }
}

impl InState {
    async fn store(&self) -> Result<&Store, Trouble> {
        let Tokens { state, store } = &self.tokens;
        let open = async || Store::open_beside(state, Threads::Blocking);
        store.get_or_try_init(open).await.map_err(|error| trouble(&error))
    }

    async fn take_turn(&self) -> Result<Held, Trouble> {
        let lock = Lock::of_refresh(&self.tokens.state, &self.connection);
        let holder = format!("process {}", std::process::id());
        let asked = Instant::now();
        loop {
            match lock.take(&holder) {
                Err(StoreError::Held { .. }) if asked.elapsed() < LONGEST_TURN => tokio::time::sleep(ASK_AGAIN).await,
                taken => return taken.map_err(|error| trouble(&error)),
            }
        }
    }
}

impl Keep for InState {
    fn turn(&self) -> BoxFuture<'_, Result<Box<dyn Send>, Trouble>> {
        async {
            // The state file first: the lock stands beside it.
            self.store().await?;
            Ok(Box::new(self.take_turn().await?) as Box<dyn Send>)
        }
        .boxed()
    }

    fn load(&self) -> BoxFuture<'_, Result<Option<KeptToken>, Trouble>> {
        async {
            let connection = self.connection.clone();
            let found = self.store().await?.call(move |db| db.refresh_token(&connection)).await;
            let kept = |row: RefreshToken| KeptToken {
                token: SecretString::from(row.token),
                first: Fingerprint {
                    salt: row.salt,
                    hash: row.first,
                },
            };
            Ok(found.map_err(|error| trouble(&error))?.map(kept))
        }
        .boxed()
    }

    fn keep(&self, token: KeptToken) -> BoxFuture<'_, Result<(), Trouble>> {
        async move {
            let connection = self.connection.clone();
            let row = RefreshToken {
                token: token.token.expose_secret().to_owned(),
                salt: token.first.salt,
                first: token.first.hash,
            };
            let kept = self
                .store()
                .await?
                .call(move |db| db.keep_refresh_token(&connection, &row, super::now()))
                .await;
            kept.map_err(|error| trouble(&error))
        }
        .boxed()
    }
}

fn trouble(error: &StoreError) -> Trouble {
    codes::KEPT.retry(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_command_with_a_state_of_its_own_uses_the_daemons_token_and_waits_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let name = ConnectionName::new("contoso");
        let state = folder.path().join("itsmd.db");
        let daemons = Store::open(&state, Threads::Inline).unwrap();
        let other = Store::open(&folder.path().join("check.db"), Threads::Inline).unwrap();
        let (daemon, check) = (
            Tokens::new(&state, &daemons).of(&name),
            Tokens::new(&state, &other).of(&name),
        );

        let turn = daemon.turn().await.unwrap();
        assert!(
            tokio::time::timeout(Duration::from_millis(300), check.turn())
                .await
                .is_err(),
            "both have the turn"
        );
        let first = SecretString::from("first");
        let rotated = KeptToken {
            token: SecretString::from("second"),
            first: Fingerprint::of(&first, "here"),
        };
        daemon.keep(rotated).await.unwrap();
        drop(turn);
        let _turn = check.turn().await.unwrap();
        let found = check.load().await.unwrap().unwrap();
        assert_eq!(found.token.expose_secret(), "second");
        assert!(found.first.is_of(&first, "here"));
        assert!(!found.first.is_of(&SecretString::from("another"), "here"));
        assert!(!found.first.is_of(&first, "there"));
    }
}
