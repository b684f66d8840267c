//! Step one: what is to be read, from stored state and the source's clock alone.

use chrono::{DateTime, TimeDelta, Utc};

use super::resync::resync;
use super::stream::{Stream, store_trouble};
use crate::model::window::{Range, gaps, tile, window_start};
use crate::model::{Generation, Slice, StreamId, Trouble, Verdict};
use crate::sink::Sink;
use crate::source::Source;
use crate::store::{Db, NewSlice, StoreError, StreamKey, StreamRow};

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
    pub head: Slice,
    /// What the operator should know, though nothing failed.
    pub warnings: Vec<String>,
    /// Requests it took.
    pub requests: u64,
}

impl<S: Source, K: Sink> Stream<S, K> {
    pub(super) async fn prepare(&self) -> Result<Prepared, Trouble> {
        let mut warnings = Vec::new();
        let (source_now, requests) = self.source_time(&mut warnings).await?;
        let window_start = window_start(
            source_now.unwrap_or_else(|| whole_second((self.now)())),
            self.settings.sync_days,
        );
        let (id, settings) = (self.id.clone(), self.settings.clone());
        let planned = self
            .store
            .call(move |db| plan(db, &id, &settings, source_now, window_start))
            .await;
        let (row, head, columns) = planned.map_err(|error| store_trouble(&error))??;
        Ok(Prepared {
            stream: row.key,
            generation: row.generation,
            columns,
            window_start,
            head,
            warnings,
            requests,
        })
    }

    /// The source's time now. A first look asks for it; later answers keep it.
    async fn source_time(&self, warnings: &mut Vec<String>) -> Result<(Option<DateTime<Utc>>, u64), Trouble> {
        let ours = (self.now)();
        if let Some(now) = self.source_clock.now(ours) {
            return Ok((Some(now), 0));
        }
        let from = window_start(whole_second(ours), self.settings.sync_days);
        let probe = self.source.probe(from).await.map_err(|error| error.trouble().clone())?;
        if let Some(total) = probe.total {
            self.progress.set_total(total);
        }
        if let (Some(total @ 1..), None) = (probe.total, probe.newest) {
            warnings.push(format!(
                "{total} records match, but the user may read none of them: check its roles and the table's access rules"
            ));
        }
        let ours = (self.now)();
        let source = probe
            .server_time
            .or_else(|| probe.newest.map(|newest| newest.min(ours)));
        if let Some(source) = source.filter(|_| probe.server_time.is_some()) {
            self.source_clock.observe(source, ours);
            if (source - ours).abs() > CLOCK_TOLERANCE {
                let ahead = (source - ours).num_seconds();
                warnings.push(format!(
                    "the service desk's clock is {ahead} s ahead of ours; is this machine's time right?"
                ));
            }
        }
        Ok((source, probe.requests.into()))
    }
}

/// Stamps are whole seconds: a range that begins inside one would refuse what stands at its beginning.
fn whole_second(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(time.timestamp(), 0).unwrap_or(time)
}

type Planned = (StreamRow, Slice, i64);

/// Fingerprints, head, slices wherever the window is not covered, pruning: one transaction.
fn plan(
    db: &Db<'_>,
    id: &StreamId,
    settings: &Settings,
    source_now: Option<DateTime<Utc>>,
    window_start: DateTime<Utc>,
) -> Result<Result<Planned, Trouble>, StoreError> {
    let mut row = db.stream_or_new(id, &settings.prints)?;
    if !row.prints.source.is_empty() && row.prints.source != settings.prints.source {
        return Ok(Err(another_source(id, &row.prints.source, &settings.prints.source)));
    }
    let head = match db.slices(row.key)?.into_iter().find(|stored| stored.slice.to.is_none()) {
        Some(head) => head.slice,
        None => {
            // Without any clock of the source the head itself begins at the window's start: nothing is before it.
            let from = source_now
                .map_or(window_start, |now| now - settings.overlap)
                .max(window_start);
            db.lay(row.key, row.generation, &[NewSlice { from, to: None }])?;
            db.slices(row.key)?.swap_remove(0).slice
        }
    };
    let filter_changed = row.prints.filter != settings.prints.filter;
    if row.prints.sink != settings.prints.sink {
        tracing::info!(stream = %id, from = row.prints.sink, to = settings.prints.sink,
            "another destination: the whole window is delivered to it");
        row.window_start.get_or_insert(window_start);
        resync(db, &row, None, settings.overlap)?;
    } else if filter_changed {
        tracing::info!(stream = %id, "another filter: the window is read again, what is unchanged is not sent");
        db.drop_slices_since(row.key, DateTime::UNIX_EPOCH)?;
    }
    db.set_prints(row.key, &settings.prints)?;
    let row = db.stream_or_new(id, &settings.prints)?;
    // After another filter nothing is covered, not even what the head has read.
    let end = match &head.position {
        Some(position) if filter_changed => position.time - settings.overlap,
        _ => head.from,
    };
    lay_missing(
        db,
        &row,
        Range {
            from: window_start,
            to: end.max(window_start),
        },
    )?;
    db.drop_slices_before(row.key, window_start)?;
    if row
        .window_start
        .is_none_or(|known| window_start - known >= PRUNE_EVERY || window_start < known)
    {
        db.prune_ledger(row.key, window_start)?;
        db.prune_quarantine(row.key, window_start)?;
        db.set_window(row.key, window_start)?;
    }
    let columns = db.column_set(&settings.columns)?;
    Ok(Ok((row, head, columns)))
}

fn lay_missing(db: &Db<'_>, row: &StreamRow, whole: Range) -> Result<(), StoreError> {
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
    for gap in gaps(whole, &covered) {
        let tiles = tile(gap).into_iter().map(|tile| NewSlice {
            from: tile.from,
            to: Some(tile.to),
        });
        db.lay(row.key, row.generation, &tiles.collect::<Vec<_>>())?;
    }
    Ok(())
}

fn another_source(id: &StreamId, known: &str, now: &str) -> Trouble {
    Trouble {
        code: "ITSMD-SY-001",
        verdict: Verdict::Stop,
        seen: format!("{id} was read from {known} until now, and is configured to read {now}"),
        means: "what is known of the old one says nothing of the new one".to_owned(),
        remedy: format!(
            "`itsmd resync --connection {c}` to take it as the same service desk, or `itsmd forget --connection {c}` to begin anew",
            c = id.connection
        ),
    }
}
