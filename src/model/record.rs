//! Records: one version of one work item, encoded once.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};

/// The source's own unique id of a record (`sys_id`, a Dataverse primary key), lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(pub Box<str>);

impl RecordId {
    /// The id, in the one spelling under which it is compared and stored: lower case.
    pub fn new(id: &str) -> Self {
        Self(id.to_ascii_lowercase().into())
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// xxh3-64 of the mapped row without `TimeGenerated`, `SyncRunId_s` and `RecordVersion_s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(pub u64);

impl Version {
    /// The version of an encoded row.
    pub fn of(row: &[u8]) -> Self {
        Self(xxhash_rust::xxh3::xxh3_64(row))
    }
}

impl fmt::Display for Version {
    /// 16 hexadecimal digits, as in `RecordVersion_s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// One version of one work item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The source's own id.
    pub id: RecordId,
    /// The number people use, e.g. `INC0012345`; empty if the source gave none.
    pub number: Box<str>,
    /// When the source says it was last modified.
    pub modified: DateTime<Utc>,
    /// The source's count of updates, where there is one.
    pub revision: Option<i64>,
    /// The day of `CreatedDate_t`, in UTC, if the row has one: for the counts of the status page.
    pub created: Option<NaiveDate>,
    /// Hash of `row`.
    pub version: Version,
    /// A JSON object, one line of `ServiceDesk_CL` less what is known only at delivery
    /// (`TimeGenerated`, `SyncRunId_s`) and less `RecordVersion_s`. Never empty: `{"…":…}`.
    pub row: Box<[u8]>,
}

/// A record that could not be mapped; it goes to the quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmapped {
    /// Its id, if that much could be read.
    pub id: Option<RecordId>,
    /// Its number, likewise.
    pub number: Option<Box<str>>,
    /// Its stamp, likewise.
    pub modified: Option<DateTime<Utc>>,
    /// What was wrong: field and value.
    pub reason: String,
}

/// A row of a page after mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped {
    /// Ready to be delivered.
    Record(Record),
    /// To be set aside.
    SetAside(Unmapped),
}

impl Mapped {
    /// Which record it is, if the row says.
    pub fn id(&self) -> Option<&RecordId> {
        match self {
            Self::Record(record) => Some(&record.id),
            Self::SetAside(row) => row.id.as_ref(),
        }
    }
}
