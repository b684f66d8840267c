//! How a request proves who sends it; the methods stand in `auth`.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use super::Answer;
use crate::model::Trouble;

/// A header that authorizes; its value is never shown.
#[derive(Clone)]
pub struct Authorization {
    name: HeaderName,
    value: HeaderValue,
    tied: Option<Arc<dyn Send + Sync>>,
}

impl PartialEq for Authorization {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.value) == (&other.name, &other.value)
    }
}

impl Eq for Authorization {}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: …", self.name)
    }
}

impl Authorization {
    /// `Authorization: <value>`; `None` if the value cannot stand in a header.
    pub fn new(value: &str) -> Option<Self> {
        Self::in_header(AUTHORIZATION, value)
    }

    /// `<name>: <value>`; `None` if the value cannot stand in a header.
    pub fn in_header(name: HeaderName, value: &str) -> Option<Self> {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        Some(Self {
            name,
            value,
            tied: None,
        })
    }

    /// With something that is dropped as soon as its request is answered or given up.
    #[must_use]
    pub fn tied_to(mut self, end: Arc<dyn Send + Sync>) -> Self {
        self.tied = Some(end);
        self
    }

    pub(super) fn is_tied(&self) -> bool {
        self.tied.is_some()
    }

    pub(super) fn header(&self) -> (HeaderName, HeaderValue) {
        (self.name.clone(), self.value.clone())
    }
}

/// An authorization that the server answered with 401.
#[derive(Debug, Clone, Copy)]
pub struct Rejected<'a> {
    /// What was sent.
    pub sent: &'a Authorization,
    /// What the server said.
    pub answer: &'a Answer,
}

/// Gives requests their authorization.
pub trait Authorize: Send + Sync {
    /// What to send with the next request; nothing if nothing is needed. After a 401 it is asked once more,
    /// with what was `rejected`: then it renews it, or fails if it has nothing better.
    fn authorization(
        &self,
        rejected: Option<Rejected<'_>>,
    ) -> impl Future<Output = Result<Option<Authorization>, Trouble>> + Send;

    /// Explains a 401 that remained although the authorization was renewed (or none was sent).
    fn refused(&self, answer: &Answer) -> Trouble;

    /// An answer came that is no 401 and that only who was let in gets.
    fn accepted(&self) {}
}

/// Sends nothing.
#[derive(Debug, Clone, Copy)]
pub struct Anonymous;

impl Authorize for Anonymous {
    async fn authorization(&self, _rejected: Option<Rejected<'_>>) -> Result<Option<Authorization>, Trouble> {
        Ok(None)
    }

    fn refused(&self, answer: &Answer) -> Trouble {
        super::codes::SERVER.stop(answer.words())
    }
}
