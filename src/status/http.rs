//! The status server: `/`, `/healthz`, `/readyz`, `/metrics`, `/api/status`, `/api/history`. It only shows; nothing can be changed
//! through it.
//!
//! | path | 200 | 503 |
//! |---|---|---|
//! | `/healthz` | the loops answer | what does not |
//! | `/readyz` | configuration, store and schedule are up | what is not |
//! | `/`, `/metrics`, `/api/status`, `/api/history` | the report | the report could not be made |
//! | `/assets/NAME` | a file of the page | |
//!
//! A remote's trouble changes neither health nor readiness: a supervisor would restart a daemon that is well.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::get;
use chrono::DateTime;
use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::page::content_security_policy;
use super::{Controls, History, Metrics, Report, asset, page};

/// How long a view may take to answer before it counts as stuck.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How long open connections are waited for at the end.
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);

type View<T> = Box<dyn Fn() -> BoxFuture<'static, T> + Send + Sync>;

/// What the server asks when it is asked.
pub struct Views {
    report: View<Result<Report, String>>,
    history: View<Result<History, String>>,
    healthy: View<Vec<String>>,
    ready: View<Vec<String>>,
    metrics: Arc<Metrics>,
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
            report: Box::new(move || Box::pin(report())),
            history: Box::new(|| Box::pin(async { Ok(History::empty(DateTime::UNIX_EPOCH)) })),
            healthy: Box::new(move || Box::pin(healthy())),
            ready: Box::new(move || Box::pin(ready())),
            metrics,
        }
    }

    /// `history` makes the history or says why it cannot; without one nothing was yet.
    #[must_use]
    pub fn with_history<A>(mut self, history: impl Fn() -> A + Send + Sync + 'static) -> Self
    where
        A: Future<Output = Result<History, String>> + Send + 'static,
    {
        self.history = Box::new(move || Box::pin(history()));
        self
    }

    async fn report(&self) -> Result<Report, Response> {
        made((self.report)()).await
    }

    async fn history(&self) -> Result<History, Response> {
        made((self.history)()).await
    }
}

async fn made<T>(asked: BoxFuture<'static, Result<T, String>>) -> Result<T, Response> {
    let made = timeout(ANSWER_WITHIN, asked).await;
    made.unwrap_or_else(|_| Err("it took too long".to_owned()))
        .map_err(|why| (StatusCode::SERVICE_UNAVAILABLE, format!("no report: {why}\n")).into_response())
}

/// Serves until `stop`, then lets open requests end for two seconds. Fails if the listener does.
pub async fn serve(listener: TcpListener, views: Views, stop: CancellationToken) -> std::io::Result<()> {
    let guard = Guard::of(listener.local_addr()?);
    let router = Router::new()
        .route("/", get(show_page))
        .route("/healthz", get(show_health))
        .route("/readyz", get(show_readiness))
        .route("/metrics", get(show_metrics))
        .route("/api/status", get(show_status))
        .route("/api/history", get(show_history))
        .route("/assets/{name}", get(show_asset))
        .fallback(|| async { (StatusCode::NOT_FOUND, "not found\n") })
        .layer(middleware::from_fn_with_state(Arc::new(guard), keep))
        .with_state(Arc::new(views));
    let serving = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    let too_long = async {
        stop.cancelled().await;
        tokio::time::sleep(GOODBYE_WITHIN).await;
    };
    tokio::select! {
        ended = serving => ended,
        // A client that never finishes its request does not keep the daemon.
        () = too_long => Ok(()),
    }
}

async fn show_page(State(views): State<Arc<Views>>) -> Result<Html<String>, Response> {
    let (report, history) = (views.report().await?, views.history().await?);
    Ok(Html(page(&report, &history, Controls::default())))
}

async fn show_history(State(views): State<Arc<Views>>) -> Result<Json<History>, Response> {
    Ok(Json(views.history().await?))
}

/// The page names a file together with a hash of it (`?v=…`): what is kept is never out of date.
async fn show_asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = asset(&name) else {
        return (StatusCode::NOT_FOUND, "not found\n").into_response();
    };
    let kept = [
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::ETAG, file.etag),
    ];
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known == file.etag)
    {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    (kept, [(header::CONTENT_TYPE, file.content_type)], file.bytes).into_response()
}

async fn show_status(State(views): State<Arc<Views>>) -> Result<Json<Report>, Response> {
    Ok(Json(views.report().await?))
}

async fn show_metrics(State(views): State<Arc<Views>>) -> Result<Response, Response> {
    let text = views.metrics.render(&views.report().await?);
    let kind = (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    Ok(([kind], text).into_response())
}

async fn show_health(State(views): State<Arc<Views>>) -> Response {
    verdict((views.healthy)()).await
}

async fn show_readiness(State(views): State<Arc<Views>>) -> Response {
    verdict((views.ready)()).await
}

async fn verdict(asked: BoxFuture<'static, Vec<String>>) -> Response {
    let missing = timeout(ANSWER_WITHIN, asked).await;
    let missing = missing.unwrap_or_else(|_| vec!["the check itself does not answer".to_owned()]);
    if missing.is_empty() {
        return "ok\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, missing.join("\n") + "\n").into_response()
}

/// What every request must pass and every answer bears.
struct Guard {
    /// On loopback a foreign name in `Host` means a web page that resolved its own name to us.
    loopback_only: bool,
    headers: [(HeaderName, HeaderValue); 5],
}

impl Guard {
    fn of(listening: SocketAddr) -> Self {
        let policy = HeaderValue::try_from(content_security_policy());
        Self {
            loopback_only: listening.ip().to_canonical().is_loopback(),
            headers: [
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
                (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
                (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
                (
                    HeaderName::from_static("cross-origin-resource-policy"),
                    HeaderValue::from_static("same-origin"),
                ),
                (
                    header::CONTENT_SECURITY_POLICY,
                    policy.unwrap_or(HeaderValue::from_static("default-src 'none'")),
                ),
            ],
        }
    }

    fn refusal(&self, method: &Method, headers: &HeaderMap) -> Option<Response> {
        if method != Method::GET && method != Method::HEAD {
            let allow = [(header::ALLOW, "GET, HEAD")];
            return Some((StatusCode::METHOD_NOT_ALLOWED, allow, "read only\n").into_response());
        }
        // HTTP/1.0 probes send no Host; a browser always does.
        let host = headers.get(header::HOST)?;
        let known = !self.loopback_only || host.to_str().is_ok_and(is_loopback_name);
        (!known).then(|| (StatusCode::MISDIRECTED_REQUEST, "unknown host name\n").into_response())
    }
}

async fn keep(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let mut response = match guard.refusal(request.method(), request.headers()) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    for (name, value) in &guard.headers {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    response
}

/// `localhost`, `127.0.0.1:9477`, `[::1]:9477`: whatever the port, for it may have been forwarded.
fn is_loopback_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests;
