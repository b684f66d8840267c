//! Reconciles: when a stream's next one is due, and how it is asked for. The sweep itself is done by the rest worker, which
//! looks into the store whether one is asked for: nothing that rings can be lost, it is only found later.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::build::{DeskStream, Parts};
use crate::daemon::Schedule;
use crate::status::Problem;
use crate::store::{Db, StoreError, StreamKey, Sweep};

/// A time so far ahead of the clock was written before the clock was set back.
const CLOCK_WAS_SET_BACK: TimeDelta = TimeDelta::hours(1);

/// Asks for a sweep of every stream of the named connections (all, if none is named).
pub async fn ask_sweeps(parts: &Parts, only: &BTreeSet<String>, sweep: Sweep) -> Result<(), StoreError> {
    for (connected, stream) in parts.streams() {
        if only.is_empty() || only.contains(connected.settings.name.as_str()) {
            ask(stream, sweep).await?;
        }
    }
    Ok(())
}

/// Asks for a sweep of a stream, which may never have been read.
pub(super) async fn ask(stream: &DeskStream, sweep: Sweep) -> Result<(), StoreError> {
    let (id, prints) = (stream.id.clone(), stream.settings.prints.clone());
    stream
        .store
        .call(move |db| {
            let key = db.stream_or_new(&id, &prints)?.key;
            db.ask_sweep(key, sweep)
        })
        .await
}

/// Asks for the night's sweep if an instant of the schedule has passed since the last one ended; whether it did.
pub(super) async fn ask_if_due(
    stream: &DeskStream,
    schedule: &Schedule,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let (id, schedule) = (stream.id.clone(), schedule.clone());
    stream
        .store
        .call(move |db| {
            // A first start has enough to do.
            let Some(row) = db.stream(&id)?.filter(|row| row.head_read.is_some()) else {
                return Ok(false);
            };
            let due = is_due(db, row.key, &schedule, now)?;
            if due {
                db.ask_sweep(row.key, Sweep::Nightly)?;
            }
            Ok(due)
        })
        .await
}

/// A stream that was never swept is due at the first instant after its first run.
fn is_due(db: &Db<'_>, stream: StreamKey, schedule: &Schedule, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sweep = db.sweep(stream)?;
    if sweep.asked.is_some() {
        return Ok(false);
    }
    let since = match sweep.ended {
        Some(ended) => Some(ended),
        None => db.first_run(stream)?,
    };
    Ok(since.is_some_and(|since| {
        since - now > CLOCK_WAS_SET_BACK || schedule.next_after(since).is_some_and(|next| next <= now)
    }))
}

/// Why the stream's last sweep waits for a person.
pub(super) async fn blocked(stream: &DeskStream) -> Option<Problem> {
    let id = stream.id.clone();
    let blocked = stream.store.call(move |db| match db.stream(&id)? {
        Some(row) => Ok(db.sweep(row.key)?.blocked),
        None => Ok(None),
    });
    serde_json::from_str(&blocked.await.ok().flatten()?).ok()
}

/// What is to be said after a pass that leaves a sweep unfinished. Deletions were accepted for that pass alone: who saw
/// sixty records gone did not speak of what may be gone when the next one gets through.
pub(super) async fn left_over(stream: &DeskStream) -> Option<String> {
    let id = stream.id.clone();
    let asked = stream.store.call(move |db| {
        let Some(row) = db.stream(&id)? else { return Ok(None) };
        let asked = db.sweep(row.key)?.asked;
        if asked == Some(Sweep::WholeAccepted) {
            db.withdraw_acceptance(row.key)?;
        }
        Ok(asked)
    });
    let asked = match asked.await {
        Ok(asked) => asked?,
        Err(error) => {
            tracing::error!(stream = %stream.id, %error, "what a pass left of its reconcile could not be looked up");
            return None;
        }
    };
    let again = match asked {
        Sweep::Nightly | Sweep::Whole => "",
        Sweep::WholeAccepted => "; say --accept-deletions again then, if it is blocked",
    };
    Some(format!(
        "the reconcile is not through: the next run goes on where it stands{again}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionName, StreamId, WorkItemKind};
    use crate::store::{Prints, Store, Threads, Worker};

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-11-{text}Z").parse().unwrap()
    }

    #[test]
    fn a_sweep_is_due_once_an_instant_has_passed_since_the_last_and_never_while_one_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
        let schedule = Schedule::parse("30 3 * * *", chrono_tz::UTC).unwrap();
        let id = StreamId {
            connection: ConnectionName::new("contoso"),
            kind: WorkItemKind::Incident,
        };
        let prints = Prints {
            source: String::new(),
            filter: String::new(),
            sink: String::new(),
        };
        store
            .call_here(|db| {
                let key = db.stream_or_new(&id, &prints)?.key;
                let due = |now: &str| is_due(db, key, &schedule, at(now)).unwrap();
                assert!(!due("20T03:30:00"), "it never ran");
                db.begin_run(key, Worker::Head, "first", at("20T02:00:00"))?;
                assert!(!due("20T03:29:59"));
                assert!(due("20T03:30:00"));
                assert!(due("20T12:00:00"), "nobody was there at the instant");

                db.ask_sweep(key, Sweep::Nightly)?;
                assert!(!due("20T12:00:00"));
                db.swept(key, Sweep::Nightly, None, at("20T00:00:00"), &[])?;
                db.end_sweep(key, Sweep::Nightly, at("20T12:05:00"), None)?;
                assert!(!due("21T03:29:59"));
                assert!(due("21T03:30:00"));
                assert!(!due("20T12:04:30"), "a clock that is set a little is no reason");
                assert!(due("19T12:00:00"), "one that was set back a day is");
                Ok(())
            })
            .unwrap();
    }
}
