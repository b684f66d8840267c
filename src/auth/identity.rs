//! One identity: its token, its turn to sign in and its gate, shared by all who sign in as it.
//!
//! Streams, connections and the workspace with the same sign-in are one identity, and it outlives a reload of the
//! configuration: neither makes another request for a token, nor opens a gate that a refusal has shut.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::Settings;
use super::gate::Gate;
use super::refresh::Line;
use super::token::Token;
use crate::model::Trouble;

/// What is known of it.
#[derive(Debug, Default)]
pub(super) struct Identity {
    state: Mutex<State>,
    /// Held by whoever signs in.
    pub(super) turn: tokio::sync::Mutex<()>,
    /// What was being tried was let in or refused.
    pub(super) answered: tokio::sync::Notify,
    /// Of its refresh token, if it has one.
    pub(super) line: Line,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) token: Option<Token>,
    pub(super) gate: Gate,
    /// The last sign-in that failed: those who waited for it fail with it.
    pub(super) failed: Option<(Instant, Trouble)>,
}

impl Identity {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The identities in use; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Identities {
    known: Arc<Mutex<Vec<Known>>>,
    /// Exchanges of refresh tokens under way.
    pub(super) exchanges: TaskTracker,
}

#[derive(Debug)]
struct Known {
    settings: Settings,
    place: String,
    identity: Weak<Identity>,
}

impl Identities {
    /// Waits until no refresh token is being exchanged: a process that ends before would lose what comes back.
    pub async fn exchanged(&self) {
        self.exchanges.close();
        self.exchanges.wait().await;
    }

    /// The identity of these settings at that place, new if nobody uses it now.
    pub(super) fn of(&self, settings: &Settings, place: &str) -> Arc<Identity> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|known| known.identity.strong_count() > 0);
        let same = known
            .iter()
            .filter(|known| known.settings == *settings && known.place == place)
            .find_map(|known| known.identity.upgrade());
        same.unwrap_or_else(|| {
            let identity = Arc::<Identity>::default();
            known.push(Known {
                settings: settings.clone(),
                place: place.to_owned(),
                identity: Arc::downgrade(&identity),
            });
            identity
        })
    }
}
