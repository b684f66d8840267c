//! A door for the fuzz targets: an answer of a token endpoint, read as the client reads it.
#![doc(hidden)]

use std::time::Duration;

use tokio::time::Instant;

use super::{entra, token};
use crate::model::Trouble;
use crate::net::Answer;

/// After how long a granted token is renewed and when it ends.
///
/// # Errors
/// The answer grants nothing.
pub fn lives(answer: &Answer) -> Result<(Duration, Duration), Trouble> {
    let sent = Instant::now();
    let (renew_at, ends_at) = token::read(answer, sent)?.times();
    Ok((renew_at - sent, ends_at - sent))
}

/// What a refusal of Entra's means.
pub fn refusal(answer: &Answer) -> Trouble {
    entra::explain(answer)
}
