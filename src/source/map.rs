//! Mapping: a row's fields to a row of `ServiceDesk_CL`, by the profile.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::value::{Shape, Value};
use crate::model::columns::ColumnType;
use crate::model::{
    ChoiceValues, Column, ItemProfile, Mapped, Partner, Record, RecordId, RowWriter, StreamId, Unmapped, Version,
};

/// What a protocol writes in its own way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    pub partner: Partner,
    /// Reads a time; `None` for whatever is not plainly UTC.
    pub stamp: fn(&str) -> Option<DateTime<Utc>>,
}

/// Maps the rows of one stream.
#[derive(Debug)]
pub(super) struct Mapper {
    dialect: Dialect,
    stream: StreamId,
    /// Opens a record, but for its id.
    record_url: Option<String>,
    item: ItemProfile,
    choice_values: ChoiceValues,
    /// Asked for, each once: id and modified first.
    fields: Vec<String>,
    /// Of each column, its field's place in `fields`.
    slots: Vec<usize>,
    revision: Option<usize>,
    number: Option<usize>,
    /// The column's place among the profile's.
    created: Option<usize>,
}

const CREATED: &str = "CreatedDate_t";

const ID: usize = 0;
const MODIFIED: usize = 1;

impl Mapper {
    pub fn new(
        dialect: Dialect,
        stream: StreamId,
        server_url: &str,
        item: ItemProfile,
        choice_values: ChoiceValues,
    ) -> Self {
        let fields: Vec<String> = item.fields().into_iter().map(str::to_owned).collect();
        let slot = |field: &str| fields.iter().position(|known| known == field);
        let slots = item.columns.iter().filter_map(|column| slot(&column.field)).collect();
        let revision = item.revision.as_deref().and_then(slot);
        let number = item
            .columns
            .iter()
            .find(|column| column.name == "ServiceDeskId_s")
            .and_then(|column| slot(&column.field));
        Self {
            dialect,
            stream,
            record_url: item.url.as_ref().map(|url| url.replace("{server_url}", server_url)),
            choice_values,
            slots,
            revision,
            number,
            created: item.columns.iter().position(|column| column.name == CREATED),
            fields,
            item,
        }
    }

    /// The same for other columns.
    pub fn with_item(&self, item: ItemProfile) -> Self {
        Self::new(self.dialect, self.stream.clone(), "", item, self.choice_values)
    }

    pub fn item(&self) -> &ItemProfile {
        &self.item
    }

    pub fn fields(&self) -> &[String] {
        &self.fields
    }

    /// Whether a column carries codes, so that references have to be told from them.
    pub fn wants_codes(&self) -> bool {
        let codes = |column: &Column| self.choice(column) == ChoiceValues::Codes && column.kind == ColumnType::String;
        self.item.columns.iter().any(codes)
    }

