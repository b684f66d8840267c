//! A believable service desk from a seed: the same settings give the same items, to the second.
//!
//! People open most things on weekday mornings, priorities follow from impact and urgency, states only go
//! forward, urgent things go faster, the rest waits for working hours. Every ten days or so something big
//! breaks and dozens of incidents come within minutes; every night at one a job closes what was resolved
//! three days before, all in one second.

mod change;
mod incident;
mod people;
mod rhythm;
#[cfg(test)]
mod tests;
mod texts;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chrono::{DateTime, Duration, DurationRound, Utc};

use super::item::{Item, State};
use crate::model::WorkItemKind;

/// What a desk is like.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldSettings {
    /// Equal seeds give equal worlds.
    pub seed: u64,
    /// The end of its history.
    pub now: DateTime<Utc>,
    /// The length of its history.
    pub days: u32,
    /// Incidents opened in a mean day, outages aside.
    pub incidents_per_day: f64,
    /// Changes raised in a mean day.
    pub changes_per_day: f64,
}

impl WorldSettings {
    /// A desk of ten days with some 400 incidents and 50 changes.
    pub fn small(seed: u64, now: DateTime<Utc>) -> Self {
        Self {
            seed,
            now,
            days: 10,
            incidents_per_day: 40.0,
            changes_per_day: 5.0,
        }
    }
}

/// A desk and its people.
#[derive(Debug)]
pub struct World {
    settings: WorldSettings,
    dice: fastrand::Rng,
    now: DateTime<Utc>,
    items: Vec<Item>,
    agenda: BinaryHeap<Reverse<(DateTime<Utc>, u64, Event)>>,
    sequence: u64,
    incidents: u32,
    changes: u32,
    /// How much faster than usual everything goes.
    pace: f64,
    /// Incidents that wait for the nightly job.
    resolved: Vec<usize>,
}

/// Something that will happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A minute begins: who will call in it?
    Minute,
    /// The nightly job.
    Night,
    /// Somebody opens an incident; of an outage, if it has a number.
    Incident(Option<u32>),
    /// Somebody raises a change.
    Change,
    /// An item takes its next step.
    Step(usize),
}

impl World {
    /// A desk with its whole history behind it.
    pub fn new(settings: WorldSettings) -> Self {
        let mut world = Self::unborn(settings);
        let now = world.settings.now;
        world.live(now, &mut |_| {});
        world
    }

    /// The current version of every item, in order of creation.
    pub fn history(&self) -> Vec<Item> {
        self.items.clone()
    }

    /// The current version of every item, in order of creation, borrowed.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Every version there was until the settings' `now`, in order of time.
    pub fn versions(&self) -> Vec<Item> {
        let mut again = Self::unborn(self.settings.clone());
        again.advance(self.settings.now)
    }

    /// Lives on until `to`: the versions made on the way, in order of time.
    pub fn advance(&mut self, to: DateTime<Utc>) -> Vec<Item> {
        let mut versions = Vec::new();
        self.live(to, &mut |item| versions.push(item.clone()));
        versions
    }

    /// The time in this world.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// How busy desks are at this hour, 1 on average: small at night and at weekends.
    pub fn busyness(at: DateTime<Utc>) -> f64 {
        rhythm::weight(at)
    }

    /// Lets everything from now on happen so many times faster; the clock goes as before.
    pub fn hurry(&mut self, pace: f64) {
        let faster = pace / self.pace;
        self.pace = pace;
        let now = self.now;
        self.agenda = self
            .agenda
            .drain()
            .map(|Reverse((at, sequence, event))| match event {
                Event::Step(_) if at > now => Reverse((now + divided(at - now, faster), sequence, event)),
                Event::Step(_) | Event::Minute | Event::Night | Event::Incident(_) | Event::Change => {
                    Reverse((at, sequence, event))
                }
            })
            .collect();
    }

