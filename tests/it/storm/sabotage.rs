//! Faults put into the process on purpose: a promise that no storm can break proves nothing.

use itsmd::net::Parcel;
use itsmd::net::http::Url;

/// What is broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// The cursor asks for what is strictly later: rows that share a stamp with the last one of a page are skipped.
    StrictCursor,
    /// The head begins where it stopped: what was committed late is never seen.
    NoOverlap,
    /// A batch counts as taken that never arrived.
    LostBatch,
    /// An upload goes out once more, long after.
    Replay,
    /// The state file vanishes with a life.
    LostState,
    /// Nothing bounds the requests.
    NoPermits,
}

/// The query of a reader that goes on behind a stamp, not behind a stamp and an id.
pub fn strictly(parcel: &mut Parcel) {
    let query: Vec<(String, String)> = parcel.url.query_pairs().into_owned().collect();
    let strict = query.into_iter().map(|(name, value)| match value.split_once("^NQ") {
        Some((_, later)) if name == "sysparm_query" => (name, later.to_owned()),
        _ => (name, value),
    });
    let strict: Vec<_> = strict.collect();
    let mut url: Url = parcel.url.clone();
    url.query_pairs_mut().clear().extend_pairs(strict);
    parcel.url = url;
}
