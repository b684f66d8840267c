//! Setting aside: what could not be mapped or was refused stays visible, counted, with the reason.

use std::collections::HashMap;

use super::deliver::Delivery;
use super::stream::{Stream, store_trouble};
use crate::model::{Record, RecordId, Trouble, Unmapped, Version};
use crate::sink::Sink;
use crate::store::{Aside, StreamKey, Tally};

impl<S, K: Sink> Stream<S, K> {
    pub(super) async fn set_aside_records(
        &self,
        delivery: &Delivery,
        records: &[&Record],
        reason: &str,
        tally: &mut Tally,
    ) -> Result<(), Trouble> {
        tally.quarantined += records.len() as u64;
        let asides = records.iter().map(|record| refused(record, reason));
        self.set_aside(delivery.stream, asides.collect()).await
    }

    pub(super) fn tell_aside(&self, aside: &Aside) {
        let record = aside.id.as_ref().map_or("(no id)", RecordId::as_str);
        tracing::warn!(stream = %self.id, record, number = aside.number, reason = aside.reason, "record set aside");
    }

    pub(super) async fn set_aside(&self, stream: StreamKey, asides: Vec<Aside>) -> Result<(), Trouble> {
        if asides.is_empty() {
            return Ok(());
        }
        asides.iter().for_each(|aside| self.tell_aside(aside));
        let now = (self.now)();
        let write =
            move |db: &crate::store::Db<'_>| asides.iter().try_for_each(|aside| db.set_aside(stream, aside, now));
        self.store.call(write).await.map_err(|error| store_trouble(&error))
    }
}

pub(super) fn refused(record: &Record, reason: &str) -> Aside {
    Aside {
        id: Some(record.id.clone()),
        number: record.number.to_string(),
        version: Some(record.version),
        modified: Some(record.modified),
        reason: reason.to_owned(),
        mark: 0,
    }
}

/// A page's unmapped rows.
pub(super) fn unmapped_asides(unmapped: Vec<Unmapped>) -> Vec<Aside> {
    let mut alike: HashMap<u64, u64> = HashMap::new();
    unmapped.into_iter().map(|row| aside(row, &mut alike)).collect()
}

fn aside(unmapped: Unmapped, alike: &mut HashMap<u64, u64>) -> Aside {
    // A row without stamp cannot be asked for again in its place either: such rows are counted together.
    let mark = mark(&unmapped);
    let nth = alike.entry(mark).or_default();
    *nth += 1;
    let id = unmapped.id.filter(|_| unmapped.modified.is_some());
    Aside {
        id,
        number: unmapped.number.map(String::from).unwrap_or_default(),
        version: None,
        modified: unmapped.modified,
        reason: unmapped.reason,
        mark: mark.wrapping_add(*nth),
    }
}

/// Tells a row from others as far as anything of it could be read; of those alike in a page each counts.
fn mark(unmapped: &Unmapped) -> u64 {
    let known = (&unmapped.id, &unmapped.number, unmapped.modified, &unmapped.reason);
    Version::of(format!("{known:?}").as_bytes()).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_id_has_the_same_mark_whenever_it_is_read() {
        let row = |number: &str| Unmapped {
            id: None,
            number: Some(number.into()),
            modified: None,
            reason: "no sys_id".into(),
        };
        let marks =
            |rows: Vec<Unmapped>| -> Vec<u64> { unmapped_asides(rows).iter().map(|aside| aside.mark).collect() };
        let page = marks(vec![row("INC1"), row("INC2"), row("INC2")]);
        assert_eq!(marks(vec![row("INC1"), row("INC2"), row("INC2")]), page);
        assert!(page[0] != page[1] && page[1] != page[2], "two that look alike are two");
    }
}
