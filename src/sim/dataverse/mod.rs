//! A Dataverse instance (Provance lives on one): tables of rows that a test edits, read by the Web API.
//!
//! [`crate::sim`] says how sure each behaviour is, and by what it is switched.
//!
//! Grades as in [`super::ingestion`]: **B** documentation, **K** common knowledge, **U** our choice.
//!
//! | behaviour | grade |
//! |---|---|
//! | `Prefer` page size and annotations, `Preference-Applied`, pages of at most 5,000 | B |
//! | next link's shape; verbatim and with the same page size | B; the refusal of others U, but for its status |
//! | every page evaluated afresh; ties without a unique column fall differently | B; how differently U |
//! | a page goes on behind the last row's values and id | U |
//! | ids ordered as SQL Server orders `uniqueidentifier` | K |
//! | annotation before its value; formatted times in the user's zone | B |
//! | texts compare without regard to case; nothing matches no comparison | B |
//! | `$top` gives way to a page size; no `$skip`; `@odata.count` stops at 5,000 | B |
//! | unreadable rows are absent without a word ([`Instance::hide`]) | B |
//! | unknown column: 400, `0x80060888`, its text | C |
//! | unknown set 404 `0x8006088a`, unknown row 404 `0x80040217`, 401 without a body | K |
//! | 429: three hexadecimal codes, `Retry-After` in seconds | B; two of the texts U |
//! | `$filter` knows eq ne gt ge lt le and or not ( ); functions are refused | subset |
//! | `EntityDefinitions`: names, types, options, `$select` and `$expand` only | subset |

mod answer;
mod case;
mod cell;
mod filter;
mod link;
mod metadata;
mod page;
mod protection;
mod query;
mod refusal;
mod respond;
mod state;
mod table;
#[cfg(test)]
mod tests;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use chrono::{DateTime, FixedOffset, Utc};
use uuid::Uuid;

pub use cell::Cell;
pub use protection::Protection;
pub use state::{Fault, Seen};
pub use table::{Definition, Row};

use super::clock::Clock;
use super::entra::Tokens;
use super::item::Item;
use super::journal::{Journal, recorded};
use super::menu::{Order, Until};
use super::serve::{self, Server};
use crate::model::WorkItemKind;
use state::Inner;
use table::Table;

/// A simulated instance; clones share it.
#[derive(Debug, Clone)]
pub struct Instance {
    inner: Arc<Mutex<Inner>>,
    journal: Journal,
}

impl Default for Instance {
    fn default() -> Self {
        Self::new()
    }
}

impl Instance {
    /// One with the Case table and a table of changes, `new_changerequests`, both empty.
    pub fn new() -> Self {
        let inner = Inner::new([case::cases(), case::changes()]);
        Self {
            inner: Arc::new(Mutex::new(inner)),
            journal: Journal::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Declares a table, or redeclares one and empties it.
    pub fn declare(&self, definition: Definition) {
        self.lock()
            .tables
            .insert(definition.set.clone(), Table::new(definition));
    }

    /// Takes a column away from a table.
    pub fn drop_column(&self, set: &str, column: &str) {
        if let Some(table) = self.lock().tables.get_mut(set) {
            table.definition.columns.remove(column);
            table.dropped.insert(column.to_owned());
        }
    }

    /// Puts a row into a table in place of the one with its id, and returns the id.
    ///
    /// Without an id it gets one that no other row has, without `modifiedon` the clock's; `versionnumber` is always the
    /// instance's next. A set that was not declared is, with what [`Definition::new`] gives.
    pub fn put(&self, set: &str, row: Row) -> Uuid {
        self.lock().put(set, row)
    }

    /// Puts a work item's version into its table.
    pub fn put_item(&self, item: &Item) -> Uuid {
        match item.kind {
            WorkItemKind::Incident => self.put("incidents", case::case(item)),
            WorkItemKind::ChangeRequest => self.put_change(item),
        }
    }

    /// Puts a change's version into `new_changerequests`.
    pub fn put_change(&self, item: &Item) -> Uuid {
        self.put("new_changerequests", case::change(item))
    }

    /// The id of a work item's row.
    pub fn id_of(item: &Item) -> Uuid {
        case::id_of(item)
    }

    /// Deletes a row without a trace.
    pub fn delete(&self, set: &str, id: Uuid) {
        if let Some(table) = self.lock().tables.get_mut(set) {
            table.rows.remove(&id);
            table.hidden.remove(&id);
        }
    }

    /// Takes a row out of the caller's sight, or back into it.
    pub fn hide(&self, set: &str, id: Uuid, hidden: bool) {
        if let Some(table) = self.lock().tables.get_mut(set) {
            if hidden {
                table.hidden.insert(id);
            } else {
                table.hidden.remove(&id);
            }
        }
    }

    /// The rows the caller may see, in no order.
    pub fn rows(&self, set: &str) -> Vec<Row> {
        let inner = self.lock();
        inner
            .tables
            .get(set)
            .map(|table| table.visible().map(|(_, row)| row.clone()).collect())
            .unwrap_or_default()
    }

    /// Who issues tokens and the audience they must have; until it is called any bearer token will do.
    pub fn trust(&self, tokens: Tokens, audience: &str) {
        self.lock().tokens = Some((tokens, audience.to_owned()));
    }

    /// The instance's clock, in `Date` and in rows without `modifiedon`; the system's by default.
    pub fn set_clock(&self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) {
        let clock = Clock::new(clock);
        self.journal.set_clock(clock.clone());
        self.lock().clock = clock;
    }

    /// The calling user's zone, in which formatted times are written; seven hours west by default.
    pub fn set_zone(&self, zone: FixedOffset) {
        self.lock().zone = zone;
    }

    /// Scheme and host that next links name instead of the request's.
    pub fn set_link_origin(&self, origin: Option<&str>) {
        self.lock().origin = origin.map(ToOwned::to_owned);
    }

    /// What one caller may ask for in 300 seconds and at once, and what requests cost of it.
    pub fn set_protection(&self, protection: Protection) {
        self.lock().meter.limits = protection;
    }

    /// Refuses every link handed out so far.
    pub fn forget_links(&self) {
        self.lock().links.forget();
    }

    /// Orders a fault that lets `pass` requests through and befalls the `requests` after them.
    pub fn fault(&self, pass: u64, fault: Fault, requests: u64) {
        self.order(Order::new(fault, Until::Requests(requests)).after(pass));
    }

    /// Orders a fault in all its particulars; routes are `page/{set}`, `row/{set}` and `metadata`.
    pub fn order(&self, order: Order<Fault>) {
        self.lock().faults.order(order);
    }

    /// The seed of the faults that are left to chance from now on.
    pub fn reseed(&self, seed: u64) {
        self.lock().faults.reseed(seed);
    }

    /// Lifts every fault.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// Who asked what when, and how many at once.
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    /// Its routes, to be driven without a socket.
    pub fn router(&self) -> Router {
        recorded(
            Router::new().fallback(answer::get).with_state(self.clone()),
            self.journal(),
        )
    }

    /// Serves it at `address`; port 0 lets the kernel choose. The server's URL is the `server_url` to configure.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(&self, address: SocketAddr) -> io::Result<Server> {
        serve::serve(self.router(), Some(address)).await
    }
}

/// How long a hanging request hangs at most, so that a test's server can end.
const HANG: Duration = Duration::from_secs(3_600);
