//! Readers with bad habits lose records where `itsmd sync` loses none: the scenarios can fail.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::TimeDelta;
use itsmd::sim::servicenow::Desk;
use serde_json::Value;

use crate::rig::{Rig, ago, incident};

const PAGE: usize = 100;
const FIELDS: &str = "sys_id,sys_updated_on,number,short_description";

/// Titles by number.
type Known = BTreeMap<String, String>;

#[derive(Debug, Clone, Copy)]
enum Habit {
    /// Pages by offset over rows that move.
    Offset,
    /// Asks for what is newer than the newest it has.
    StrictCursor,
    /// Reads in the right order, and takes a short page for the end.
    ShortIsEnd,
    /// Reads in the right order, and takes an empty page for the end.
    EmptyIsEnd,
}

/// A client with a habit.
struct Reader {
    url: String,
    habit: Habit,
    /// Stamp and id of the last row.
    cursor: (String, String),
    known: Known,
}

impl Reader {
    fn new(rig: &Rig, habit: Habit) -> Self {
        let start = ago(TimeDelta::days(30)).format("%Y-%m-%d %H:%M:%S").to_string();
        Self {
            url: format!("{}/api/now/v2/table/incident", rig.servicenow.url()),
            habit,
            cursor: (start, String::new()),
            known: Known::new(),
        }
    }

    /// Reads until it believes that nothing is left.
    async fn poll(&mut self) {
        let begin = self.query();
        let mut offset = 0;
        loop {
            let (query, skip) = match self.habit {
                Habit::Offset => (begin.clone(), offset),
                Habit::StrictCursor | Habit::ShortIsEnd | Habit::EmptyIsEnd => (self.query(), 0),
            };
            let rows = self.page(&query, skip).await;
            for row in &rows {
                let text = |field: &str| row[field].as_str().unwrap().to_owned();
                self.cursor = (text("sys_updated_on"), text("sys_id"));
                self.known.insert(text("number"), text("short_description"));
            }
            let done = match self.habit {
                Habit::Offset | Habit::StrictCursor | Habit::EmptyIsEnd => rows.is_empty(),
                Habit::ShortIsEnd => rows.len() < PAGE,
            };
            if done {
                return;
            }
            offset += PAGE;
        }
    }

    fn query(&self) -> String {
        let (stamp, id) = &self.cursor;
        match self.habit {
            Habit::Offset => format!("sys_updated_on>={stamp}^ORDERBYsys_updated_on^ORDERBYsys_id"),
            Habit::StrictCursor => format!("sys_updated_on>{stamp}^ORDERBYsys_updated_on"),
            Habit::ShortIsEnd | Habit::EmptyIsEnd => format!(
                "sys_updated_on={stamp}^sys_id>{id}^NQsys_updated_on>{stamp}^ORDERBYsys_updated_on^ORDERBYsys_id"
            ),
        }
    }

    async fn page(&self, query: &str, offset: usize) -> Vec<Value> {
        let (limit, offset) = (PAGE.to_string(), offset.to_string());
        let request = reqwest::Client::new()
            .get(&self.url)
            .basic_auth("itsmd", Some("desk-password"))
            .query(&[
                ("sysparm_query", query),
                ("sysparm_fields", FIELDS),
                ("sysparm_limit", &limit),
                ("sysparm_offset", &offset),
            ]);
        let response = request.send().await.unwrap().error_for_status().unwrap();
        let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        body["result"].as_array().unwrap().clone()
    }
}

/// A desk of so many records, one a minute, the last an hour old.
async fn desk(records: u32) -> Rig {
    let rig = Rig::new().await;
    rig.configure("page_size = 100");
    for number in 0..records {
        let minutes = 60 + i64::from(records - number);
        rig.desk.put(
            "incident",
            &incident(number, "As it was", ago(TimeDelta::minutes(minutes))),
        );
    }
    rig
}

/// Numbers of which `known` has not the title that the desk shows.
fn lost(rig: &Rig, visible: impl Fn(&str) -> bool, known: &Known) -> Vec<String> {
    let rows = rig.desk.rows("incident");
    let there = rows.iter().filter(|row| visible(row.value("number")));
    there
        .filter(|row| known.get(row.value("number")).map(String::as_str) != Some(row.value("short_description")))
        .map(|row| row.value("number").to_owned())
        .collect()
}

