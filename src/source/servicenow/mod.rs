//! ServiceNow, by its Table API (contract: requirements C1 to C20).
//!
//! A table is read by keyset, in the order of (`sys_updated_on`, `sys_id`): never by an offset across a set that
//! moves. The server applies the limit before its access rules, so a short page, even an empty one, says nothing
//! about the end of the data; its count does. Rows out of order or out of range mean that a part of the query was
//! ignored or that times were read in another zone, and no position moves then.

mod absent;
mod answer;
mod codes;
mod count;
mod filter;
#[cfg(feature = "fuzzing")]
mod fuzzing;
mod hidden;
mod probe;
mod query;
mod rows;
mod session;

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use self::answer::Answered;
use self::query::Part;
use super::map::{Dialect, Mapper};
use super::order::{self, Disorder, Ties};
use super::{Found, Page, Probe, Source, SourceError, stamp};
use crate::auth::Credentials;
use crate::model::{ChoiceValues, ItemProfile, Partner, Position, RecordId, Slice, StreamId};
use crate::net::{Asked, Client, Ended, Lane};

pub use codes::CODES;

/// How a Table API writes what every desk has.
const DIALECT: Dialect = Dialect {
    partner: Partner::ServiceNow,
    stamp: stamp::spaced,
};

/// What may stand in a query component as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b',');

/// One table of one instance.
#[derive(Debug)]
pub struct ServiceNow {
    client: Client,
    credentials: Arc<Credentials>,
    server_url: String,
    filter: String,
    mapper: Mapper,
    absent: OnceLock<Vec<String>>,
    /// Requests of pages that failed for good.
    asked: Arc<Asked>,
    /// Set once the table is known to know the fields of the filter.
    filter_checked: OnceLock<()>,
    /// Set where a part of the filter seems to be left out although the table knows its fields.
    filter_doubted: OnceLock<String>,
    /// Set once the instance would not count.
    uncounted: OnceLock<()>,
}

impl ServiceNow {
    /// Nothing is asked yet. `server_url` has no slash at its end; `filter` was checked with the configuration.
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
            absent: OnceLock::new(),
            asked: Arc::default(),
            filter_checked: OnceLock::new(),
            filter_doubted: OnceLock::new(),
            uncounted: OnceLock::new(),
        }
    }

    /// Another reader of the same table, over the same connection.
    fn for_item(&self, item: ItemProfile) -> Self {
        Self {
            client: self.client.clone(),
            credentials: Arc::clone(&self.credentials),
            server_url: self.server_url.clone(),
            filter: self.filter.clone(),
            mapper: self.mapper.with_item(item),
            absent: OnceLock::new(),
            asked: Arc::clone(&self.asked),
            filter_checked: OnceLock::new(),
            filter_doubted: OnceLock::new(),
            uncounted: OnceLock::new(),
        }
    }

    /// Fields that no record of a page had; empty before the first page with records.
    pub fn absent_fields(&self) -> Vec<String> {
        self.absent.get().cloned().unwrap_or_default()
    }

    /// What of the filter seems to be left out although the table knows it; `None` before it was looked at.
    pub fn doubt(&self) -> Option<&str> {
        self.filter_doubted.get().map(String::as_str)
    }

    fn part<'a>(&'a self, at: &'a Position, slice: &Slice) -> Part<'a> {
        Part {
            item: self.mapper.item(),
            filter: &self.filter,
            at,
            to: slice.to,
        }
    }

    /// The Table API's address of a query; v2, for v1 answers an empty result with 404 (C1).
    fn url(&self, query: &str, fields: &str, limit: u32, offset: u64) -> String {
        let encode = |text: &str| utf8_percent_encode(text, QUERY).to_string();
        // Only by its link a reference can be told from a code.
        let exclude_links = !self.mapper.wants_codes();
        let offset = if offset == 0 {
            String::new()
        } else {
            format!("&sysparm_offset={offset}")
        };
        format!(
            "{}/api/now/v2/table/{}?sysparm_query={}&sysparm_fields={}&sysparm_limit={limit}{offset}\
             &sysparm_display_value=all&sysparm_exclude_reference_link={exclude_links}\
             &sysparm_suppress_pagination_header=true",
            self.server_url,
            encode(&self.mapper.item().table),
            encode(query),
            encode(fields),
        )
    }

    fn stats_url(&self, query: &str) -> String {
        format!(
            "{}/api/now/stats/{}?sysparm_count=true&sysparm_query={}",
            self.server_url,
            utf8_percent_encode(&self.mapper.item().table, QUERY),
            utf8_percent_encode(query, QUERY),
        )
    }

    async fn rows(&self, lane: Lane, query: &str, limit: u32, offset: u64) -> Result<Answered, SourceError> {
        let fields = self.mapper.fields().join(",");
        let mut answered = self.ask(lane, self.url(query, &fields, limit, offset)).await?;
        self.tell_absent(&answered.rows.absent);
        if answered.total.is_none() && (answered.rows.mapped.len() as u64) < u64::from(limit) {
            let (total, requests) = self.count(lane, query).await?;
            answered.total = total;
            answered.requests += requests;
        }
        Ok(answered)
    }

    /// The page behind the position, as it came.
    async fn plain_page(&self, lane: Lane, slice: &Slice, at: &Position, size: u32) -> Result<Page, SourceError> {
        let query = self.part(at, slice).encoded();
        let answered = self.rows(lane, &query, size, 0).await?;
        match order::check(&answered.rows.mapped, at, slice.to, Ties::ById) {
            Ok(last) => Ok(page(answered, at, last, size)),
            Err(disorder) => {
                // Once more: a record may have moved while the page was put together.
                self.lose(answered.requests);
                let again = self.rows(lane, &query, size, 0).await?;
                let last = order::check(&again.rows.mapped, at, slice.to, Ties::ById).map_err(|_| {
                    self.lose(again.requests);
                    self.disorder(&disorder)
                })?;
                Ok(page(again, at, last, size))
            }
        }
    }

    fn disorder(&self, disorder: &Disorder) -> SourceError {
        SourceError::Failed(disorder.trouble(self.table(), &codes::OUT_OF_ORDER, &codes::OUT_OF_RANGE))
    }

    fn table(&self) -> &str {
        &self.mapper.item().table
    }

    /// Requests that no page tells of.
    fn lose(&self, requests: u32) {
        self.asked.lost.fetch_add(requests.into(), Ordering::Relaxed);
    }
}

