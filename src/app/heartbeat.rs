//! Each minute every stream is looked at, so that its log in the workspace is never silent for longer than an hour: also
//! while no run comes to its end, or none begins. A stream that stands still never looks healthy there.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::crew::Crew;
use crate::model::StreamId;
use crate::status::{Report, StreamReport, StreamState, Waiting};
use crate::sync::{Beat, Standing};

const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Looks until `stop`: at what is configured then, by a report of that moment.
pub(super) async fn beat_each_minute<F>(
    crews: watch::Receiver<Arc<Crew>>,
    report: impl Fn() -> F,
    stop: CancellationToken,
) where
    F: Future<Output = Result<Report, String>>,
{
    // The first runs speak for themselves.
    let mut tick = tokio::time::interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        let crew = Arc::clone(&crews.borrow());
        if !crew.parts.workspace.has_log() {
            continue;
        }
        // A state file that does not answer is the watchdog's business.
        let Ok(report) = report().await else { continue };
        let beats = crew.members().iter().filter_map(|member| {
            let id = &member.stream.id;
            let (_, stream) = report.streams().find(|(connection, stream)| {
                connection.name == id.connection.as_str() && stream.work_item == id.kind
            })?;
            let beat = beat(id, &report, stream)?;
            Some(async move { member.stream.beat(&beat).await })
        });
        tokio::select! {
            () = stop.cancelled() => return,
            _ = futures_util::future::join_all(beats) => {}
        }
    }
}

/// How a stream is; `None` if it is disabled: nobody looks after it.
fn beat(id: &StreamId, report: &Report, stream: &StreamReport) -> Option<Beat> {
    let standing = match (stream.state, stream.problem()) {
        (StreamState::Disabled, _) => return None,
        (StreamState::Failing | StreamState::Blocked, Some(problem)) => Standing::Stands {
            code: problem.code.clone(),
            means: problem.means.clone(),
            exception: format!(
                "{}: {}; {} [{}]",
                problem.seen, problem.means, problem.remedy, problem.code
            ),
        },
        (StreamState::Failing | StreamState::Blocked, None) => Standing::Noteworthy(format!("{id} failed")),
        (StreamState::Waiting, _) => Standing::Waits(waits(id, stream.waiting.as_ref())),
        (StreamState::Live | StreamState::Backfill, _) => reads(id, stream),
    };
    Some(Beat {
        at: report.at,
        standing,
        lag_seconds: stream.lag_seconds,
    })
}

fn waits(id: &StreamId, waiting: Option<&Waiting>) -> String {
    let until = waiting.and_then(|waiting| waiting.until);
    let until = until.map_or_else(String::new, |until| {
        until.format(" until %Y-%m-%d %H:%M UTC").to_string()
    });
    let why = waiting.map_or_else(String::new, |waiting| format!(": {}", waiting.why));
    format!("{id} waits{until}{why}")
}

fn reads(id: &StreamId, stream: &StreamReport) -> Standing {
    let left = stream.backfill.complete < stream.backfill.slices || stream.lag_seconds.is_none();
    let message = if left {
        let (complete, slices) = (stream.backfill.complete, stream.backfill.slices);
        format!(
            "{id} is being read: {complete} of {slices} slices are done, {} records so far",
            stream.records
        )
    } else {
        format!("{id} in step: nothing new")
    };
    if let Some(lag) = stream.lag_seconds.filter(|_| stream.is_late(None)) {
        let minutes = TimeDelta::try_seconds(lag.cast_signed())
            .unwrap_or_default()
            .num_minutes();
        return Standing::Noteworthy(format!("{id} is late: it was read to its end {minutes} minutes ago"));
    }
    let warnings = stream.last_run.as_ref().map(|run| run.warnings.as_slice());
    match warnings.unwrap_or_default().first() {
        Some(warning) => Standing::Noteworthy(format!("{message}; {warning}")),
        None => Standing::Well(message),
    }
}
