//! Refusals: an OAuth error, an AADSTS number and words nobody may rely on.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// Why no token was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: StatusCode,
    /// OAuth's `error`.
    pub error: &'static str,
    /// The number behind `AADSTS`.
    pub code: u32,
    /// What follows the number.
    pub text: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, error: &'static str, code: u32, text: impl Into<String>) -> Self {
        Self {
            status,
            error,
            code,
            text: text.into(),
        }
    }

    /// 401 `invalid_client`.
    pub(super) fn unauthorized(code: u32, text: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", code, text)
    }

    /// The same with another `error`.
    pub(super) fn spelled(self, error: &'static str) -> Self {
        Self { error, ..self }
    }

    pub(super) fn transient() -> Self {
        let text = "A transient error has occurred. Please try again.";
        Self::new(StatusCode::BAD_REQUEST, "temporarily_unavailable", 90033, text)
    }

    pub(super) fn throttled() -> Self {
        let text = "The tenant is throttled. Please try again later.";
        Self::new(StatusCode::BAD_REQUEST, "temporarily_unavailable", 90055, text)
    }

    /// The answer's body; its description holds line breaks, as the real one does.
    pub(super) fn body(&self, now: DateTime<Utc>) -> Value {
        let [trace, correlation] = [(); 2].map(|()| uuid::Uuid::new_v4().to_string());
        let stamp = now.format("%Y-%m-%d %H:%M:%SZ").to_string();
        let Self { code, text, .. } = self;
        let description =
            format!("AADSTS{code}: {text}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {stamp}");
        json!({
            "error": self.error,
            "error_description": description,
            "error_codes": [code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        })
    }
}
