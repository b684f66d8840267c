//! Date-times in a user's zone, and the few server-side expressions a query may hold.

use chrono::{DateTime, Days, Duration, LocalResult, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::row::stamp;

const FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// A stamp of the database as a person in `zone` sees it; `None` if it is no stamp.
pub(super) fn shown(value: &str, zone: Tz) -> Option<String> {
    if value.len() != 19 {
        return None;
    }
    let at = NaiveDateTime::parse_from_str(value, FORMAT).ok()?;
    Some(at.and_utc().with_timezone(&zone).format(FORMAT).to_string())
}

/// A date-time written by a person in `zone` as a stamp of the database; `None` if it is none.
pub(super) fn to_utc(value: &str, zone: Tz) -> Option<String> {
    let local = NaiveDateTime::parse_from_str(value, FORMAT).ok()?;
    Some(stamp(instant(local, zone)))
}

/// The value of `gs.dateGenerate('…','…')`, `gs.daysAgoStart(n)` and their like; `None` for anything else.
pub(super) fn evaluate(script: &str, now: DateTime<Utc>, zone: Tz) -> Option<String> {
    let (name, rest) = script.trim().strip_prefix("gs.")?.split_once('(')?;
    let arguments = rest.trim_end().strip_suffix(')')?;
    let arguments: Vec<&str> = arguments
        .split(',')
        .map(|word| word.trim().trim_matches(['\'', '"']))
        .collect();
    let first = arguments.first().copied().unwrap_or_default();
    let number = || first.parse::<u32>().ok();
    let day = |ago: u32| {
        now.with_timezone(&zone)
            .date_naive()
            .checked_sub_days(Days::new(ago.into()))
    };
    match name {
        "dateGenerate" => to_utc(&format!("{first} {}", arguments.get(1)?), zone),
        "daysAgoStart" | "daysAgo" => Some(stamp(instant(day(number()?)?.and_time(NaiveTime::MIN), zone))),
        "daysAgoEnd" => Some(stamp(instant(day(number()?)?.and_hms_opt(23, 59, 59)?, zone))),
        "beginningOfToday" => Some(stamp(instant(day(0)?.and_time(NaiveTime::MIN), zone))),
        "endOfToday" => Some(stamp(instant(day(0)?.and_hms_opt(23, 59, 59)?, zone))),
        "hoursAgo" | "hoursAgoStart" => Some(stamp(now - Duration::hours(number()?.into()))),
        "minutesAgo" | "minutesAgoStart" => Some(stamp(now - Duration::minutes(number()?.into()))),
        "nowDateTime" => Some(stamp(now)),
        _ => None,
    }
}

fn instant(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.with_timezone(&Utc),
        // The hour that a clock change leaves out.
        LocalResult::None => local.and_utc(),
    }
}
