//! Numbers and spans of time as people read them.

use chrono::{DateTime, Utc};

/// `12 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`: the two largest units.
pub fn span(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let (large, small) = match seconds {
        0..60 => return format!("{seconds} s"),
        60..3_600 => ((minutes, "min"), (seconds % 60, "s")),
        3_600..86_400 => ((hours, "h"), (minutes % 60, "min")),
        86_400.. => ((days, "d"), (hours % 24, "h")),
    };
    match small {
        (0, _) => format!("{} {}", large.0, large.1),
        small => format!("{} {} {} {}", large.0, large.1, small.0, small.1),
    }
}

/// `3 min ago`, `in 20 s`: the largest unit only.
pub fn relative(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - at).num_seconds();
    let amount = match seconds.unsigned_abs() {
        amount @ 0..60 => format!("{amount} s"),
        amount @ 60..3_600 => format!("{} min", amount / 60),
        amount @ 3_600..86_400 => format!("{} h", amount / 3_600),
        amount => format!("{} d", amount / 86_400),
    };
    if seconds < 0 {
        format!("in {amount}")
    } else {
        format!("{amount} ago")
    }
}

/// `24,918`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `812 B`, `4.7 kB`, `1.2 MB`: thousands, as networks count.
pub fn bytes(number: u64) -> String {
    let (unit, name) = match number {
        0..1_000 => return format!("{number} B"),
        1_000..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        1_000_000_000.. => (1_000_000_000, "GB"),
    };
    format!("{}.{} {name}", count(number / unit), number % unit * 10 / unit)
}

/// What is longer than a person reads at a glance, cut.
pub fn shortened(text: &str) -> String {
    const GLANCE: usize = 200;
    if text.chars().count() <= GLANCE {
        return text.to_owned();
    }
    let kept: String = text.chars().take(GLANCE - 1).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_show_their_two_largest_units() {
        let spans = [0, 59, 60, 200, 3_600, 7_500, 86_400, 356_400].map(span);
        assert_eq!(
            spans,
            [
                "0 s",
                "59 s",
                "1 min",
                "3 min 20 s",
                "1 h",
                "2 h 5 min",
                "1 d",
                "4 d 3 h"
            ]
        );
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(
            [0, 999, 1_000, 24_918, 1_234_567].map(count),
            ["0", "999", "1,000", "24,918", "1,234,567"]
        );
    }

    #[test]
    fn bytes_are_told_in_their_largest_unit() {
        assert_eq!(
            [0, 999, 4_711, 1_250_000, 3_000_000_000].map(bytes),
            ["0 B", "999 B", "4.7 kB", "1.2 MB", "3.0 GB"]
        );
    }

    #[test]
    fn what_is_long_is_cut_and_says_so() {
        assert_eq!(shortened("403 from desk.example"), "403 from desk.example");
        let cut = shortened(&"ä".repeat(300));
        assert_eq!((cut.chars().count(), cut.ends_with("ä…")), (200, true));
    }

    #[test]
    fn moments_are_told_from_now() {
        let now: DateTime<Utc> = "2026-11-20T10:00:00Z".parse().unwrap();
        let moment = |text: &str| relative(text.parse().unwrap(), now);
        assert_eq!(moment("2026-11-20T09:57:30Z"), "2 min ago");
        assert_eq!(moment("2026-11-20T10:00:20Z"), "in 20 s");
        assert_eq!(moment("2026-11-17T10:00:00Z"), "3 d ago");
    }
}
