//! What must hold: after every life, and when the storm is over.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use itsmd::store::{Quarantined, Store, StoredSlice};

use super::clock;
use super::journal::{Journal, Taken};
use super::life::{OVERLAP, prints, stream_id};
use super::plan::{Config, Product};
use super::world::{Truth, World};

/// A promise that was broken, in words.
pub type Broken = String;

impl World {
    /// Whether a reader with this configuration should have the record as it is now.
    pub fn expects(&self, record: &Truth, config: &Config) -> bool {
        let readable = !(record.bad && self.plan.product == Product::ServiceNow);
        record.visible() && readable && !record.guilty && (record.active || !config.filtered)
    }

    /// From now on no reading meets one of those that are there.
    pub fn miss_one(&self, config: &Config) {
        let inner = &mut *self.lock();
        let from = clock::source() - TimeDelta::days(config.sync_days.into()) + TimeDelta::hours(3);
        let to = clock::source() - TimeDelta::hours(1);
        let there = |record: &&Truth| from < record.stamp && record.stamp < to && self.expects(record, config);
        inner.missed = inner.records.values().find(there).map(|record| record.id.clone());
    }

    /// After a life: no position is ahead of what was accepted.
    pub fn no_position_is_ahead(&self, store: &Store, config: &Config) -> Result<(), Broken> {
        let (row, slices, aside) = store
            .call_here(|db| {
                let row = db.stream(&stream_id())?;
                let slices = row.as_ref().map(|row| db.slices(row.key)).transpose()?;
                Ok((row, slices.unwrap_or_default(), db.quarantine()?))
            })
            .unwrap();
        let Some(row) = row.filter(|row| row.prints == prints(self, config)) else {
            return Ok(());
        };
        let Some(from) = row.window_start else { return Ok(()) };
        let inner = self.lock();
        let latest = inner.journal.latest(config.destination);
        for record in inner.records.values() {
            if record.blind || record.stamp < from || !self.expects(record, config) || is_aside(&aside, record) {
                continue;
            }
            let here = latest.get(record.id.as_str()).and_then(|taken| taken.serial);
            if is_behind(&slices, record.stamp) && here != Some(record.serial) {
                return Err(format!(
                    "a position is ahead: INC{:07} s{} of {} lies behind it, the workspace has {here:?}",
                    record.number, record.serial, record.stamp
                ));
            }
        }
        Ok(())
    }

    /// After a life: what is kept of the days of creation is what a look at every row of the ledger finds.
    pub fn counts_are_the_ledgers(&self, store: &Store) -> Result<(), Broken> {
        let (kept, counted) = store
            .call_here(|db| match db.stream(&stream_id())? {
                Some(row) => db.created_kept_and_counted(row.key),
                None => Ok(Default::default()),
            })
            .unwrap();
        self.lock().trace.add("days counted", counted.len() as u64);
        match kept == counted {
            true => Ok(()),
            false => Err(format!("the counts by day are {kept:?}, the ledger has {counted:?}")),
        }
    }

    /// When it is over: the last visible version of each record in the window is the last one in the workspace.
    pub fn all_is_there(&self, store: &Store, config: &Config, reconciled: bool) -> Result<(), Broken> {
        let aside = store.call_here(|db| db.quarantine()).unwrap();
        let inner = self.lock();
        let latest = inner.journal.latest(config.destination);
        let from = clock::source() - TimeDelta::days(config.sync_days.into());
        for record in inner.records.values().filter(|record| record.stamp >= from) {
            // What was refused twice by accident is tried again with the next sweep.
            let waits_for_the_sweep = record.blind || is_aside(&aside, record);
            if (waits_for_the_sweep && !reconciled) || !self.expects(record, config) {
                continue;
            }
            let here = latest.get(record.id.as_str()).and_then(|taken| taken.serial);
            if here != Some(record.serial) || is_aside(&aside, record) {
                return Err(format!(
                    "INC{:07} s{} of {} r{} is missing: the workspace has {here:?}",
                    record.number, record.serial, record.stamp, record.revision
                ));
            }
        }
        Ok(())
    }

    /// When it is over: only that is set aside which cannot be read, is refused or is hidden, whatever befell it meanwhile.
    pub fn nobody_is_aside_without_fault(&self, store: &Store) -> Result<(), Broken> {
        let aside = store.call_here(|db| db.quarantine()).unwrap();
        let inner = &mut *self.lock();
        inner.trace.add("set aside at the end", aside.len() as u64);
        for entry in aside {
            let named = inner
                .records
                .values()
                .find(|record| is_aside(std::slice::from_ref(&entry), record));
            let bad = |record: &Truth| record.bad && self.plan.product == Product::ServiceNow;
            if !named.is_some_and(|record| record.guilty || record.hidden || bad(record)) {
                return Err(format!("set aside without fault: {:?}", entry.aside));
            }
        }
        Ok(())
    }

    /// When it is over and reconciled: what was delivered and is there no more is marked as gone.
    pub fn what_is_gone_is_marked(&self, config: &Config) -> Result<(), Broken> {
        // Without a `Date` the head stands where the newest row is, and a sweep looks only behind it.
        if self.plan.no_date {
            return Ok(());
        }
        let inner = self.lock();
        // What left the window while the sweep ran is neither asked for nor marked.
        let from = clock::source() - TimeDelta::days(config.sync_days.into()) + TimeDelta::hours(2);
        let from = from.max(inner.journal.pruned);
        // What was in flight at a crash and left the filter before it came again was never written down.
        let known = |taken: &Taken| inner.journal.batches[taken.batch].settled;
        for (id, taken) in inner.journal.latest(config.destination) {
            let record = &inner.records[id];
            let is_gone = !record.visible() || (config.filtered && !record.active);
            if is_gone && taken.serial.is_some() && taken.modified >= from && known(taken) {
                return Err(format!(
                    "INC{:07} s{} of {} is gone, and the workspace has {:?} of {}",
                    record.number, record.serial, record.stamp, taken.serial, taken.modified
                ));
            }
        }
        Ok(())
    }

