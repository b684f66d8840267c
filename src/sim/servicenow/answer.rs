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
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// Rows that were read for it.
    pub rows: usize,
    /// Rows that were passed over for it.
    pub skipped: usize,
}

/// The words of the cancelled transaction.
pub(super) const TOO_LONG: &str = "Transaction cancelled: maximum execution time exceeded";

impl Answer {
    pub fn ok(body: String) -> Self {
        Self {
            status: 200,
            body,
            ..Self::default()
        }
    }

    /// `{"error":{"message":…,"detail":…},"status":"failure"}`.
    pub fn error(status: u16, message: &str, detail: Option<&str>) -> Self {
        Self {
            status,
            body: error_body(message, detail),
            ..Self::default()
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

    /// The response with that body, compressed or not.
    pub fn response(self, body: Bytes, packed: bool) -> Response<Body> {
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
            Some("Rate limit of 100 requests per hour for Table API exceeded"),
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

/// A cookie that the caller sent.
pub(super) fn cookie<'a>(asked: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = asked.get_all(header::COOKIE).iter();
    let texts = cookies.filter_map(|value| value.to_str().ok());
    let mut pairs = texts
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Sets what every answer bears: the clock of the node, the instance's name, and a session for callers without one.
pub(super) fn stamped(headers: &mut HeaderMap, asked: &HeaderMap, now: DateTime<Utc>, session: Option<&Session>) {
    if let Ok(date) = HeaderValue::from_str(&http_date(now)) {
        headers.insert(header::DATE, date);
    }
    headers.insert(header::SERVER, HeaderValue::from_static("ServiceNow"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache,no-store,must-revalidate,max-age=-1"),
    );
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-store,no-cache"));
    if cookie(asked, "JSESSIONID").is_some() {
        return;
    }
    for cookie in session.iter().flat_map(|session| session.cookies()) {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            headers.append(header::SET_COOKIE, value);
        }
    }
}

/// A session that is given to a caller.
#[derive(Debug)]
pub(super) struct Session {
    id: String,
    /// The node that works for it.
    pub route: String,
}

impl Session {
    pub fn new(dice: &mut fastrand::Rng) -> Self {
        let mut digits = || -> String { std::iter::repeat_with(|| dice.digit(16)).take(32).collect() };
        Self {
            id: digits().to_ascii_uppercase(),
            route: format!("glide.{}", digits()),
        }
    }

    fn cookies(&self) -> [String; 3] {
        let Self { id, route } = self;
        [
            format!("JSESSIONID={id}; Path=/; HttpOnly"),
            format!("glide_user_route={route}; Max-Age=2147483647; Path=/; HttpOnly"),
            "BIGipServerpool_instance=2785285642.41278.0000; Path=/; HttpOnly".to_owned(),
        ]
    }
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 8), Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}
