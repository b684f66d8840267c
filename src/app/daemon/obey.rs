//! Signals: sync now, resync, reload, stop.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::super::STOP_WITHIN;
use super::super::build::Parts;
use super::super::crew::Crew;
use super::{Daemon, Exit};
use crate::config::{self, Config};
use crate::daemon::{Notifier, Signal, Signals};
use crate::sync::{Resync, resync};

impl Daemon {
    pub(super) async fn obey(&self, signals: &mut Signals, notifier: &Notifier) -> Exit {
        loop {
            match signals.next().await {
                Signal::SyncNow => {
                    tracing::info!("SIGUSR1: syncing now");
                    self.crew().ring_heads();
                }
                Signal::Resync => {
                    // Each failure stands in the log.
                    let _ = self.resync_all("SIGUSR2", None).await;
                }
                Signal::Reload => {
                    notifier.reloading();
                    self.reload().await;
                    notifier.ready();
                }
                Signal::Stop => {
                    tracing::info!("stopping: pages in hand are finished");
                    return Exit::Stopped;
                }
            }
        }
    }

    /// Lays the resync of every stream and rings it; an error names what could not be written down.
    pub(super) async fn resync_all(&self, asked_by: &str, since: Option<DateTime<Utc>>) -> Result<(), String> {
        let (crew, mut failed) = (self.crew(), Vec::new());
        for member in crew.members() {
            let (id, overlap) = (member.stream.id.clone(), member.stream.settings.overlap);
            let laid = self.store.call(move |db| match db.stream(&id)? {
                Some(row) => resync(db, &row, since, overlap),
                None => Ok(Resync::NeverRead),
            });
            match laid.await {
                Ok(laid) => {
                    tracing::info!(stream = %member.stream.id, "{asked_by}: the window is delivered again: {laid}");
                }
                Err(error) => {
                    tracing::error!(stream = %member.stream.id, %error, "the resync could not be written down");
                    failed.push(format!("{}: {error}", member.stream.id));
                }
            }
            member.head.ring();
            member.rest.ring();
        }
        match failed.is_empty() {
            true => Ok(()),
            false => Err(failed.join("; ")),
        }
    }

    /// A bad file keeps the old configuration and says so.
    async fn reload(&self) {
        let old = self.crew();
        let loaded = match config::load(old.parts.config.path.as_path()) {
            Ok(loaded) => loaded,
            Err(errors) => {
                self.metrics.reloaded(false, crate::app::now());
                tracing::error!("SIGHUP: the configuration has mistakes, the old one stays in force\n{errors}");
                return;
            }
        };
        warn_of_what_needs_a_restart(&old.parts.config, &loaded.config);
        let parts = match Parts::build_after(loaded.config, self.store.clone(), None, Some(&old.parts)) {
            Ok(parts) => parts,
            Err(trouble) => {
                self.metrics.reloaded(false, crate::app::now());
                tracing::error!("SIGHUP: the configuration cannot be used, the old one stays in force: {trouble}");
                return;
            }
        };
        // The old workers first finish their pages: of one stream only one worker of a kind may run.
        old.stop(STOP_WITHIN).await;
        self.metrics.observe(old.parts.epoch, || old.parts.samples());
        self.metrics.observe(parts.epoch, || parts.samples());
        self.metrics.reloaded(true, crate::app::now());
        if let Err(error) = parts.honour_pauses() {
            tracing::warn!(%error, "what servers asked for could not be looked up");
        }
        let new = Arc::new(Crew::start(parts));
        self.crew.send_replace(Arc::clone(&new));
        if self.scheduler.replace(new.rings()).await.is_none() {
            tracing::error!("the scheduler does not answer");
        }
        new.ring_heads();
        // An instant may have passed between the old rings and the new.
        new.ring_reconciles();
        tracing::info!("SIGHUP: the configuration was read again");
    }
}

fn warn_of_what_needs_a_restart(old: &Config, new: &Config) {
    let changed = |what: &str, old: &dyn std::fmt::Debug, new: &dyn std::fmt::Debug| {
        tracing::warn!("SIGHUP: {what} changed from {old:?} to {new:?}; that needs a restart");
    };
    let (old_state, new_state): (&Path, &Path) = (&old.state, &new.state);
    if old_state != new_state {
        changed("[state] path", &old_state, &new_state);
    }
    if old.http != new.http {
        changed("[http] listen", &old.http, &new.http);
    }
}
