//! The report of `itsmd status`, of `/api/status` and of the page: stored state, and what only a daemon knows.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::announce;
use super::build::{columns_fingerprint, source_print};
use super::crew::reconcile_ring;
use super::pauses;
use super::sync::outcome;
use crate::config::{Config, Connection};
use crate::daemon::Schedule;
use crate::model::{StreamId, WorkItemKind};
use crate::status;
use crate::status::{
    Backfill, ConnectionReport, Credential, LastRun, Problem, Reconcile, RefusedReload, RefusedSignIn, Report,
    StreamReport, StreamState, UnderWay, Waiting,
};
use crate::store::{self, Db, RunRow, Store, StoreError, StoredSlice, StreamKey, StreamRow, Worker};

/// The code of a sync that was not to wait as long as a server asked.
const THROTTLED: &str = crate::net::codes::THROTTLED.id;

/// What only a running daemon knows.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// What has no end in the state file is under way.
    pub at_work: bool,
    /// The pauses under way, by connection, the workspace's under the empty name; `None`: the state file knows.
    pub waiting: Option<BTreeMap<String, Waiting>>,
    /// The next ring of each stream.
    pub next: BTreeMap<String, DateTime<Utc>>,
    /// The sign-ins that are refused now.
    pub refused: Vec<RefusedSignIn>,
    /// The last reload, if it was refused.
    pub refused_reload: Option<RefusedReload>,
    /// Streams of which nothing can be written down, and why: the state file cannot tell that of itself.
    pub unwritten: BTreeMap<String, Problem>,
}

impl Live {
    /// Why nothing of a connection goes on: its server or the workspace wants patience, whichever wants more.
    fn waiting_of(&self, connection: &str) -> Option<Waiting> {
        let waiting = self.waiting.as_ref()?;
        let both = [connection, pauses::WORKSPACE].map(|owner| waiting.get(owner));
        both.into_iter().flatten().max_by_key(|waiting| waiting.until).cloned()
    }
}

/// Puts the report together.
pub async fn report(config: &Config, store: &Store, mut live: Live, now: DateTime<Utc>) -> Result<Report, StoreError> {
    let config = config.clone();
    store
        .call(move |db| {
            if live.waiting.is_none() {
                live.waiting = Some(pauses::kept(db.pauses()?, now));
            }
            let mut connections = Vec::new();
            for connection in &config.connections {
                connections.push(connection_report(db, connection, &live, now)?);
            }
            Ok(Report {
                at: now,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                connections,
                refused_sign_ins: live.refused,
                credentials: credentials(&config, now),
                refused_reload: live.refused_reload,
            })
        })
        .await
}

/// Everything that ends on a known day.
fn credentials(config: &Config, now: DateTime<Utc>) -> Vec<Credential> {
    let known = config.expiries().into_iter();
    known
        .map(|expiry| Credential {
            connection: expiry.connection.as_ref().map(ToString::to_string),
            soon: announce::threshold(expiry.at, now).is_some(),
            what: expiry.what,
            ends: expiry.at,
        })
        .collect()
}

fn connection_report(
    db: &Db<'_>,
    connection: &Connection,
    live: &Live,
    now: DateTime<Utc>,
) -> Result<ConnectionReport, StoreError> {
    let mut streams = Vec::new();
    for &kind in &connection.work_items {
        streams.push(stream_report(db, connection, kind, live, now)?);
    }
    Ok(ConnectionReport {
        name: connection.name.to_string(),
        partner: connection.partner,
        streams,
    })
}

fn stream_report(
    db: &Db<'_>,
    connection: &Connection,
    kind: WorkItemKind,
    live: &Live,
    now: DateTime<Utc>,
) -> Result<StreamReport, StoreError> {
    let id = StreamId {
        connection: connection.name.clone(),
        kind,
    };
    let schedule = Schedule::parse(&connection.schedule, connection.schedule_time_zone).ok();
    let mut report = StreamReport {
        waiting: live.waiting_of(connection.name.as_str()),
        next_run: live.next.get(&id.to_string()).copied(),
        interval_seconds: schedule
            .and_then(|s| s.interval_hint(now))
            .map(|interval| interval.as_secs()),
        ..StreamReport::unread(kind, connection.enabled)
    };
    let Some(row) = db.stream(&id)? else { return Ok(report) };
    let slices = db.slices(row.key)?;
    let head = slices.iter().find(|stored| stored.slice.to.is_none());
    report.position = head
        .and_then(|head| head.slice.position.as_ref())
        .map(|position| position.time);
    report.lag_seconds = row
        .head_read
        .map(|read| (now - read).num_seconds().max(0).cast_unsigned());
    report.overdue_seconds = row
        .head_read
        .and_then(|read| overdue(connection, &connection.schedule, read, now));
    report.window_start = row.window_start;
    report.records = db.ledger_records(row.key)?;
    report.backfill = backfill(&slices);
    report.quarantined = db.quarantined(row.key)?;
    report.notes = notes(db, connection, kind, &row)?;
    let (head_run, rest_run) = (db.last_run(row.key, Worker::Head)?, db.last_run(row.key, Worker::Rest)?);
    let sweep = db.sweep(row.key)?;
    let failed = in_the_way(head_run.as_ref(), rest_run.as_ref(), rest_is_due(db, row.key)?);
    let unwritten = live.unwritten.get(&id.to_string()).cloned();
    report.error = unwritten.or_else(|| failed.and_then(problem));
    if sweep.unshown > 0 {
        report.notes.push(format!(
            "{} records that were delivered are hidden from the user now: the service desk counts them and does not show \
             them, so they stay as they were; give the user the role that reads them",
            sweep.unshown
        ));
    }
    let reconcile = Reconcile {
        last: sweep.ended,
        next: live.next.get(&reconcile_ring(&id)).copied(),
        interval_seconds: reconcile_interval(connection, now),
        overdue_seconds: reconcile_overdue(db, connection, row.key, sweep.ended, now)?,
        running: sweep.asked.is_some(),
        deleted: db.ledger_deleted(row.key)?,
        blocked: sweep.blocked.and_then(|text| serde_json::from_str(&text).ok()),
    };
    tell_reconcile(&mut report, reconcile);
    report.under_way = under_way(db, row.key, live)?;
    report.last_run = head_run.as_ref().map(|head| last_run(head, rest_run.as_ref()));
    report.state = state(connection, &report);
    Ok(report)
}

