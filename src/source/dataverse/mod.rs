//! Microsoft Dataverse, by its Web API: what Provance lives on (contract: other-itsm, §1.4).
//!
//! A table is read from a stamp on, `modifiedon ge T`, in the order of (`modifiedon`, key), and from then on by the
//! server's own continuation link, byte for byte and with the page size it was made for. Stamps are whole seconds and
//! Dataverse orders keys by a rule of its own, so inside a second nothing can be resumed but by the link; without a
//! usable one the second is read again from its start and the ledger drops the repeats. That always makes progress:
//! each page goes on by its link however many rows share the second, a change of page size waits where it would throw
//! reading back for nothing ([`link`]), and a link refused twice in one second is an error, not a circle.
//!
//! Every page is evaluated afresh: a row modified while its slice is read moves behind and is met again, never lost.
//! Stamps that fall, or leave the range, mean that a part of the query was ignored, and no position moves then.
//! Deletions are invisible here; reconciliation finds them.

mod absent;
mod answer;
mod codes;
#[cfg(feature = "fuzzing")]
mod fuzzing;
mod limit;
mod link;
mod metadata;
mod page;
mod probe;
mod query;
mod rows;
mod session;
#[cfg(all(test, feature = "sim"))]
mod tests;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};

use self::answer::{Ask, Outcome};
use self::link::Links;
use self::query::Query;
use super::map::{Dialect, Mapper};
use super::{Found, Page, Probe, Source, SourceError, order, stamp};
use crate::auth::Credentials;
use crate::model::{ChoiceValues, ItemProfile, Mapped, Partner, RecordId, Slice, StreamId};
use crate::net::{Asked, Client, Ended, Lane};

pub use codes::{CODES, UNKNOWN_COLUMN};
pub use metadata::{ColumnInfo, Metadata, TableInfo};

/// How the Web API writes what every desk has.
const DIALECT: Dialect = Dialect {
    partner: Partner::Provance,
    stamp: stamp::zulu,
};

/// Larger pages are not given.
const LARGEST_PAGE: u32 = 5_000;

/// Ids asked for at once: their addresses stay far below what proxies take.
const IDS_AT_ONCE: usize = 40;

/// One table of one environment.
#[derive(Debug)]
pub struct Dataverse {
    client: Client,
    credentials: Arc<Credentials>,
    server_url: String,
    filter: String,
    mapper: Mapper,
    links: Links,
    /// Requests of pages that failed for good.
    asked: Arc<Asked>,
}

impl Dataverse {
    /// Nothing is asked yet. `server_url` has no slash at its end; `filter` is an OData filter, or empty.
    pub fn new(
        client: Client,
        credentials: Arc<Credentials>,
        stream: StreamId,
        server_url: &str,
        item: ItemProfile,
        filter: &str,
        choice_values: ChoiceValues,
    ) -> Self {
        Self {
            client,
            credentials,
            server_url: server_url.to_owned(),
            filter: filter.to_owned(),
            mapper: Mapper::new(DIALECT, stream, server_url, item, choice_values),
            links: Links::new(),
            asked: Arc::default(),
        }
    }

    fn query(&self) -> Query<'_> {
        Query {
            server_url: &self.server_url,
            item: self.mapper.item(),
            filter: &self.filter,
        }
    }

    fn fields(&self) -> Vec<&str> {
        self.mapper.fields().iter().map(String::as_str).collect()
    }

    fn table(&self) -> &str {
        &self.mapper.item().table
    }

    /// Requests that no page tells of.
    fn lose(&self, requests: u32) {
        self.asked.lost.fetch_add(requests.into(), Ordering::Relaxed);
    }

    /// The records of a few ids.
    async fn chunk(&self, ids: &[RecordId]) -> Result<Vec<Mapped>, SourceError> {
        let ids: Vec<&str> = ids.iter().map(RecordId::as_str).collect();
        let mut url = self.query().by_ids(&self.fields(), &ids);
        let mut found = Vec::new();
        // An id that does not come counts as gone, so every link is followed; a page a row is the worst case.
        for page in 0..=ids.len() {
            let ask = Ask {
                lane: Lane::Rest,
                url: &url,
                size: u32::try_from(ids.len()).unwrap_or(LARGEST_PAGE),
                link: page > 0,
            };
            let answered = match self.ask(ask).await? {
                Outcome::Page(answered) => answered,
                Outcome::LinkRefused { seen, .. } => return Err(SourceError::Failed(codes::LINK_REFUSED.retry(seen))),
            };
            found.extend(answered.rows.mapped);
            let Some(next) = answered.rows.next else {
                order::check_ids(&found, &ids).map_err(|disorder| {
                    SourceError::Failed(disorder.trouble(self.table(), &codes::OUT_OF_ORDER, &codes::OUT_OF_RANGE))
                })?;
                return Ok(found);
            };
            url = next;
        }
        let seen = self.seen("more pages than records were asked for");
        Err(SourceError::Failed(codes::SAME_LINK.retry(seen)))
    }
}

fn modified(row: &Mapped) -> Option<DateTime<Utc>> {
    match row {
        Mapped::Record(record) => Some(record.modified),
        Mapped::SetAside(unmapped) => unmapped.modified,
    }
}

impl Source for Dataverse {
    async fn page(&self, slice: &Slice, size: u32) -> Result<Page, SourceError> {
        self.next_page(slice, size).await
    }

    /// A link leads on with the columns it was made for.
    fn shares_positions(&self) -> bool {
        false
    }

    async fn probe(&self, from: DateTime<Utc>) -> Result<Probe, SourceError> {
        self.first_look(from).await
    }

    fn take_lost_requests(&self) -> u64 {
        self.asked.lost.swap(0, Ordering::Relaxed)
    }

    fn requests_ended(&self) -> Ended {
        self.asked.ended()
    }

    /// A Dataverse count leaves out what the user may not read.
    async fn by_ids(&self, ids: &[RecordId]) -> Result<Found, SourceError> {
        let mut records = Vec::new();
        for ids in ids.chunks(IDS_AT_ONCE) {
            records.extend(self.chunk(ids).await?);
        }
        Ok(Found {
            records,
            matching: None,
        })
    }
}
