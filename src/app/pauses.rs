//! What servers asked of us outlives the process that heard it: written down when it is asked, honoured at the next start.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use super::build::Parts;
use crate::net::{Client, Waiting};
use crate::status;
use crate::store::{Pause, Store, StoreError};

/// Who waits: a connection by its name, the workspace by nothing.
pub const WORKSPACE: &str = "";

/// A way to a server, and whose it is.
#[derive(Debug, Clone)]
pub(super) struct Way {
    owner: String,
    client: Client,
    store: Store,
}

impl Parts {
    /// Every way to a server.
    pub(super) fn ways(&self) -> Vec<Way> {
        let way = |owner: &str, client: &Client| Way {
            owner: owner.to_owned(),
            client: client.clone(),
            store: self.store.clone(),
        };
        let connections = self
            .connections
            .iter()
            .map(|c| way(c.settings.name.as_str(), &c.client));
        let workspace = self.workspace.client().map(|client| way(WORKSPACE, client));
        connections.chain(workspace).collect()
    }

    /// Pauses every way of which a server was promised patience, and goes without the burst where a process before
    /// this one may have spent it. What that process left unfinished is marked so, and what a person accepted of it is
    /// accepted no longer. Only for whoever holds the lock, and before anything is asked for.
    pub fn take_over(&self) -> Result<(), StoreError> {
        let now = super::now();
        for connected in &self.connections {
            let name = connected.settings.name.as_str();
            if self.store.call_here(|db| db.ran_just_now(name, now))? {
                connected.client.limiter().spend_burst();
            }
        }
        self.store.call_here(|db| {
            db.interrupt_open_runs()?;
            db.withdraw_acceptances()
        })?;
        self.honour_pauses()
    }

    /// Pauses every way of which a server was promised patience.
    pub(super) fn honour_pauses(&self) -> Result<(), StoreError> {
        let (now, pauses) = (super::now(), self.store.call_here(|db| db.pauses())?);
        for way in self.ways() {
            let kept = pauses
                .iter()
                .find(|pause| pause.owner == way.owner && pause.server == way.client.server());
            if let Some((pause, left)) = kept.and_then(|pause| Some((pause, pause.left(now)?.to_std().ok()?))) {
                let until = tokio::time::Instant::now() + left;
                way.client.limiter().obey_until(until, &pause.why);
            }
        }
        Ok(())
    }

    /// The pauses under way, by owner.
    pub(super) fn waiting(&self) -> BTreeMap<String, status::Waiting> {
        let waiting = self.ways().into_iter().filter_map(|way| {
            let waiting = way.client.waiting()?;
            let until = TimeDelta::from_std(waiting.left()).ok().map(|left| super::now() + left);
            let why = if waiting.asked {
                asked_by(&way.owner, &waiting.why)
            } else {
                waiting.why
            };
            Some((way.owner, status::Waiting { until, why }))
        });
        waiting.collect()
    }
}

impl Way {
    /// Writes down each wish as it comes, until `stop`.
    pub async fn keep_pauses(self, stop: CancellationToken) {
        let mut asked = self.client.limiter().asked();
        loop {
            let last = tokio::select! {
                changed = asked.changed() => changed.is_err(),
                () = stop.cancelled() => !asked.has_changed().unwrap_or(false),
            };
            if last {
                return;
            }
            let waiting = asked.borrow_and_update().clone();
            if let Some(waiting) = waiting {
                self.keep(waiting).await;
            }
        }
    }

    async fn keep(&self, waiting: Waiting) {
        let asked = super::now();
        let pause = Pause {
            owner: self.owner.clone(),
            server: self.client.server(),
            asked,
            until: TimeDelta::from_std(waiting.left()).map_or(asked, |left| asked + left),
            why: waiting.why,
        };
        if let Err(error) = self.store.call(move |db| db.keep_pause(&pause)).await {
            tracing::warn!(%error, "a server's wish could not be written down; a restart would forget it");
        }
    }
}

/// The pauses that a process which is not running any more was asked for, by owner.
pub(super) fn kept(pauses: Vec<Pause>, now: DateTime<Utc>) -> BTreeMap<String, status::Waiting> {
    let waiting = pauses.into_iter().filter_map(|pause| {
        let until = now + pause.left(now)?;
        let why = asked_by(&pause.owner, &pause.why);
        Some((
            pause.owner,
            status::Waiting {
                until: Some(until),
                why,
            },
        ))
    });
    waiting.collect()
}

fn asked_by(owner: &str, why: &str) -> String {
    let who = if owner == WORKSPACE { "workspace" } else { "server" };
    format!("asked by the {who}: {why}")
}
