//! From when on something is asked for: a day or an instant, as people write it.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

/// `2026-11-01` is that day's first instant, UTC; `2026-11-01T08:00:00Z` itself.
///
/// # Errors
/// In words, if it is neither.
pub fn since(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(NaiveTime::MIN).and_utc());
    }
    let instant =
        DateTime::parse_from_rfc3339(text).map_err(|_| "a date like 2026-11-01 or 2026-11-01T08:00:00Z".to_owned())?;
    Ok(instant.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_first_instant_and_an_offset_counts() {
        let written = |text: &str| since(text).map(|date| date.to_rfc3339());
        assert_eq!(written("2026-11-01").unwrap(), "2026-11-01T00:00:00+00:00");
        assert_eq!(
            written("2026-11-01T08:00:00+01:00").unwrap(),
            "2026-11-01T07:00:00+00:00"
        );
        for bad in ["yesterday", "2026-11-31", "2026-11-01 08:00", ""] {
            assert!(since(bad).unwrap_err().contains("2026-11-01"), "{bad}");
        }
    }
}
