//! Step one: what is to be read, from stored state and the source's clock alone.

use chrono::{DateTime, TimeDelta, Utc};

use super::codes;
use super::resync::begin_again;
use super::stream::{Stream, store_trouble};
use crate::model::window::{Range, gaps, tile, window_start};
use crate::model::{Generation, Slice, StreamId, Trouble, Verdict};
use crate::sink::Sink;
use crate::source::{Probe, Source, SourceError};
use crate::store::{Db, NewSlice, StoreError, StoredSlice, StreamKey, StreamRow, Sweep};

use super::stream::Settings;

/// More than this between the source's clock and ours is worth a warning.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// Pruning looks at every record of the ledger: not at every ring.
const PRUNE_EVERY: TimeDelta = TimeDelta::minutes(10);

/// A stream ready to be read.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub stream: StreamKey,
    pub generation: Generation,
    pub columns: i64,
    pub window_start: DateTime<Utc>,
    /// The source's time, if it is known.
    pub source_now: Option<DateTime<Utc>>,
    pub head: Slice,
    /// What the operator should know, though nothing failed.
    pub warnings: Vec<String>,
    /// Requests it took.
    pub requests: u64,
}

impl<S: Source, K: Sink> Stream<S, K> {
    pub(super) async fn prepare(&self) -> Result<Prepared, Trouble> {
        let mut warnings = Vec::new();
        let look = self.look().await?;
        warnings.extend(self.source_clock.ahead().and_then(clock_warning));
        let ours = whole_second((self.now)());
        let window_start = window_start(look.source_now.unwrap_or(ours), self.settings.sync_days);
        let (id, settings) = (self.id.clone(), self.settings.clone());
        let (source_now, total) = (look.source_now, look.total);
        let clocks = Clocks {
            source: source_now,
            ours: (self.now)(),
        };
        let planned = self
            .store
            .call(move |db| plan(db, &id, &settings, clocks, total, window_start))
            .await;
        let (row, head, columns) = planned.map_err(|error| store_trouble(&error))??;
        Ok(Prepared {
            stream: row.key,
            generation: row.generation,
            columns,
            window_start,
            source_now,
            head,
            warnings,
            requests: look.requests,
        })
    }

    /// The source's time now. A first look asks for it, and counts; later answers keep it.
    async fn look(&self) -> Result<Look, Trouble> {
        let ours = (self.now)();
        if let Some(now) = self.source_clock.proven_now(ours) {
            return Ok(Look {
                source_now: Some(now),
                total: None,
                requests: 0,
            });
        }
        // No query starts before the window, whichever of the two clocks is ahead of the other (by a day at most).
        let days = TimeDelta::days(self.settings.sync_days.into());
        let from = whole_second(ours) - days + TimeDelta::days(1).min(days / 2);
        let probe = match self.source.probe(from).await {
            // Counting the window is not worth failing for: the slices can be halved.
            Err(SourceError::TooSlow(_)) => self
                .source
                .probe(whole_second(ours) - TimeDelta::hours(1))
                .await
                .map(|probe| Probe { total: None, ..probe }),
            other => other,
        };
        let probe = probe.map_err(|error| error.trouble().clone())?;
        self.source_clock.proven(probe.newest.is_some());
        if let Some(total) = probe.total {
            self.progress.set_total(total);
        }
        let ours = (self.now)();
        if let Some(source) = probe.server_time {
            self.source_clock.observe(source, ours);
        }
        let source_now = probe
            .server_time
            .or_else(|| probe.newest.map(|newest| newest.min(whole_second(ours))));
        Ok(Look {
            source_now,
            total: probe.total,
            requests: probe.requests.into(),
        })
    }
}

/// What a first look showed.
struct Look {
    source_now: Option<DateTime<Utc>>,
    total: Option<u64>,
    requests: u64,
}

/// In minutes, for the seconds change from answer to answer.
fn clock_warning(ahead: TimeDelta) -> Option<String> {
    if ahead.abs() <= CLOCK_TOLERANCE {
        return None;
    }
    let side = if ahead > TimeDelta::zero() {
        "ahead of"
    } else {
        "behind"
    };
    let apart = (ahead.abs() + TimeDelta::seconds(30)).num_minutes();
    Some(format!(
        "the service desk's clock is {apart} min {side} ours; is this machine's time right?"
    ))
}

/// Stamps are whole seconds: a range that begins inside one would refuse what stands at its beginning.
fn whole_second(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(time.timestamp(), 0).unwrap_or(time)
}

/// Two clocks at one moment.
#[derive(Debug, Clone, Copy)]
struct Clocks {
    /// The source's, if it is known.
    source: Option<DateTime<Utc>>,
    ours: DateTime<Utc>,
}

type Planned = (StreamRow, Slice, i64);

