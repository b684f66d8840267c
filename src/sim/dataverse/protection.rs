//! Service protection: what one caller may ask for in any 300 seconds, and at once.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::state::Fault;

/// The span that the limits are about.
const WINDOW: Duration = Duration::from_mins(5);

/// The limits, and what a request is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    /// Requests in 300 seconds.
    pub requests: usize,
    /// Execution time in 300 seconds.
    pub time: Duration,
    /// Requests at once.
    pub at_once: usize,
    /// Execution time of a request without rows.
    pub each: Duration,
    /// Execution time of a row.
    pub per_row: Duration,
}

impl Default for Protection {
    fn default() -> Self {
        Self {
            requests: 6_000,
            time: Duration::from_mins(20),
            at_once: 52,
            each: Duration::from_millis(5),
            per_row: Duration::from_micros(200),
        }
    }
}

/// What callers have used of it.
#[derive(Debug, Default)]
pub struct Meter {
    pub limits: Protection,
    callers: HashMap<String, VecDeque<(DateTime<Utc>, Duration)>>,
    at_once: usize,
}

/// What is left to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    pub requests: usize,
    pub time: Duration,
}

impl Meter {
    /// A request comes; the limit that it goes beyond, if it does. A refused one counts as well: whoever goes on
    /// asking waits longer.
    pub fn enter(&mut self, caller: &str, now: DateTime<Utc>) -> Result<Left, Fault> {
        self.at_once += 1;
        let limits = self.limits;
        let used = self.callers.entry(caller.to_owned()).or_default();
        while used.front().is_some_and(|(at, _)| now - *at >= wide(WINDOW)) {
            used.pop_front();
        }
        used.push_back((now, Duration::ZERO));
        let spent: Duration = used.iter().map(|(_, time)| *time).sum();
        if self.at_once > limits.at_once {
            return Err(Fault::TooManyAtOnce(Some(2)));
        }
        if used.len() > limits.requests {
            let over = used.len() - limits.requests;
            let free = used.get(over - 1).map_or(now, |(at, _)| *at);
            return Err(Fault::TooManyRequests(Some(until(free, now))));
        }
        if spent > limits.time {
            let mut rest = spent;
            let free = used.iter().find(|(_, time)| {
                rest = rest.saturating_sub(*time);
                rest <= limits.time
            });
            return Err(Fault::TooMuchTime(Some(until(free.map_or(now, |(at, _)| *at), now))));
        }
        Ok(Left {
            requests: limits.requests - used.len(),
            time: limits.time.saturating_sub(spent),
        })
    }

    /// A request's answer is made.
    pub fn charge(&mut self, caller: &str, rows: usize) {
        let Protection { each, per_row, .. } = self.limits;
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        if let Some((_, time)) = self.callers.get_mut(caller).and_then(VecDeque::back_mut) {
            *time += each + per_row.saturating_mul(rows);
        }
    }

    /// A request is over, answered or given up.
    pub fn leave(&mut self) {
        self.at_once = self.at_once.saturating_sub(1);
    }
}

/// Seconds until what was used at `then` is out of the window.
fn until(then: DateTime<Utc>, now: DateTime<Utc>) -> u64 {
    let left = then + WINDOW - now;
    u64::try_from(left.num_milliseconds().div_euclid(1000) + 1).unwrap_or(0)
}

fn wide(span: Duration) -> chrono::TimeDelta {
    chrono::TimeDelta::from_std(span).unwrap_or(chrono::TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn each_limit_has_its_own_refusal_and_says_when_it_is_over() {
        let mut meter = Meter::default();
        meter.limits.requests = 3;
        for second in 0..3 {
            assert_eq!(
                meter.enter("a", at(second)).map(|left| left.requests),
                Ok(2 - second as usize)
            );
            meter.charge("a", 0);
            meter.leave();
        }
        assert_eq!(meter.enter("a", at(100)), Err(Fault::TooManyRequests(Some(201))));
        meter.leave();
        assert!(meter.enter("b", at(100)).is_ok());
        meter.leave();
        assert!(meter.enter("a", at(401)).is_ok());
    }

    #[test]
    fn rows_cost_time_and_the_time_comes_back() {
        let mut meter = Meter::default();
        meter.limits.time = Duration::from_secs(1);
        assert!(meter.enter("a", at(0)).is_ok());
        meter.charge("a", 5_000);
        meter.leave();
        assert_eq!(meter.enter("a", at(10)), Err(Fault::TooMuchTime(Some(291))));
        meter.leave();
        assert!(meter.enter("a", at(301)).is_ok());
    }

    #[test]
    fn too_many_at_once_are_refused_until_one_leaves() {
        let mut meter = Meter::default();
        meter.limits.at_once = 1;
        assert!(meter.enter("a", at(0)).is_ok());
        assert_eq!(meter.enter("a", at(0)), Err(Fault::TooManyAtOnce(Some(2))));
        meter.leave();
        meter.leave();
        assert!(meter.enter("a", at(0)).is_ok());
    }
}
