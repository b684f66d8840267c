//! Faults put into the process on purpose: a promise that no storm can break proves nothing.

use itsmd::net::Parcel;

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
    /// Two uploads change places, as without claims: an older version overtakes a newer one.
    Overtaking,
    /// A sweep does not meet a record that is there, and no second look by id finds it: it is marked as gone.
    NoSecondLook,
}

/// The query of a reader that misses this record, and finds nobody by id.
pub fn missing(parcel: &mut Parcel, id: &str) {
    rewrite(parcel, |query| {
        let others = query.replace("^NQ", &format!("^NQsys_id!={id}^"));
        Some(match query.contains("sys_idIN") {
            true => "sys_id=nobody".to_owned(),
            false => format!("sys_id!={id}^{others}"),
        })
    });
}

/// The query of a reader that goes on behind a stamp, not behind a stamp and an id.
pub fn strictly(parcel: &mut Parcel) {
    rewrite(parcel, |query| {
        query.split_once("^NQ").map(|(_, later)| later.to_owned())
    });
}

/// Another query; a request without one to replace goes out as it is.
fn rewrite(parcel: &mut Parcel, other: impl Fn(&str) -> Option<String>) {
    let mut query: Vec<(String, String)> = parcel.url.query_pairs().into_owned().collect();
    let asked = query.iter_mut().find(|(name, _)| name == "sysparm_query");
    let Some((value, other)) = asked.and_then(|(_, value)| other(value).map(|other| (value, other))) else {
        return;
    };
    *value = other;
    parcel.url.query_pairs_mut().clear().extend_pairs(query);
}
