//! The ledger: what was delivered last of every record in the window.

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, params};

use super::ledger_counts::{day, day_number};
use super::{Db, StoreError, StreamKey, millis, time};
use crate::model::{Generation, RecordId, Version};

/// One record's last delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// The number people use.
    pub number: String,
    /// What was delivered.
    pub version: Version,
    /// Its stamp.
    pub modified: DateTime<Utc>,
    /// Its count of updates.
    pub revision: Option<i64>,
    /// Of the page it came with.
    pub generation: Generation,
    /// The set of columns the row was made with.
    pub columns: i64,
    /// When, in whole seconds.
    pub delivered: DateTime<Utc>,
    /// The workspace was told that the record is gone.
    pub deleted: bool,
    /// As it was first seen with a newer set of columns, which does not deliver it again.
    pub seen: Option<Seen>,
    /// The day of the work item's creation, in UTC; `None` if the row has none or it was not read since it is kept.
    pub created: Option<NaiveDate>,
}

/// What the mapping made of a record that was delivered with an older set of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Of the row as it would be now.
    pub version: Version,
    /// The set of columns it was made with.
    pub columns: i64,
}

/// A record found by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// Connection and kind, as stored.
    pub connection: String,
    /// Kind, as stored.
    pub kind: String,
    /// Its id.
    pub id: RecordId,
    /// Its last delivery.
    pub row: LedgerRow,
    /// Whether a version of it is in the quarantine.
    pub quarantined: bool,
}