/// Fingerprints, head, slices wherever the window is not covered, pruning: one transaction.
fn plan(
    db: &Db<'_>,
    id: &StreamId,
    settings: &Settings,
    clocks: Clocks,
    total: Option<u64>,
    window_start: DateTime<Utc>,
) -> Result<Result<Planned, Trouble>, StoreError> {
    let row = db.stream_or_new(id, &settings.prints)?;
    db.settle_resync(row.key)?;
    if !row.prints.source.is_empty() && row.prints.source != settings.prints.source {
        // Whatever the operator decides: it is nothing that an unfinished resync could be a part of.
        db.forget_resync(row.key)?;
        return Ok(Err(another_source(id, &row.prints.source, &settings.prints.source)));
    }
    let head = head(db, &row, || {
        // Without any clock of the source the head itself begins at the window's start: nothing is before it.
        clocks
            .source
            .map_or(window_start, |now| now - settings.overlap)
            .max(window_start)
    })?;
    let head = within_clock(db, &row, head, clocks, settings.overlap, window_start)?;
    let filter_changed = row.prints.filter != settings.prints.filter;
    let sink_changed = row.prints.sink != settings.prints.sink;
    if sink_changed {
        tracing::info!(stream = %id, from = row.prints.sink, to = settings.prints.sink,
            "another destination: the whole window is delivered to it");
        begin_again(db, &row, window_start, settings.overlap)?;
        db.forget_versions(row.key)?;
        db.retry_refused(row.key)?;
    } else if filter_changed {
        tracing::info!(stream = %id, "another filter: the window is read again, what is unchanged is not sent");
        db.read_again(row.key)?;
    }
    if filter_changed || row.prints.source.is_empty() {
        db.restart_sweep(row.key)?;
    }
    // What has left the filter only a sweep can tell.
    if filter_changed && settings.reconcile {
        db.ask_sweep(row.key, Sweep::Nightly)?;
    }
    db.set_prints(row.key, &settings.prints)?;
    let row = db.stream_or_new(id, &settings.prints)?;
    // After another filter or destination nothing is covered, not even what the head has read: it begins where it reads on.
    let end = match &head.position {
        Some(position) if filter_changed || sink_changed => {
            let end = head.from.max(position.time - settings.overlap);
            db.begin_head_at(row.key, end)?;
            end
        }
        _ => head.from,
    };
    lay_missing(
        db,
        &row,
        Range {
            from: window_start,
            to: end.max(window_start),
        },
        total,
    )?;
    // Without the source's clock nothing is taken to have left the window.
    if clocks.source.is_some() {
        leave_window(db, &row, window_start)?;
    }
    let columns = db.column_set(&settings.columns)?;
    let head = self::head(db, &row, || window_start)?;
    Ok(Ok((row, head, columns)))
}

/// The head as it stands; laid if there is none yet.
fn head(db: &Db<'_>, row: &StreamRow, from: impl Fn() -> DateTime<Utc>) -> Result<Slice, StoreError> {
    for _ in 0..2 {
        if let Some(head) = db.slices(row.key)?.into_iter().find(|stored| stored.slice.to.is_none()) {
            return Ok(head.slice);
        }
        db.lay(row.key, row.generation, &[NewSlice { from: from(), to: None }])?;
    }
    Err(StoreError::Corrupt("the head vanished".to_owned()))
}

/// The head, put back if the source's clock was ahead of what it is now: rows stamped since it was set right were not
/// there when the head passed them. Our clock only tells how long ago that was; too far back costs nothing but reading.
fn within_clock(
    db: &Db<'_>,
    row: &StreamRow,
    head: Slice,
    clocks: Clocks,
    overlap: TimeDelta,
    window_start: DateTime<Utc>,
) -> Result<Slice, StoreError> {
    let Some(now) = clocks.source else { return Ok(head) };
    let (ahead, time) = match &head.position {
        Some(position) => {
            let passed = row.head_read.map(|read| (clocks.ours - read).max(TimeDelta::zero()));
            (
                position.time > now + overlap,
                passed.map_or(window_start, |passed| now - passed),
            )
        }
        // It was never read: what is stamped from now on may lie in slices that were.
        None => (head.from > now - overlap, now - overlap),
    };
    if !ahead {
        return Ok(head);
    }
    let time = whole_second(time).max(window_start);
    tracing::warn!(from = %head.at().time, to = %time, "the service desk's clock was set back: the head reads again from there");
    db.put_head_back(row.key, time)?;
    self::head(db, row, || time)
}

fn leave_window(db: &Db<'_>, row: &StreamRow, window_start: DateTime<Utc>) -> Result<(), StoreError> {
    db.drop_slices_before(row.key, window_start)?;
    db.trim_slices(row.key, window_start)?;
    if db.pruning_is_due(row.key, window_start, PRUNE_EVERY)? {
        db.prune_ledger(row.key, window_start)?;
        db.prune_quarantine(row.key, window_start)?;
    }
    db.set_window(row.key, window_start)
}

fn lay_missing(db: &Db<'_>, row: &StreamRow, whole: Range, total: Option<u64>) -> Result<(), StoreError> {
    let stored = db.slices(row.key)?;
    let covered: Vec<Range> = stored
        .iter()
        .filter_map(|s| {
            Some(Range {
                from: s.slice.from,
                to: s.slice.to?,
            })
        })
        .collect();
    let begun = |stored: &StoredSlice| stored.slice.to.is_some() || stored.slice.position.is_some();
    let begun = stored.iter().any(begun);
    for gap in gaps(whole, &covered) {
        // Two answers may place the window's start a second apart; what leaves it within a minute is not worth asking for.
        if gap.from == whole.from && begun && gap.to - gap.from < TimeDelta::minutes(1) {
            continue;
        }
        let tiles = tile(gap, total).into_iter().map(|tile| NewSlice {
            from: tile.from,
            to: Some(tile.to),
        });
        // No resync asked for what lies here: one that did has slices of its own, or the head's.
        db.lay(row.key, Generation::default(), &tiles.collect::<Vec<_>>())?;
    }
    Ok(())
}

fn another_source(id: &StreamId, known: &str, now: &str) -> Trouble {
    Trouble {
        code: codes::ANOTHER_SOURCE.id,
        verdict: Verdict::Stop,
        seen: format!("{id} was read from {known} until now, and is configured to read {now}"),
        means: "what is known of the old one says nothing of the new one".to_owned(),
        remedy: format!(
            "`itsmd resync --connection {c}` to take it as the same service desk, or `itsmd forget --connection {c}` to begin anew",
            c = id.connection
        ),
    }
}

#[cfg(test)]
mod tests;
