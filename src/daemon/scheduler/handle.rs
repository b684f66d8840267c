//! Speaking to a scheduler that runs.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::{ANSWER_WITHIN, Ring};

/// The next instant of each ring, by name.
pub type NextInstants = BTreeMap<String, DateTime<Utc>>;

#[derive(Debug)]
pub(super) enum Request {
    /// Look at the clock; how many rang.
    Look(DateTime<Utc>, oneshot::Sender<usize>),
    /// Replace all rings.
    Replace(Vec<Ring>, oneshot::Sender<()>),
}

/// Speaks to a running [`super::Scheduler`]; cheap to clone.
#[derive(Debug, Clone)]
pub struct SchedulerHandle {
    pub(super) requests: mpsc::Sender<Request>,
    pub(super) next: watch::Receiver<NextInstants>,
}

impl SchedulerHandle {
    /// Looks at the clock: rings what is overdue, plans anew what is no longer next. How many rang, or `None` if the loop does not
    /// answer within five seconds, which the watchdog's beat takes for ill health.
    pub async fn look(&self, now: DateTime<Utc>) -> Option<usize> {
        self.ask(|reply| Request::Look(now, reply)).await
    }

    /// Replaces all rings, after a reload of the configuration; `None` if the loop does not answer. Better than a new scheduler:
    /// tokio-cron-scheduler leaves a dozen idle tasks behind when it shuts down.
    pub async fn replace(&self, rings: Vec<Ring>) -> Option<()> {
        self.ask(|reply| Request::Replace(rings, reply)).await
    }

    /// The next instant of each ring, now and from now on.
    pub fn next_instants(&self) -> watch::Receiver<NextInstants> {
        self.next.clone()
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        let asked = async {
            self.requests.send(request(reply)).await.ok()?;
            answer.await.ok()
        };
        timeout(ANSWER_WITHIN, asked).await.ok().flatten()
    }
}
