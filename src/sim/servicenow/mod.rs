//! A `ServiceNow` instance, stateful, as far as a reader of its Table API can see it.
//!
//! [`crate::sim`] says how sure each behaviour is, and by what it is switched.
//!
//! Each behaviour with how sure it is: **D** the vendor's documentation, **K** a knowledge article or an
//! employee's post, **C** read in the source of clients, **Q** quoted by users, **I** inferred.
//!
//! | behaviour | where | grade |
//! |---|---|---|
//! | unversioned, v1 and v2 routes; v1 404 on nothing, v2 an empty list | `routes` | D |
//! | `HEAD` answers like `GET` without the body | `routes` | D |
//! | limit (10,000 unless given) before access rules: short and empty pages | `list` | D |
//! | `X-Total-Count` before access rules; absent with `sysparm_no_count` | `list` | D, C |
//! | without a count no `Link` either | `list` | I |
//! | `Link` in its exact form, `prev` with offset -1 on the first page | `link` | Q (seen with a limit of 1 only) |
//! | `^ ^OR ^NQ ^EQ`, operators, `IN`, `BETWEEN`, dot-walks | `query`, `matching` | D |
//! | `ORDERBY` anywhere counts for the whole query; `^^` escapes | `query` | C |
//! | `LIKE` and its kin ignore case, `=` does not | `matching` | I |
//! | invalid part of a query: left out, no rows, or 403 | [`InvalidPart`] | D, D, Q |
//! | date-times in a query are UTC, or of the user's zone (a switch) | [`Literals`] | K, C: disputed |
//! | `javascript:gs.dateGenerate` and its like are of the user's zone | `zone` | D |
//! | unknown fields of `sysparm_fields` are silently absent | `render` | D |
//! | all scalars strings, four shapes of references, empty ones `""` | `render` | D, C |
//! | `display_value` may be null; journals empty unless displayed | `render` | C, D |
//! | unreadable fields absent, a row of nothing else is `{}` | `render` | D, C |
//! | order inside ties unstable unless ordered by `sys_id` | `select` | Q (measured), I how far |
//! | no snapshot between pages | [`Desk`] | Q |
//! | one-second stamps, any stamp may be put: late commits, back-dated imports | [`Desk::put`] | D |
//! | deletion leaves a row in `sys_audit_delete`, archiving leaves none | [`Desk::delete`] | D, K |
//! | error bodies | `answer` | D, Q |
//! | cancelled transaction: an error behind a 200, in three spellings | `faulty` | C, Q |
//! | rate rule: fixed hour, three headers, 429 with `Retry-After` in seconds | [`Desk::set_hourly_limit`] | D |
//! | a rate rule acts at once (the real one lags up to 30 s) | [`Desk::set_hourly_limit`] | I |
//! | semaphore 429 without headers, 202, HTML, resets | [`crate::sim::fault`] | D, K, I |
//! | the token endpoint repeats the living token with its remaining life | `oauth` | D, Q |
//! | whatever is wrong there, 401 `server_error` / `access_denied` | `oauth` | Q |
//! | `JSESSIONID` and `glide_user_route` for callers without cookies | `answer` | D |
//! | counts of the Aggregate API ignore access rules of rows | `list` | I |

mod answer;
mod as_row;
mod desk;
mod faulty;
mod filler;
mod gate;
mod late;
mod link;
mod list;
mod matching;
mod oauth;
mod packed;
mod query;
mod rate;
mod render;
mod routes;
mod row;
mod select;
mod table;
#[cfg(test)]
mod tests;
mod zone;

use std::io;
use std::net::SocketAddr;

use axum::Router;

pub use as_row::{id_of, row as row_of};
pub use desk::Desk;
pub use gate::{Pace, Pool};
pub use late::Lateness;
pub use packed::View;
pub use query::{InvalidPart, Literals};
pub use row::{Cell, Display, Row, Text, stamp};

use super::fault::Faults;
use super::journal::Journal;
use super::serve::{self, Identity, Server};

/// A running instance.
#[derive(Debug)]
pub struct Handle {
    /// Its state.
    pub desk: Desk,
    /// What it was asked.
    pub journal: Journal,
    /// What goes wrong with it; routes are `table/{t}`, `record/{t}`, `stats/{t}`, `token`.
    pub faults: Faults,
    server: Server,
}

/// The routes of an instance, to be driven without a socket.
pub fn router(desk: &Desk, journal: &Journal, faults: &Faults) -> Router {
    routes::router(routes::Instance {
        desk: desk.clone(),
        journal: journal.clone(),
        faults: faults.clone(),
    })
}

/// Serves `desk` on `address`, or on a free port of 127.0.0.1.
///
/// # Errors
/// The address cannot be bound.
pub async fn start(desk: Desk, address: Option<SocketAddr>) -> io::Result<Handle> {
    start_as(desk, address, None).await
}

/// Serves `desk` likewise, over TLS as `identity`, if it has one.
///
/// # Errors
/// The address cannot be bound, or the identity cannot be used.
pub async fn start_as(desk: Desk, address: Option<SocketAddr>, identity: Option<&Identity>) -> io::Result<Handle> {
    let (journal, faults) = (Journal::new(), Faults::new(0x5eed));
    let server = serve::serve_as(router(&desk, &journal, &faults), address, identity).await?;
    Ok(Handle {
        desk,
        journal,
        faults,
        server,
    })
}

impl Handle {
    /// `http://127.0.0.1:port`, or `https`, without a slash at the end.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Stops it; its state lives on in [`Desk`].
    pub async fn stop(self) {
        self.server.stop().await;
    }
}