/// A page of what was answered: its end is where the count says so, never where it is short (C6). A server that gives
/// less than was asked for must not end a slice, so the count is held against what was shown; but where nothing was shown
/// that has a place, and all that match were looked at, there is nothing to go on to.
fn page(answered: Answered, at: &Position, last: Option<Position>, size: u32) -> Page {
    let shown = answered.rows.mapped.len() as u64;
    let end = match answered.total {
        Some(total) => total <= shown || (last.is_none() && total <= size.into()),
        None => shown == 0,
    };
    Page {
        at: last.unwrap_or_else(|| at.clone()),
        end,
        server_time: answered.server_time,
        matching: answered.total,
        bytes: answered.bytes,
        requests: answered.requests,
        records: answered.rows.mapped,
    }
}

fn found(answered: Answered) -> Found {
    Found {
        records: answered.rows.mapped,
        matching: answered.total,
    }
}

impl Source for ServiceNow {
    async fn page(&self, slice: &Slice, size: u32) -> Result<Page, SourceError> {
        let lane = if slice.to.is_none() { Lane::Head } else { Lane::Rest };
        self.next_page(lane, slice, size).await
    }

    async fn probe(&self, from: chrono::DateTime<chrono::Utc>) -> Result<Probe, SourceError> {
        self.first_look(from).await
    }

    fn take_lost_requests(&self) -> u64 {
        self.asked.lost.swap(0, Ordering::Relaxed)
    }

    fn requests_ended(&self) -> Ended {
        self.asked.ended()
    }

    async fn by_ids(&self, ids: &[RecordId]) -> Result<Found, SourceError> {
        let ids: Vec<&str> = ids.iter().map(RecordId::as_str).collect();
        let query = query::by_ids(self.mapper.item(), &self.filter, &ids);
        let limit = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let answered = self.rows(Lane::Rest, &query, limit, 0).await?;
        if order::check_ids(&answered.rows.mapped, &ids).is_ok() {
            return Ok(found(answered));
        }
        // Once more: whatever stands between may have dropped the query of this one request.
        self.lose(answered.requests);
        let again = self.rows(Lane::Rest, &query, limit, 0).await?;
        order::check_ids(&again.rows.mapped, &ids).map_err(|disorder| {
            self.lose(again.requests);
            self.disorder(&disorder)
        })?;
        Ok(found(again))
    }
}
