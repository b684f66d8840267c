//! How many records a range of time holds, by few light requests.
//!
//! ServiceNow counts any range at once. Dataverse stops counting at 5,000: a range that is larger is cut in eight and
//! its parts are counted, as long as the budget of requests lasts. What is left uncounted then is said to be so.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Desk, SourceError};

/// Requests that one count may take.
const BUDGET: u32 = 48;

/// Into how many parts a range is cut that is too large to be counted at once.
const PARTS: i32 = 8;

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
    /// There are more: not all of the range could be counted within the budget.
    pub at_least: bool,
    /// What the counting took.
    pub requests: u32,
}

impl Desk {
    /// Counts the records modified at or after `from` and before `to`.
    ///
    /// # Errors
    /// What a page of the table would fail with.
    pub async fn volume(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Volume, SourceError> {
        let mut left = vec![(from, to)];
        let (mut sum, mut requests) = (0, 0);
        let (mut uncounted, mut at_least) = (false, false);
        while let Some((from, to)) = left.pop() {
            let counted = match self {
                Self::ServiceNow(desk) => desk.count_range(from, to).await?,
                Self::Dataverse(desk) => desk.count_range(from, to).await?,
            };
            requests += counted.requests;
            match counted.records {
                Some(records) => sum += records,
                None if counted.divisible && requests + left.len() as u32 + PARTS as u32 <= BUDGET => {
                    left.extend(parts(from, to));
                }
                None if counted.divisible => {
                    sum += COUNTS_UP_TO;
                    at_least = true;
                }
                None => uncounted = true,
            }
        }
        Ok(Volume {
            records: (!uncounted).then_some(sum),
            at_least,
            requests,
        })
    }
}

/// A range in eight, the first part on top of the pile last.
fn parts(from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    // Whole seconds, as stamps are.
    let width = TimeDelta::seconds(((to - from).num_seconds() / i64::from(PARTS)).max(1));
    let mut parts = Vec::new();
    let mut start = from;
    for _ in 1..PARTS {
        let end = (start + width).min(to);
        parts.push((start, end));
        start = end;
    }
    parts.push((start, to));
    parts.retain(|(from, to)| from < to);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_range_and_do_not_overlap() {
        let at = |second: i64| DateTime::from_timestamp(second, 0).unwrap();
        for length in [1, 7, 8, 9, 100, 10_368_000] {
            let parts = parts(at(5), at(5 + length));
            assert_eq!((parts[0].0, parts[parts.len() - 1].1), (at(5), at(5 + length)));
            assert!(parts.windows(2).all(|pair| pair[0].1 == pair[1].0), "{parts:?}");
        }
    }
}
