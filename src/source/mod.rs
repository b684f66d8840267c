//! Reading service desks: one protocol family a folder, products are profiles.

mod body;
mod count;
pub mod dataverse;
mod map;
mod order;
pub mod servicenow;
mod session;
mod stamp;
#[cfg(test)]
mod tests;
mod text;
mod value;

use std::future::Future;

use chrono::{DateTime, Utc};

pub use self::count::Volume;
pub use self::dataverse::Dataverse;
pub use self::servicenow::ServiceNow;
pub use self::session::{Absent, Allowed, Session, Told};
use crate::model::{Mapped, Position, RecordId, Slice, Trouble};
use crate::net::{Ended, NetError};

/// One page of a slice, mapped.
#[derive(Debug)]
pub struct Page {
    /// In the source's order.
    pub records: Vec<Mapped>,
    /// How far the slice has been read with this page.
    pub at: Position,
    /// Whether the slice holds nothing behind `at`.
    pub end: bool,
    /// The source's clock (its `Date` header).
    pub server_time: Option<DateTime<Utc>>,
    /// Rows of the slice behind the position where this page was asked for, as the source counts them: before access
    /// rules, this page's among them. `None` if it did not count.
    pub matching: Option<u64>,
    /// Size of the body, unpacked, in bytes.
    pub bytes: usize,
    /// Requests this page took.
    pub requests: u32,
}

/// Records that were asked for by id.
#[derive(Debug)]
pub struct Found {
    /// Those that came.
    pub records: Vec<Mapped>,
    /// How many of the asked are there as the source counts, before access rules; `None` if it did not count.
    pub matching: Option<u64>,
}

impl Found {
    /// Records that are there and were not shown; 0 also where the source does not count.
    pub fn hidden(&self) -> u64 {
        self.matching
            .unwrap_or_default()
            .saturating_sub(self.records.len() as u64)
    }
}

/// What a first look at a stream shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The source's clock.
    pub server_time: Option<DateTime<Utc>>,
    /// Records at or after the asked time, before access rules; `None` if the source does not count.
    pub total: Option<u64>,
    /// The newest stamp present, if any record was visible.
    pub newest: Option<DateTime<Utc>>,
    /// Requests it took.
    pub requests: u32,
}

/// Reads one stream.
pub trait Source: Send + Sync + 'static {
    /// The next page of `slice` behind its position, of at most `size` rows.
    fn page(&self, slice: &Slice, size: u32) -> impl Future<Output = Result<Page, SourceError>> + Send;

    /// Whether a position that another reader of the same records made is good inside its second; if not, reading
    /// begins again at the second's start.
    fn shares_positions(&self) -> bool {
        true
    }

    /// Counts the records modified at or after `from` and reads the source's clock.
    fn probe(&self, from: DateTime<Utc>) -> impl Future<Output = Result<Probe, SourceError>> + Send;

    /// The records of these ids (at most 100), wherever they are; an id that does not come is absent.
    fn by_ids(&self, ids: &[RecordId]) -> impl Future<Output = Result<Found, SourceError>> + Send;

    /// Requests of whatever failed for good since this was asked last: no page tells of them.
    fn take_lost_requests(&self) -> u64 {
        0
    }

    /// Requests that came to an end, by how; only ever grows.
    fn requests_ended(&self) -> Ended {
        Ended::default()
    }
}

/// A source of any product.
#[derive(Debug)]
pub enum Desk {
    /// By the Table API.
    ServiceNow(ServiceNow),
    /// By the Dataverse Web API: Provance.
    Dataverse(Dataverse),
}

impl Desk {
    /// Signs in and asks who we are; fails where nobody gets in, or where no desk answers. What the user may not read of
    /// itself is left open.
    pub async fn who_am_i(&self) -> Result<Session, SourceError> {
        match self {
            Self::ServiceNow(desk) => desk.who_am_i().await,
            Self::Dataverse(desk) => desk.who_am_i().await,
        }
    }

    /// Why fields of the profile come with no record. ServiceNow is asked about what a page
    /// read before lacked; Dataverse, which refuses such a page, about all of them.
    pub async fn absent_columns(&self, from: DateTime<Utc>) -> Result<Absent, SourceError> {
        match self {
            Self::ServiceNow(desk) => desk.absent_columns().await,
            Self::Dataverse(desk) => desk.absent_columns(from).await,
        }
    }

    /// Fields of the filter that the instance seems to leave out of a query although it knows them.
    pub fn filter_doubt(&self) -> Option<&str> {
        match self {
            Self::ServiceNow(desk) => desk.doubt(),
            Self::Dataverse(_) => None,
        }
    }

    /// Fields that were asked for and that no record of a page had; empty before the first page with records.
    /// Dataverse refuses such a field, so there it never comes to that.
    pub fn absent_fields(&self) -> Vec<String> {
        match self {
            Self::ServiceNow(desk) => desk.absent_fields(),
            Self::Dataverse(_) => Vec::new(),
        }
    }
}

impl Source for Desk {
    async fn page(&self, slice: &Slice, size: u32) -> Result<Page, SourceError> {
        match self {
            Self::ServiceNow(desk) => desk.page(slice, size).await,
            Self::Dataverse(desk) => desk.page(slice, size).await,
        }
    }

    fn shares_positions(&self) -> bool {
        match self {
            Self::ServiceNow(desk) => desk.shares_positions(),
            Self::Dataverse(desk) => desk.shares_positions(),
        }
    }

    async fn probe(&self, from: DateTime<Utc>) -> Result<Probe, SourceError> {
        match self {
            Self::ServiceNow(desk) => desk.probe(from).await,
            Self::Dataverse(desk) => desk.probe(from).await,
        }
    }

    fn take_lost_requests(&self) -> u64 {
        match self {
            Self::ServiceNow(desk) => desk.take_lost_requests(),
            Self::Dataverse(desk) => desk.take_lost_requests(),
        }
    }

    fn requests_ended(&self) -> Ended {
        match self {
            Self::ServiceNow(desk) => desk.requests_ended(),
            Self::Dataverse(desk) => desk.requests_ended(),
        }
    }

    async fn by_ids(&self, ids: &[RecordId]) -> Result<Found, SourceError> {
        match self {
            Self::ServiceNow(desk) => desk.by_ids(ids).await,
            Self::Dataverse(desk) => desk.by_ids(ids).await,
        }
    }
}

/// Why a page could not be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SourceError {
    /// The server ran out of time over it: a smaller page or slice may pass.
    #[error("{0}")]
    TooSlow(Trouble),
    /// The answer was larger than a page may be: a smaller page may pass.
    #[error("{0}")]
    TooBig(Trouble),
    /// Anything else; the trouble's verdict says what happens next.
    #[error("{0}")]
    Failed(Trouble),
}

impl SourceError {
    /// What to tell the operator.
    pub fn trouble(&self) -> &Trouble {
        match self {
            Self::TooSlow(trouble) | Self::TooBig(trouble) | Self::Failed(trouble) => trouble,
        }
    }
}

impl From<NetError> for SourceError {
    fn from(error: NetError) -> Self {
        match error {
            NetError::TooSlow(trouble) => Self::TooSlow(trouble),
            NetError::TooBig(trouble) => Self::TooBig(trouble),
            NetError::Failed(trouble) => Self::Failed(trouble),
        }
    }
}
