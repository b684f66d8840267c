//! Rows as one builds them: field by field, each with its value and what a person sees of it.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

/// Text that is often a literal.
pub type Text = Cow<'static, str>;

/// What `sysparm_display_value` shows of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Display {
    /// The value itself (a date-time: in the user's time zone).
    Same,
    /// JSON null.
    Null,
    /// A label, a name, a rendered journal.
    Text(Text),
}

/// One field of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// As stored: always a string, empty for nothing, date-times `YYYY-MM-DD HH:MM:SS` in UTC.
    pub value: Text,
    /// As shown.
    pub display: Display,
    /// The table it points to, if it is a reference.
    pub reference: Option<&'static str>,
}

/// A row: a map of field to [`Cell`], in the order in which the fields were first set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    pub(super) fields: Vec<(&'static str, Cell)>,
}

impl Row {
    /// A row of this id and nothing else.
    pub fn new(sys_id: impl Into<Text>) -> Self {
        Self::default().with("sys_id", sys_id)
    }

    /// A row of this id, last updated at `stamp`, whole seconds.
    pub fn stamped(sys_id: impl Into<Text>, stamp: DateTime<Utc>) -> Self {
        Self::new(sys_id).time("sys_updated_on", Some(stamp))
    }

    /// Sets a plain field.
    #[must_use]
    pub fn with(self, field: &'static str, value: impl Into<Text>) -> Self {
        self.cell(field, value.into(), Display::Same, None)
    }

    /// Sets a field whose display is not its value.
    #[must_use]
    pub fn labelled(self, field: &'static str, value: impl Into<Text>, label: impl Into<Text>) -> Self {
        self.cell(field, value.into(), Display::Text(label.into()), None)
    }

    /// Sets a reference to a row of `table`; an empty id is an empty reference.
    #[must_use]
    pub fn reference(
        self,
        field: &'static str,
        table: &'static str,
        id: impl Into<Text>,
        name: impl Into<Text>,
    ) -> Self {
        self.cell(field, id.into(), Display::Text(name.into()), Some(table))
    }

    /// Sets a date-time field; `None` leaves it empty.
    #[must_use]
    pub fn time(self, field: &'static str, at: Option<DateTime<Utc>>) -> Self {
        self.with(field, at.map(stamp).unwrap_or_default())
    }

    /// Sets any cell.
    #[must_use]
    pub fn cell(mut self, field: &'static str, value: Text, display: Display, reference: Option<&'static str>) -> Self {
        self.set(
            field,
            Cell {
                value,
                display,
                reference,
            },
        );
        self
    }

    /// Sets a field in place.
    pub fn set(&mut self, field: &'static str, cell: Cell) {
        match self.fields.iter_mut().find(|(name, _)| *name == field) {
            Some((_, old)) => *old = cell,
            None => self.fields.push((field, cell)),
        }
    }

    /// Takes a field away: the row does not have it at all.
    #[must_use]
    pub fn without(mut self, field: &str) -> Self {
        self.fields.retain(|(name, _)| *name != field);
        self
    }

    /// A cell.
    pub fn get(&self, field: &str) -> Option<&Cell> {
        self.fields
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, cell)| cell)
    }

    /// A value; empty if the field is not there.
    pub fn value(&self, field: &str) -> &str {
        self.get(field).map_or("", |cell| cell.value.as_ref())
    }
}

/// An instant as the database holds it: `YYYY-MM-DD HH:MM:SS`, UTC.
pub fn stamp(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}
