//! Incidents as real ones are, as far as their weight goes: no two texts alike, about 7.9 kB with all fields.

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use itsmd::model::WorkItemKind;
use itsmd::sim::item::{Item, State};

const WORDS: [&str; 24] = [
    "mail", "server", "does", "not", "answer", "since", "the", "update", "of", "last", "night", "users", "in", "both",
    "sites", "see", "a", "timeout", "when", "opening", "reports", "again", "after", "login",
];
const PEOPLE: [&str; 6] = [
    "Ada Byron",
    "Grace Murray",
    "Alan Mathison",
    "Edsger Wybe",
    "Barbara Jane",
    "Ken Lane",
];

/// `count` incidents, their last modifications spread evenly over the last `days`, none in the last hour.
pub fn incidents(count: usize, days: u16) -> impl Iterator<Item = Item> {
    let mut dice = fastrand::Rng::with_seed(7);
    let newest = (Utc::now() - TimeDelta::hours(1)).with_nanosecond(0).unwrap();
    let span = TimeDelta::days(i64::from(days)) - TimeDelta::hours(2);
    (0..count).map(move |index| {
        let age = span.num_seconds() * index as i64 / count as i64;
        incident(&mut dice, index, newest - TimeDelta::seconds(age))
    })
}

fn incident(dice: &mut fastrand::Rng, index: usize, modified: DateTime<Utc>) -> Item {
    let opened_at = modified - TimeDelta::hours(dice.i64(1..200));
    let closed = dice.bool().then(|| modified - TimeDelta::minutes(5));
    Item {
        id: format!("{:016x}{:016x}", dice.u64(..), index),
        kind: WorkItemKind::Incident,
        number: format!("INC{index:07}"),
        state: if closed.is_some() {
            State::Closed
        } else {
            State::InProgress
        },
        title: text(dice, 8),
        description: text(dice, 30),
        urgency: dice.u8(1..4),
        impact: dice.u8(1..4),
        priority: dice.u8(1..6),
        risk: None,
        change_type: None,
        category: "network".to_owned(),
        subcategory: Some("vpn".to_owned()),
        contact_type: "email".to_owned(),
        opened_by: person(dice),
        assigned_to: Some(person(dice)),
        assignment_group: "Service Desk Level 2".to_owned(),
        resolved_by: closed.map(|_| person(dice)),
        closed_by: closed.map(|_| person(dice)),
        close_code: closed.map(|_| "Solved (Permanently)".to_owned()),
        ci: Some(format!("srv-{:04}", dice.u16(0..5000))),
        opened_at,
        resolved_at: closed,
        closed_at: closed,
        planned: None,
        work_start: None,
        work_end: None,
        modified,
        revision: dice.i64(0..40),
    }
}

fn text(dice: &mut fastrand::Rng, words: usize) -> String {
    let words: Vec<&str> = (0..words).map(|_| WORDS[dice.usize(..WORDS.len())]).collect();
    words.join(" ")
}

fn person(dice: &mut fastrand::Rng) -> String {
    PEOPLE[dice.usize(..PEOPLE.len())].to_owned()
}
