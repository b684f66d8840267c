//! When to try again, as pure functions: the server's wish exactly, else backoff with full jitter.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Longer wishes are cut: after a day it does no harm to ask once more.
pub const LONGEST_WISH: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest pause of our own choice.
pub const LONGEST_BACKOFF: Duration = Duration::from_secs(300);

/// What the headers of a 429 or 503 ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// `Retry-After`: seconds or a date.
    RetryAfter(Duration),
    /// `X-RateLimit-Reset`: seconds since 1970.
    Reset(Duration),
    /// A rule's limit was named (`X-RateLimit-Limit` or `-Rule`) but no time.
    Unsaid,
    /// No such header: no rule refused it but a full queue.
    Queue,
}

impl Wish {
    /// Reads the headers. `now` is the server's clock if it sent one, else ours.
    pub fn of(headers: &HeaderMap, now: DateTime<Utc>) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(after) = headers
            .get(RETRY_AFTER)
            .and_then(|value| retry_after(value.to_str().ok()?, now))
        {
            return Self::RetryAfter(after);
        }
        if let Some(after) = text("x-ratelimit-reset").and_then(|value| reset(value, now)) {
            return Self::Reset(after);
        }
        let ruled = ["x-ratelimit-limit", "x-ratelimit-rule", "x-ratelimit-reset"];
        if ruled.iter().any(|name| headers.contains_key(*name)) {
            return Self::Unsaid;
        }
        Self::Queue
    }

    /// How long it asks to wait, if it says so.
    pub fn wait(self) -> Option<Duration> {
        match self {
            Self::RetryAfter(wait) | Self::Reset(wait) => Some(wait),
            Self::Unsaid | Self::Queue => None,
        }
    }
}

/// `Retry-After`: whole seconds or an HTTP date; a date in the past is zero.
pub fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(LONGEST_WISH));
    }
    http_date(value).map(|date| until(date, now))
}

/// `X-RateLimit-Reset`: seconds since 1970.
pub fn reset(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let date = DateTime::from_timestamp(value.trim().parse().ok()?, 0)?;
    Some(until(date, now))
}

fn until(date: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (date - now).to_std().unwrap_or_default().min(LONGEST_WISH)
}

/// An HTTP date in any of its three spellings; all are UTC.
pub fn http_date(value: &str) -> Option<DateTime<Utc>> {
    const SPELLINGS: [&str; 3] = [
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %e %H:%M:%S %Y",
    ];
    let value = value.trim();
    SPELLINGS
        .iter()
        .find_map(|spelling| NaiveDateTime::parse_from_str(value, spelling).ok())
        .map(|date| date.and_utc())
}

/// The pause before try `attempt` + 1 (the first attempt is 1): anything up to `base` · 2^(attempt-1), five
/// minutes at most, evenly spread by `jitter` in 0..=1, so that many who failed together do not come back together.
pub fn backoff(attempt: u32, base: Duration, jitter: f64) -> Duration {
    let ceiling = base
        .saturating_mul(1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX))
        .min(LONGEST_BACKOFF);
    ceiling.mul_f64(jitter.clamp(0.0, 1.0))
}

/// A span in words: `45 s`, `12 min`, `3 h 5 min`.
pub fn words(span: Duration) -> String {
    let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    match (seconds / 3600, seconds.div_ceil(60)) {
        (0, _) if seconds < 120 => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {} min", (minutes - hours * 60).min(59)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_makes_a_wait_longer_than_a_day(
            text in prop_oneof![any::<String>(), "-?[0-9]{1,25}", "[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{1,7} [0-9:]{5,8} GMT"],
            now in -8_000_000_000_000i64..8_000_000_000_000,
        ) {
            let now = DateTime::from_timestamp(now, 0).unwrap_or_else(self::now);
            for wait in [retry_after(&text, now), reset(&text, now)].into_iter().flatten() {
                prop_assert!(wait <= LONGEST_WISH);
                prop_assert!(!words(wait).is_empty());
            }
        }

        #[test]
        fn a_written_date_is_read_back(seconds in -62_000_000_000i64..250_000_000_000) {
            let date = DateTime::from_timestamp(seconds, 0);
            let written = date.map(|date| date.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
            prop_assert_eq!(http_date(&written.unwrap_or_default()), date);
        }
    }

    fn now() -> DateTime<Utc> {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        assert_eq!(retry_after("120", now()), Some(Duration::from_secs(120)));
        let date = "Fri, 20 Nov 2026 10:07:00 GMT";
        assert_eq!(retry_after(date, now()), Some(Duration::from_secs(420)));
        assert_eq!(
            retry_after("Fri, 20 Nov 2026 09:00:00 GMT", now()),
            Some(Duration::ZERO)
        );
        assert_eq!(retry_after("soon", now()), None);
        assert_eq!(retry_after("-5", now()), None);
        assert_eq!(retry_after("99999999999999", now()), Some(LONGEST_WISH));
    }

    #[test]
    fn all_three_spellings_of_a_date_are_read() {
        let expected = "1994-11-06T08:49:37Z".parse().ok();
        for date in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(http_date(date), expected, "{date}");
        }
        assert_eq!(http_date("1994-11-06"), None);
    }

    #[test]
    fn a_rules_refusal_is_told_from_a_full_queue() {
        let in_a_minute = (now().timestamp() + 60).to_string();
        let rule = headers(&[("x-ratelimit-limit", "100"), ("x-ratelimit-reset", &in_a_minute)]);
        assert_eq!(Wish::of(&rule, now()), Wish::Reset(Duration::from_secs(60)));
        let both = headers(&[("retry-after", "7"), ("x-ratelimit-reset", &in_a_minute)]);
        assert_eq!(Wish::of(&both, now()), Wish::RetryAfter(Duration::from_secs(7)));
        assert_eq!(Wish::of(&headers(&[("x-ratelimit-rule", "a")]), now()), Wish::Unsaid);
        assert_eq!(Wish::of(&headers(&[]), now()), Wish::Queue);
    }

    #[test]
    fn backoff_doubles_to_a_ceiling_and_is_jittered_fully() {
        let base = Duration::from_secs(1);
        assert_eq!(backoff(1, base, 1.0), base);
        assert_eq!(backoff(3, base, 1.0), Duration::from_secs(4));
        assert_eq!(backoff(3, base, 0.5), Duration::from_secs(2));
        assert_eq!(backoff(40, base, 1.0), LONGEST_BACKOFF);
        assert_eq!(backoff(u32::MAX, base, 0.0), Duration::ZERO);
    }

    #[test]
    fn spans_are_said_in_words() {
        assert_eq!(words(Duration::from_millis(1500)), "2 s");
        assert_eq!(words(Duration::from_secs(600)), "10 min");
        assert_eq!(words(Duration::from_secs(3600 * 3 + 300)), "3 h 5 min");
        assert_eq!(words(Duration::from_secs(7199)), "1 h 59 min");
    }
}
