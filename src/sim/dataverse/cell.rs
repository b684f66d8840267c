//! Values of columns, how they are ordered and how they look on the wire.

use std::cmp::Ordering;

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

/// A value of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number.
    Real(f64),
    /// Yes or no.
    Bool(bool),
    /// A time, whole seconds on the wire.
    Time(DateTime<Utc>),
    /// A unique identifier.
    Guid(Uuid),
    /// A choice: its number, and its label in the caller's language.
    Choice(i64, String),
    /// A reference; its column is called `_name_value`.
    Lookup {
        /// The other row.
        id: Uuid,
        /// Its primary name.
        label: String,
        /// Its table.
        logical_name: String,
    },
}

impl Cell {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A choice.
    pub fn choice(code: i64, label: &str) -> Self {
        Self::Choice(code, label.to_owned())
    }

    /// What the metadata calls its type; `None` for nothing.
    pub(super) fn attribute_type(&self) -> Option<&'static str> {
        Some(match self {
            Self::Null => return None,
            Self::Text(_) => "String",
            Self::Int(_) => "BigInt",
            Self::Real(_) => "Double",
            Self::Bool(_) => "Boolean",
            Self::Time(_) => "DateTime",
            Self::Guid(_) => "Uniqueidentifier",
            Self::Choice(..) => "Picklist",
            Self::Lookup { .. } => "Lookup",
        })
    }

    /// The value as JSON.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Text(text) => json!(text),
            Self::Int(number) | Self::Choice(number, _) => json!(number),
            Self::Real(number) => json!(number),
            Self::Bool(yes) => json!(yes),
            Self::Time(time) => json!(time.to_rfc3339_opts(SecondsFormat::Secs, true)),
            Self::Guid(id) | Self::Lookup { id, .. } => json!(id.to_string()),
        }
    }

    /// The formatted value, if there is one; times in the caller's zone.
    pub(super) fn formatted(&self, zone: FixedOffset) -> Option<String> {
        match self {
            Self::Null | Self::Text(_) | Self::Guid(_) => None,
            Self::Int(number) => Some(grouped(*number)),
            Self::Real(number) => Some(format!("{number:.2}")),
            Self::Bool(yes) => Some(if *yes { "Yes" } else { "No" }.to_owned()),
            Self::Time(time) => Some(time.with_timezone(&zone).format("%-m/%-d/%Y %-I:%M %p").to_string()),
            Self::Choice(_, label) | Self::Lookup { label, .. } => Some(label.clone()),
        }
    }

    /// Orders two values of a column: nothing first, texts without regard to case, ids as SQL Server does.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.to_lowercase().cmp(&b.to_lowercase()),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b)) => a.timestamp().cmp(&b.timestamp()),
            (Self::Choice(_, a), Self::Choice(_, b))
            | (Self::Lookup { label: a, .. }, Self::Lookup { label: b, .. }) => a.cmp(b),
            (Self::Guid(a), Self::Guid(b)) => sql_order(*a).cmp(&sql_order(*b)),
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Self::Null) => Ordering::Greater,
            _ => self.number().total_cmp(&other.number()),
        }
    }

    /// Its number, 0 when it is none.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn number(&self) -> f64 {
        match self {
            Self::Int(number) | Self::Choice(number, _) => *number as f64,
            Self::Real(number) => *number,
            Self::Null | Self::Text(_) | Self::Bool(_) | Self::Time(_) | Self::Guid(_) | Self::Lookup { .. } => 0.0,
        }
    }
}

/// The bytes of an id in the order in which SQL Server compares a `uniqueidentifier`: the last group
/// first, and the first three groups from their low end.
pub(super) fn sql_order(id: Uuid) -> [u8; 16] {
    const SIGNIFICANCE: [usize; 16] = [10, 11, 12, 13, 14, 15, 8, 9, 7, 6, 5, 4, 3, 2, 1, 0];
    let bytes = id.as_bytes();
    SIGNIFICANCE.map(|at| bytes[at])
}

fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
