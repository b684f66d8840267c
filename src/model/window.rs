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

/// Rows that a slice is laid for: a few pages, so that short ones cost little and the newest still come first.
const ROWS_PER_SLICE: u64 = 5_000;

/// Cuts a range into slices, newest first, for about so many rows in it: slices of a day where nobody counted.
pub fn tile(range: Range, rows: Option<u64>) -> Vec<Range> {
    let whole = range.to - range.from;
    let days = (whole.num_seconds().max(1) - 1) / 86_400 + 1;
    let wanted = rows.map_or(days, |rows| {
        i64::try_from(rows.div_ceil(ROWS_PER_SLICE)).unwrap_or(days)
    });
    // Whole seconds, as stamps are; rounded up, so that there is no sliver at the old end.
    let width = TimeDelta::seconds((whole.num_seconds() / wanted.clamp(1, days) + 1).max(1));
    let mut tiles = Vec::new();
    let mut to = range.to;
    while to > range.from {
        let from = (to - width).max(range.from);
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
    fn a_window_is_cut_by_what_is_in_it_newest_first() {
        let window = range(0, 120 * 86_400);
        for (rows, slices) in [
            (None, 120),
            (Some(0), 1),
            (Some(1_200), 1),
            (Some(24_918), 5),
            (Some(10_000_000), 120),
        ] {
            let tiles = tile(window, rows);
            assert_eq!(tiles.len(), slices, "{rows:?}");
            assert_eq!(tiles[0].to, second(120 * 86_400));
        }
        assert_eq!(tile(range(0, 86_401), None).len(), 2);
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
        fn tiles_have_no_gap_and_no_overlap(
            from in 0i64..100_000,
            length in 1i64..2_000_000,
            rows in prop::option::of(0u64..1_000_000),
        ) {
            let whole = range(from, from + length);
            let mut to = whole.to;
            for tile in tile(whole, rows) {
                prop_assert_eq!(tile.to, to);
                prop_assert!(tile.from < tile.to);
                to = tile.from;
            }
            prop_assert_eq!(to, whole.from);
        }
    }
}
