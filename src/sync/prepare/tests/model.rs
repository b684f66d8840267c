//! The world that slices are held against: two clocks, a configuration, two workers, and what was really read.

use chrono::{DateTime, TimeDelta, Utc};

mod promises;

use self::promises::head_begins;
use super::Step;
use crate::model::window::{Range, middle, window_start};
use crate::model::{ConnectionName, Partner, Position, Slice, StreamId, WorkItemKind};
use crate::store::{Db, Prints, Store, StoreError, StoredSlice, StreamRow};
use crate::sync::head::leave_missed;
use crate::sync::prepare::{Clocks, plan};
use crate::sync::resync::{Resync, resync};
use crate::sync::stream::Settings;

const OVERLAP: TimeDelta = TimeDelta::minutes(5);

/// Two answers may place the window's start a little apart.
const SLACK: TimeDelta = TimeDelta::minutes(1);

/// Runs a story in one transaction that is undone: no state file is written.
pub fn undone(store: &Store, story: impl FnOnce(&Db<'_>) -> Result<(), String>) -> Result<(), String> {
    let mut told = Ok(());
    let _ = store.call_here(|db| -> Result<(), StoreError> {
        told = story(db);
        Err(StoreError::Corrupt("undone".to_owned()))
    });
    told
}

/// A worker with the slice as it was when it began.
#[derive(Debug)]
struct Worker {
    slice: Slice,
    /// Where it reads on.
    at: DateTime<Utc>,
    /// Where it will be through.
    to: DateTime<Utc>,
    began: DateTime<Utc>,
}

pub struct World<'d> {
    db: &'d Db<'d>,
    id: StreamId,
    settings: Settings,
    ours: DateTime<Utc>,
    /// The source's clock is behind ours by this.
    behind: TimeDelta,
    /// The source's clock and the window's start at the last plan; nothing where it has to be planned anew.
    planned: Option<(DateTime<Utc>, DateTime<Utc>)>,
    changes: u32,
    head: Option<Worker>,
    rest: Option<Worker>,
    /// What was read, and need not be read again.
    read: Vec<Range>,
}

impl<'d> World<'d> {
    pub fn new(db: &'d Db<'d>) -> Self {
        let prints = Prints {
            source: "desk".into(),
            filter: String::new(),
            sink: "rows".into(),
        };
        Self {
            db,
            id: StreamId {
                connection: ConnectionName::new("contoso"),
                kind: WorkItemKind::Incident,
            },
            settings: Settings {
                sync_days: 3,
                overlap: OVERLAP,
                page_size: 100,
                max_concurrent: 2,
                prints,
                columns: "columns".into(),
                log: false,
                reconcile: false,
                deletions: false,
                max_deletions: 50,
                partner: Partner::ServiceNow,
                patient: false,
            },
            ours: DateTime::from_timestamp(1_795_000_000, 0).unwrap(),
            behind: TimeDelta::zero(),
            planned: None,
            changes: 0,
            head: None,
            rest: None,
            read: Vec::new(),
        }
    }

    /// The source's clock.
    fn now(&self) -> DateTime<Utc> {
        self.ours - self.behind
    }

    pub fn take(&mut self, step: &Step) -> Result<(), StoreError> {
        match *step {
            Step::Plan(total) => self.plan(total)?,
            Step::Pass(seconds) => self.ours += TimeDelta::seconds(seconds.into()),
            Step::ClockBack(seconds) => self.clock_back(seconds)?,
            Step::Days(days) => self.settings.sync_days = days,
            Step::Filter => {
                self.settings.prints.filter = self.another();
                self.reload();
            }
            Step::Destination => {
                self.settings.prints.sink = self.another();
                self.reload();
            }
            Step::Resync(before) => self.resync(before)?,
            Step::Cancel => {
                if let Some(stream) = self.stream()? {
                    self.db.cancel_resync(stream.key)?;
                }
            }
            Step::TakeHead => self.take_head()?,
            Step::TakeSlice(index) => self.take_slice(index)?,
            Step::HeadOn(eighths) => self.head_on(eighths)?,
            Step::LeaveToSlices => self.leave_to_slices()?,
            Step::SliceOn(eighths) => self.slice_on(eighths)?,
            Step::Halve => self.halve()?,
        }
        Ok(())
    }

    /// Records may appear once more where everything was read. The next run begins before the clock has caught up.
    fn clock_back(&mut self, seconds: u32) -> Result<(), StoreError> {
        self.behind += TimeDelta::seconds(seconds.into());
        self.unread_since(self.now());
        (self.head, self.rest) = (None, None);
        self.plan(None)
    }

    fn another(&mut self) -> String {
        self.changes += 1;
        format!("another {}", self.changes)
    }

    /// Another configuration: its workers begin anew, and what was read before is worth nothing.
    fn reload(&mut self) {
        (self.head, self.rest) = (None, None);
        self.read.clear();
        self.planned = None;
    }

    fn stream(&self) -> Result<Option<StreamRow>, StoreError> {
        self.db.stream(&self.id)
    }

    fn slices(&self) -> Result<Vec<StoredSlice>, StoreError> {
        self.stream()?.map_or(Ok(Vec::new()), |row| self.db.slices(row.key))
    }