/// Nights and weekends that the schedule leaves out are not late.
fn overdue(connection: &Connection, fields: &str, done: DateTime<Utc>, now: DateTime<Utc>) -> Option<u64> {
    let schedule = super::schedule(connection, fields, now).ok()?;
    let due = schedule.next_after(done)?;
    Some((now - due).num_seconds().max(0).cast_unsigned())
}

/// The first sweep is awaited from the stream's first run on, as it is rung for.
fn reconcile_overdue(
    db: &Db<'_>,
    connection: &Connection,
    stream: StreamKey,
    ended: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Option<u64>, StoreError> {
    let Some(fields) = connection.reconcile.as_deref() else {
        return Ok(None);
    };
    let since = match ended {
        Some(ended) => Some(ended),
        None => db.first_run(stream)?,
    };
    Ok(since.and_then(|since| overdue(connection, fields, since, now)))
}

fn reconcile_interval(connection: &Connection, now: DateTime<Utc>) -> Option<u64> {
    let fields = connection.reconcile.as_deref()?;
    let schedule = Schedule::parse(fields, connection.schedule_time_zone).ok()?;
    schedule.interval_hint(now).map(|interval| interval.as_secs())
}

/// Whether the rest worker has something to do.
pub(super) fn rest_is_due(db: &Db<'_>, stream: StreamKey) -> Result<bool, StoreError> {
    let backfill = backfill(&db.slices(stream)?);
    Ok(backfill.complete < backfill.slices || db.sweep(stream)?.asked.is_some() || !db.to_retry(stream)?.is_empty())
}

fn under_way(db: &Db<'_>, stream: StreamKey, live: &Live) -> Result<Vec<UnderWay>, StoreError> {
    // Without a daemon nobody knows whether what has no end was killed.
    if !live.at_work {
        return Ok(Vec::new());
    }
    let open = db.under_way(stream)?.into_iter();
    Ok(open
        .map(|open| UnderWay {
            worker: match open.worker {
                Worker::Head => status::history::Worker::Head,
                Worker::Rest => status::history::Worker::Rest,
            },
            since: open.started,
        })
        .collect())
}

fn backfill(slices: &[StoredSlice]) -> Backfill {
    let ended = slices.iter().filter(|stored| stored.slice.to.is_some());
    let (slices, complete) = ended.fold((0, 0), |(all, complete), stored| {
        (all + 1, complete + u64::from(stored.complete))
    });
    Backfill { slices, complete }
}

/// A sweep that waits for a person stands in the way until a later one ends well; what fails now is told first.
fn tell_reconcile(report: &mut StreamReport, reconcile: Reconcile) {
    match (&report.error, &reconcile.blocked) {
        (None, Some(blocked)) => report.error = Some(blocked.clone()),
        (Some(error), Some(blocked)) if error.code != blocked.code => report.notes.push(format!(
            "the last reconcile waits for a person, too ({}): {}; {}",
            blocked.code, blocked.seen, blocked.remedy
        )),
        (_, Some(_) | None) => {}
    }
    report.reconcile = Some(reconcile);
}

fn state(connection: &Connection, report: &StreamReport) -> StreamState {
    match &report.error {
        _ if !connection.enabled => StreamState::Disabled,
        Some(error) if error.code.starts_with("ITSMD-SY-") => StreamState::Blocked,
        // A foreground sync ended because it was not to wait that long.
        Some(error) if error.code == THROTTLED && report.waiting.is_some() => StreamState::Waiting,
        Some(_) => StreamState::Failing,
        None if report.waiting.is_some() => StreamState::Waiting,
        None if report.lag_seconds.is_none() || report.backfill.complete < report.backfill.slices => {
            StreamState::Backfill
        }
        None => StreamState::Live,
    }
}

fn notes(db: &Db<'_>, connection: &Connection, kind: WorkItemKind, row: &StreamRow) -> Result<Vec<String>, StoreError> {
    let mut notes = Vec::new();
    if let Some(item) = connection.profile.items.get(&kind) {
        let columns = db.column_set(&columns_fingerprint(connection, item))?;
        let others = db.other_columns(row.key, columns)?;
        if others > 0 {
            let name = &connection.name;
            notes.push(format!(
                "{others} records were delivered with other columns than are configured now; `itsmd resync --connection {name}` \
                 delivers them again"
            ));
        }
    }
    let print = source_print(connection, kind);
    if !row.prints.source.is_empty() && row.prints.source != print {
        notes.push(format!("was read from {} until now", row.prints.source));
    }
    Ok(notes)
}

/// The failed run that tells what is wrong now: of two the newer. With nothing left to read whatever stopped the rest is
/// over, for another run did its work.
fn in_the_way<'a>(head: Option<&'a RunRow>, rest: Option<&'a RunRow>, rest_is_due: bool) -> Option<&'a RunRow> {
    [head, rest.filter(|_| rest_is_due)]
        .into_iter()
        .flatten()
        .filter(|run| run.outcome == Some(store::Outcome::Failed))
        .max_by_key(|run| run.started)
}

fn problem(run: &RunRow) -> Option<Problem> {
    serde_json::from_str(run.error.as_deref()?).ok()
}

/// The head's, with the warnings of both.
fn last_run(run: &RunRow, rest: Option<&RunRow>) -> LastRun {
    let mut warnings = run.warnings.clone();
    let of_rest = rest.map(|rest| rest.warnings.as_slice()).unwrap_or_default();
    warnings.extend(
        of_rest
            .iter()
            .filter(|warning| !run.warnings.contains(warning))
            .cloned(),
    );
    LastRun {
        started: run.started,
        outcome: outcome(run.outcome.unwrap_or(store::Outcome::Interrupted)),
        read: run.tally.read,
        sent: run.tally.sent,
        deleted: run.tally.deleted,
        error: problem(run),
        warnings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Outcome, Tally};

    fn run(id: &str, minute: u32, outcome: Outcome) -> RunRow {
        RunRow {
            run_id: id.to_owned(),
            started: format!("2026-11-20T10:{minute:02}:00Z").parse().unwrap(),
            ended: None,
            outcome: Some(outcome),
            error: None,
            warnings: Vec::new(),
            tally: Tally::default(),
        }
    }

    #[test]
    fn a_sweep_that_waits_for_a_person_is_told_below_what_fails_now() {
        let problem = |code: &str| Problem {
            code: code.to_owned(),
            seen: "60 of 200 records are gone".to_owned(),
            means: "more than may be marked".to_owned(),
            remedy: "decide".to_owned(),
        };
        let told = |error: Option<Problem>, blocked: Option<Problem>| {
            let mut report = StreamReport::unread(WorkItemKind::Incident, true);
            report.error = error;
            tell_reconcile(
                &mut report,
                Reconcile {
                    blocked,
                    ..Reconcile::default()
                },
            );
            report
        };
        let blocked = told(None, Some(problem("ITSMD-SY-002")));
        assert_eq!(blocked.error, Some(problem("ITSMD-SY-002")));
        assert_eq!(blocked.reconcile.unwrap().blocked, Some(problem("ITSMD-SY-002")));
        let failing = told(Some(problem("ITSMD-NET-002")), Some(problem("ITSMD-SY-002")));
        assert_eq!(failing.error, Some(problem("ITSMD-NET-002")));
        assert!(failing.notes[0].contains("ITSMD-SY-002") && failing.notes[0].contains("60 of 200"));
        let well = told(None, None);
        assert_eq!((well.error, well.notes.len()), (None, 0));
    }

    #[test]
    fn a_failed_rest_stands_in_the_way_only_while_something_is_left_for_it() {
        let named =
            |head: &RunRow, rest: &RunRow, due| in_the_way(Some(head), Some(rest), due).map(|run| run.run_id.clone());
        let (good, bad) = (run("head", 5, Outcome::Complete), run("head", 5, Outcome::Failed));
        let (older, newer) = (run("rest", 4, Outcome::Failed), run("rest", 6, Outcome::Failed));
        assert_eq!(named(&good, &older, true).as_deref(), Some("rest"));
        assert_eq!(named(&good, &older, false), None);
        assert_eq!(named(&bad, &older, true).as_deref(), Some("head"));
        assert_eq!(named(&bad, &newer, true).as_deref(), Some("rest"));
        assert_eq!(named(&bad, &newer, false).as_deref(), Some("head"));
        assert_eq!(in_the_way(None, None, true), None);
    }
}
