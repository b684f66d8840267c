//! What is refused is said in words: a small page for a browser that sent a form, plain text for everybody else.

use axum::http::header;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};

use crate::status::page::address;

/// Why something is not done.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcry {
    pub status: StatusCode,
    /// What is wrong and what to do, in sentences. Nothing of the request stands in it.
    pub words: String,
    /// Seconds after which it may be tried again.
    pub retry_after: Option<u32>,
}

impl Outcry {
    pub fn new(status: StatusCode, words: impl Into<String>) -> Self {
        Self {
            status,
            words: words.into(),
            retry_after: None,
        }
    }

    /// For whoever asked with these headers.
    pub fn answer(self, headers: &HeaderMap) -> Response {
        let wants_page = headers
            .get(header::ACCEPT)
            .is_some_and(|kinds| kinds.to_str().is_ok_and(|kinds| kinds.contains("text/html")));
        let mut response = match wants_page {
            true => Html(page(&self.words)).into_response(),
            false => (self.words + "\n").into_response(),
        };
        *response.status_mut() = self.status;
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = header::HeaderValue::from_static("Bearer realm=\"itsmd\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

fn page(words: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Not done · itsmd</title>\n<link rel=\"stylesheet\" href=\"../{style}\">\n</head>\n\
         <body>\n<main>\n<h1>Not done</h1>\n<p>{words}</p>\n<p><a href=\"../\">Back to the status page</a></p>\n</main>\n</body>\n</html>\n",
        style = address("page.css"),
        words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    )
}
