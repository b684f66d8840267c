//! What the connector's own log is to be told of a stream: pure, by what it was told before.
//!
//! A failure is told at once and then at most once an hour for each cause, with its count; its end is told at once, unless
//! nothing was told of it. A stream that is well is heard of once an hour. One that fails never sends a sign of life that
//! looks like health: its hourly row is the failure's.

use chrono::{DateTime, TimeDelta, Utc};

use crate::store::{Cause, Diary, Worker};

/// The same cause is told once in this time.
const SAME_CAUSE: TimeDelta = TimeDelta::hours(1);

/// A sign of life is due after this; whoever looks does so each minute, so that two are never more than an hour apart.
const SIGN_OF_LIFE: TimeDelta = TimeDelta::minutes(59);

impl Diary {
    /// A worker failed: that is what stands in its way now.
    pub(super) fn failed(&mut self, worker: Worker, code: &str, now: DateTime<Utc>) {
        for cause in self.causes.iter_mut().filter(|cause| cause.code != code) {
            cause.release(worker);
        }
        let cause = self.cause(code, now);
        cause.times += 1;
        cause.total += 1;
        cause.last = now;
        match worker {
            Worker::Head => cause.head = true,
            Worker::Rest => cause.rest = true,
        }
        cause.open |= cause.is_due(now);
    }

    /// Something stands in the stream's way, though no run failed just now.
    pub(super) fn stands(&mut self, code: &str, now: DateTime<Utc>) {
        let cause = self.cause(code, now);
        if !cause.stands() {
            cause.rest = true;
        }
        cause.open |= cause.is_due(now);
    }

    /// A worker got through.
    pub(super) fn got_through(&mut self, worker: Worker) {
        self.causes.iter_mut().for_each(|cause| cause.release(worker));
    }

    /// Nothing stood in the way at that moment.
    pub(super) fn is_clear(&mut self, at: DateTime<Utc>) {
        for cause in self.causes.iter_mut().filter(|cause| cause.last < at) {
            (cause.head, cause.rest) = (false, false);
        }
    }

    /// What stands in the way.
    pub(super) fn standing(&self) -> Option<&Cause> {
        self.causes
            .iter()
            .filter(|cause| cause.stands())
            .max_by_key(|cause| cause.last)
    }

    /// Whether a row of this cause is due.
    pub(super) fn is_due(&self, code: &str, now: DateTime<Utc>) -> bool {
        let known = self.causes.iter().find(|cause| cause.code == code);
        known.is_none_or(|cause| cause.is_due(now))
    }

    /// Whether a sign of life is due.
    pub(super) fn is_silent(&self, now: DateTime<Utc>) -> bool {
        self.heard.is_none_or(|heard| (now - heard).abs() >= SIGN_OF_LIFE)
    }

    /// What is over, and nobody was told: only once nothing stands any more.
    pub(super) fn over(&self) -> Option<String> {
        if self.standing().is_some() {
            return None;
        }
        let over = self.causes.iter().filter(|cause| cause.open).map(|cause| {
            let failed = if cause.total == 1 {
                "once".to_owned()
            } else {
                format!("{} times", cause.total)
            };
            let (code, since) = (&cause.code, clock(cause.since));
            match cause.total {
                0 => format!("{code} since {since} is over"),
                _ => format!("{code} since {since} is over; it failed {failed}"),
            }
        });
        let over: Vec<String> = over.collect();
        (!over.is_empty()).then(|| over.join("; "))
    }

    /// How often a cause was seen since it was told; empty when it is told first.
    pub(super) fn count(&self, code: &str, now: DateTime<Utc>) -> String {
        let known = self.causes.iter().find(|cause| cause.code == code);
        let Some((cause, told)) = known.and_then(|cause| Some((cause, cause.told?))) else {
            return String::new();
        };
        let times = match cause.times {
            0 => return format!(" (still, since {})", clock(cause.since)),
            1 => "once".to_owned(),
            times => format!("{times} times"),
        };
        if (now - told).abs() < SAME_CAUSE * 3 / 2 {
            return format!(" ({times} in the last hour)");
        }
        format!(" ({times} since {})", clock(told))
    }

    /// What to say of the time in which no row was taken.
    pub(super) fn absence(&self, now: DateTime<Utc>) -> String {
        let Some(away) = self.away else { return String::new() };
        let missing = match self.missed {
            0 => String::new(),
            1 => "; one row is missing".to_owned(),
            missed => format!("; {missed} rows are missing"),
        };
        format!(
            " (this log could not be written from {} to {}{missing})",
            clock(away),
            clock(now)
        )
    }

    /// The workspace took a row, of that cause if it was one's.
    pub(super) fn took(&mut self, code: Option<&str>, now: DateTime<Utc>) {
        (self.heard, self.away, self.missed) = (Some(now), None, 0);
        match code {
            Some(code) => {
                for cause in self.causes.iter_mut().filter(|cause| cause.code == code) {
                    (cause.told, cause.times, cause.open) = (Some(now), 0, true);
                }
            }
            None if self.standing().is_none() => self.causes.iter_mut().for_each(|cause| cause.open = false),
            None => {}
        }
        self.causes.retain(|cause| {
            cause.stands() || cause.open || cause.told.is_some_and(|told| (now - told).abs() < SAME_CAUSE)
        });
    }

    fn cause(&mut self, code: &str, now: DateTime<Utc>) -> &mut Cause {
        let place = self.causes.iter().position(|cause| cause.code == code);
        let place = place.unwrap_or_else(|| {
            self.causes.push(Cause {
                code: code.to_owned(),
                since: now,
                last: now,
                times: 0,
                total: 0,
                told: None,
                open: false,
                head: false,
                rest: false,
            });
            self.causes.len() - 1
        });
        let cause = &mut self.causes[place];
        // One that comes and goes is one story as long as its end was not told.
        if !cause.stands() && !cause.open {
            (cause.since, cause.total) = (now, 0);
        }
        cause
    }
}

impl Cause {
    fn stands(&self) -> bool {
        self.head || self.rest
    }

    fn release(&mut self, worker: Worker) {
        match worker {
            Worker::Head => self.head = false,
            Worker::Rest => self.rest = false,
        }
    }

    /// Our clock may have been set back meanwhile.
    fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.told.is_none_or(|told| (now - told).abs() >= SAME_CAUSE)
    }
}

/// `2026-11-20 10:03 UTC`.
pub(super) fn clock(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests;
