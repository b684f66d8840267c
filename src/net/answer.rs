//! What came back: status, headers, whole body, and the words in it fit for an operator.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap};

use super::{Unsaid, entities, retry};
use crate::model::{Trouble, one_line};

/// The longest quotation of a server, in characters.
const MAX_WORDS: usize = 300;

/// An answer, read to its end.
#[derive(Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, unpacked.
    pub body: Bytes,
    /// Requests it took until this one came, tokens not counted.
    pub requests: u32,
    /// What it must not repeat to anybody.
    pub unsaid: Unsaid,
}

impl std::fmt::Debug for Answer {
    // Neither headers nor body: they may hold tokens and people's data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .field("requests", &self.requests)
            .finish()
    }
}

/// What a caller thinks of an answer.
#[derive(Debug, Clone)]
pub enum Judgement {
    /// Nothing wrong with it as far as the caller can see. A status that calls for a retry by itself
    /// (408, 5xx) is retried all the same; every other is returned.
    Accept,
    /// Try again, within the budget of attempts; this is the error if none is left.
    Retry(Trouble),
    /// The same, but if no attempt is left, asking for less may pass:
    /// [`NetError::TooSlow`](super::NetError::TooSlow) is the error then.
    Heavy(Trouble),
    /// Give up at once.
    Fail(Trouble),
    /// The server ran out of time over it: give up at once with [`NetError::TooSlow`](super::NetError::TooSlow).
    Slow(Trouble),
}

/// Looks at every answer but 429, redirections, a 202 to a GET, and the first 401.
pub type Judge<'a> = dyn Fn(&Answer) -> Judgement + Sync + 'a;

impl Answer {
    /// A header's value, if it is there and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The server's clock, by its `Date` header.
    pub fn date(&self) -> Option<DateTime<Utc>> {
        retry::http_date(self.headers.get(DATE)?.to_str().ok()?)
    }

    /// Whether it calls itself HTML, or looks like it.
    pub fn is_html(&self) -> bool {
        let declared = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        declared.is_some_and(|kind| kind.to_ascii_lowercase().contains("html"))
            || self.body.trim_ascii_start().starts_with(b"<")
    }

    /// The status and, within 300 characters, the server's own words: `403 Forbidden: …`.
    pub fn words(&self) -> String {
        let status = self.status;
        let words = self.message();
        if words.is_empty() {
            return status.to_string();
        }
        format!("{status}: {words}")
    }

    /// The server's message, cut to 300 characters, on one line; empty if it said nothing.
    pub fn message(&self) -> String {
        let words = if let Ok(value) = serde_json::from_slice::<serde_json::Value>(&self.body) {
            json_message(&value)
        } else if self.is_html() {
            html_title(&self.body)
        } else {
            String::from_utf8_lossy(&self.body).into_owned()
        };
        shorten(&self.unsaid.leave_out(words))
    }
}

/// Error members of the families we speak to: ServiceNow, OData and Azure (`error.message`), OAuth (`error_description`).
fn json_message(value: &serde_json::Value) -> String {
    let error = value.get("error").unwrap_or(value);
    let text =
        |value: Option<&serde_json::Value>| value.and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    if error.is_string() {
        let (code, description) = (text(Some(error)), text(value.get("error_description")));
        return join(&code, &description);
    }
    let message = [error.get("message"), error.get("Message"), value.get("message")]
        .into_iter()
        .map(text)
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    let code = [error.get("code"), error.get("Error")]
        .into_iter()
        .map(text)
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    join(&join(&code, &message), &text(error.get("detail")))
}

fn join(first: &str, second: &str) -> String {
    match (first.is_empty(), second.is_empty()) {
        (false, false) => format!("{first}: {second}"),
        _ => format!("{first}{second}"),
    }
}

fn html_title(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(8192)]);
    // ASCII lower-casing keeps byte offsets.
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|start| {
        let from = start + lower[start..].find('>')? + 1;
        let to = from + lower[from..].find('<')?;
        Some(text[from..to].trim().to_owned())
    });
    match title {
        Some(title) if !title.is_empty() => format!("an HTML page titled “{}”", entities::plain(&title)),
        Some(_) | None => "an HTML page".to_owned(),
    }
}

/// One line of at most 300 characters, without control characters.
pub(super) fn shorten(text: &str) -> String {
    one_line(text, MAX_WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            requests: 1,
            unsaid: Unsaid::default(),
        }
    }

    #[test]
    fn words_are_those_of_the_error_member() {
        let body = r#"{"error":{"message":"Invalid table x","detail":"Table x does not exist"},"status":"failure"}"#;
        assert_eq!(
            answer(400, body).words(),
            "400 Bad Request: Invalid table x: Table x does not exist"
        );
        let body = r#"{"error":{"code":"NotFound","message":"no rule"}}"#;
        assert_eq!(answer(404, body).words(), "404 Not Found: NotFound: no rule");
        let body = "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: wrong.\\r\\nTrace ID: 1\"}";
        assert_eq!(
            answer(401, body).message(),
            "invalid_client: AADSTS7000215: wrong. Trace ID: 1"
        );
        assert_eq!(answer(500, "").words(), "500 Internal Server Error");
    }

    #[test]
    fn a_page_of_html_is_named_not_quoted() {
        let body = "<html><head><TITLE>Bad\r\n gateway</TITLE></head><body>secret things</body></html>";
        assert_eq!(answer(502, body).message(), "an HTML page titled “Bad gateway”");
        let body = "<title>You aren&#39;t signed in &amp; so on</title>";
        assert_eq!(
            answer(502, body).message(),
            "an HTML page titled “You aren't signed in & so on”"
        );
        assert_eq!(answer(502, "<html>no title").message(), "an HTML page");
        assert!(answer(200, " <html>").is_html());
        assert!(!answer(200, "{}").is_html());
    }

    #[test]
    fn long_words_are_cut_to_300_characters() {
        let message = answer(400, &"ä".repeat(5000)).message();
        assert_eq!(message.chars().count(), MAX_WORDS + 1);
        assert!(message.ends_with('…'));
    }
}
