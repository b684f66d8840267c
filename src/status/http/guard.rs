//! What every request must pass and every answer bears.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::status::page::content_security_policy;

/// The paths by which something can be asked for; they decide for themselves.
const ASKING: [&str; 2] = ["/api/sync", "/api/resync"];

/// What every request must pass and every answer bears.
pub(super) struct Guard {
    /// On loopback a foreign name in `Host` means a web page that resolved its own name to us.
    loopback_only: bool,
    headers: [(HeaderName, HeaderValue); 5],
}

impl Guard {
    pub fn of(listening: SocketAddr) -> Self {
        let policy = HeaderValue::try_from(content_security_policy());
        Self {
            loopback_only: listening.ip().to_canonical().is_loopback(),
            headers: [
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
                (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
                // With `no-referrer` a browser sends `Origin: null` with the page's own forms.
                (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
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

    pub fn refusal(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
        let shows = method == Method::GET || method == Method::HEAD;
        if !shows && !ASKING.contains(&path) {
            let allow = [(header::ALLOW, "GET, HEAD")];
            return Some((StatusCode::METHOD_NOT_ALLOWED, allow, "read only\n").into_response());
        }
        // HTTP/1.0 probes send no Host; a browser always does.
        let host = headers.get(header::HOST)?;
        let known = !self.loopback_only || host.to_str().is_ok_and(is_loopback_name);
        (!known).then(|| (StatusCode::MISDIRECTED_REQUEST, "unknown host name\n").into_response())
    }
}

pub(super) async fn keep(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let refusal = guard.refusal(request.method(), request.uri().path(), request.headers());
    let mut response = match refusal {
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
