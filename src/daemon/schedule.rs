//! When to ring: every instant whose wall clock in the schedule's zone matches, none of them twice, none lost to a change of the clocks.
//!
//! croner finds the instants. Around a change to or from summer time:
//!
//! | schedule | clocks go forward | clocks go back |
//! |---|---|---|
//! | one time of day (`30 2 * * *`) | at the first second after the gap | at the first 02:30 |
//! | anything repeated (`*/5 * * * *`) | the gap has no instants | in both hours |

use std::time::Duration;

use chrono::{DateTime, FixedOffset, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::JobType;
use croner::parser::{CronParser, Seconds, Year};

/// Schedules may not come closer than this.
const CLOSEST: TimeDelta = TimeDelta::seconds(30);

/// Instants looked at to find the closest two: more than any pattern of seconds needs to meet its own end.
const INSTANTS_LOOKED_AT: usize = 400;

/// A cron expression in a time zone, perhaps shifted.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    zone: Tz,
    shift: TimeDelta,
}

/// A schedule that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Neither five nor six fields.
    #[error(
        "schedule \"{text}\" has {fields} fields: five are minute hour day month weekday, a sixth in front is seconds"
    )]
    Fields {
        /// As written.
        text: String,
        /// How many there are.
        fields: usize,
    },
    /// A field that means nothing.
    #[error("schedule \"{text}\": {reason}")]
    Syntax {
        /// As written.
        text: String,
        /// The parser's words.
        reason: String,
    },
    /// 30 February.
    #[error("schedule \"{text}\" never comes")]
    Never {
        /// As written.
        text: String,
    },
    /// Rings too often.
    #[error("schedule \"{text}\" rings every {seconds} s: the least is 30 s")]
    TooClose {
        /// As written.
        text: String,
        /// The least distance of two instants.
        seconds: i64,
    },
    /// Not a name of the IANA database.
    #[error("time zone \"{0}\" is unknown: a name is wanted such as UTC or Europe/Berlin")]
    Zone(String),
}

/// The zone of an IANA name.
pub fn time_zone(name: &str) -> Result<Tz, ScheduleError> {
    name.parse().map_err(|_| ScheduleError::Zone(name.to_owned()))
}

impl Schedule {
    /// Reads a cron expression of five fields, or six of which the first is seconds; refuses what rings more often than every 30 s.
    pub fn parse(text: &str, zone: Tz) -> Result<Self, ScheduleError> {
        let schedule = Self::parse_any(text, zone)?;
        // Of five fields it is a minute at least: one look is enough.
        let seconds_given = text.split_whitespace().count() > 5;
        let looks = if seconds_given { INSTANTS_LOOKED_AT } else { 1 };
        let text = text.to_owned();
        match schedule.closest(looks) {
            None => Err(ScheduleError::Never { text }),
            Some(gap) if gap < CLOSEST => Err(ScheduleError::TooClose {
                text,
                seconds: gap.num_seconds(),
            }),
            Some(_) => Ok(schedule),
        }
    }

    /// The same without the least distance, for tests that cannot wait half a minute.
    pub(super) fn parse_any(text: &str, zone: Tz) -> Result<Self, ScheduleError> {
        let fields = text.split_whitespace().count();
        if !(5..=6).contains(&fields) {
            let text = text.to_owned();
            return Err(ScheduleError::Fields { text, fields });
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Optional)
            .year(Year::Disallowed)
            .build();
        let cron = parser.parse(text).map_err(|error| ScheduleError::Syntax {
            text: text.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            cron,
            zone,
            shift: TimeDelta::zero(),
        })
    }

    /// Shifted by a hash of `name`, by less than `percent` of the distance of the next two instants, so that forty connections
    /// do not all start at :00. Whole seconds; the same name always gets the same shift.
    #[must_use]
    pub fn splayed(mut self, name: &str, percent: u8, now: DateTime<Utc>) -> Self {
        let Some(interval) = self.interval_hint(now) else {
            return self;
        };
        let room = interval.as_secs().saturating_mul(u64::from(percent.min(100))) / 100;
        let hash = xxhash_rust::xxh3::xxh3_64(name.as_bytes());
        let seconds = hash.checked_rem(room).unwrap_or(0);
        self.shift = TimeDelta::seconds(i64::try_from(seconds).unwrap_or(0));
        self
    }

    /// How far it is shifted.
    pub fn shift(&self) -> TimeDelta {
        self.shift
    }

    /// The first instant after `after`; `None` if there is none.
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // croner carries a fraction of a second into its answer: it is cut, which keeps "after" true.
        let after = (after - self.shift).with_nanosecond(0)?;
        let next = match self.cron.determine_job_type() {
            JobType::FixedTime => self.next_time_of_day(after),
            JobType::IntervalWildcard => self.next_repeated(after),
        };
        Some(next? + self.shift)
    }

    /// The distance of the next two instants.
    pub fn interval_hint(&self, now: DateTime<Utc>) -> Option<Duration> {
        let first = self.next_after(now)?;
        let second = self.next_after(first)?;
        (second - first).to_std().ok()
    }

    /// In an hour that comes twice croner answers with its first pass, even to a question from the second: ask from later then.
    fn next_time_of_day(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (0..4).find_map(|hours| {
            let from = (after + TimeDelta::hours(hours)).with_timezone(&self.zone);
            let next = self.cron.find_next_occurrence(&from, false).ok()?.with_timezone(&Utc);
            (next > after).then_some(next)
        })
    }

    /// croner leaves the second pass of a repeated hour out: search under one offset from UTC at a time.
    fn next_repeated(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut from = after;
        let mut inclusive = false;
        loop {
            let local = from.with_timezone(&self.offset(from));
            let next = self
                .cron
                .find_next_occurrence(&local, inclusive)
                .ok()?
                .with_timezone(&Utc);
            let Some(change) = self.first_change(from, next) else {
                return Some(next);
            };
            from = change;
            inclusive = true;
        }
    }

    fn offset(&self, at: DateTime<Utc>) -> FixedOffset {
        self.zone.offset_from_utc_datetime(&at.naive_utc()).fix()
    }

    /// The first second in `(from, to]` at which the zone's offset is another.
    fn first_change(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let offset = self.offset(from);
        let mut before = from;
        let mut behind = from;
        while self.offset(behind) == offset {
            if behind >= to {
                return None;
            }
            before = behind;
            behind = to.min(behind + TimeDelta::days(1));
        }
        while behind - before > TimeDelta::seconds(1) {
            let middle = before + TimeDelta::seconds((behind - before).num_seconds() / 2);
            if self.offset(middle) == offset {
                before = middle;
            } else {
                behind = middle;
            }
        }
        Some(behind)
    }

    /// The least distance of two instants; `None` if it never comes twice. Changes of the clocks are left out.
    pub fn least_distance(&self) -> Option<TimeDelta> {
        self.closest(INSTANTS_LOOKED_AT)
    }

    fn closest(&self, looks: usize) -> Option<TimeDelta> {
        let without_changes = Self {
            zone: Tz::UTC,
            ..self.clone()
        };
        let mut at = without_changes.next_after(DateTime::UNIX_EPOCH + TimeDelta::days(20_000))?;
        let mut closest = TimeDelta::MAX;
        for _ in 0..looks {
            let next = without_changes.next_after(at)?;
            closest = closest.min(next - at);
            at = next;
        }
        Some(closest)
    }
}

#[cfg(test)]
mod tests;
