//! What is to ring when, decided without a clock or a timer: at most one ring an instant, and no instant waited for in vain.
//!
//! | what happens | what the agenda does |
//! |---|---|
//! | the alarm goes off at its instant or later | ring; next = the first instant after the later of now and the planned one |
//! | the alarm goes off early | no ring; the same instant again |
//! | the clock went forward over several instants | one ring for all of them |
//! | the clock went back | the next instant from now, when the planned one is no longer it |
//! | an instant is overdue (by an interval, or a minute if that is less) | ring at the next look |

use chrono::{DateTime, TimeDelta, Utc};

use super::Schedule;

/// How long an alarm may be late before a look rings in its place.
const PATIENCE: TimeDelta = TimeDelta::minutes(1);

/// One schedule and its next instant.
#[derive(Debug)]
pub(super) struct Line {
    pub name: String,
    schedule: Schedule,
    /// The instant waited for.
    planned: Option<DateTime<Utc>>,
    /// The last instant that rang.
    rang: Option<DateTime<Utc>>,
}

/// What to do about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The alarm stands as it is.
    Leave,
    /// Set the alarm anew, to this instant.
    Arm(Option<DateTime<Utc>>),
    /// Ring for the first instant, then set the alarm to the second.
    Ring(DateTime<Utc>, Option<DateTime<Utc>>),
}

impl Line {
    /// A line that waits for its first instant after `now`.
    pub fn new(name: String, schedule: Schedule, now: DateTime<Utc>) -> Self {
        let planned = schedule.next_after(now);
        Self {
            name,
            schedule,
            planned,
            rang: None,
        }
    }

    /// The instant waited for.
    pub fn planned(&self) -> Option<DateTime<Utc>> {
        self.planned
    }

    /// The alarm went off.
    pub fn alarm(&mut self, now: DateTime<Utc>) -> Step {
        match self.planned {
            Some(planned) if planned <= now => self.ring(planned, now),
            early => match self.look(now) {
                Step::Leave => Step::Arm(early),
                step @ (Step::Arm(_) | Step::Ring(..)) => step,
            },
        }
    }

    /// A look at the clock, at least every minute: finds alarms that did not go off and instants that are no longer next.
    pub fn look(&mut self, now: DateTime<Utc>) -> Step {
        match self.planned {
            Some(planned) if planned + self.patience(planned) <= now => self.ring(planned, now),
            Some(planned) if planned <= now => Step::Leave,
            planned => {
                let next = self.schedule.next_after(self.later_of_rang_and(now));
                if next == planned {
                    return Step::Leave;
                }
                self.planned = next;
                Step::Arm(next)
            }
        }
    }

    fn ring(&mut self, planned: DateTime<Utc>, now: DateTime<Utc>) -> Step {
        self.rang = Some(planned);
        self.planned = self.schedule.next_after(now.max(planned));
        Step::Ring(planned, self.planned)
    }

    fn patience(&self, planned: DateTime<Utc>) -> TimeDelta {
        let interval = self
            .schedule
            .next_after(planned)
            .map_or(PATIENCE, |next| next - planned);
        interval.min(PATIENCE)
    }

    /// An instant that rang does not ring again because the clock was set back a little; set back by more than its interval, it does.
    fn later_of_rang_and(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let Some(rang) = self.rang.filter(|rang| *rang > now) else {
            return now;
        };
        let interval = self.schedule.next_after(rang).map_or(PATIENCE, |next| next - rang);
        if rang - now <= interval { rang } else { now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-11-{text}Z").parse().unwrap()
    }

    fn line(cron: &str, now: &str) -> Line {
        let schedule = Schedule::parse_any(cron, chrono_tz::UTC).unwrap();
        Line::new("contoso/incident".to_owned(), schedule, at(now))
    }

    #[test]
    fn an_alarm_at_its_instant_rings_and_plans_the_next() {
        let mut line = line("*/5 * * * *", "20T11:57:00");
        assert_eq!(
            line.alarm(at("20T12:00:00.3")),
            Step::Ring(at("20T12:00:00"), Some(at("20T12:05:00")))
        );
    }

    #[test]
    fn an_early_alarm_does_not_ring() {
        let mut line = line("*/5 * * * *", "20T11:57:00");
        assert_eq!(line.alarm(at("20T11:59:59.2")), Step::Arm(Some(at("20T12:00:00"))));
    }

    #[test]
    fn instants_slept_through_ring_once() {
        let mut line = line("*/5 * * * *", "20T11:57:00");
        assert_eq!(
            line.alarm(at("20T15:31:00")),
            Step::Ring(at("20T12:00:00"), Some(at("20T15:35:00")))
        );
    }

    #[test]
    fn a_clock_set_back_a_day_is_followed() {
        let mut line = line("*/5 * * * *", "20T11:57:00");
        assert_eq!(line.look(at("19T11:58:00")), Step::Arm(Some(at("19T12:00:00"))));
        assert_eq!(
            line.alarm(at("19T12:00:00")),
            Step::Ring(at("19T12:00:00"), Some(at("19T12:05:00")))
        );
    }

    #[test]
    fn a_clock_set_back_a_day_after_a_ring_is_followed() {
        let mut line = line("*/5 * * * *", "20T11:57:00");
        line.alarm(at("20T12:00:00"));
        assert_eq!(line.look(at("19T12:01:00")), Step::Arm(Some(at("19T12:05:00"))));
    }

    #[test]
    fn an_instant_does_not_ring_again_when_the_clock_is_set_back_three_seconds() {
        let mut line = line("*/5 * * * *", "20T11:57:00");
        line.alarm(at("20T12:00:00"));
        assert_eq!(line.look(at("20T11:59:57")), Step::Leave);
        assert_eq!(line.alarm(at("20T12:00:00")), Step::Arm(Some(at("20T12:05:00"))));
    }

    #[test]
    fn an_overdue_instant_is_rung_by_a_look() {
        let mut line = line("*/5 * * * *", "20T11:57:00");
        assert_eq!(line.look(at("20T12:00:30")), Step::Leave, "the alarm may still go off");
        assert_eq!(
            line.look(at("20T12:01:00")),
            Step::Ring(at("20T12:00:00"), Some(at("20T12:05:00")))
        );
    }

    #[test]
    fn a_nightly_instant_is_overdue_after_a_minute_not_after_a_day() {
        let mut line = line("30 3 * * *", "20T00:00:00");
        assert_eq!(
            line.look(at("20T03:31:05")),
            Step::Ring(at("20T03:30:00"), Some(at("21T03:30:00")))
        );
    }
}
