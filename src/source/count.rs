//! How many records a range of time holds, by few light requests.
//!
//! ServiceNow counts any range at once. Dataverse stops counting at 5,000: a range that is larger is cut in eight, and of
//! a part that is still too large as much is counted as can be; that stands for the whole part.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Desk, SourceError};

/// Into how many parts a range is cut that is too large to be counted at once.
const PARTS: i32 = 8;

/// How often what is left of a part is halved at most.
const HALVINGS: u32 = 12;

/// What Dataverse counts up to: so many means so many or more.
pub(super) const COUNTS_UP_TO: u64 = 5_000;

/// What one request counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    /// `None`: too many, or the source does not count.
    pub records: Option<u64>,
    /// Whether a shorter range may be counted where this one was not.
    pub divisible: bool,
    pub requests: u32,
}

/// How many records a range holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    /// Before access rules, where the source counts so; `None` if it counts nothing at all.
    pub records: Option<u64>,
    /// Parts of the range were counted and stand for the rest.
    pub estimated: bool,
    /// What the counting took.
    pub requests: u32,
}

/// From, inclusive, and to, exclusive.
type Range = (DateTime<Utc>, DateTime<Utc>);

impl Desk {
    /// Counts the records modified at or after `from` and before `to`.
    ///
    /// # Errors
    /// What a page of the table would fail with.
    pub async fn volume(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Volume, SourceError> {
        let count = async |(from, to): Range| match self {
            Self::ServiceNow(desk) => desk.count_range(from, to).await,
            Self::Dataverse(desk) => desk.count_range(from, to).await,
        };
        volume((from, to), count).await
    }
}

async fn volume<E>(whole: Range, count: impl AsyncFn(Range) -> Result<Counted, E>) -> Result<Volume, E> {
    let first = count(whole).await?;
    let mut volume = Volume {
        records: first.records,
        estimated: false,
        requests: first.requests,
    };
    if first.records.is_some() || !first.divisible {
        return Ok(volume);
    }
    let mut sum = 0;
    for part in parts(whole) {
        let (records, halved) = part_of(part, &count, &mut volume.requests).await?;
        sum += records;
        volume.estimated |= halved;
    }
    volume.records = Some(sum);
    Ok(volume)
}

/// A part's records, and whether less than all of it was counted.
async fn part_of<E>(
    part: Range,
    count: &impl AsyncFn(Range) -> Result<Counted, E>,
    requests: &mut u32,
) -> Result<(u64, bool), E> {
    let (mut from, to) = part;
    for halvings in 0..=HALVINGS {
        let counted = count((from, to)).await?;
        *requests += counted.requests;
        if let Some(records) = counted.records {
            return Ok((records << halvings, halvings > 0));
        }
        from += (to - from) / 2;
    }
    Ok((COUNTS_UP_TO << HALVINGS, true))
}

/// A range in eight, the newest last.
fn parts((from, to): Range) -> Vec<Range> {
    // Whole seconds, as stamps are.
    let width = TimeDelta::seconds(((to - from).num_seconds() / i64::from(PARTS)).max(1));
    let start = |part: i32| (from + width * part).min(to);
    let end = |part: i32| if part + 1 == PARTS { to } else { start(part + 1) };
    let parts = (0..PARTS).map(|part| (start(part), end(part)));
    parts.filter(|(from, to)| from < to).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn parts_cover_the_range_and_do_not_overlap() {
        for length in [1, 7, 8, 9, 100, 10_368_000] {
            let parts = parts((at(5), at(5 + length)));
            assert_eq!((parts[0].0, parts[parts.len() - 1].1), (at(5), at(5 + length)));
            assert!(parts.windows(2).all(|pair| pair[0].1 == pair[1].0), "{parts:?}");
        }
    }

    /// A hundred and twenty days of so many records, evenly, at a desk that counts up to 5,000.
    async fn counted(records: i64) -> Volume {
        let days = 120 * 86_400;
        let asked = Cell::new(0);
        let count = async |(from, to): Range| -> Result<Counted, ()> {
            asked.set(asked.get() + 1);
            let span = (to - from).num_seconds();
            let there = u64::try_from(i128::from(span) * i128::from(records) / i128::from(days)).unwrap();
            Ok(Counted {
                records: Some(there).filter(|there| *there < COUNTS_UP_TO),
                divisible: true,
                requests: 1,
            })
        };
        let volume = volume((at(0), at(days)), count).await.unwrap();
        assert_eq!(volume.requests, asked.get());
        volume
    }

    #[tokio::test]
    async fn few_are_counted_and_many_are_estimated_by_few_requests() {
        for (records, requests, estimated) in [
            (4_000, 1, false),
            (24_918, 9, false),
            (70_000, 17, true),
            (1_000_000, 49, true),
        ] {
            let volume = counted(records).await;
            let found = i64::try_from(volume.records.unwrap()).unwrap();
            assert!((found - records).abs() * 1_000 <= records, "{found} of {records}");
            assert_eq!((volume.requests, volume.estimated), (requests, estimated), "{records}");
        }
    }

    #[tokio::test]
    async fn who_counts_nothing_is_asked_once() {
        let count = async |_: Range| -> Result<Counted, ()> {
            Ok(Counted {
                records: None,
                divisible: false,
                requests: 2,
            })
        };
        let volume = volume((at(0), at(86_400)), count).await.unwrap();
        assert_eq!((volume.records, volume.requests), (None, 2));
    }
}
