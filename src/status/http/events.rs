//! `GET /api/events`: server-sent events, one whenever what the page shows has changed.
//!
//! One watcher looks for all who listen, at most once a second and only while somebody does. Who listens gets the latest and
//! nothing else: there is no queue that a slow reader could fill. `hello` comes once at the beginning, `change` whenever
//! something is different, both with a fingerprint of the facts; a comment comes every 15 seconds.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::views::Views;
use crate::status::facts;

/// How many may listen at once.
const LISTENERS: usize = 32;
/// How often facts are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often a silent connection hears that we are there.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// After this whoever found no place may try again.
const RETRY_AFTER: &str = "30";

/// What the watcher and the listeners share.
pub(super) struct Events {
    /// The facts' fingerprint; empty until somebody listens.
    latest: watch::Sender<String>,
    places: Arc<Semaphore>,
    somebody: Notify,
    stop: CancellationToken,
}

impl Events {
    pub fn new(stop: CancellationToken) -> Self {
        Self {
            latest: watch::Sender::default(),
            places: Arc::new(Semaphore::new(LISTENERS)),
            somebody: Notify::new(),
            stop,
        }
    }
}

/// One who listens.
struct Listener {
    latest: watch::Receiver<String>,
    stop: CancellationToken,
    greeted: bool,
    _place: OwnedSemaphorePermit,
}

/// Looks at the facts while somebody listens; never ends.
pub(super) async fn watch(views: Arc<Views>, events: Arc<Events>) {
    loop {
        if events.latest.receiver_count() == 0 {
            // What was last seen is old when somebody comes.
            events.latest.send_replace(String::new());
            events.somebody.notified().await;
        }
        // A report that cannot be made is no change; the page hears why when it asks.
        if let Ok(report) = views.report().await {
            let now = facts::fingerprint(&report);
            events.latest.send_if_modified(|latest| {
                let changed = *latest != now;
                *latest = now;
                changed
            });
        }
        tokio::time::sleep(LOOK).await;
    }
}

pub(super) async fn listen(State(events): State<Arc<Events>>) -> Response {
    let Ok(place) = Arc::clone(&events.places).try_acquire_owned() else {
        let wait = [(header::RETRY_AFTER, RETRY_AFTER)];
        let text = format!("{LISTENERS} pages are watching already\n");
        return (StatusCode::SERVICE_UNAVAILABLE, wait, text).into_response();
    };
    let listener = Listener {
        latest: events.latest.subscribe(),
        stop: events.stop.clone(),
        greeted: false,
        _place: place,
    };
    events.somebody.notify_one();
    let told = Sse::new(stream::unfold(listener, next)).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    // A proxy that gathers an answer before it passes it on would pass nothing.
    ([("x-accel-buffering", "no")], told).into_response()
}

async fn next(mut listener: Listener) -> Option<(Result<Event, Infallible>, Listener)> {
    let stop = listener.stop.clone();
    let known = tokio::select! {
        () = stop.cancelled() => return None,
        known = seen(&mut listener) => known?,
    };
    let name = if listener.greeted { "change" } else { "hello" };
    listener.greeted = true;
    Some((Ok(Event::default().event(name).data(known)), listener))
}

/// The next fingerprint; the first as soon as there is one.
async fn seen(listener: &mut Listener) -> Option<String> {
    if listener.greeted {
        listener.latest.changed().await.ok()?;
    } else {
        listener.latest.wait_for(|known| !known.is_empty()).await.ok()?;
    }
    Some(listener.latest.borrow_and_update().clone())
}
