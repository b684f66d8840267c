//! Living for years: when to run, one run at a time, signals, and the service manager.
//!
//! Timers, signals and start-up only **ring**. A [`Bell`] carries no input and any number of rings is one;
//! an [`Activation`] waits for its bell and runs its operation, never twice at once. What the operation does
//! it decides from stored state alone, so there is one code path whatever the reason to run.

mod activate;
mod agenda;
mod notify;
mod schedule;
mod scheduler;
mod signals;

use std::sync::Arc;

use chrono::{DateTime, Utc};

pub use activate::{Activation, Activity, Bell};
pub use notify::Notifier;
pub use schedule::{Schedule, ScheduleError, time_zone};
pub use scheduler::{NextInstants, Ring, Scheduler, SchedulerError, SchedulerHandle};
pub use signals::{Signal, Signals};

/// The wall clock, injected so that tests may turn it.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;
