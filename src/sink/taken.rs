//! Whether a 2xx is the API's own: a proxy's sign-in page says 200, too, and took nothing.

use super::{SinkError, codes};
use crate::net::Answer;

/// `None` if the rows were taken. Azure's 204 and 200 have no body; others that speak its API may send JSON.
pub(super) fn unless_taken(answer: &Answer) -> Option<SinkError> {
    let foreign = answer.is_html() || has_error(&answer.body);
    foreign.then(|| {
        let seen = format!("the workspace answered {}", answer.words());
        SinkError::Failed(codes::NOT_ITS_ANSWER.retry(seen))
    })
}

fn has_error(body: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Said {
        error: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<Said>(body).is_ok_and(|said| said.error.is_some())
}
