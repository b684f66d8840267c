//! Whether cron fields can be used: exactly those the daemon can ring by, in the words of a configuration mistake.

use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::daemon::{Schedule, ScheduleError};

/// Sweeps may not come closer than this: one of a large desk takes a good part of it, and what they find was unseen for a day anyway.
const SWEEPS_APART: TimeDelta = TimeDelta::hours(1);

/// Checks a schedule; says what is wrong with it.
pub(super) fn check(fields: &str, zone: Tz) -> Result<String, String> {
    match Schedule::parse(fields, zone) {
        Ok(_) => Ok(fields.to_owned()),
        Err(error) => Err(words(error)),
    }
}

/// Checks the schedule of the reconcile.
pub(super) fn check_reconcile(fields: &str, zone: Tz) -> Result<String, String> {
    let seconds = match Schedule::parse(fields, zone) {
        Ok(schedule) => schedule
            .least_distance()
            .filter(|apart| *apart < SWEEPS_APART)
            .map(|apart| apart.num_seconds()),
        Err(ScheduleError::TooClose { seconds, .. }) => Some(seconds),
        Err(error) => return Err(words(error)),
    };
    match seconds {
        None => Ok(fields.to_owned()),
        Some(seconds) => Err(format!(
            "\"{fields}\" rings {seconds} s apart; an hour is the closest, because each reconcile asks for every record of the window"
        )),
    }
}

fn words(error: ScheduleError) -> String {
    match error {
        ScheduleError::Fields { fields, .. } => {
            let hint = "minute hour day month weekday, with six fields the first is seconds";
            format!("five or six cron fields are needed ({hint}), found {fields}")
        }
        ScheduleError::Syntax { text, reason } => format!("\"{text}\" is not a cron schedule: {reason}"),
        ScheduleError::Never { text } => format!("\"{text}\" never comes round"),
        ScheduleError::TooClose { text, seconds } => {
            format!("\"{text}\" rings {seconds} s apart; 30 s is the closest")
        }
        zone @ ScheduleError::Zone(_) => zone.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fields: &str) -> Result<String, String> {
        super::check(fields, Tz::Europe__Berlin)
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
    fn a_reconcile_comes_every_hour_at_most() {
        let check = |fields| check_reconcile(fields, Tz::Europe__Berlin);
        for good in [
            "30 3 * * *",
            "0 * * * *",
            "17 45 12 * * *",
            "15 2,14 * * 1-5",
            "30 3 29 2 *",
        ] {
            assert_eq!(check(good).as_deref(), Ok(good));
        }
        for (bad, apart) in [
            ("*/5 * * * *", 300),
            ("0,59 0,23 1,31 * *", 60),
            ("0 0,45 3 * * *", 2700),
            ("*/40 * * * * *", 20),
            ("*/30 * * * * *", 30),
        ] {
            let error = check(bad).unwrap_err();
            assert!(
                error.contains(&format!("{apart} s apart; an hour is the closest")),
                "{error}"
            );
        }
        assert!(check("0 0 30 2 *").unwrap_err().contains("never comes round"));
    }

    #[test]
    fn what_is_no_schedule_says_why() {
        assert!(check("5 minutes").unwrap_err().contains("found 2"));
        assert!(check("@hourly").unwrap_err().contains("found 1"));
        assert!(check("61 * * * *").unwrap_err().contains("not a cron schedule"));
        assert!(check("0 0 30 2 *").unwrap_err().contains("never comes round"));
    }
}
