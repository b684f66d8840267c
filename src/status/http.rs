//! The status server. It shows; and where a token is configured it can be asked to sync and to deliver again.
//!
//! | path | 200 | 503 |
//! |---|---|---|
//! | `/healthz` | the loops answer | what does not |
//! | `/readyz` | configuration, store and schedule are up | what is not |
//! | `/`, `/metrics`, `/api/status`, `/api/history` | the report | the report could not be made |
//! | `/api/events` | server-sent events: what the page shows has changed | too many listen |
//! | `/assets/NAME` | a file of the page | |
//! | `POST /api/sync`, `POST /api/resync` | asked for (202, or 303 to the page) | it could not be asked for |
//!
//! A remote's trouble changes neither health nor readiness: a supervisor would restart a daemon that is well.

mod asked;
mod events;
mod guard;
mod outcry;
mod shown;
mod views;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{any, get};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use asked::Asked;
use events::Events;
use guard::Guard;

pub use asked::{Asks, ControlToken};
pub use views::Views;

/// How long open connections are waited for at the end.
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);

/// A reader that takes nothing for so long is dropped by the system.
const STALLED_MILLIS: u32 = 30_000;

/// What every request may ask for.
#[derive(Clone)]
struct Shared {
    views: Arc<Views>,
    events: Arc<Events>,
    asked: Arc<Asked>,
}

impl FromRef<Shared> for Arc<Views> {
    fn from_ref(shared: &Shared) -> Self {
        Self::clone(&shared.views)
    }
}

impl FromRef<Shared> for Arc<Events> {
    fn from_ref(shared: &Shared) -> Self {
        Self::clone(&shared.events)
    }
}

impl FromRef<Shared> for Arc<Asked> {
    fn from_ref(shared: &Shared) -> Self {
        Self::clone(&shared.asked)
    }
}

/// Serves until `stop`, then lets open requests end for two seconds. Fails if the listener does.
pub async fn serve(listener: TcpListener, mut views: Views, stop: CancellationToken) -> std::io::Result<()> {
    let guard = Guard::of(listener.local_addr()?);
    let asked = Arc::new(Asked::new(views.take_asks()));
    let shared = Shared {
        views: Arc::new(views),
        events: Arc::new(Events::new(stop.clone())),
        asked,
    };
    let watching = events::watch(Arc::clone(&shared.views), Arc::clone(&shared.events));
    let serving = axum::serve(listener.tap_io(drop_when_stalled), router(shared, guard))
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    let too_long = async {
        stop.cancelled().await;
        tokio::time::sleep(GOODBYE_WITHIN).await;
    };
    tokio::select! {
        ended = serving => ended,
        // A client that never finishes its request does not keep the daemon.
        () = too_long => Ok(()),
        () = watching => Ok(()),
    }
}

fn router(shared: Shared, guard: Guard) -> Router {
    Router::new()
        .route("/", get(shown::page))
        .route("/healthz", get(shown::health))
        .route("/readyz", get(shown::readiness))
        .route("/metrics", get(shown::metrics))
        .route("/api/status", get(shown::status))
        .route("/api/history", get(shown::history))
        .route("/api/events", get(events::listen))
        .route("/api/sync", any(asked::sync))
        .route("/api/resync", any(asked::resync))
        .route("/assets/{name}", get(shown::file))
        .fallback(|| async { (StatusCode::NOT_FOUND, "not found\n") })
        .layer(middleware::from_fn_with_state(Arc::new(guard), guard::keep))
        .with_state(shared)
}

/// Whoever is gone without a word, or takes nothing of what is sent, must not keep its place for ever.
fn drop_when_stalled(stream: &mut tokio::net::TcpStream) {
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(&*stream, STALLED_MILLIS) {
        tracing::debug!(%error, "a reader that stalls cannot be dropped");
    }
}

#[cfg(test)]
mod tests;