    /// Of no record an older version came after a newer one, and none came that was never there.
    pub fn nothing_goes_back(&self) -> Result<(), Broken> {
        let inner = self.lock();
        let mut last: BTreeMap<(usize, &str), u32> = BTreeMap::new();
        for taken in &inner.journal.taken {
            let Some(serial) = taken.serial else { continue };
            let truth = inner.records.get(&taken.record).ok_or("a record that never was")?;
            let before = last.insert((taken.destination, &taken.record), serial).unwrap_or(0);
            if serial > truth.serial {
                return Err(format!("INC{:07}: s{serial} never was", truth.number));
            }
            // Two versions of one stamp and one revision cannot be told apart by whoever reads them.
            if serial < before && !truth.silent {
                return Err(format!("INC{:07}: s{serial} came after s{before}", truth.number));
            }
        }
        Ok(())
    }

    /// No version came twice, but for what could not be known to have been taken, and what was asked for again.
    pub fn nothing_comes_twice(&self) -> Result<(), Broken> {
        let inner = &mut *self.lock();
        let mut groups: BTreeMap<(usize, &str), Group<'_>> = BTreeMap::new();
        let mut repeats = 0;
        for taken in &inner.journal.taken {
            let key = (taken.destination, taken.record.as_str());
            match groups
                .get_mut(&key)
                .filter(|group| group.first.version == taken.version)
            {
                Some(group) => {
                    group.rows += 1;
                    repeats += 1;
                    group.unknown += usize::from(!inner.journal.batches[taken.batch].settled);
                    group.check(taken, &inner.journal)?;
                }
                None => {
                    let unknown = usize::from(!inner.journal.batches[taken.batch].settled);
                    let group = Group {
                        first: taken,
                        rows: 1,
                        unknown,
                    };
                    groups.insert(key, group);
                }
            }
        }
        inner.trace.add("rows repeated with reason", repeats);
        Ok(())
    }

    /// No request before its permit: never more in any 60 seconds, never more at once, none in a pause.
    pub fn every_request_was_permitted(&self, life: u32, config: &Config) -> Result<(), Broken> {
        let inner = self.lock();
        let asked: Vec<_> = inner.journal.asked.iter().filter(|asked| asked.life == life).collect();
        let most = config.requests_per_minute as usize;
        for (place, asked_now) in asked.iter().enumerate() {
            if asked_now.in_flight > config.max_concurrent {
                return Err(format!("{} requests at once at {}", asked_now.in_flight, asked_now.at));
            }
            let window = asked.get(place + most);
            if window.is_some_and(|later| later.at - asked_now.at < TimeDelta::seconds(60)) {
                return Err(format!("more than {most} requests in the minute from {}", asked_now.at));
            }
            let pause = inner
                .journal
                .pauses
                .iter()
                .find(|(of, from, until)| *of == life && asked_now.at > *from && asked_now.at < *until);
            if let Some((_, from, until)) = pause {
                return Err(format!(
                    "a request at {} in the pause from {from} to {until}",
                    asked_now.at
                ));
            }
        }
        Ok(())
    }
}

/// Deliveries of one version of one record, one after the other.
struct Group<'a> {
    first: &'a Taken,
    rows: usize,
    /// So many of them the process could not know to have been taken.
    unknown: usize,
}

impl Group<'_> {
    fn check(&self, last: &Taken, journal: &Journal) -> Result<(), Broken> {
        // A page bears the generation it was planned with: a resync counts from when the first one's run began.
        let since = journal.runs.get(&self.first.run).copied().unwrap_or(self.first.at);
        let wanted = journal
            .again
            .iter()
            .filter(|at| **at >= since && **at <= last.at)
            .count();
        // What the last batch lacks says nothing about why it came.
        let excused = self.unknown - usize::from(!journal.batches[last.batch].settled) + wanted;
        if self.rows - 1 > excused {
            return Err(format!(
                "{} {:?} came {} times, the last at {}, and only {excused} of the repeats had a reason",
                last.record, last.serial, self.rows, last.at
            ));
        }
        Ok(())
    }
}

fn is_aside(aside: &[Quarantined], record: &Truth) -> bool {
    let number = format!("INC{:07}", record.number);
    aside.iter().any(|entry| entry.aside.number == number)
}

/// Whether everything stamped then counts as read, whatever became visible late.
fn is_behind(slices: &[StoredSlice], stamp: DateTime<Utc>) -> bool {
    let mut behind = false;
    for StoredSlice { slice, complete } in slices {
        let read_to = slice.position.as_ref().map_or(slice.from, |position| position.time);
        match slice.to {
            None => behind |= slice.from <= stamp && stamp < read_to - OVERLAP,
            Some(to) if *complete => behind |= slice.from <= stamp && stamp < to,
            Some(to) if read_to <= stamp && stamp < to => return false,
            Some(_) => behind |= slice.from <= stamp && stamp < read_to,
        }
    }
    behind
}
