//! The rule's limits: requests and bytes in a minute by the clock.

use chrono::{DateTime, Utc};

/// What a rule took in the minute that goes on.
#[derive(Debug, Default)]
pub struct Minute {
    minute: i64,
    requests: u64,
    bytes: u64,
}

impl Minute {
    /// Counts an upload; the seconds until the next minute if it is one too many.
    pub fn count(&mut self, bytes: usize, most: (u64, u64), now: DateTime<Utc>) -> Option<u64> {
        let second = now.timestamp();
        let minute = second.div_euclid(60);
        if minute != self.minute {
            *self = Self {
                minute,
                ..Self::default()
            };
        }
        self.requests += 1;
        self.bytes += bytes as u64;
        let over = self.requests > most.0 || self.bytes > most.1;
        over.then(|| 60 - second.rem_euclid(60).unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_bytes_are_counted_by_the_minute() {
        let mut minute = Minute::default();
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        assert_eq!(minute.count(10, (2, 100), at(0)), None);
        assert_eq!(minute.count(10, (2, 100), at(10)), None);
        assert_eq!(minute.count(10, (2, 100), at(20)), Some(40));
        assert_eq!(minute.count(101, (2, 100), at(60)), Some(60));
        assert_eq!(minute.count(1, (2, 100), at(125)), None);
    }
}