impl Db<'_> {
    /// The ledger's rows of these records, in their order.
    pub fn delivered(&self, stream: StreamKey, ids: &[RecordId]) -> Result<Vec<Option<LedgerRow>>, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT number, version, modified, revision, generation, columns, delivered, deleted, seen, seen_columns,
                 created
             FROM ledger WHERE stream = ?1 AND record = ?2",
        )?;
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            rows.push(
                query
                    .query_row(params![stream.0, pack(id)], |row| ledger_row(row, 0))
                    .optional()?,
            );
        }
        Ok(rows)
    }

    /// Writes what was delivered, or another stamp of what was not changed.
    pub fn write_delivered(&self, stream: StreamKey, rows: &[(RecordId, LedgerRow)]) -> Result<(), StoreError> {
        let mut upsert = self.0.prepare_cached(
            // A page planned before a resync may be delivered after it: the generation never goes back.
            "INSERT INTO ledger (stream, record, number, version, modified, revision, generation, columns, delivered,
                 deleted, seen, seen_columns, created)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT DO UPDATE SET number = excluded.number, version = excluded.version,
                 modified = excluded.modified, revision = excluded.revision, columns = excluded.columns,
                 delivered = excluded.delivered, deleted = excluded.deleted,
                 seen = excluded.seen, seen_columns = excluded.seen_columns, created = excluded.created,
                 generation = max(generation, excluded.generation)",
        )?;
        for (id, row) in rows {
            upsert.execute(params![
                stream.0,
                pack(id),
                row.number,
                row.version.0.cast_signed(),
                millis(row.modified),
                row.revision,
                row.generation.0,
                row.columns,
                row.delivered.timestamp(),
                row.deleted,
                row.seen.map(|seen| seen.version.0.cast_signed()),
                row.seen.map(|seen| seen.columns),
                row.created.map(day_number),
            ])?;
        }
        Ok(())
    }

    /// How many of a stream's records are marked as gone and were modified in the window.
    pub fn ledger_deleted(&self, stream: StreamKey) -> Result<u64, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT count(*) FROM ledger WHERE stream = ?1 AND deleted = 1")?;
        Ok(query.query_row([stream.0], |row| row.get(0))?)
    }

    /// How many that are not marked as gone were modified at or after `since`.
    pub fn ledger_records_since(&self, stream: StreamKey, since: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT count(*) FROM ledger WHERE stream = ?1 AND modified >= ?2 AND deleted = 0")?;
        Ok(query.query_row(params![stream.0, millis(since)], |row| row.get(0))?)
    }

    /// What was delivered went elsewhere: whatever is met of a record differs from it, now or when access rules show it
    /// again. Its stamp still holds back what is older.
    pub fn forget_versions(&self, stream: StreamKey) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE ledger SET version = 0, revision = -1 WHERE stream = ?1 AND deleted = 0",
            [stream.0],
        )?;
        Ok(())
    }

    /// Drops records that have left the window.
    pub fn prune_ledger(&self, stream: StreamKey, window_start: DateTime<Utc>) -> Result<usize, StoreError> {
        let pruned = self.0.execute(
            "DELETE FROM ledger WHERE stream = ?1 AND modified < ?2",
            params![stream.0, millis(window_start)],
        )?;
        self.forget_empty_counts(stream)?;
        Ok(pruned)
    }

    /// Every record of that number, in any stream; letter case does not matter.
    pub fn trace(&self, number: &str) -> Result<Vec<Traced>, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT s.connection, s.kind, l.record, EXISTS (SELECT 1 FROM quarantine q
                    WHERE q.stream = l.stream AND q.record = l.record),
                    l.number, l.version, l.modified, l.revision, l.generation, l.columns, l.delivered,
                    l.deleted, l.seen, l.seen_columns, l.created
             FROM ledger l JOIN streams s USING (stream) WHERE l.number = ?1 COLLATE NOCASE
             ORDER BY s.connection, s.kind",
        )?;
        let rows = query.query_map([number], |row| {
            Ok(Traced {
                connection: row.get(0)?,
                kind: row.get(1)?,
                id: unpack(row.get_ref(2)?),
                quarantined: row.get(3)?,
                row: ledger_row(row, 4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

pub(super) fn ledger_row(row: &rusqlite::Row<'_>, first: usize) -> Result<LedgerRow, rusqlite::Error> {
    Ok(LedgerRow {
        number: row.get(first)?,
        version: Version(row.get::<_, i64>(first + 1)?.cast_unsigned()),
        modified: time(row.get(first + 2)?),
        revision: row.get(first + 3)?,
        generation: Generation(row.get(first + 4)?),
        columns: row.get(first + 5)?,
        delivered: Utc.timestamp_opt(row.get(first + 6)?, 0).single().unwrap_or_default(),
        deleted: row.get(first + 7)?,
        seen: Seen::of(row.get(first + 8)?, row.get(first + 9)?),
        created: row.get::<_, Option<i64>>(first + 10)?.and_then(day),
    })
}

impl Seen {
    pub(super) fn of(version: Option<i64>, columns: Option<i64>) -> Option<Self> {
        Some(Self {
            version: Version(version?.cast_unsigned()),
            columns: columns?,
        })
    }
}

const TEXT: u8 = 0;
const HEX: u8 = 1;
const GUID: u8 = 2;

/// An id in as few bytes as it takes: ServiceNow's 32 hexadecimal digits and Dataverse's GUIDs in 17.
pub(super) fn pack(id: &RecordId) -> Vec<u8> {
    let text = id.as_str().as_bytes();
    let dashed = text.len() == 36 && [8, 13, 18, 23].iter().all(|&at| text[at] == b'-');
    let tag = if dashed { GUID } else { HEX };
    pack_digits(tag, text).unwrap_or_else(|| [&[TEXT], text].concat())
}

/// `None` if `text` is not 32 hexadecimal digits, dashes of a GUID aside.
fn pack_digits(tag: u8, text: &[u8]) -> Option<Vec<u8>> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut digits = text.iter().copied().filter(|&byte| !(tag == GUID && byte == b'-'));
    let mut packed = Vec::with_capacity(17);
    packed.push(tag);
    while let Some(high) = digits.next() {
        packed.push(nibble(high)? << 4 | nibble(digits.next()?)?);
    }
    (packed.len() == 17).then_some(packed)
}

pub(super) fn unpack(value: ValueRef<'_>) -> RecordId {
    let bytes = value.as_blob().unwrap_or_default();
    let Some((&tag, rest)) = bytes.split_first() else {
        return RecordId::new("");
    };
    if tag == TEXT {
        return RecordId::new(&String::from_utf8_lossy(rest));
    }
    let mut text = String::with_capacity(36);
    for (index, byte) in rest.iter().enumerate() {
        if tag == GUID && matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    RecordId::new(&text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_id_survives_packing(
            id in prop_oneof!["\\PC{0,40}", "[0-9a-fA-F]{30,34}", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[0-9a-f-]{36}"]
        ) {
            let id = RecordId::new(&id);
            prop_assert_eq!(unpack(ValueRef::Blob(&pack(&id))), id);
        }
    }

    #[test]
    fn ids_survive_packing() {
        for id in [
            "9d385017c611228701d22104cc95c371",
            "5d7f6a5e-1c2b-4f3d-8e9a-0b1c2d3e4f50",
            "glide.maint",
            "9d385017c611228701d22104cc95c37",
            "9d385017c611228701d22104cc95c3-1",
            "5d7f6a5e-1c2b-4f3d-8e9a-0b1c2d3e4f-0",
            "",
        ] {
            let packed = pack(&RecordId::new(id));
            assert_eq!(unpack(ValueRef::Blob(&packed)).as_str(), id);
        }
    }
}
