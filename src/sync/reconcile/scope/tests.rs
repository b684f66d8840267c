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

/// All ranges of a sweep, as it would read them.
fn ranges(scope: &Scope) -> Vec<Range> {
    let mut below = scope.top;
    let mut ranges = Vec::new();
    while let Some(range) = scope.below(below) {
        below = range.from;
        ranges.push(range);
    }
    ranges
}

#[test]
fn a_night_cuts_the_window_at_the_borders_of_its_own_block() {
    let day = 86_400;
    let scope = Scope::new(second(14 * day), vec![range(0, 14 * day)], Full::part(14, 3));
    let ranges = ranges(&scope);
    assert_eq!(
        ranges,
        [range(8 * day, 14 * day), range(6 * day, 8 * day), range(0, 6 * day)]
    );
    assert!(scope.is_full(ranges[1].from) && !scope.is_full(ranges[0].from) && !scope.is_full(ranges[2].from));
}

#[test]
fn a_whole_sweep_is_full_everywhere_and_is_not_cut() {
    let scope = Scope::new(second(100), vec![range(0, 40), range(60, 100)], Full::All);
    assert_eq!(ranges(&scope), [range(60, 100), range(0, 40)]);
    assert!(scope.is_full(second(5)));
}

#[test]
fn a_window_of_few_days_is_read_in_as_many_nights() {
    assert_eq!(
        Full::part(3, 4),
        Full::Part {
            block: 86_400,
            nights: 3,
            tonight: 1
        }
    );
    let scope = Scope::new(second(200_000), vec![range(0, 200_000)], Full::part(1, 5));
    assert_eq!(ranges(&scope), [range(0, 200_000)]);
    assert!(scope.is_full(second(5)));
}

#[test]
fn a_range_is_cut_behind_the_second_of_the_first_row_too_many() {
    let whole = range(10, 100);
    for (beyond, from) in [(None, 10), (Some(50), 51), (Some(10), 11), (Some(99), 99)] {
        assert_eq!(cut(whole, beyond.map(second)), range(from, 100), "{beyond:?}");
    }
    let inside = second(50) + TimeDelta::milliseconds(400);
    assert_eq!(cut(whole, Some(inside)), range(51, 100));
    assert_eq!(cut(range(10, 11), Some(second(10))), range(10, 11));
}

proptest! {
    #[test]
    fn ranges_tile_the_scope_newest_first(
        days in 1u16..=120,
        night in 0i64..1000,
        start in 0i64..2_000_000_000,
        pieces in prop::collection::vec((1i64..2_000_000, 0i64..500_000), 1..6),
    ) {
        let (mut at, mut parts) = (start, Vec::new());
        for (length, gap) in pieces {
            parts.push(range(at, at + length));
            at += length + gap;
        }
        let scope = Scope::new(second(at), parts.clone(), Full::part(days, night));
        let mut ranges = ranges(&scope);
        ranges.reverse();
        let mut ranges = ranges.into_iter().peekable();
        for part in parts {
            let mut from = part.from;
            while from < part.to {
                let next = ranges.next().unwrap();
                prop_assert_eq!(next.from, from);
                prop_assert!(next.to > next.from && next.to <= part.to);
                let last = next.to - TimeDelta::seconds(1);
                prop_assert_eq!(scope.is_full(next.from), scope.is_full(last), "one manner of reading");
                from = next.to;
            }
        }
        prop_assert!(ranges.next().is_none());
    }

    #[test]
    fn every_second_is_read_in_full_exactly_once_in_a_turn(
        days in 1u16..=120,
        first in 0i64..1000,
        time in 0i64..4_000_000_000,
    ) {
        let nights = i64::from(days).min(7);
        let full = (first..first + nights).filter(|&night| {
            let scope = Scope::new(second(time + 1), vec![range(time, time + 1)], Full::part(days, night));
            scope.is_full(second(time))
        });
        prop_assert_eq!(full.count(), 1);
    }
}
