//! The body of a page: read once, by borrowing, each row mapped as it goes by.
//!
//! A body is a page only if it is whole: an object with a `value` of objects and no `error` beside it. Labels are
//! annotations of their own, `X@OData.Community.Display.V1.FormattedValue`, usually ahead of the value they belong
//! to. A formatted time is in the user's zone and format, so it is dropped wherever the value itself is a time.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::Mapped;
use crate::source::body::{self, NotAPage};
use crate::source::map::{FieldIndex, Mapper};
use crate::source::stamp;
use crate::source::value::Value;

const LABEL: &str = "OData.Community.Display.V1.FormattedValue";
const TABLE: &str = "Microsoft.Dynamics.CRM.lookuplogicalname";

/// A page's rows and what stands beside them.
#[derive(Debug)]
pub(super) struct Rows {
    pub mapped: Vec<Mapped>,
    /// Byte for byte; `None` at the end of the data.
    pub next: Option<String>,
    /// `@odata.count`, where it was asked for; never more than 5,000.
    pub count: Option<u64>,
}

/// Reads a body.
pub(super) fn read(body: &[u8], mapper: &Mapper) -> Result<Rows, NotAPage> {
    body::read(body, |text| read_text(text, mapper))
}

fn read_text(body: &str, mapper: &Mapper) -> Result<Rows, NotAPage> {
    let mut page = PageReader {
        index: mapper.index(),
        mapper,
        rows: None,
        next: None,
        count: None,
        error: None,
    };
    let read = page.fill(serde_json::Deserializer::from_str(body));
    if let Some(error) = page.error {
        return Err(NotAPage::Error(error));
    }
    match (read, page.rows) {
        (Ok(()), Some(mapped)) => Ok(Rows {
            mapped,
            next: page.next,
            count: page.count,
        }),
        (Ok(()), None) => Err(NotAPage::Shape("no value in it".to_owned())),
        (Err(error), _) => Err(NotAPage::Shape(error.to_string())),
    }
}

struct PageReader<'m> {
    mapper: &'m Mapper,
    index: FieldIndex<'m>,
    rows: Option<Vec<Mapped>>,
    next: Option<String>,
    count: Option<u64>,
    error: Option<String>,
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
        f.write_str("an object with a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match key.as_ref() {
                "value" => {
                    let rows = map.next_value_seed(RowsSeed(self))?;
                    self.rows = Some(rows);
                }
                "@odata.nextLink" => self.next = map.next_value()?,
                // Not every count is one: -1 means that it was not made.
                "@odata.count" => self.count = u64::try_from(map.next_value::<i64>()?).ok(),
                "error" => self.error = Some(error_text(&map.next_value()?)),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Code and message; what else an error has may hold the data of a plug-in.
fn error_text(error: &serde_json::Value) -> String {
    let part = |key: &str| error.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
    let text: String = part("message").chars().take(300).collect();
    match part("code") {
        "" => text,
        code => format!("{code}: {text}"),
    }
}

struct RowsSeed<'s, 'm>(&'s mut PageReader<'m>);

impl<'de> DeserializeSeed<'de> for RowsSeed<'_, '_> {
    type Value = Vec<Mapped>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowsSeed<'_, '_> {
    type Value = Vec<Mapped>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let PageReader { mapper, index, .. } = self.0;
        let mut rows = Vec::new();
        let mut values = Vec::new();
        loop {
            values.clear();
            values.resize_with(index.fields(), || None);
            let row = RowSeed {
                index,
                values: &mut values,
            };
            if seq.next_element_seed(row)?.is_none() {
                return Ok(rows);
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
        deserializer.deserialize_map(self)
    }
}

impl<'de: 'v, 'v> Visitor<'de> for RowSeed<'_, '_, 'v> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(KeySeed(self.index))? {
            let Some((slot, part)) = key else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let scalar = map.next_value::<Value<'de>>()?.value;
            let field = self.values[slot].get_or_insert_default();
            match part {
                Part::Value { lookup } => {
                    field.value = scalar;
                    field.reference |= lookup;
                }
                Part::Label => field.display = scalar,
                Part::Table => field.reference = true,
            }
            if field.display.is_some() && stamp::zulu(field.value.as_deref().unwrap_or_default()).is_some() {
                field.display = None;
            }
        }
        Ok(())
    }
}

/// What a member of a row says of its field.
enum Part {
    Value { lookup: bool },
    Label,
    Table,
}

struct KeySeed<'s, 'm>(&'s mut FieldIndex<'m>);

impl<'de> DeserializeSeed<'de> for KeySeed<'_, '_> {
    type Value = Option<(usize, Part)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_, '_> {
    type Value = Option<(usize, Part)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        let (field, part) = match key.split_once('@') {
            None => {
                // Without annotations the name alone tells a look-up.
                let lookup = key.starts_with('_') && key.ends_with("_value");
                (key, Part::Value { lookup })
            }
            Some((field, LABEL)) => (field, Part::Label),
            Some((field, TABLE)) => (field, Part::Table),
            Some(_) => return Ok(None),
        };
        Ok(self.0.slot(field).map(|slot| (slot, part)))
    }
}

#[cfg(test)]
mod tests;
