//! The life of an incident: opened, taken, perhaps handed on or put on hold, resolved, closed.

use chrono::{DateTime, Duration, Utc};

use super::super::item::{Item, State};
use super::texts::{self, INCIDENTS, OUTAGES, Text};
use super::{World, people, rhythm};
use crate::model::WorkItemKind;

/// Opens one and plans its first step; its place will be the end of the list.
pub(super) fn open(world: &mut World, outage: Option<u32>) -> Item {
    let (text, ci) = subject(world, outage);
    let (impact, urgency) = match outage {
        Some(_) => (1, world.dice.u8(1..=2)),
        None => (weighted(world, [6, 24]), weighted(world, [10, 35])),
    };
    let contact = world.pick(&["phone", "phone", "email", "self-service", "self-service", "monitoring"]);
    let group = if outage.is_some() {
        text.group
    } else {
        world.pick(&["Service Desk", text.group])
    };
    world.incidents += 1;
    let item = Item {
        number: format!("INC{:07}", world.incidents),
        urgency,
        impact,
        priority: impact + urgency - 1,
        subcategory: Some(text.subcategory.to_owned()),
        contact_type: contact.to_owned(),
        assignment_group: group.to_owned(),
        ..texts::written(world, WorkItemKind::Incident, text, ci)
    };
    after(world, world.items.len(), item.priority, 2..20);
    item
}

/// Takes the next step; whether anything changed.
pub(super) fn step(world: &mut World, place: usize, item: &mut Item) -> bool {
    match item.state {
        State::New if world.chance(0.04) => {
            item.state = State::Cancelled;
            item.closed_at = Some(world.now);
            item.closed_by = Some(item.opened_by.clone());
            item.close_code = Some("Closed/Resolved by Caller".to_owned());
        }
        State::New => {
            item.state = State::InProgress;
            item.assigned_to = Some(people::member(&mut world.dice, &item.assignment_group));
            after(world, place, item.priority, 5..60);
        }
        State::InProgress | State::OnHold => return work(world, place, item),
        State::Resolved => {
            // The caller says so before the nightly job does.
            close(item, &item.opened_by.clone(), world.now);
        }
        State::Closed | State::Cancelled => return false,
    }
    true
}

fn work(world: &mut World, place: usize, item: &mut Item) -> bool {
    match world.dice.u32(0..100) {
        0..15 => hand_on(world, item),
        15..25 if item.state == State::InProgress => item.state = State::OnHold,
        // A work note: a new version in which nothing that is synced changes but the stamp.
        15..45 => {}
        _ => {
            resolve(world, place, item);
            return true;
        }
    }
    after(world, place, item.priority, 10..180);
    true
}

fn hand_on(world: &mut World, item: &mut Item) {
    let groups = INCIDENTS
        .iter()
        .filter(|text| text.category == item.category)
        .map(|text| text.group);
    let groups: Vec<&str> = groups.collect();
    item.assignment_group = world.pick(&groups).to_owned();
    item.assigned_to = Some(people::member(&mut world.dice, &item.assignment_group));
}

fn resolve(world: &mut World, place: usize, item: &mut Item) {
    item.state = State::Resolved;
    item.resolved_at = Some(world.now);
    item.resolved_by.clone_from(&item.assigned_to);
    let codes = [
        "Solved (Permanently)",
        "Solved (Permanently)",
        "Solved (Work Around)",
        "Not Solved (Not Reproducible)",
    ];
    item.close_code = Some(world.pick(&codes).to_owned());
    world.resolved.push(place);
    if world.chance(0.3) {
        after(world, place, item.priority, 60..900);
    }
}

/// Closes a resolved one.
pub(super) fn close(item: &mut Item, by: &str, now: DateTime<Utc>) {
    item.state = State::Closed;
    item.closed_at = Some(now);
    item.closed_by = Some(by.to_owned());
}

/// Plans the next step so many minutes ahead; what is less urgent takes longer and waits for the morning.
fn after(world: &mut World, place: usize, priority: u8, minutes: std::ops::Range<i64>) {
    let factor = [1, 2, 5, 9, 20][usize::from(priority.clamp(1, 5)) - 1];
    let delay = Duration::seconds(world.dice.i64(minutes.start * 60..minutes.end * 60) * factor);
    let at = world.now + delay;
    let at = if priority > 2 {
        rhythm::at_work(&mut world.dice, at)
    } else {
        at
    };
    let delay = at - world.now;
    world.step_after(place, delay);
}

fn subject(world: &mut World, outage: Option<u32>) -> (&'static Text, String) {
    // All incidents of an outage are about one thing.
    let text = match outage {
        Some(number) => &OUTAGES[number as usize % OUTAGES.len()],
        None => &INCIDENTS[world.dice.usize(..INCIDENTS.len())],
    };
    let ci = match outage {
        Some(number) => format!("{}-{:03}", text.machine, number % 40),
        None => people::machine(&mut world.dice, text.machine),
    };
    (text, ci)
}

/// 1, 2 or 3, with these chances in a hundred for 1 and 2.
fn weighted(world: &mut World, [high, medium]: [u32; 2]) -> u8 {
    match world.dice.u32(0..100) {
        roll if roll < high => 1,
        roll if roll < high + medium => 2,
        _ => 3,
    }
}