    fn plan(&mut self, total: Option<u64>) -> Result<(), StoreError> {
        let now = self.now();
        let start = window_start(now, self.settings.sync_days);
        let clocks = Clocks {
            source: Some(now),
            ours: self.ours,
        };
        let planned = plan(self.db, &self.id, &self.settings, clocks, total, start)?;
        assert!(planned.is_ok(), "the source is the same");
        self.planned = Some((now, start));
        Ok(())
    }

    fn resync(&mut self, before: Option<u32>) -> Result<(), StoreError> {
        let Some(stream) = self.stream()? else { return Ok(()) };
        let since = before.map(|seconds| self.now() - TimeDelta::seconds(seconds.into()));
        if let Resync::Laid { since, .. } = resync(self.db, &stream, since, OVERLAP)? {
            self.unread_since(since);
        }
        Ok(())
    }

    fn take_head(&mut self) -> Result<(), StoreError> {
        let Some((now, start)) = self.planned else {
            return Ok(());
        };
        let Some(head) = self
            .slices()?
            .into_iter()
            .map(|stored| stored.slice)
            .find(|slice| slice.to.is_none())
        else {
            return Ok(());
        };
        self.head = Some(Worker {
            at: head_begins(&head, now).max(start),
            to: self.now(),
            began: self.ours,
            slice: head,
        });
        Ok(())
    }

    fn take_slice(&mut self, index: usize) -> Result<(), StoreError> {
        let Some((_, start)) = self.planned else { return Ok(()) };
        let open: Vec<Slice> = self
            .slices()?
            .into_iter()
            .filter(|stored| !stored.complete)
            .map(|stored| stored.slice)
            .filter(|slice| slice.to.is_some())
            .collect();
        let Some(slice) = open.get(index % open.len().max(1)).cloned() else {
            return Ok(());
        };
        let Some(to) = slice.to else { return Ok(()) };
        self.rest = Some(Worker {
            at: slice.at().time.max(start),
            to,
            began: self.ours,
            slice,
        });
        Ok(())
    }

    fn head_on(&mut self, eighths: u8) -> Result<(), StoreError> {
        let Some(mut worker) = self.head.take() else {
            return Ok(());
        };
        let (end, after) = worker.goes_to(eighths);
        let before = worker.slice.position.clone();
        if before.as_ref().is_some_and(|before| after.time <= before.time) {
            // The head never goes back; the worker reads on.
            if !end {
                self.head = Some(worker);
            }
            return Ok(());
        }
        let (id, generation) = (worker.slice.id, worker.slice.generation);
        if !self
            .db
            .commit_position(id, generation, before.as_ref(), &after, false)?
        {
            return Ok(());
        }
        self.was_read_now(worker.at, after.time);
        if end {
            let stream = self.stream()?.map(|row| row.key);
            return stream.map_or(Ok(()), |stream| self.db.set_head_read(stream, worker.began));
        }
        worker.slice.position = Some(after);
        self.head = Some(worker);
        Ok(())
    }

    fn leave_to_slices(&mut self) -> Result<(), StoreError> {
        let (Some(worker), Some((now, start)), Some(row)) = (self.head.take(), self.planned, self.stream()?) else {
            return Ok(());
        };
        let left = leave_missed(self.db, row.key, worker.slice.generation, now, OVERLAP, start)?;
        self.head = left.flatten().map(|head| Worker {
            at: head_begins(&head, now).max(start),
            slice: head,
            ..worker
        });
        Ok(())
    }

    fn slice_on(&mut self, eighths: u8) -> Result<(), StoreError> {
        let Some(mut worker) = self.rest.take() else {
            return Ok(());
        };
        let (end, after) = worker.goes_to(eighths);
        let now_ends = self
            .slices()?
            .into_iter()
            .find(|stored| stored.slice.id == worker.slice.id);
        let now_ends = now_ends.and_then(|stored| stored.slice.to).unwrap_or(worker.at);
        let (id, generation, before) = (worker.slice.id, worker.slice.generation, worker.slice.position.clone());
        if !self.db.commit_position(id, generation, before.as_ref(), &after, end)? {
            return Ok(());
        }
        // What another slice has taken over meanwhile is that one's to read.
        self.was_read_now(worker.at, after.time.min(now_ends));
        worker.at = after.time;
        worker.slice.position = Some(after);
        self.rest = (!end).then_some(worker);
        Ok(())
    }

    fn halve(&mut self) -> Result<(), StoreError> {
        let Some(worker) = self.rest.take() else { return Ok(()) };
        if let Some(at) = self.db.unread(worker.slice.id)?.and_then(middle) {
            self.db.halve_slice(worker.slice.id, at)?;
        }
        Ok(())
    }

    fn was_read_now(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) {
        if from < to {
            self.read.push(Range { from, to });
        }
    }

    fn unread_since(&mut self, since: DateTime<Utc>) {
        for range in &mut self.read {
            range.to = range.to.min(since);
        }
        self.read.retain(|range| range.from < range.to);
    }
}

impl Worker {
    /// Whether it is through after so many eighths of what is left, and where it is.
    fn goes_to(&self, eighths: u8) -> (bool, Position) {
        let left = (self.to - self.at).max(TimeDelta::zero());
        if eighths >= 8 {
            return (true, Position::before(self.to.max(self.at)));
        }
        let time = self.at + TimeDelta::seconds(left.num_seconds() * i64::from(eighths) / 8);
        let rest = if eighths.is_multiple_of(2) { "an id" } else { "" };
        (
            false,
            Position {
                time,
                rest: rest.into(),
            },
        )
    }
}
