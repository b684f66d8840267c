//! The time of a cell: it stands still unless everybody waits, and is the same for both sides.

use std::cell::Cell;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

thread_local! {
    // A cell runs on one thread from its beginning to its end.
    static BEGIN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A cell begins now.
pub fn begin() {
    BEGIN.set(Some(Instant::now()));
}

pub fn now() -> DateTime<Utc> {
    let begin: DateTime<Utc> = "2026-11-20T10:00:00Z".parse().unwrap();
    begin + BEGIN.get().expect("a cell has begun").elapsed()
}

/// Since the cell began.
pub fn elapsed() -> std::time::Duration {
    BEGIN.get().expect("a cell has begun").elapsed()
}