    fn unborn(settings: WorldSettings) -> Self {
        let start = settings.now - Duration::days(settings.days.into());
        let start = start.duration_trunc(Duration::minutes(1)).unwrap_or(start);
        let mut world = Self {
            dice: fastrand::Rng::with_seed(settings.seed),
            settings,
            now: start,
            items: Vec::new(),
            agenda: BinaryHeap::new(),
            sequence: 0,
            incidents: 10_000,
            changes: 30_000,
            pace: 1.0,
            resolved: Vec::new(),
        };
        world.plan(start, Event::Minute);
        let night = start.duration_trunc(Duration::days(1)).unwrap_or(start) + Duration::hours(25);
        world.plan(night, Event::Night);
        world
    }

    fn plan(&mut self, at: DateTime<Utc>, event: Event) {
        self.sequence += 1;
        self.agenda.push(Reverse((at, self.sequence, event)));
    }

    /// Plans the next step of an item, after a delay at the usual pace.
    fn step_after(&mut self, place: usize, delay: Duration) {
        let at = self.now + divided(delay, self.pace).max(Duration::seconds(1));
        self.plan(at, Event::Step(place));
    }

    fn live(&mut self, to: DateTime<Utc>, seen: &mut dyn FnMut(&Item)) {
        while let Some(Reverse((at, _, event))) = self.agenda.peek().copied() {
            if at > to {
                break;
            }
            self.agenda.pop();
            self.now = self.now.max(at);
            match event {
                Event::Minute => self.minute(),
                Event::Night => self.night(seen),
                Event::Incident(outage) => {
                    let item = incident::open(self, outage);
                    seen(&item);
                    self.items.push(item);
                }
                Event::Change => {
                    let item = change::open(self);
                    seen(&item);
                    self.items.push(item);
                }
                Event::Step(place) => self.step(place, seen),
            }
        }
        self.now = self.now.max(to);
    }

    fn minute(&mut self) {
        let weight = rhythm::weight(self.now) * self.pace / 1440.0;
        for _ in 0..rhythm::poisson(&mut self.dice, self.settings.incidents_per_day * weight) {
            let at = self.now + Duration::seconds(self.dice.i64(0..60));
            self.plan(at, Event::Incident(None));
        }
        for _ in 0..rhythm::poisson(&mut self.dice, self.settings.changes_per_day * weight) {
            let at = self.now + Duration::seconds(self.dice.i64(0..60));
            self.plan(at, Event::Change);
        }
        if self.settings.incidents_per_day > 0.0 && self.dice.f64() < 1.0 / 14_400.0 {
            let outage = self.dice.u32(1..u32::MAX);
            for _ in 0..40 {
                let at = self.now + Duration::seconds(self.dice.i64(0..420));
                self.plan(at, Event::Incident(Some(outage)));
            }
        }
        self.plan(self.now + Duration::minutes(1), Event::Minute);
    }

    fn night(&mut self, seen: &mut dyn FnMut(&Item)) {
        let now = self.now;
        let before = now - Duration::days(3);
        let items = &mut self.items;
        self.resolved.retain(|place| {
            let Some(item) = items.get_mut(*place) else {
                return false;
            };
            if item.state != State::Resolved {
                return false;
            }
            let due = item.resolved_at.is_some_and(|at| at <= before);
            if due {
                incident::close(item, "System Administrator", now);
                touch(item, now);
                seen(item);
            }
            !due
        });
        self.plan(now + Duration::days(1), Event::Night);
    }

    fn step(&mut self, place: usize, seen: &mut dyn FnMut(&Item)) {
        let Some(mut item) = self.items.get(place).cloned() else {
            return;
        };
        let changed = match item.kind {
            WorkItemKind::Incident => incident::step(self, place, &mut item),
            WorkItemKind::ChangeRequest => change::step(self, place, &mut item),
        };
        if !changed {
            return;
        }
        touch(&mut item, self.now);
        seen(&item);
        if let Some(old) = self.items.get_mut(place) {
            *old = item;
        }
    }

    fn id(&mut self) -> String {
        format!("{:032x}", self.dice.u128(..))
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.dice.f64() < probability
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.dice.usize(0..from.len())]
    }
}

fn touch(item: &mut Item, now: DateTime<Utc>) {
    item.modified = now;
    item.revision += 1;
}

fn divided(span: Duration, by: f64) -> Duration {
    if (by - 1.0).abs() < f64::EPSILON {
        return span;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    Duration::seconds((span.num_seconds() as f64 / by) as i64)
}
