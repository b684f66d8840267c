//! Two clocks that stand still unless the storm lets them go: the service desk's, and ours, which may be wrong.

use std::cell::Cell;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tokio::time::Instant;

thread_local! {
    // A seed runs on one thread from its beginning to its end.
    static BEGIN: Cell<Option<Instant>> = const { Cell::new(None) };
    static SKEW: Cell<i64> = const { Cell::new(0) };
}

/// A new storm begins now.
pub fn begin() {
    BEGIN.set(Some(Instant::now()));
    SKEW.set(0);
}

/// Since the storm began.
pub fn elapsed() -> Duration {
    BEGIN.get().expect("a storm has begun").elapsed()
}

/// The service desk's time.
pub fn source() -> DateTime<Utc> {
    let begin: DateTime<Utc> = "2026-11-20T10:00:00Z".parse().unwrap();
    begin + elapsed()
}

/// The same in whole seconds, as every stamp.
pub fn stamp() -> DateTime<Utc> {
    source().trunc_subsecs(0)
}

/// Our time.
pub fn ours() -> DateTime<Utc> {
    source() + TimeDelta::seconds(SKEW.get())
}

/// Sets our clock so many seconds ahead of the service desk's.
pub fn skew(seconds: i64) {
    SKEW.set(seconds);
}
