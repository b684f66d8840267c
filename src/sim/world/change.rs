//! The life of a change: raised, scheduled, implemented in its window, reviewed, closed.

use chrono::{DateTime, Datelike, Duration, Utc};

use super::super::item::{Item, State};
use super::texts::{self, CHANGES};
use super::{World, people, rhythm};
use crate::model::WorkItemKind;

/// Raises one and plans its first step; its place will be the end of the list.
pub(super) fn open(world: &mut World) -> Item {
    let text = &CHANGES[world.dice.usize(..CHANGES.len())];
    let kind = world.pick(&[
        "standard",
        "standard",
        "standard",
        "normal",
        "normal",
        "normal",
        "normal",
        "emergency",
    ]);
    let ci = people::machine(&mut world.dice, text.machine);
    let (risk, impact) = (world.dice.u8(2..=4), world.dice.u8(2..=3));
    let urgency = if kind == "emergency" { 1 } else { 3 };
    let planned = window(world, kind);
    world.changes += 1;
    let item = Item {
        number: format!("CHG{:07}", world.changes),
        urgency,
        impact,
        priority: impact + urgency - 1,
        risk: Some(risk),
        change_type: Some(kind.to_owned()),
        planned: Some(planned),
        ..texts::written(world, WorkItemKind::ChangeRequest, text, ci)
    };
    let hours = if kind == "emergency" { 0..1 } else { 2..30 };
    let delay = Duration::seconds(world.dice.i64(hours.start * 3600 + 300..hours.end * 3600));
    let at = rhythm::at_work(&mut world.dice, world.now + delay);
    let delay = if kind == "emergency" { delay } else { at - world.now };
    world.step_after(world.items.len(), delay);
    item
}

/// Takes the next step; whether anything changed.
pub(super) fn step(world: &mut World, place: usize, item: &mut Item) -> bool {
    let (start, end) = item.planned.unwrap_or((world.now, world.now));
    match item.state {
        State::New | State::OnHold if world.chance(0.06) => {
            item.state = State::Cancelled;
            item.closed_at = Some(world.now);
            item.closed_by = Some(item.opened_by.clone());
        }
        State::New => {
            item.state = State::OnHold;
            item.assigned_to = Some(people::member(&mut world.dice, &item.assignment_group));
            let late = Duration::seconds(world.dice.i64(0..600));
            world.step_after(place, (start - world.now).max(Duration::zero()) + late);
        }
        State::OnHold => {
            item.state = State::InProgress;
            item.work_start = Some(world.now);
            let length = (end - start) * world.dice.i32(50..115) / 100;
            world.step_after(place, length);
        }
        State::InProgress => {
            item.state = State::Resolved;
            item.work_end = Some(world.now);
            let review = world.now + Duration::hours(world.dice.i64(10..60));
            let review = rhythm::at_work(&mut world.dice, review);
            world.step_after(place, review - world.now);
        }
        State::Resolved => {
            item.state = State::Closed;
            item.closed_at = Some(world.now);
            item.closed_by.clone_from(&item.assigned_to);
            let codes = [
                "successful",
                "successful",
                "successful",
                "successful_issues",
                "unsuccessful",
            ];
            item.close_code = Some(world.pick(&codes).to_owned());
        }
        State::Closed | State::Cancelled => return false,
    }
    true
}

/// When it is to be done: soon for emergencies, else an evening or a Saturday within two weeks.
fn window(world: &mut World, kind: &str) -> (DateTime<Utc>, DateTime<Utc>) {
    if kind == "emergency" {
        let start = world.now + Duration::hours(world.dice.i64(1..5));
        return (start, start + Duration::hours(2));
    }
    let day = world.now.date_naive() + Duration::days(world.dice.i64(2..15));
    let saturday = day.weekday().num_days_from_monday() == 5;
    let hour = if saturday { 8 } else { 18 };
    let start = day.and_hms_opt(hour, 0, 0).map_or(world.now, |start| start.and_utc());
    (start, start + Duration::hours(world.dice.i64(1..6)))
}
