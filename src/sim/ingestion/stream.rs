//! A declared stream: what becomes of a row on its way into the table (`transformKql: source`).

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDateTime, SecondsFormat, Utc};
use serde_json::Value;

use crate::model::columns::{ColumnDef, ColumnType};

/// One row as the table holds it.
pub type Row = serde_json::Map<String, Value>;

/// What the service does with a value that is not of its column's type; nobody has documented it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongType {
    /// The column is null.
    Null,
    /// The value is stored as it came.
    Keep,
    /// The whole request is refused with 400.
    Refuse,
}

/// The columns of a stream, as its `streamDeclarations` entry lists them.
#[derive(Debug, Clone)]
pub struct Declaration {
    columns: BTreeMap<String, ColumnType>,
}

/// How rows are taken in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Intake {
    pub now: DateTime<Utc>,
    pub field_limit: usize,
    pub wrong_type: WrongType,
}

/// What happened to a row's columns, without a word to the sender.
#[derive(Debug, Default)]
pub(super) struct Altered {
    pub dropped: Vec<String>,
    pub nulled: Vec<String>,
    pub truncated: Vec<String>,
    pub restamped: bool,
}

impl Declaration {
    /// Declares columns by name and type; names are case-sensitive.
    pub fn new<N: Into<String>>(columns: impl IntoIterator<Item = (N, ColumnType)>) -> Self {
        let columns = columns.into_iter().map(|(name, kind)| (name.into(), kind)).collect();
        Self { columns }
    }

    /// Declares a table's known columns.
    pub fn of_table(columns: &[ColumnDef]) -> Self {
        Self::new(columns.iter().map(|column| (column.name, column.kind)))
    }

    /// The table's row made of a sender's row; `Err` names the column that [`WrongType::Refuse`] refuses.
    pub(super) fn take_in(&self, sent: Row, intake: Intake) -> Result<(Row, Altered), String> {
        let mut row = Row::new();
        let mut altered = Altered::default();
        for (name, value) in sent {
            let Some(kind) = self.columns.get(&name) else {
                altered.dropped.push(name);
                continue;
            };
            if value.is_null() {
                continue;
            }
            let value = if fits(&value, *kind) {
                value
            } else {
                match intake.wrong_type {
                    WrongType::Keep => value,
                    WrongType::Refuse => return Err(name),
                    WrongType::Null => {
                        altered.nulled.push(name.clone());
                        Value::Null
                    }
                }
            };
            let (value, cut) = truncate(value, intake.field_limit);
            if cut {
                altered.truncated.push(name.clone());
            }
            row.insert(name, value);
        }
        altered.restamped = stamp(&mut row, intake.now);
        Ok((row, altered))
    }
}

/// Sets `TimeGenerated` to `now` unless it lies within two days before and one day after it.
fn stamp(row: &mut Row, now: DateTime<Utc>) -> bool {
    let given = row.get("TimeGenerated").and_then(Value::as_str).and_then(parse_time);
    let allowed = now - Duration::days(2)..=now + Duration::days(1);
    if given.is_some_and(|given| allowed.contains(&given)) {
        return false;
    }
    let text = now.to_rfc3339_opts(SecondsFormat::Millis, true);
    row.insert("TimeGenerated".into(), Value::String(text)).is_some()
}

fn fits(value: &Value, kind: ColumnType) -> bool {
    match kind {
        ColumnType::String => value.is_string(),
        ColumnType::DateTime => value.as_str().is_some_and(|text| parse_time(text).is_some()),
        ColumnType::Bool => value.is_boolean(),
        ColumnType::Real => value.is_number(),
    }
}

fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    Some(naive.and_utc())
}

/// Cuts a text that is longer than `limit` bytes, on a character boundary.
fn truncate(value: Value, limit: usize) -> (Value, bool) {
    match value {
        Value::String(mut text) if text.len() > limit => {
            text.truncate(text.floor_char_boundary(limit));
            (Value::String(text), true)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            (value, false)
        }
    }
}
