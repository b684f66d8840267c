//! What the service desk says of a record against what the ledger says. Pure.

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};

use crate::model::{Mapped, RecordId};
use crate::store::LedgerRow;

/// A record as a page shows it, without its contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub id: RecordId,
    pub modified: DateTime<Utc>,
    pub revision: Option<i64>,
}

/// What came of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    Same,
    /// The head brought a newer version while the page was on its way.
    HeadWasFaster,
    /// The ledger is ahead of the service desk: the ordinary way would drop it as overtaken.
    Older,
    Differs,
}

impl Key {
    /// Of a row that has an id and a stamp.
    pub fn of(mapped: &Mapped) -> Option<Self> {
        match mapped {
            Mapped::Record(record) => Some(Self {
                id: record.id.clone(),
                modified: record.modified,
                revision: record.revision,
            }),
            Mapped::SetAside(aside) => Some(Self {
                id: aside.id.clone()?,
                modified: aside.modified?,
                revision: None,
            }),
        }
    }
}

/// | the ledger has | and the record shows | then |
/// |---|---|---|
/// | nothing, or that it is gone | | differs |
/// | the same stamp | the same revision, or either has none | same |
/// | a stamp that the head reads now | an older one | the head was faster |
/// | a newer stamp, or the same with a higher revision | | older |
/// | anything else | | differs |
pub(super) fn compare(key: &Key, known: Option<&LedgerRow>, head: &RangeInclusive<DateTime<Utc>>) -> Finding {
    let Some(known) = known.filter(|known| !known.deleted) else {
        return Finding::Differs;
    };
    let revisions = key.revision.zip(known.revision);
    if key.modified == known.modified {
        return match revisions {
            Some((ours, theirs)) if ours < theirs => Finding::Older,
            Some((ours, theirs)) if ours > theirs => Finding::Differs,
            Some(_) | None => Finding::Same,
        };
    }
    if key.modified > known.modified {
        return Finding::Differs;
    }
    // A stamp beyond the source's clock is no proof that the head brought anything since.
    if head.contains(&known.modified) {
        return Finding::HeadWasFaster;
    }
    Finding::Older
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Generation, Version};

    fn second(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn key(modified: i64, revision: Option<i64>) -> Key {
        Key {
            id: RecordId::new("a"),
            modified: second(modified),
            revision,
        }
    }

    fn row(modified: i64, revision: Option<i64>, deleted: bool) -> LedgerRow {
        LedgerRow {
            number: "INC1".into(),
            version: Version(1),
            modified: second(modified),
            revision,
            generation: Generation(0),
            columns: 1,
            delivered: second(0),
            deleted,
            seen: None,
            created: None,
        }
    }

    #[test]
    fn the_table_of_the_comparison_holds() {
        let table = [
            (key(5, Some(1)), None, Finding::Differs),
            (key(5, Some(1)), Some(row(5, Some(1), true)), Finding::Differs),
            (key(5, Some(1)), Some(row(5, Some(1), false)), Finding::Same),
            (key(5, None), Some(row(5, Some(1), false)), Finding::Same),
            (key(5, Some(1)), Some(row(5, None, false)), Finding::Same),
            (key(5, Some(1)), Some(row(5, Some(2), false)), Finding::Older),
            (key(5, Some(2)), Some(row(5, Some(1), false)), Finding::Differs),
            (key(6, Some(1)), Some(row(5, Some(9), false)), Finding::Differs),
            (key(5, Some(9)), Some(row(6, Some(1), false)), Finding::Older),
            (key(5, Some(9)), Some(row(100, Some(1), false)), Finding::HeadWasFaster),
            (key(5, Some(9)), Some(row(200, Some(1), false)), Finding::HeadWasFaster),
            (key(5, Some(9)), Some(row(201, Some(1), false)), Finding::Older),
            (key(5, Some(1)), Some(row(100, Some(1), true)), Finding::Differs),
        ];
        for (key, known, finding) in table {
            let found = compare(&key, known.as_ref(), &(second(100)..=second(200)));
            assert_eq!(found, finding, "{key:?} {known:?}");
        }
    }
}