/// What a reader with that habit loses in two polls of a scenario, and what itsmd does in two runs of the same.
async fn compare<S: Scenario>(habit: Habit, scenario: S) -> (Vec<String>, Vec<String>) {
    let rig = scenario.begin().await;
    let mut reader = Reader::new(&rig, habit);
    reader.poll().await;
    scenario.between(&rig.desk);
    reader.poll().await;
    let by_habit = lost(&rig, S::visible, &reader.known);

    let rig = scenario.begin().await;
    for run in 0..2 {
        let (status, report) = rig.sync(&[]).await;
        assert_eq!(status, 0, "{report:#}");
        if run == 0 {
            scenario.between(&rig.desk);
        }
    }
    let known = rig.latest().into_iter();
    let known = known.map(|(number, row)| (number, row["Title_s"].as_str().unwrap().to_owned()));
    (by_habit, lost(&rig, S::visible, &known.collect()))
}

/// What a desk holds, and what happens on it.
trait Scenario {
    async fn begin(&self) -> Rig;
    /// Between two polls.
    fn between(&self, _desk: &Desk) {}
    fn visible(_number: &str) -> bool {
        true
    }
}

/// Nothing happens.
struct Quiet;

impl Scenario for Quiet {
    async fn begin(&self) -> Rig {
        desk(250).await
    }
}

/// People work on the oldest records while they are read.
struct Busy;

impl Scenario for Busy {
    async fn begin(&self) -> Rig {
        let rig = desk(400).await;
        let reads = AtomicU32::new(0);
        rig.desk.set_meanwhile(move |desk, table| {
            if table != "incident" {
                return;
            }
            let read = reads.fetch_add(1, Ordering::SeqCst);
            if read >= 20 {
                return;
            }
            for number in read * 15..(read + 1) * 15 {
                let row = incident(number, "Worked on", ago(TimeDelta::zero()));
                desk.put("incident", &row.with("sys_mod_count", "1"));
            }
        });
        rig
    }

    fn between(&self, desk: &Desk) {
        // What happens during the last poll is for the one behind it.
        desk.set_meanwhile(|_, _| {});
    }
}

/// An import writes more records in one second than a page holds.
struct Import;

impl Scenario for Import {
    async fn begin(&self) -> Rig {
        let rig = desk(10).await;
        let second = ago(TimeDelta::minutes(30));
        for number in 1000..1250 {
            rig.desk.put("incident", &incident(number, "Imported", second));
        }
        rig
    }
}

/// A slow transaction writes its stamp, and commits after younger ones were read.
struct LateCommit;

impl Scenario for LateCommit {
    async fn begin(&self) -> Rig {
        let rig = desk(10).await;
        rig.desk
            .put("incident", &incident(2000, "Quick", ago(TimeDelta::seconds(90))));
        rig
    }

    fn between(&self, desk: &Desk) {
        desk.put("incident", &incident(2001, "Slow", ago(TimeDelta::seconds(150))));
    }
}

/// Access rules hide a stretch of the table from the reader.
struct Hidden;

impl Scenario for Hidden {
    async fn begin(&self) -> Rig {
        let rig = desk(450).await;
        rig.desk.hide("incident", |row| !Self::visible(row.value("number")));
        rig
    }

    fn visible(number: &str) -> bool {
        !("INC0000150".."INC0000330").contains(&number)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_quiet_desk_even_bad_habits_find_every_record() {
    for habit in [Habit::Offset, Habit::StrictCursor, Habit::ShortIsEnd, Habit::EmptyIsEnd] {
        let rig = Quiet.begin().await;
        let mut reader = Reader::new(&rig, habit);
        reader.poll().await;
        assert!(lost(&rig, Quiet::visible, &reader.known).is_empty(), "{habit:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_move_while_they_are_read_are_lost_to_an_offset_and_not_to_itsmd() {
    let (by_offset, by_itsmd) = compare(Habit::Offset, Busy).await;
    assert!(by_offset.len() >= 15, "{by_offset:?}");
    assert!(by_itsmd.is_empty(), "{by_itsmd:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_larger_than_a_page_is_lost_to_a_strict_cursor_and_not_to_itsmd() {
    let (by_cursor, by_itsmd) = compare(Habit::StrictCursor, Import).await;
    assert!(by_cursor.len() >= 150, "{}", by_cursor.len());
    assert!(by_itsmd.is_empty(), "{by_itsmd:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_commit_is_lost_to_a_strict_cursor_and_not_to_itsmd() {
    let (by_cursor, by_itsmd) = compare(Habit::StrictCursor, LateCommit).await;
    assert_eq!(by_cursor, ["INC0002001"]);
    assert!(by_itsmd.is_empty(), "{by_itsmd:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_behind_hidden_rows_is_lost_to_who_stops_at_a_short_or_an_empty_page_and_not_to_itsmd() {
    for habit in [Habit::ShortIsEnd, Habit::EmptyIsEnd] {
        let (by_habit, by_itsmd) = compare(habit, Hidden).await;
        assert_eq!(by_habit.len(), 120, "{habit:?}: {by_habit:?}");
        assert!(by_itsmd.is_empty(), "{by_itsmd:?}");
    }
}
