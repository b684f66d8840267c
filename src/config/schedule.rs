//! Whether cron fields can be used: they can be read, they come round, and never closer than 30 s.

use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// The closest two instants of a schedule may be.
pub const MIN_INTERVAL: Duration = Duration::from_secs(30);

/// How many instants are looked at: more than an hour's worth of the densest schedule there can be.
const INSTANTS: usize = 400;

/// Checks a schedule from `now` on; says what is wrong with it.
pub(super) fn check(fields: &str, zone: Tz, now: DateTime<Utc>) -> Result<String, String> {
    let count = fields.split_whitespace().count();
    if !fields.starts_with('@') && !(5..=6).contains(&count) {
        let hint = "minute hour day month weekday, with six fields the first is seconds";
        return Err(format!("five or six cron fields are needed ({hint}), found {count}"));
    }
    let parser = CronParser::builder()
        .seconds(Seconds::Optional)
        .year(Year::Disallowed)
        .build();
    let cron = parser
        .parse(fields)
        .map_err(|error| format!("\"{fields}\" is not a cron schedule: {error}"))?;
    closest(&cron, fields, zone, now)
}

fn closest(cron: &Cron, fields: &str, zone: Tz, now: DateTime<Utc>) -> Result<String, String> {
    let mut last: Option<DateTime<Utc>> = None;
    let mut from = now.with_timezone(&zone);
    for _ in 0..INSTANTS {
        let Ok(next) = cron.find_next_occurrence(&from, false) else {
            break;
        };
        let instant = next.with_timezone(&Utc);
        if let Some(last) = last
            && (instant - last).to_std().is_ok_and(|gap| gap < MIN_INTERVAL)
        {
            let gap = (instant - last).num_seconds();
            return Err(format!("\"{fields}\" rings {gap} s apart; 30 s is the closest"));
        }
        last = Some(instant);
        from = next;
    }
    match last {
        Some(_) => Ok(fields.to_owned()),
        None => Err(format!("\"{fields}\" never comes round")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fields: &str) -> Result<String, String> {
        super::check(fields, Tz::Europe__Berlin, "2026-10-24T22:00:00Z".parse().unwrap())
    }

    #[test]
    fn six_fields_begin_with_seconds() {
        assert!(check("*/30 * * * * *").is_ok());
        assert!(check("*/5 * * * *").is_ok());
        let error = check("*/20 * * * * *").unwrap_err();
        assert!(error.contains("20 s apart"), "{error}");
        let error = check("* * * * * *").unwrap_err();
        assert!(error.contains("1 s apart"), "{error}");
    }

    #[test]
    fn a_pair_of_close_instants_is_found_however_rare() {
        let error = check("0,50 * * * * *").unwrap_err();
        assert!(error.contains("10 s apart"), "{error}");
        let error = check("0,10 30 3 1 * *").unwrap_err();
        assert!(error.contains("10 s apart"), "{error}");
    }

    #[test]
    fn what_is_no_schedule_says_why() {
        assert!(check("5 minutes").unwrap_err().contains("found 2"));
        assert!(check("61 * * * *").unwrap_err().contains("not a cron schedule"));
        assert!(check("0 0 30 2 *").unwrap_err().contains("never comes round"));
    }
}
