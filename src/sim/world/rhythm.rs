//! When people call: by hour and weekday, on average once.

use chrono::{DateTime, Datelike, Duration, Timelike, Utc};

/// Calls by hour of day; the mean is 1.
const HOURS: [f64; 24] = [
    0.15, 0.10, 0.10, 0.10, 0.15, 0.35, 0.90, 1.90, 2.60, 2.50, 2.20, 1.80, 1.50, 1.90, 1.90, 1.70, 1.30, 0.90, 0.60,
    0.45, 0.35, 0.25, 0.15, 0.15,
];

/// Calls by weekday from Monday; the mean is 1.
const DAYS: [f64; 7] = [1.45, 1.25, 1.20, 1.20, 1.10, 0.45, 0.35];

/// How busy a desk is at this minute; 1 on average.
pub(super) fn weight(at: DateTime<Utc>) -> f64 {
    let hour = HOURS.get(at.hour() as usize).copied().unwrap_or(1.0);
    hour * DAYS
        .get(at.weekday().num_days_from_monday() as usize)
        .copied()
        .unwrap_or(1.0)
}

/// A number of arrivals of this mean.
pub(super) fn poisson(dice: &mut fastrand::Rng, mean: f64) -> u32 {
    if mean > 30.0 {
        // So many that their number hardly varies.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        return mean.round() as u32;
    }
    let limit = (-mean).exp();
    let mut product = dice.f64();
    let mut count = 0;
    while product > limit {
        product *= dice.f64();
        count += 1;
    }
    count
}

/// `at`, or the next working day's morning if people are at home then; spread over three hours.
pub(super) fn at_work(dice: &mut fastrand::Rng, at: DateTime<Utc>) -> DateTime<Utc> {
    let working = |at: DateTime<Utc>| at.weekday().num_days_from_monday() < 5 && (6..17).contains(&at.hour());
    if working(at) {
        return at;
    }
    let mut day = if at.hour() < 6 {
        at.date_naive()
    } else {
        at.date_naive() + Duration::days(1)
    };
    while day.weekday().num_days_from_monday() >= 5 {
        day += Duration::days(1);
    }
    let morning = day.and_hms_opt(6, 30, 0).map_or(at, |morning| morning.and_utc());
    morning + Duration::seconds(dice.i64(0..3 * 3600))
}
