//! The service's answers: the error envelope with its header, and the bare ones of gateways.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::fault::RetryAfter;
use super::workspace::Workspace;
use crate::sim::fault::http_date;

/// An answer in the making.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub code: Option<&'static str>,
    pub body: String,
    pub content_type: Option<&'static str>,
    pub retry_after: Option<String>,
}

impl Answer {
    /// A status and nothing else.
    pub(super) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            code: None,
            body: String::new(),
            content_type: None,
            retry_after: None,
        }
    }

    /// An error in the envelope, its code in `x-ms-error-code` too.
    pub(super) fn error(status: StatusCode, code: &'static str, message: &str) -> Self {
        let body = json!({"error": {"code": code, "message": message}}).to_string();
        Self {
            status,
            code: Some(code),
            body,
            content_type: Some("application/json"),
            retry_after: None,
        }
    }

    /// A gateway's page.
    pub(super) fn html(status: StatusCode) -> Self {
        let reason = status.canonical_reason().unwrap_or_default();
        let body = format!(
            "<html><head><title>{reason}</title></head><body><h1>{} {reason}</h1></body></html>\r\n",
            status.as_u16()
        );
        Self {
            body,
            content_type: Some("text/html"),
            ..Self::empty(status)
        }
    }

    /// With `Retry-After` in the wished form.
    pub(super) fn retry_after(mut self, form: RetryAfter, now: DateTime<Utc>) -> Self {
        self.retry_after = match form {
            RetryAfter::Absent => None,
            RetryAfter::Seconds(seconds) => Some(seconds.to_string()),
            RetryAfter::Date(seconds) => Some(http_date(
                now + Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX)),
            )),
        };
        self
    }

    /// The response, with a fresh `x-ms-request-id` and the client's id echoed with hyphens.
    pub(super) fn into_response(self, client_id: Option<&str>, workspace: &Workspace) -> Response<Body> {
        let now = workspace.switches().now();
        let request_id = workspace.request_id();
        // The service runs 32 digits through a GUID type: they come back hyphenated.
        let echoed = client_id.map(|id| uuid::Uuid::parse_str(id).map_or_else(|_| id.to_owned(), |id| id.to_string()));
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = [
            ("x-ms-request-id", Some(request_id)),
            ("x-ms-client-request-id", echoed),
            ("x-ms-error-code", self.code.map(ToOwned::to_owned)),
            (header::CONTENT_TYPE.as_str(), self.content_type.map(ToOwned::to_owned)),
            (header::RETRY_AFTER.as_str(), self.retry_after),
            (header::DATE.as_str(), Some(http_date(now))),
            (header::SERVER.as_str(), Some("Microsoft-HTTPAPI/2.0".to_owned())),
        ];
        for (name, value) in headers {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
