//! What the server asks when it is asked: closures, each answering in time, and one answer for all who ask at once.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::asked::Asks;
use crate::status::{History, Metrics, Report};

/// How long a view may take to answer before it counts as stuck.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// When it was begun, and what it came to.
type Made<T> = (Instant, Result<Arc<T>, String>);

type View<T> = Box<dyn Fn() -> BoxFuture<'static, T> + Send + Sync>;

/// What the server asks when it is asked.
pub struct Views {
    report: Coalesced<Report>,
    history: Coalesced<History>,
    healthy: View<Vec<String>>,
    ready: View<Vec<String>>,
    asks: Option<Asks>,
    pub(super) metrics: Arc<Metrics>,
}

impl std::fmt::Debug for Views {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Views").finish_non_exhaustive()
    }
}

impl Views {
    /// `report` makes the report or says why it cannot; `healthy` and `ready` name what does not answer, nothing if all is well.
    pub fn new<A, B, C>(
        report: impl Fn() -> A + Send + Sync + 'static,
        healthy: impl Fn() -> B + Send + Sync + 'static,
        ready: impl Fn() -> C + Send + Sync + 'static,
        metrics: Arc<Metrics>,
    ) -> Self
    where
        A: Future<Output = Result<Report, String>> + Send + 'static,
        B: Future<Output = Vec<String>> + Send + 'static,
        C: Future<Output = Vec<String>> + Send + 'static,
    {
        Self {
            report: Coalesced::new(Box::new(move || Box::pin(report()))),
            history: Coalesced::new(Box::new(|| {
                Box::pin(async { Ok(History::empty(DateTime::UNIX_EPOCH)) })
            })),
            healthy: Box::new(move || Box::pin(healthy())),
            ready: Box::new(move || Box::pin(ready())),
            asks: None,
            metrics,
        }
    }

    /// `history` makes the history or says why it cannot; without one nothing was yet.
    #[must_use]
    pub fn with_history<A>(mut self, history: impl Fn() -> A + Send + Sync + 'static) -> Self
    where
        A: Future<Output = Result<History, String>> + Send + 'static,
    {
        self.history = Coalesced::new(Box::new(move || Box::pin(history())));
        self
    }

    /// What can be asked for; without it nothing can.
    #[must_use]
    pub fn with_asks(mut self, asks: Asks) -> Self {
        self.asks = Some(asks);
        self
    }

    pub(super) fn take_asks(&mut self) -> Option<Asks> {
        self.asks.take()
    }

    pub(super) async fn report(&self) -> Result<Arc<Report>, Response> {
        self.report.get().await.map_err(unmade)
    }

    pub(super) async fn history(&self) -> Result<Arc<History>, Response> {
        self.history.get().await.map_err(unmade)
    }

    pub(super) async fn unhealthy(&self) -> Vec<String> {
        missing((self.healthy)()).await
    }

    pub(super) async fn unready(&self) -> Vec<String> {
        missing((self.ready)()).await
    }
}

async fn missing(asked: BoxFuture<'static, Vec<String>>) -> Vec<String> {
    let missing = timeout(ANSWER_WITHIN, asked).await;
    missing.unwrap_or_else(|_| vec!["the check itself does not answer".to_owned()])
}

fn unmade(why: impl std::fmt::Display) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, format!("no report: {why}\n")).into_response()
}

/// A view that is made once for all who wait for it: a change rings every page that is open, and the store has other work.
/// Nobody gets one that was begun before they asked.
struct Coalesced<T> {
    view: View<Result<T, String>>,
    last: Mutex<Option<Made<T>>>,
}

impl<T> Coalesced<T> {
    fn new(view: View<Result<T, String>>) -> Self {
        Self {
            view,
            last: Mutex::new(None),
        }
    }

    async fn get(&self) -> Result<Arc<T>, String> {
        let asked = Instant::now();
        let mut last = self.last.lock().await;
        if let Some((_, made)) = last.as_ref().filter(|(begun, _)| *begun > asked) {
            return made.clone();
        }
        let begun = Instant::now();
        let made = timeout(ANSWER_WITHIN, (self.view)()).await;
        let made = made
            .unwrap_or_else(|_| Err("it took too long".to_owned()))
            .map(Arc::new);
        *last = Some((begun, made.clone()));
        made
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn all_who_wait_get_one_that_was_begun_after_they_asked() {
        let (begun, may_end) = (Arc::new(AtomicU64::new(0)), Arc::new(Semaphore::new(0)));
        let (counting, waiting) = (Arc::clone(&begun), Arc::clone(&may_end));
        let view = Arc::new(Coalesced::new(Box::new(move || {
            let (number, waiting) = (counting.fetch_add(1, Ordering::Relaxed), Arc::clone(&waiting));
            Box::pin(async move {
                waiting.acquire().await.unwrap().forget();
                Ok(number)
            })
        })));
        let ask = || {
            let view = Arc::clone(&view);
            tokio::spawn(async move { *view.get().await.unwrap() })
        };
        let first = ask();
        while begun.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        let others: Vec<_> = (0..9).map(|_| ask()).collect();
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        may_end.add_permits(2);
        assert_eq!(first.await.unwrap(), 0);
        for other in others {
            assert_eq!(other.await.unwrap(), 1, "not the one that was begun before it asked");
        }
        assert_eq!(begun.load(Ordering::Relaxed), 2);
    }
}
