//! What the command line asks for: looked for every second, answered when it is done.

use std::sync::Arc;
use std::time::Duration;

use super::super::fault;
use super::super::requests::{AskedSync, SYNC};
use super::super::sync::SyncReport;
use super::Daemon;
use crate::model::{Repeats, Say};
use crate::store::Request;

/// How often requests of the command line are looked for.
const LOOK_FOR_REQUESTS: Duration = Duration::from_secs(1);

impl Daemon {
    pub(super) async fn take_requests(self: Arc<Self>) {
        let mut tick = tokio::time::interval(LOOK_FOR_REQUESTS);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut failures = Repeats::default();
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            let now = crate::app::now();
            match self.store.call(move |db| db.take_requests(now)).await {
                Ok(requests) => {
                    failures.over(std::time::Instant::now());
                    for request in requests {
                        let daemon = Arc::clone(&self);
                        self.tasks.spawn(async move { daemon.answer(request).await });
                    }
                }
                Err(error) => match failures.again(std::time::Instant::now()) {
                    Say::First => tracing::warn!(%error, "requests could not be looked for"),
                    Say::Again { times, .. } => tracing::warn!(%error, times, "requests could not be looked for"),
                    Say::Nothing => {}
                },
            }
        }
    }

    async fn answer(self: Arc<Self>, request: Request) {
        let answer = match request.verb.as_str() {
            SYNC => {
                let asked: AskedSync = serde_json::from_str(&request.body).unwrap_or_default();
                tracing::info!(reconcile = asked.reconcile, "asked to sync now");
                // Whoever asked waits for an answer, whatever happens here.
                let daemon = Arc::clone(&self);
                match fault::guarded(async move { daemon.sync(&asked).await }).await {
                    Ok(report) => serde_json::to_string(&report).unwrap_or_default(),
                    Err(panic) => {
                        tracing::error!("{}", fault::trouble(&panic));
                        String::new()
                    }
                }
            }
            // Whatever else was asked stands in the store already: the workers have only to look.
            verb => {
                tracing::info!(verb, "asked to look at once");
                for member in self.crew().members() {
                    member.head.ring();
                    member.rest.ring();
                }
                "{}".to_owned()
            }
        };
        if let Err(error) = self.store.call(move |db| db.answer(request.id, &answer)).await {
            tracing::warn!(%error, "a request could not be answered");
        }
    }

    /// One pass; what a reload tears of it the new crew begins again.
    async fn sync(&self, asked: &AskedSync) -> SyncReport {
        loop {
            let crew = self.crew();
            let report = crew.sync(asked).await;
            if report.is_well() || !crew.is_stopping() {
                return report;
            }
            let mut crews = self.crew.subscribe();
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return report,
                next = crews.wait_for(|now| !Arc::ptr_eq(now, &crew)) => if next.is_err() { return report },
            }
        }
    }
}
