//! Whether cron fields can be used: exactly those the daemon can ring by, in the words of a configuration mistake.

use chrono_tz::Tz;

use crate::daemon::{Schedule, ScheduleError};

/// Checks a schedule; says what is wrong with it.
pub(super) fn check(fields: &str, zone: Tz) -> Result<String, String> {
    match Schedule::parse(fields, zone) {
        Ok(_) => Ok(fields.to_owned()),
        Err(error) => Err(words(error)),
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
    fn what_is_no_schedule_says_why() {
        assert!(check("5 minutes").unwrap_err().contains("found 2"));
        assert!(check("@hourly").unwrap_err().contains("found 1"));
        assert!(check("61 * * * *").unwrap_err().contains("not a cron schedule"));
        assert!(check("0 0 30 2 *").unwrap_err().contains("never comes round"));
    }
}
