//! Values as desks give them: a scalar, or an object of display value and value.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A field of a row, borrowed from the page where its text needs no unescaping.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Value<'a> {
    pub value: Option<Cow<'a, str>>,
    pub display: Option<Cow<'a, str>>,
    /// A reference to another record.
    pub reference: bool,
    /// How it came.
    pub shape: Shape,
}

/// How a value came.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A string, a number, true, false or null.
    #[default]
    Scalar,
    /// An object of display value and value.
    Object,
    /// A list, or objects inside the object: nothing that a column can carry.
    Nested,
}

impl Value<'_> {
    /// What the table holds; times are only ever read from this.
    pub fn raw(&self) -> &str {
        self.value.as_deref().or(self.display.as_deref()).unwrap_or_default()
    }

    /// Takes note of a part that is no scalar.
    fn hold(&mut self, part: Shape) {
        if part != Shape::Scalar {
            self.shape = Shape::Nested;
        }
    }

    /// What people see.
    pub fn label(&self) -> &str {
        match self.display.as_deref() {
            Some(display) if !display.is_empty() => display,
            _ => self.raw(),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor { inside: false })
    }
}

/// `inside`: of an object's member; what is an object there is read over, however deep it goes.
struct ValueVisitor {
    inside: bool,
}

impl<'de> DeserializeSeed<'de> for ValueVisitor {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an object of display_value and value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Value {
            value: Some(Cow::Borrowed(text)),
            ..Value::default()
        })
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value {
            value: Some(Cow::Owned(text.to_owned())),
            ..Value::default()
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        if self.inside {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Value {
                shape: Shape::Nested,
                ..Value::default()
            });
        }
        let mut value = Value {
            shape: Shape::Object,
            ..Value::default()
        };
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Value => {
                    let part = map.next_value_seed(ValueVisitor { inside: true })?;
                    value.hold(part.shape);
                    value.value = part.value;
                }
                Key::Display => {
                    let part = map.next_value_seed(ValueVisitor { inside: true })?;
                    value.hold(part.shape);
                    value.display = part.value;
                }
                Key::Link => {
                    value.reference = true;
                    map.next_value::<IgnoredAny>()?;
                }
                // Currency fields carry more keys; nobody maps them.
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(value)
    }

    // Documented as strings throughout; a proxy or a scripted API in between may not keep to it.
    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Value {
            value: Some(flag.to_string().into()),
            ..Value::default()
        })
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Value {
            value: Some(number.to_string().into()),
            ..Value::default()
        })
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Value {
            value: Some(number.to_string().into()),
            ..Value::default()
        })
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Value {
            value: Some(number.to_string().into()),
            ..Value::default()
        })
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Value::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value {
            shape: Shape::Nested,
            ..Value::default()
        })
    }
}

#[derive(Clone, Copy)]
enum Key {
    Value,
    Display,
    Link,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E>(self, key: &str) -> Result<Key, E> {
                Ok(match key {
                    "value" => Key::Value,
                    "display_value" => Key::Display,
                    "link" => Key::Link,
                    _ => Key::Other,
                })
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_shape_of_a_field_is_read() {
        assert_eq!(value(r#""3""#).label(), "3");
        let both = value(r#"{"display_value":"2 - High","value":"2"}"#);
        assert_eq!((both.label(), both.raw(), both.reference), ("2 - High", "2", false));
        let null = value(r#"{"display_value":null,"value":""}"#);
        assert_eq!((null.label(), null.raw()), ("", ""));
        let reference = value(r#"{"display_value":"Ada","link":"https://x/1","value":"1"}"#);
        assert!(reference.reference);
        assert_eq!(value(r#"{"value":7,"currency_display_value":"$ 7"}"#).raw(), "7");
        assert_eq!(value("null").raw(), "");
        assert_eq!(value(r#"["a",{"b":1}]"#).raw(), "");
        assert_eq!(value(r#""a\"b""#).raw(), "a\"b");
    }
}
