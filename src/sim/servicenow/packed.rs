//! Rows as they are kept: one string and its cuts, a tenth of what the builder weighs.

use std::sync::Arc;

use super::row::{Cell, Display, Row};

/// A span end that stands for "shown as its value".
const SAME: u32 = u32::MAX;
/// A span end that stands for "shown as null".
const NULL: u32 = u32::MAX - 1;

/// The fields of a row in order, shared by rows that have the same.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub fields: Vec<(&'static str, Option<&'static str>)>,
    id: Option<usize>,
    stamp: Option<usize>,
}

impl Layout {
    pub fn of(row: &Row) -> Self {
        let place = |wanted| row.fields.iter().position(|(name, _)| *name == wanted);
        Self {
            fields: row.fields.iter().map(|(name, cell)| (*name, cell.reference)).collect(),
            id: place("sys_id"),
            stamp: place("sys_updated_on"),
        }
    }
}

/// A row.
#[derive(Debug)]
pub(super) struct Packed {
    pub layout: Arc<Layout>,
    /// For each field the end of its value and the end of its display in `text`.
    ends: Box<[(u32, u32)]>,
    text: Box<str>,
}

/// What is shown of a packed cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown<'a> {
    Same,
    Null,
    Text(&'a str),
}

impl Packed {
    pub fn new(row: &Row, layout: Arc<Layout>) -> Self {
        let mut text = String::new();
        let mut ends = Vec::with_capacity(row.fields.len());
        for (_, cell) in &row.fields {
            text.push_str(&cell.value);
            let value = end(&text);
            let shown = match &cell.display {
                Display::Same => SAME,
                Display::Null => NULL,
                Display::Text(label) => {
                    text.push_str(label);
                    end(&text)
                }
            };
            ends.push((value, shown));
        }
        Self {
            layout,
            ends: ends.into(),
            text: text.into(),
        }
    }

    /// Value and display of the field at `place`.
    pub fn at(&self, place: usize) -> (&str, Shown<'_>) {
        let start = place
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .map_or(0, |&(value, shown)| if shown >= NULL { value } else { shown });
        let Some(&(value, shown)) = self.ends.get(place) else {
            return ("", Shown::Same);
        };
        let text = |from: u32, to: u32| self.text.get(from as usize..to as usize).unwrap_or_default();
        let shown = match shown {
            SAME => Shown::Same,
            NULL => Shown::Null,
            end => Shown::Text(text(value, end)),
        };
        (text(start, value), shown)
    }

    pub fn place(&self, field: &str) -> Option<usize> {
        self.layout.fields.iter().position(|(name, _)| *name == field)
    }

    pub fn value(&self, field: &str) -> Option<&str> {
        self.place(field).map(|place| self.at(place).0)
    }

    pub fn id(&self) -> &str {
        self.layout.id.map_or("", |place| self.at(place).0)
    }

    pub fn stamp(&self) -> &str {
        self.layout.stamp.map_or("", |place| self.at(place).0)
    }

    pub fn unpack(&self) -> Row {
        let mut row = Row::default();
        for (place, (name, reference)) in self.layout.fields.iter().enumerate() {
            let (value, shown) = self.at(place);
            let display = match shown {
                Shown::Same => Display::Same,
                Shown::Null => Display::Null,
                Shown::Text(text) => Display::Text(text.to_owned().into()),
            };
            row.set(
                name,
                Cell {
                    value: value.to_owned().into(),
                    display,
                    reference: *reference,
                },
            );
        }
        row
    }
}

fn end(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(NULL - 1)
}

/// A row seen by an access rule.
#[derive(Debug, Clone, Copy)]
pub struct View<'a>(pub(super) &'a Packed);

impl<'a> View<'a> {
    /// A field's value; empty if the row does not have it.
    pub fn value(&self, field: &str) -> &'a str {
        self.0.value(field).unwrap_or_default()
    }
}
