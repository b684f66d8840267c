//! What an instance is made of behind its lock.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, Offset as _, SubsecRound as _, Utc};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

use super::cell::Cell;
use super::link::Links;
use super::protection::Meter;
use super::table::{Definition, Row, Table};
use crate::sim::clock::Clock;
use crate::sim::entra::Tokens;
use crate::sim::menu::Menu;

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429, 6,000 requests in 300 seconds: `0x80072322`; `Retry-After` in seconds unless `None`.
    TooManyRequests(Option<u64>),
    /// 429, 1,200 seconds of execution in 300 seconds: `0x80072321`.
    TooMuchTime(Option<u64>),
    /// 429, too many at once: `0x80072326`.
    TooManyAtOnce(Option<u64>),
    /// 401 although the token is good.
    Unauthorized,
    /// 403: the user lacks a privilege.
    Forbidden,
    /// 403: the environment does not know the caller.
    NoUser,
    /// 500 in Dataverse's shape.
    Internal,
    /// 502 with a gateway's HTML.
    BadGateway,
    /// 503 with an empty body.
    Unavailable,
    /// 200 with half a page.
    HalfPage,
    /// The connection is cut.
    Cut,
    /// No answer.
    Hang,
    /// The answer comes so much later.
    Delay(Duration),
}

/// One request as it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Path and query, byte for byte.
    pub target: String,
    /// The `Prefer` headers, joined by commas.
    pub prefer: String,
    /// The bearer token.
    pub token: Option<String>,
    /// Every header's name and value, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The status, 0 when the connection was cut instead.
    pub status: u16,
    /// Rows in the answer.
    pub rows: usize,
}

pub(super) struct Inner {
    pub tables: BTreeMap<String, Table>,
    pub links: Links,
    pub tokens: Option<(Tokens, String)>,
    pub clock: Clock,
    pub zone: FixedOffset,
    pub origin: Option<String>,
    pub faults: Menu<Fault>,
    pub meter: Meter,
    pub seen: Vec<Seen>,
    version: i64,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner")
            .field("tables", &self.tables.keys())
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Inner {
    pub(super) fn new<const N: usize>(tables: [Definition; N]) -> Self {
        let tables = tables.map(|definition| (definition.set.clone(), Table::new(definition)));
        Self {
            tables: tables.into(),
            links: Links::default(),
            tokens: None,
            clock: Clock::default(),
            // No caller may lean on formatted times: by default they are plainly not UTC.
            zone: FixedOffset::west_opt(7 * 3_600).unwrap_or_else(|| Utc.fix()),
            origin: None,
            faults: Menu::default(),
            meter: Meter::default(),
            seen: Vec::new(),
            version: 1_000_000,
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Whose limits a request is charged to.
    pub(super) fn caller(&self, token: Option<&str>) -> String {
        let token = token.unwrap_or_default();
        let issued = self.tokens.as_ref().and_then(|(tokens, _)| tokens.find(token));
        issued.map_or_else(
            || token.to_owned(),
            |issued| issued.username.unwrap_or(issued.client_id),
        )
    }

    pub(super) fn put(&mut self, set: &str, mut row: Row) -> Uuid {
        let now = self.now();
        self.version += 1;
        let table = self
            .tables
            .entry(set.to_owned())
            .or_insert_with(|| Table::new(Definition::new(set, "name")));
        let primary = table.definition.primary_id.clone();
        let given = if let Some(Cell::Guid(id)) = row.get(&primary) {
            Some(*id)
        } else {
            None
        };
        let id = given.unwrap_or_else(|| Uuid::from_u128(xxh3_128(&self.version.to_le_bytes())));
        row.insert(primary, Cell::Guid(id));
        row.insert("versionnumber".to_owned(), Cell::Int(self.version));
        row.entry("modifiedon".to_owned()).or_insert(Cell::Time(now));
        for cell in row.values_mut() {
            if let Cell::Time(time) = cell {
                *time = time.trunc_subsecs(0);
            }
        }
        table.put(id, row);
        id
    }
}