    pub fn index(&self) -> FieldIndex<'_> {
        FieldIndex {
            slots: self
                .fields
                .iter()
                .enumerate()
                .map(|(slot, field)| (field.as_str(), slot))
                .collect(),
            fields: &self.fields,
            order: Vec::new(),
            next: 0,
            seen: vec![false; self.fields.len()],
            any: false,
        }
    }

    fn choice(&self, column: &Column) -> ChoiceValues {
        column.choice_values.unwrap_or(self.choice_values)
    }

    /// Maps one row; `values` are in the order of the fields.
    pub fn row(&self, values: &[Option<Value<'_>>]) -> Mapped {
        let text = |slot: usize| values[slot].as_ref().map(Value::raw).filter(|text| !text.is_empty());
        let id = text(ID);
        let number = self.number.and_then(text);
        let modified = text(MODIFIED).and_then(self.dialect.stamp);
        let aside = |reason: String| {
            Mapped::SetAside(Unmapped {
                id: id.map(RecordId::new),
                number: number.map(Into::into),
                modified,
                reason,
            })
        };
        let Some(raw_id) = id else {
            return aside(format!("row without {}", self.item.id));
        };
        let Some(stamp) = modified else {
            let field = &self.item.modified;
            return aside(match text(MODIFIED) {
                Some(_) => format!("{field} is not a UTC time"),
                None => format!("row without {field}"),
            });
        };
        match self.write(raw_id, values) {
            Ok((row, created)) => Mapped::Record(Record {
                id: RecordId::new(raw_id),
                number: number.unwrap_or_default().into(),
                modified: stamp,
                revision: self.revision.and_then(text).and_then(|text| text.parse().ok()),
                created,
                version: Version::of(&row),
                row,
            }),
            Err(reason) => aside(reason),
        }
    }

    /// The row, and the day of its creation.
    fn write(&self, id: &str, values: &[Option<Value<'_>>]) -> Result<(Box<[u8]>, Option<NaiveDate>), String> {
        let mut row = RowWriter::new(2048);
        row.text("ServiceDeskConnectionName_s", self.stream.connection.as_str());
        row.text("ServiceDeskWorkItemType_s", self.stream.kind.row_value());
        row.text("PartnerType_s", self.dialect.partner.row_value());
        row.text("RecordId_s", id);
        if let Some(url) = &self.record_url {
            row.text("RecordUrl_s", &url.replace("{id}", id));
        }
        let mut created = None;
        for (place, (column, &slot)) in self.item.columns.iter().zip(&self.slots).enumerate() {
            if let Some(value) = &values[slot] {
                let time = self.column(&mut row, column, value)?;
                if self.created == Some(place) {
                    created = time.map(|time| time.date_naive());
                }
            }
        }
        row.flag("IsDeleted_b", false);
        let truncated = row.truncated();
        row.flag("IsTruncated_b", truncated);
        Ok((row.finish(), created))
    }

    /// Writes a column; returns the time that it wrote, if it is one.
    fn column(&self, row: &mut RowWriter, column: &Column, value: &Value<'_>) -> Result<Option<DateTime<Utc>>, String> {
        let raw = value.raw();
        let wrong = |wanted: &str| {
            let words: String = raw.chars().take(40).collect();
            format!("{} is not {wanted}: {words:?}", column.field)
        };
        if value.shape == Shape::Nested {
            return Err(format!("{} is a list or a nested object", column.field));
        }
        match column.kind {
            ColumnType::String => match self.choice(column) {
                ChoiceValues::Codes if !value.reference => row.text(&column.name, raw),
                ChoiceValues::Codes | ChoiceValues::Labels => row.text(&column.name, value.label()),
            },
            ColumnType::DateTime if raw.is_empty() => {}
            ColumnType::DateTime => {
                let time = (self.dialect.stamp)(raw).ok_or_else(|| wrong("a UTC time"))?;
                row.time(&column.name, time);
                return Ok(Some(time));
            }
            ColumnType::Bool => match raw {
                "" => {}
                "true" | "1" => row.flag(&column.name, true),
                "false" | "0" => row.flag(&column.name, false),
                _ => return Err(wrong("true or false")),
            },
            ColumnType::Real if raw.is_empty() => {}
            ColumnType::Real => row.number(&column.name, raw.parse().map_err(|_| wrong("a number"))?),
        }
        Ok(None)
    }
}

/// Finds a field's place, and notes which fields occur at all.
#[derive(Debug)]
pub(super) struct FieldIndex<'m> {
    slots: HashMap<&'m str, usize>,
    fields: &'m [String],
    /// The first row's members with their places: the rows of a page are spelled alike, and a comparison with the
    /// expected name is cheaper than a look-up.
    order: Vec<(Box<str>, Option<usize>)>,
    next: usize,
    seen: Vec<bool>,
    any: bool,
}

impl FieldIndex<'_> {
    pub fn fields(&self) -> usize {
        self.fields.len()
    }

    /// The next member is a row's first.
    pub fn begin_row(&mut self) {
        self.next = 0;
    }

    pub fn slot(&mut self, field: &str) -> Option<usize> {
        let slot = match self.order.get(self.next) {
            Some((expected, slot)) if **expected == *field => *slot,
            Some(_) => self.slots.get(field).copied(),
            None => {
                let slot = self.slots.get(field).copied();
                self.order.push((field.into(), slot));
                slot
            }
        };
        self.next += 1;
        self.seen[slot?] = true;
        self.any = true;
        slot
    }

    /// Fields that no row had; nothing if there was no row to tell by.
    pub fn never_seen(&self) -> Vec<String> {
        let absent = self
            .fields
            .iter()
            .zip(&self.seen)
            .filter(|(_, seen)| self.any && !**seen);
        absent.map(|(field, _)| field.clone()).collect()
    }
}
