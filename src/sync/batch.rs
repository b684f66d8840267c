//! Batches: rows put together to JSON arrays of at most a million bytes, brackets and commas included.

use std::ops::Range;

use bytes::{BufMut, BytesMut};
use chrono::{DateTime, Utc};

use crate::model::Record;
use crate::model::push_time;
use crate::sink::{Batch, Table};

/// Largest body before compression: under every reading of Azure's "1 MB" (contracts: 1,048,576 on the wire).
pub const MAX_BATCH_BYTES: usize = 1_000_000;

/// What a row is given at delivery.
#[derive(Debug, Clone)]
pub struct Stamp {
    prefix: Vec<u8>,
}

/// `RecordVersion_s":"` and 16 digits and `",`.
const VERSION: usize = r#""RecordVersion_s":"0123456789abcdef","#.len();

impl Stamp {
    /// Of a run at a time.
    pub fn new(generated: DateTime<Utc>, run_id: &str) -> Self {
        let mut prefix = br#"{"TimeGenerated":""#.to_vec();
        push_time(&mut prefix, generated);
        prefix.extend_from_slice(br#"","SyncRunId_s":""#);
        prefix.extend_from_slice(run_id.as_bytes());
        prefix.extend_from_slice(br#"","#);
        Self { prefix }
    }

    /// Bytes of a record's row, stamped.
    pub fn length(&self, record: &Record) -> usize {
        self.prefix.len() + VERSION + record.row.len() - 1
    }
}

/// Cuts `records` into runs that fit a batch; a record too large for any stands alone.
pub fn fitting(stamp: &Stamp, records: &[&Record]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let (mut from, mut bytes) = (0, 1);
    for (index, record) in records.iter().enumerate() {
        let length = stamp.length(record) + 1;
        if index > from && bytes + length > MAX_BATCH_BYTES {
            ranges.push(from..index);
            (from, bytes) = (index, 1);
        }
        bytes += length;
    }
    if from < records.len() {
        ranges.push(from..records.len());
    }
    ranges
}

/// Puts records together, stamped.
pub fn assemble(stamp: &Stamp, records: &[&Record]) -> Batch {
    let bytes = records.iter().map(|record| stamp.length(record) + 1).sum::<usize>() + 2;
    let mut body = BytesMut::with_capacity(bytes);
    body.put_u8(b'[');
    for (index, record) in records.iter().enumerate() {
        if index > 0 {
            body.put_u8(b',');
        }
        body.put_slice(&stamp.prefix);
        body.put_slice(format!(r#""RecordVersion_s":"{}","#, record.version).as_bytes());
        body.put_slice(&record.row[1..]);
    }
    body.put_u8(b']');
    Batch {
        table: Table::WorkItems,
        body: body.freeze(),
        rows: records.len(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{RecordId, Version};

    fn record(bytes: usize) -> Record {
        let row = format!(r#"{{"A_s":"{}"}}"#, "x".repeat(bytes)).into_bytes();
        Record {
            id: RecordId::new("a"),
            number: "INC1".into(),
            modified: DateTime::UNIX_EPOCH,
            revision: None,
            created: None,
            version: Version::of(&row),
            row: row.into(),
        }
    }

    #[test]
    fn a_stamped_row_is_one_json_object() {
        let stamp = Stamp::new("2026-11-20T10:00:00Z".parse().unwrap(), "run-1");
        let record = record(3);
        let batch = assemble(&stamp, &[&record, &record]);
        let rows: serde_json::Value = serde_json::from_slice(&batch.body).unwrap();
        assert_eq!(rows[1]["TimeGenerated"], "2026-11-20T10:00:00Z");
        assert_eq!(rows[1]["SyncRunId_s"], "run-1");
        assert_eq!(rows[1]["RecordVersion_s"], record.version.to_string());
        assert_eq!(rows[1]["A_s"], "xxx");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_known_only_at_delivery_does_not_change_the_version(
            texts in prop::collection::vec("\\PC{0,20}", 1..5),
            seconds in 0i64..4_000_000_000,
            run in "[a-z0-9-]{1,36}",
        ) {
            let rows = texts.iter().map(|text| serde_json::json!({"A_s": text}));
            let records: Vec<Record> = rows.map(|row| Record {
                version: Version::of(row.to_string().as_bytes()),
                row: row.to_string().into_bytes().into(),
                ..record(1)
            }).collect();
            let stamp = Stamp::new(DateTime::from_timestamp(seconds, 0).unwrap(), &run);
            let batch = assemble(&stamp, &records.iter().collect::<Vec<_>>());
            let sent: Vec<serde_json::Value> = serde_json::from_slice(&batch.body).unwrap();
            prop_assert_eq!(sent.len(), texts.len());
            for ((sent, record), text) in sent.iter().zip(&records).zip(&texts) {
                prop_assert_eq!(&sent["A_s"], text);
                prop_assert_eq!(&sent["SyncRunId_s"], &run);
                prop_assert_eq!(&sent["RecordVersion_s"], &record.version.to_string());
            }
        }

        #[test]
        fn batches_hold_every_record_in_order_and_never_exceed_the_limit(
            sizes in prop::collection::vec(1usize..400_000, 1..30)
        ) {
            let records: Vec<Record> = sizes.iter().map(|&size| record(size)).collect();
            let records: Vec<&Record> = records.iter().collect();
            let stamp = Stamp::new(DateTime::UNIX_EPOCH, "run-1");
            let mut next = 0;
            for range in fitting(&stamp, &records) {
                prop_assert_eq!(range.start, next);
                prop_assert!(range.end > range.start);
                next = range.end;
                prop_assert!(assemble(&stamp, &records[range]).body.len() <= MAX_BATCH_BYTES);
            }
            prop_assert_eq!(next, records.len());
        }
    }
}
