//! What is sent.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::transport::Broken;
use crate::net::{Answer, Asked, codes};

/// A body of an answer is read up to here unless the request says otherwise.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// A request, to be sent as often as it takes.
#[derive(Clone)]
pub struct Request {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) body_limit: usize,
    pub(super) fresh_id: Option<HeaderName>,
    pub(super) asked: Option<Arc<Asked>>,
    pub(super) limits: Option<fn(&Answer) -> Option<Limit>>,
}

/// Which of its limits a server names in a 429.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// In words: `too many requests in five minutes`.
    pub name: &'static str,
    /// It is about how many requests come at once: for some minutes only one goes at a time.
    pub crowded: bool,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &crate::net::url::without_query(&self.url))
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Request {
    /// A GET. The URL goes out byte for byte as far as it is one: percent-encoding is never touched.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new(Method::GET, url.into(), Bytes::new())
    }

    /// A POST.
    pub fn post(url: impl Into<String>, body: Bytes) -> Self {
        Self::new(Method::POST, url.into(), body)
    }

    /// What goes out at one attempt, authorization aside.
    pub(super) fn to_be_sent(&self) -> Result<reqwest::Request, Broken> {
        let url = reqwest::Url::parse(&self.url).map_err(|error| {
            let words = format!("the address cannot be used: {error}");
            Broken::Transport(codes::CLIENT, words)
        })?;
        let mut sent = reqwest::Request::new(self.method.clone(), url);
        *sent.headers_mut() = self.headers.clone();
        if self.method != Method::GET {
            *sent.body_mut() = Some(self.body.clone().into());
        }
        if let Some(id) = self.fresh_id.clone() {
            let fresh = HeaderValue::try_from(uuid::Uuid::new_v4().to_string());
            sent.headers_mut().extend(fresh.ok().map(|fresh| (id, fresh)));
        }
        Ok(sent)
    }

    fn new(method: Method, url: String, body: Bytes) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body,
            body_limit: BODY_LIMIT,
            fresh_id: None,
            asked: None,
            limits: None,
        }
    }

    /// With a fixed header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// With a header that carries a new GUID at each attempt.
    #[must_use]
    pub fn fresh_id(mut self, name: HeaderName) -> Self {
        self.fresh_id = Some(name);
        self
    }

    /// Reads at most so many bytes of the answer's body, unpacked (else 32 MiB).
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Counts how each attempt ended in `asked`, and the requests of a failed send as lost; a good answer carries its own
    /// count.
    #[must_use]
    pub fn counted_in(mut self, asked: &Arc<Asked>) -> Self {
        self.asked = Some(Arc::clone(asked));
        self
    }

    /// Tells the server's limits apart by its 429s.
    #[must_use]
    pub fn limits(mut self, which: fn(&Answer) -> Option<Limit>) -> Self {
        self.limits = Some(which);
        self
    }
}
