//! A page before it is delivered: records on one side, what could not be mapped on the other, no record twice.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::model::{Mapped, Record, RecordId, Unmapped};

/// Of one record twice in a page only the later goes; what has left the window is not delivered again.
pub(super) fn sort_out(page: Vec<Mapped>, window_start: DateTime<Utc>) -> (Vec<Record>, Vec<Unmapped>) {
    let mut records: Vec<Record> = Vec::with_capacity(page.len());
    let mut places: HashMap<RecordId, usize> = HashMap::with_capacity(page.len());
    let mut unmapped = Vec::new();
    for mapped in page {
        match mapped {
            Mapped::SetAside(aside) => unmapped.push(aside),
            Mapped::Record(record) if record.modified < window_start => {}
            Mapped::Record(record) => match places.get(&record.id) {
                Some(&place) if age(&record) >= age(&records[place]) => records[place] = record,
                Some(_) => {}
                None => {
                    places.insert(record.id.clone(), records.len());
                    records.push(record);
                }
            },
        }
    }
    (records, unmapped)
}

fn age(record: &Record) -> (DateTime<Utc>, Option<i64>) {
    (record.modified, record.revision)
}
