//! Times as desks write them: plain UTC and nothing else, for display forms follow the user's zone and format.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// `YYYY-MM-DD HH:MM:SS`, UTC by convention.
pub(super) fn spaced(text: &str) -> Option<DateTime<Utc>> {
    Some(second(text, b' ')?.and_utc())
}

/// `YYYY-MM-DDTHH:MM:SSZ`, with or without a fraction; a plain `YYYY-MM-DD` (a column of dates alone) is midnight.
pub(super) fn zulu(text: &str) -> Option<DateTime<Utc>> {
    if text.len() == 10 {
        return Some(day(text.as_bytes())?.and_time(NaiveTime::MIN).and_utc());
    }
    let text = text.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if !(1..=9).contains(&fraction.len()) {
        return None;
    }
    let nanos = number(fraction.as_bytes())? * 10_u32.pow(9 - u32::try_from(fraction.len()).ok()?);
    Some(second(whole, b'T')?.and_utc() + TimeDelta::nanoseconds(nanos.into()))
}

fn second(text: &str, mark: u8) -> Option<NaiveDateTime> {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 19 && bytes[10] == mark && bytes[13] == b':' && bytes[16] == b':';
    if !shape {
        return None;
    }
    day(&bytes[..10])?.and_hms_opt(number(&bytes[11..13])?, number(&bytes[14..16])?, number(&bytes[17..])?)
}

fn day(bytes: &[u8]) -> Option<NaiveDate> {
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year = i32::try_from(number(&bytes[..4])?).ok()?;
    NaiveDate::from_ymd_opt(year, number(&bytes[5..7])?, number(&bytes[8..])?)
}

/// At most nine digits.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |sum, byte| {
        byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_makes_the_readers_panic_and_what_they_read_was_written_so(
            text in prop_oneof![any::<String>(), "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,10})?Z?"]
        ) {
            if let Some(time) = spaced(&text) {
                prop_assert_eq!(time.format("%Y-%m-%d %H:%M:%S").to_string(), text.clone());
            }
            if let Some(time) = zulu(&text).filter(|_| text.len() > 10) {
                prop_assert_eq!(Some(time), text.parse().ok());
            }
        }
    }

    #[test]
    fn only_the_raw_utc_form_is_a_time() {
        assert_eq!(spaced("2026-11-20 10:00:07"), "2026-11-20T10:00:07Z".parse().ok());
        for wrong in [
            "",
            "20/11/2026 10:00:07",
            "2026-11-20T10:00:07",
            "2026-13-20 10:00:07",
            "2026-11-20 10:00",
            "2026-11-2x 10:00:07",
        ] {
            assert_eq!(spaced(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn zulu_times_may_have_a_fraction_and_must_have_their_zone() {
        for good in [
            "2026-11-20T10:00:07Z",
            "2026-11-20T10:00:07.1Z",
            "2026-11-20T10:00:07.1234567Z",
        ] {
            assert_eq!(zulu(good), good.parse().ok(), "{good}");
        }
        assert_eq!(zulu("2026-11-20"), "2026-11-20T00:00:00Z".parse().ok());
        for wrong in [
            "",
            "2026-11-20T10:00:07",
            "2026-11-20T10:00:07+01:00",
            "2026-11-20 10:00:07Z",
            "11/20/2026 10:00 AM",
            "2026-11-20T10:00:07.Z",
            "2026-11-20T10:00:07.1234567890Z",
            "2026-02-30",
            "ä026-11-2",
        ] {
            assert_eq!(zulu(wrong), None, "{wrong}");
        }
    }
}
