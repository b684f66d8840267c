//! The body of a page: read once, by borrowing, each row mapped as it goes by.
//!
//! A body is a page only if it is whole: a `result` of objects and no `error` beside it. A query that the server
//! cancels half way has sent its 200 and part of its rows already (contract C2); nothing of such a body counts.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::Mapped;
use crate::source::body::{self, NotAPage};
use crate::source::map::{FieldIndex, Mapper};
use crate::source::value::Value;

/// A page's rows.
#[derive(Debug)]
pub(super) struct Rows {
    pub mapped: Vec<Mapped>,
    /// Fields that no row had.
    pub absent: Vec<String>,
}

/// Reads a body.
pub(super) fn read(body: &[u8], mapper: &Mapper) -> Result<Rows, NotAPage> {
    body::read(body, |text| read_text(text, mapper))
}

fn read_text(body: &str, mapper: &Mapper) -> Result<Rows, NotAPage> {
    let mut page = PageReader {
        mapper,
        index: mapper.index(),
        rows: Vec::new(),
        found: None,
    };
    let read = page.fill(serde_json::Deserializer::from_str(body));
    // The error stands behind the rows: it is looked for before the shape is judged.
    if let Some(error) = server_error(body, page.found.as_ref()) {
        return Err(NotAPage::Error(error));
    }
    match (read, page.found) {
        (Ok(()), Some(Found::Result)) => Ok(Rows {
            absent: page.index.never_seen(),
            mapped: page.rows,
        }),
        (Ok(()), _) => Err(NotAPage::Shape("no result in it".to_owned())),
        (Err(error), _) => Err(NotAPage::Shape(error.to_string())),
    }
}

/// The server's error, from a whole body or from the ragged end of a cancelled one.
fn server_error(body: &str, found: Option<&Found>) -> Option<String> {
    if let Some(Found::Error(message)) = found {
        return Some(message.clone());
    }
    let tail = &body[body.floor_char_boundary(body.len().saturating_sub(600))..];
    let at = tail
        .find("Transaction cancelled")
        .filter(|_| !matches!(found, Some(Found::Result)))?;
    Some(tail[at..].chars().take_while(|&c| c != '"').take(200).collect())
}

enum Found {
    Result,
    Error(String),
}

struct PageReader<'m> {
    mapper: &'m Mapper,
    index: FieldIndex<'m>,
    rows: Vec<Mapped>,
    found: Option<Found>,
}

impl PageReader<'_> {
    // As text: checked as UTF-8 once as a whole, it need not be checked string by string.
    fn fill<'de>(
        &mut self,
        mut json: serde_json::Deserializer<serde_json::de::StrRead<'de>>,
    ) -> Result<(), serde_json::Error> {
        json.deserialize_map(self)?;
        json.end()
    }
}

impl<'de> Visitor<'de> for &mut PageReader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a result")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut whole = None;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            match key.as_ref() {
                "result" => {
                    map.next_value_seed(RowsSeed(self))?;
                    whole = Some(Found::Result);
                }
                "error" => {
                    let error: serde_json::Value = map.next_value()?;
                    self.found = Some(Found::Error(error_text(&error)));
                }
                "status" => {
                    let status: serde_json::Value = map.next_value()?;
                    if status == "failure" && self.found.is_none() {
                        self.found = Some(Found::Error("status: failure".to_owned()));
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if self.found.is_none() {
            self.found = whole;
        }
        Ok(())
    }
}

fn error_text(error: &serde_json::Value) -> String {
    let part = |key: &str| {
        error
            .get(key)
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    match (part("message"), part("detail")) {
        (message, detail) if detail.is_empty() || detail == message => message,
        (message, detail) => format!("{message}: {detail}"),
    }
}

struct RowsSeed<'s, 'm>(&'s mut PageReader<'m>);

impl<'de> DeserializeSeed<'de> for RowsSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowsSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let PageReader {
            mapper, index, rows, ..
        } = self.0;
        let mut values = Vec::new();
        loop {
            values.clear();
            values.resize_with(index.fields(), || None);
            index.begin_row();
            let row = RowSeed {
                index,
                values: &mut values,
            };
            if seq.next_element_seed(row)?.is_none() {
                return Ok(());
            }
            rows.push(mapper.row(&values));
        }
    }
}

struct RowSeed<'s, 'm, 'v> {
    index: &'s mut FieldIndex<'m>,
    values: &'s mut Vec<Option<Value<'v>>>,
}

impl<'de: 'v, 'v> DeserializeSeed<'de> for RowSeed<'_, '_, 'v> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        // A string in place of a row is the spoor of a cancelled query: this refuses it.
        deserializer.deserialize_map(self)
    }
}

impl<'de: 'v, 'v> Visitor<'de> for RowSeed<'_, '_, 'v> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(slot) = map.next_key_seed(KeySeed(self.index))? {
            match slot {
                Some(slot) => self.values[slot] = Some(map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct KeySeed<'s, 'm>(&'s mut FieldIndex<'m>);

impl<'de> DeserializeSeed<'de> for KeySeed<'_, '_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_, '_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.slot(key))
    }
}

#[cfg(test)]
mod tests;
