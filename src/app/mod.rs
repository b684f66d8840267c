//! The composition root: builds the parts from the configuration and runs them. The only place that reads the clock.

mod announce;
mod build;
mod crew;
mod daemon;
mod fault;
mod heartbeat;
mod history;
mod kept;
mod member;
mod observe;
mod pauses;
mod reconcile;
mod refused;
mod report;
mod requests;
mod still;
mod sync;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::{DateTime, Utc};

pub use announce::ending;
pub use build::{Connected, DeskStream, Parts, columns_fingerprint, sink_print, source_print};
pub use daemon::{Exit, run};
pub use fault::FAULT;
pub use history::history;
pub use reconcile::ask_sweeps;
pub use report::{Live, report};
pub use requests::{AskedSync, SYNC};
pub use sync::{ConnectionSync, StreamSync, SyncReport, sync};

use crate::config::{Connection, Splay};
use crate::daemon::{Schedule, ScheduleError};

/// After this a page in hand is dropped: systemd is told 30 seconds, people are told 20.
const STOP_WITHIN: std::time::Duration = std::time::Duration::from_secs(18);

/// Our clock.
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Our clock, as an argument.
pub fn clock() -> crate::sync::Now {
    Arc::new(now)
}

/// A connection's schedule by these fields, in its zone and with its splay.
pub fn schedule(connection: &Connection, fields: &str, now: DateTime<Utc>) -> Result<Schedule, ScheduleError> {
    let schedule = Schedule::parse(fields, connection.schedule_time_zone)?;
    Ok(match connection.splay {
        Splay::Off => schedule,
        Splay::Percent(percent) => schedule.splayed(connection.name.as_str(), percent, now),
    })
}

/// The id of a new run, as in `SyncRunId_s`.
pub fn new_run_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
