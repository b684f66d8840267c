//! The rate rule: requests a user may make in a clock hour, counted by nodes that tell of their counts now and then.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

/// A rate rule and what it counted.
#[derive(Debug, Default)]
pub struct Rate {
    limit: Option<u64>,
    /// How long a count is kept to the node before it matters.
    pub lag: TimeDelta,
    counts: HashMap<String, Count>,
}

#[derive(Debug)]
struct Count {
    hour: i64,
    told: u64,
    untold: u64,
    told_at: DateTime<Utc>,
}

/// What a rate rule makes of a request.
#[derive(Debug, Default)]
pub struct Charge {
    pub headers: Vec<(&'static str, String)>,
    /// The limit, and the seconds until the next window, if the request is one too many.
    pub over: Option<(u64, i64)>,
}

impl Rate {
    pub fn new(limit: Option<u64>, lag: TimeDelta) -> Self {
        Self {
            limit,
            lag,
            counts: HashMap::new(),
        }
    }

    /// Counts a request of a user; the headers of the rate rule, and whether it goes beyond it.
    pub fn charge(&mut self, user: &str, now: DateTime<Utc>) -> Charge {
        let Some(limit) = self.limit else {
            return Charge::default();
        };
        let hour = now.timestamp().div_euclid(3600);
        let fresh = || Count {
            hour,
            told: 0,
            untold: 0,
            told_at: now,
        };
        let count = self.counts.entry(user.to_owned()).or_insert_with(fresh);
        if count.hour != hour {
            *count = fresh();
        }
        if now - count.told_at >= self.lag {
            count.told += std::mem::take(&mut count.untold);
            count.told_at = now;
        }
        count.untold += 1;
        let reset = (hour + 1) * 3600;
        let headers = vec![
            ("x-ratelimit-limit", limit.to_string()),
            ("x-ratelimit-reset", reset.to_string()),
            ("x-ratelimit-rule", "9c1f0a3ddb1a2300f2f3a7a0b2961984".to_owned()),
        ];
        Charge {
            headers,
            over: (count.told >= limit).then_some((limit, reset - now.timestamp())),
        }
    }
}
