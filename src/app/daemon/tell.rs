//! What the daemon says of itself: to the service manager in a line, to the page as report and history.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::super::history::history;
use super::super::report::{Live, report};
use super::Daemon;
use crate::daemon::Notifier;
use crate::status;
use crate::status::http::Views;

impl Daemon {
    /// One line for `systemctl status`, when it changes.
    pub(super) async fn tell_status(self: Arc<Self>, notifier: &Notifier) {
        let mut tick = tokio::time::interval(Duration::from_secs(10));
        let mut told = String::new();
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            let Ok(report) = self.report().await else { continue };
            let streams = report.streams().count();
            let records: u64 = report.streams().map(|(_, stream)| stream.records).sum();
            let line = format!(
                "{}: {streams} streams, {records} records in the window",
                report.mood().as_str()
            );
            if line != told {
                notifier.status(&line);
                told = line;
            }
        }
    }

    pub(super) async fn report(&self) -> Result<status::Report, String> {
        let crew = self.crew();
        self.metrics.observe(crew.parts.epoch, || crew.parts.samples());
        let mut live = Live {
            next: self.scheduler.next_instants().borrow().clone(),
            waiting: Some(crew.parts.waiting()),
            refused: crew.parts.refused(crate::app::now()),
            refused_reload: self.metrics.refused_reload(),
            at_work: true,
            ..Live::default()
        };
        for member in crew.members() {
            if let Some(trouble) = member.stream.unwritten() {
                live.unwritten
                    .insert(member.stream.id.to_string(), status::Problem::from(&trouble));
            }
        }
        report(&crew.parts.config, &self.store, live, crate::app::now())
            .await
            .map_err(|error| error.to_string())
    }

    async fn history(&self) -> Result<status::History, String> {
        let crew = self.crew();
        history(&crew.parts.config, &self.store, crate::app::now())
            .await
            .map_err(|error| error.to_string())
    }

    pub(super) fn views(self: &Arc<Self>) -> Views {
        let (report, healthy, ready) = (Arc::clone(self), Arc::clone(self), Arc::clone(self));
        let before = Arc::clone(self);
        Views::new(
            move || {
                let daemon = Arc::clone(&report);
                async move { daemon.report().await }
            },
            move || {
                let daemon = Arc::clone(&healthy);
                async move { daemon.unhealthy().await }
            },
            move || {
                let ready = ready.ready.load(Ordering::Relaxed);
                async move { if ready { Vec::new() } else { vec!["starting".to_owned()] } }
            },
            Arc::clone(&self.metrics),
        )
        .with_history(move || {
            let daemon = Arc::clone(&before);
            async move { daemon.history().await }
        })
        .with_asks(self.asks())
    }
}
