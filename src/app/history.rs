//! The history of `/api/history` and of the page: out of counts that are kept, never out of the records or of all runs.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::sync::outcome;
use crate::config::Config;
use crate::model::{StreamId, WorkItemKind};
use crate::status::Problem;
use crate::status::history::{
    ASIDE, Aside, CREATED_DAYS, CreatedOfDay, CreatedOfStream, DAYS, ErrorSeen, History, Hour, HoursOfStream, RUNS,
    RunOfStream, Worker,
};
use crate::store::{self, Db, Failures, Quarantined, RunHour, Store, StoreError, StreamKey, StreamRow, ToldRun};

/// A configured stream that was run before.
struct Known {
    connection: String,
    work_item: WorkItemKind,
    row: StreamRow,
}

/// Puts the history together.
pub async fn history(config: &Config, store: &Store, now: DateTime<Utc>) -> Result<History, StoreError> {
    let configured: Vec<StreamId> = config
        .connections
        .iter()
        .flat_map(|connection| {
            connection.work_items.iter().map(|&kind| StreamId {
                connection: connection.name.clone(),
                kind,
            })
        })
        .collect();
    store.call(move |db| history_of(db, &configured, now)).await
}

fn history_of(db: &Db<'_>, configured: &[StreamId], now: DateTime<Utc>) -> Result<History, StoreError> {
    let mut known = Vec::new();
    for id in configured {
        if let Some(row) = db.stream(id)? {
            known.push(Known {
                connection: id.connection.to_string(),
                work_item: id.kind,
                row,
            });
        }
    }
    let mut history = History::empty(now);
    let since = now - TimeDelta::days(DAYS.into());
    for stream in &known {
        history.created.push(created(db, stream, now.date_naive())?);
        let hours = db.run_hours(stream.row.key, since)?;
        history.hours.push(HoursOfStream {
            connection: stream.connection.clone(),
            work_item: stream.work_item,
            hours: hours.into_iter().map(hour).collect(),
        });
        history.errors.extend(errors(db, stream, since)?);
    }
    history.errors.sort_by_key(|seen| std::cmp::Reverse(seen.last));
    let keys: Vec<StreamKey> = known.iter().map(|stream| stream.row.key).collect();
    let told = db.told_runs(&keys, RUNS)?;
    history.runs = told.into_iter().filter_map(|told| run(&known, told)).collect();
    for &key in &keys {
        history.quarantine_total += db.quarantined(key)?;
    }
    let aside = db.newest_quarantined(&keys, ASIDE)?;
    history.quarantine = aside.into_iter().filter_map(|entry| set_aside(&known, entry)).collect();
    Ok(history)
}

/// Every day of the last ones that lies wholly in the window: of an earlier day only what was modified later is known.
fn created(db: &Db<'_>, stream: &Known, today: NaiveDate) -> Result<CreatedOfStream, StoreError> {
    let mut days = Vec::new();
    if let Some(first) = stream.row.window_start.and_then(first_whole_day) {
        let first = first.max(today - Days::new(u64::from(CREATED_DAYS) - 1));
        let counted: BTreeMap<NaiveDate, u64> = db.created_since(stream.row.key, first)?.into_iter().collect();
        let all = first.iter_days().take_while(|day| *day <= today);
        days.extend(all.map(|day| CreatedOfDay {
            day,
            created: counted.get(&day).copied().unwrap_or(0),
        }));
    }
    Ok(CreatedOfStream {
        connection: stream.connection.clone(),
        work_item: stream.work_item,
        days,
        undated: db.undated(stream.row.key)?,
    })
}

fn first_whole_day(window_start: DateTime<Utc>) -> Option<NaiveDate> {
    match window_start.time() == NaiveTime::MIN {
        true => Some(window_start.date_naive()),
        false => window_start.date_naive().succ_opt(),
    }
}

fn hour(counted: RunHour) -> Hour {
    let RunHour {
        hour,
        runs,
        failed,
        tally,
    } = counted;
    Hour {
        hour,
        runs,
        failed,
        read: tally.read,
        sent: tally.sent,
        unchanged: tally.unchanged,
        requests: tally.requests,
        bytes_sent: tally.bytes_sent,
    }
}

fn run(known: &[Known], told: ToldRun) -> Option<RunOfStream> {
    let stream = known.iter().find(|known| known.row.key == told.stream)?;
    let run = told.run;
    let tally = run.tally;
    Some(RunOfStream {
        connection: stream.connection.clone(),
        work_item: stream.work_item,
        worker: match told.worker {
            store::Worker::Head => Worker::Head,
            store::Worker::Rest => Worker::Rest,
        },
        error: run.error.as_deref().and_then(|error| serde_json::from_str(error).ok()),
        run_id: run.run_id,
        started: run.started,
        ended: run.ended,
        outcome: run.outcome.map(outcome),
        read: tally.read,
        sent: tally.sent,
        unchanged: tally.unchanged,
        quarantined: tally.quarantined,
        deleted: tally.deleted,
        requests: tally.requests,
        bytes_sent: tally.bytes_sent,
    })
}

/// By code, whichever worker met it.
fn errors(db: &Db<'_>, stream: &Known, since: DateTime<Utc>) -> Result<Vec<ErrorSeen>, StoreError> {
    let failures = db.failures(stream.row.key, since)?;
    let of_rest = |seen: &Failures| seen.worker == store::Worker::Rest && !seen.over;
    // With nothing left for it to do, another run did what the rest could not.
    let rest_is_idle = failures.iter().any(of_rest) && !super::report::rest_is_due(db, stream.row.key)?;
    let mut by_code: BTreeMap<String, ErrorSeen> = BTreeMap::new();
    for seen in failures {
        let over = seen.over || (rest_is_idle && of_rest(&seen));
        let Ok(problem) = serde_json::from_str::<Problem>(&seen.error) else {
            continue;
        };
        let entry = by_code.entry(seen.code.clone()).or_insert_with(|| ErrorSeen {
            connection: stream.connection.clone(),
            work_item: stream.work_item,
            code: seen.code,
            seen: String::new(),
            means: String::new(),
            remedy: String::new(),
            times: 0,
            first: seen.first,
            last: seen.first,
            over: true,
        });
        entry.times += seen.times;
        entry.first = entry.first.min(seen.first);
        entry.over &= over;
        if seen.last >= entry.last {
            entry.last = seen.last;
            (entry.seen, entry.means, entry.remedy) = (problem.seen, problem.means, problem.remedy);
        }
    }
    Ok(by_code.into_values().collect())
}

fn set_aside(known: &[Known], entry: (StreamKey, Quarantined)) -> Option<Aside> {
    let (key, entry) = entry;
    let stream = known.iter().find(|known| known.row.key == key)?;
    Some(Aside {
        connection: stream.connection.clone(),
        work_item: stream.work_item,
        number: entry.aside.number,
        reason: without_quotes(&entry.aside.reason),
        since: entry.since,
        rows: entry.rows,
    })
}

/// A reason quotes the value that it complains of, and of a record the page shows nothing but its number.
fn without_quotes(reason: &str) -> String {
    let mut text = String::with_capacity(reason.len());
    let mut characters = reason.chars();
    while let Some(character) = characters.next() {
        text.push(character);
        if character != '"' {
            continue;
        }
        text.push('…');
        let mut escaped = false;
        for quoted in characters.by_ref() {
            if quoted == '"' && !escaped {
                break;
            }
            escaped = quoted == '\\' && !escaped;
        }
        text.push('"');
    }
    text
}

#[cfg(test)]
mod tests;
