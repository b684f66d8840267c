//! Answers: error bodies in the instance's words, headers that every answer bears, gzip.

use std::io::Write;

use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::sim::fault::http_date;

const JSON: &str = "application/json;charset=UTF-8";

/// An answer before it is sent: its body still as text, to be spoilt by a fault.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// The words of the cancelled transaction.
pub(super) const TOO_LONG: &str = "Transaction cancelled: maximum execution time exceeded";

impl Answer {
    pub fn ok(body: String) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body,
        }
    }

    /// `{"error":{"message":…,"detail":…},"status":"failure"}`.
    pub fn error(status: u16, message: &str, detail: Option<&str>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: error_body(message, detail),
        }
    }

    pub fn not_authenticated() -> Self {
        let mut answer = Self::error(
            401,
            "User Not Authenticated",
            Some("Required to provide Auth information"),
        );
        answer
            .headers
            .push(("www-authenticate", "Basic realm=\"Service-now\"".into()));
        answer
    }

    pub fn no_resource() -> Self {
        Self::error(400, "Requested URI does not represent any resource", None)
    }

    pub fn no_record() -> Self {
        let detail = "Record doesn't exist or ACL restricts the record retrieval";
        Self::error(404, "No Record found", Some(detail))
    }

    /// The response, compressed if the caller takes it.
    pub fn response(self, asked: &HeaderMap) -> Response<Body> {
        let (body, packed) = self.bytes(asked);
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
        if packed {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
        response
    }

    /// The body as it goes over the wire, and whether it is compressed.
    pub fn bytes(&self, asked: &HeaderMap) -> (Bytes, bool) {
        let accepts = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        let wanted = accepts.is_some_and(|value| value.contains("gzip")) && self.body.len() > 256;
        let packed = wanted.then(|| gzip(self.body.as_bytes())).flatten();
        let is_packed = packed.is_some();
        (
            packed.map_or_else(|| Bytes::from(self.body.clone()), Bytes::from),
            is_packed,
        )
    }
}

pub(super) fn error_body(message: &str, detail: Option<&str>) -> String {
    serde_json::json!({"error": {"message": message, "detail": detail}, "status": "failure"}).to_string()
}

/// The error body of a status, where the route does not matter.
pub(super) fn body_of(status: u16) -> String {
    match status {
        401 => error_body("User Not Authenticated", Some("Required to provide Auth information")),
        403 => error_body("Insufficient rights to query records", None),
        429 => error_body(
            "Rate limit exceeded",
            Some("Rate limit of requests per hour for Table API exceeded"),
        ),
        _ => error_body(
            "Exception while executing request",
            Some(
                "Exception while executing request: null Check logs for error trace or enable glide.rest.debug \
                 property to verify REST request processing",
            ),
        ),
    }
}

/// Sets what every answer bears: the instance's clock, its name, and a session for callers without one.
pub(super) fn stamped(headers: &mut HeaderMap, asked: &HeaderMap, now: DateTime<Utc>, dice: &mut fastrand::Rng) {
    if let Ok(date) = HeaderValue::from_str(&http_date(now)) {
        headers.insert(header::DATE, date);
    }
    headers.insert(header::SERVER, HeaderValue::from_static("ServiceNow"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache,no-store,must-revalidate,max-age=-1"),
    );
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-store,no-cache"));
    let session = asked.get(header::COOKIE).and_then(|value| value.to_str().ok());
    if session.is_some_and(|cookies| cookies.contains("JSESSIONID=")) {
        return;
    }
    let id: String = std::iter::repeat_with(|| dice.digit(16).to_ascii_uppercase())
        .take(32)
        .collect();
    let route: String = std::iter::repeat_with(|| dice.digit(16)).take(32).collect();
    let cookies = [
        format!("JSESSIONID={id}; Path=/; HttpOnly"),
        format!("glide_user_route=glide.{route}; Max-Age=2147483647; Path=/; HttpOnly"),
    ];
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            headers.append(header::SET_COOKIE, value);
        }
    }
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 8), Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}
