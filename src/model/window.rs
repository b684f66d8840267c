//! Window arithmetic: which ranges of time still need slices. Pure.

use chrono::{DateTime, TimeDelta, Utc};

/// A half-open range of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Inclusive.
    pub from: DateTime<Utc>,
    /// Exclusive.
    pub to: DateTime<Utc>,
}

/// Where the window starts: exactly `days` before `now`, both by the source's clock.
pub fn window_start(now: DateTime<Utc>, days: u16) -> DateTime<Utc> {
    now - TimeDelta::days(days.into())
}

/// The parts of `whole` that none of `covered` covers, oldest first.
pub fn gaps(whole: Range, covered: &[Range]) -> Vec<Range> {
    let mut covered: Vec<Range> = covered.to_vec();
    covered.sort_by_key(|range| range.from);
    let mut gaps = Vec::new();
    let mut from = whole.from;
    for range in covered {
        if range.from.min(whole.to) > from {
            gaps.push(Range {
                from,
                to: range.from.min(whole.to),
            });
        }
        from = from.max(range.to);
    }
    if whole.to > from {
        gaps.push(Range { from, to: whole.to });
    }
    gaps
}

/// Cuts a range into slices of at most a day, from its newest end, newest first: 120 days are 120 slices.
pub fn tile(range: Range) -> Vec<Range> {
    let mut tiles = Vec::new();
    let mut to = range.to;
    while to > range.from {
        let from = (to - TimeDelta::days(1)).max(range.from);
        tiles.push(Range { from, to });
        to = from;
    }
    tiles
}

/// Where a slice that is too slow is cut: the whole second in the middle of what is left, if there is one.
pub fn middle(rest: Range) -> Option<DateTime<Utc>> {
    let half = (rest.to - rest.from) / 2;
    let middle = DateTime::from_timestamp((rest.from + half).timestamp(), 0)?;
    (middle > rest.from && middle < rest.to).then_some(middle)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn second(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn range(from: i64, to: i64) -> Range {
        Range {
            from: second(from),
            to: second(to),
        }
    }

    #[test]
    fn a_window_of_120_days_is_120_slices_newest_first() {
        let tiles = tile(range(0, 120 * 86_400));
        assert_eq!(tiles.len(), 120);
        assert_eq!(tiles[0].to, second(120 * 86_400));
        assert_eq!(tile(range(0, 86_401)).len(), 2);
    }

    #[test]
    fn a_range_of_one_second_has_no_middle() {
        assert_eq!(middle(range(5, 6)), None);
        assert_eq!(middle(range(5, 7)), Some(second(6)));
    }

    proptest! {
        #[test]
        fn gaps_and_what_is_covered_make_up_the_whole(
            whole in (0i64..500, 1i64..500),
            covered in prop::collection::vec((0i64..1000, 1i64..200), 0..8),
        ) {
            let whole = range(whole.0, whole.0 + whole.1);
            let covered: Vec<Range> = covered.iter().map(|&(from, length)| range(from, from + length)).collect();
            let gaps = gaps(whole, &covered);
            let mut at = whole.from;
            while at < whole.to {
                let in_gaps = gaps.iter().filter(|gap| gap.from <= at && at < gap.to).count();
                let is_covered = covered.iter().any(|range| range.from <= at && at < range.to);
                prop_assert_eq!(in_gaps, usize::from(!is_covered));
                at += TimeDelta::seconds(1);
            }
        }

        #[test]
        fn tiles_have_no_gap_and_no_overlap(from in 0i64..100_000, length in 1i64..2_000_000) {
            let whole = range(from, from + length);
            let mut to = whole.to;
            for tile in tile(whole) {
                prop_assert_eq!(tile.to, to);
                prop_assert!(tile.from < tile.to && tile.to - tile.from <= TimeDelta::days(1));
                to = tile.from;
            }
            prop_assert_eq!(to, whole.from);
        }
    }
}
