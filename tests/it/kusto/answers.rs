//! What the functions and the alert rules answer over rows made up for it.
//!
//! The engine is ours (`engine.cjs`): none that could be had here runs these queries (ClickHouse's dialect of KQL knows no
//! `arg_max(…, *)`). It walks the tree that Microsoft's parser makes, does what the language's reference says of each node, and
//! refuses the rest. Each query is run for both ways to settle a tie, and both have to be right.

mod changes;
mod dashboard;
mod health;
mod records;

use chrono::{DateTime, TimeDelta, Utc};
use itsmd::schema::Target;
use serde_json::{Map, Value, json};

use super::checker::{ask, workspace};

/// The hour at which all of it is asked.
fn now() -> DateTime<Utc> {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn ago(minutes: i64) -> String {
    stamp(now() - TimeDelta::minutes(minutes))
}

fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// A row: these columns, over those that `base` has.
fn row(base: &Value, columns: Value) -> Value {
    let mut row = base.clone();
    let Value::Object(columns) = columns else {
        panic!("{columns} are no columns")
    };
    row.as_object_mut().unwrap().extend(columns);
    row
}

/// What the workspace holds and what is asked of it.
#[derive(Default)]
struct Asked {
    of: Target,
    rows: Map<String, Value>,
    queries: Map<String, Value>,
}

impl Asked {
    fn over(table: &str, rows: Vec<Value>) -> Self {
        let mut asked = Self::default();
        asked.rows.insert(table.to_owned(), Value::Array(rows));
        asked
    }

    /// Asked at that hour, of the rows since another, if one is given.
    fn ask(&mut self, name: &str, query: &str, at: DateTime<Utc>, since: Option<DateTime<Utc>>) {
        let query = json!({"query": query, "now": stamp(at), "since": since.map(stamp)});
        self.queries.insert(name.to_owned(), query);
    }

    /// The rows of each answer; both ways to settle ties have given the same.
    fn answers(&self) -> Map<String, Value> {
        let question = json!({"workspace": workspace(&self.of), "rows": self.rows, "queries": self.queries});
        let told = ask("node", "run.cjs", &question);
        let both = told.as_object().unwrap().clone().into_iter();
        both.map(|(name, both)| {
            assert_eq!(both[0], both[1], "{name} depends on which of equals is taken");
            (name, both[0].clone())
        })
        .collect()
    }
}

/// One query, now.
fn answer(table: &str, rows: Vec<Value>, query: &str) -> Vec<Value> {
    let mut asked = Asked::over(table, rows);
    asked.ask("it", query, now(), None);
    asked.answers()["it"].as_array().unwrap().clone()
}

/// The columns of each row, in the order of their text.
fn told(rows: &[Value], columns: &[&str]) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line = |row: &Value| {
        columns
            .iter()
            .map(|name| text(&row[*name]))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.sort();
    lines
}
