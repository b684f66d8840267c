//! What people do at the service desk while it storms.

use std::time::Duration;

use chrono::TimeDelta;

use super::clock;
use super::world::{Truth, World};

/// A change becomes visible at most so long after its stamp, less what a node's clock is ahead: the overlap is five minutes.
const LATEST: i64 = 290;

impl World {
    /// Changes things for ever.
    pub async fn live(&self) {
        loop {
            let pause = {
                let most = self.plan.pause.as_millis() as u64;
                self.lock().dice.u64(1..=most * 2)
            };
            self.until(Duration::from_millis(pause)).await;
            let changes = if self.lock().dice.u32(0..16) == 0 { 8 } else { 1 };
            for _ in 0..changes {
                if !self.lock().still {
                    self.act();
                }
            }
        }
    }

    /// Lets time pass; what is late becomes visible when it is due.
    pub async fn until(&self, pause: Duration) {
        let end = clock::source() + pause;
        loop {
            let due = self.lock().late.iter().map(|(due, _)| *due).min();
            let next = due.filter(|due| *due < end).unwrap_or(end);
            tokio::time::sleep((next - clock::source()).to_std().unwrap_or_default()).await;
            self.commit_late();
            if next == end {
                return;
            }
        }
    }

    fn commit_late(&self) {
        let now = clock::source();
        let due: Vec<Truth> = {
            let mut inner = self.lock();
            let (due, later) = std::mem::take(&mut inner.late)
                .into_iter()
                .partition(|(due, _)| *due <= now);
            inner.late = later;
            let due: Vec<_> = due;
            due.into_iter().map(|(_, record)| record).collect()
        };
        for record in due {
            self.tell("commits late", &record);
            self.publish(record);
        }
    }

    fn tell(&self, what: &'static str, record: &Truth) {
        let mut inner = self.lock();
        inner.trace.count(what);
        inner.trace.note(|| {
            format!(
                "desk {what} INC{:07} s{} {} r{}",
                record.number,
                record.serial,
                record.stamp.format("%dT%H:%M:%S"),
                record.revision
            )
        });
    }

    fn act(&self) {
        let (roll, flip) = {
            let dice = &mut self.lock().dice;
            (dice.u32(0..100), dice.bool())
        };
        match roll {
            0..=13 => self.create(),
            14..=56 => self.update("updates", |_| {}),
            57..=64 => (0..3).for_each(|_| self.update("updates thrice", |_| {})),
            65..=73 => self.late(),
            74..=75 => self.burst(),
            76..=80 => self.update("activates", |record| record.active = !record.active),
            81..=83 => self.update("spoils", |record| record.bad = !record.bad),
            84..=85 => self.accuse(),
            86..=87 => self.update("post-dates", |record| record.stamp += TimeDelta::minutes(14)),
            _ if !self.plan.blind => self.update("updates", |_| {}),
            88..=90 => self.unseen("hides or shows", |record| record.hidden = !record.hidden),
            91..=92 => self.unseen("deletes", |record| record.exists = false),
            93..=96 => self.unseen("updates silently", |record| {
                record.serial += 1;
                record.silent = true;
            }),
            _ if flip => self.back_date(),
            _ => self.unseen("hides", |record| record.hidden = true),
        }
    }

    /// Any record that somebody could work on.
    fn pick(&self) -> Option<Truth> {
        let mut inner = self.lock();
        let at_hand = |record: &&Truth| record.exists && !record.locked;
        let count = inner.records.values().filter(at_hand).count();
        if count == 0 {
            return None;
        }
        let place = inner.dice.usize(0..count);
        inner.records.values().filter(at_hand).nth(place).cloned()
    }

    fn create(&self) {
        let record = self.lock().born(clock::stamp());
        self.tell("creates", &record);
        self.publish(record);
    }

    fn update(&self, what: &'static str, change: impl Fn(&mut Truth)) {
        let Some(mut record) = self.pick() else { return };
        next_version(&mut record);
        change(&mut record);
        self.tell(what, &record);
        self.publish(record);
    }

    /// What the workspace will refuse; a few only, for many without a good one among them are the workspace's own fault.
    fn accuse(&self) {
        let guilty = self.lock().records.values().filter(|record| record.guilty).count();
        self.update("makes guilty", |record| record.guilty = !record.guilty && guilty < 8);
    }

    /// An update inside a transaction that takes minutes.
    fn late(&self) {
        let Some(record) = self.pick() else { return };
        let mut next = record.clone();
        next_version(&mut next);
        // Somebody else's clock stamped it already into the future: it cannot be late.
        if next.stamp > clock::stamp() {
            return;
        }
        let latest = LATEST - self.plan.nodes;
        let due = clock::source() + TimeDelta::seconds(self.lock().dice.i64(1..latest));
        self.tell("begins late", &next);
        let mut inner = self.lock();
        inner.late.push((due, next));
        if let Some(record) = inner.records.get_mut(&record.id) {
            record.locked = true;
        }
    }

    /// An import: many with one stamp.
    fn burst(&self) {
        let most = self.lock().dice.u32(3..24);
        (0..most).for_each(|_| self.create());
    }

    fn unseen(&self, what: &'static str, change: impl Fn(&mut Truth)) {
        let Some(mut record) = self.pick() else { return };
        change(&mut record);
        record.blind = true;
        self.tell(what, &record);
        self.publish(record);
    }

    fn back_date(&self) {
        let ago = TimeDelta::seconds(self.lock().dice.i64(600..90_000));
        let mut record = self.lock().born(clock::stamp() - ago);
        record.blind = true;
        self.tell("imports back-dated", &record);
        self.publish(record);
    }
}

/// Stamps never go back: a record that was stamped into the future keeps that stamp until it is reached.
fn next_version(record: &mut Truth) {
    record.serial += 1;
    record.revision += 1;
    record.stamp = record.stamp.max(clock::stamp());
    record.locked = false;
    // Whatever was missed of it before, this version is found, if it can be seen.
    record.blind = record.hidden;
}
