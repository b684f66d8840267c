//! The table of keys as JSON Schema.

use serde_json::{Map, Value, json};

use crate::config::keys::{Choice, Key, Kind, Presence, ROOT, SectionKeys};

/// The whole file.
pub(super) fn config() -> Value {
    let mut schema = section(&ROOT);
    if let Some(members) = schema.as_object_mut() {
        members.insert(
            "$schema".to_owned(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        members.insert("title".to_owned(), json!("itsmd configuration"));
    }
    schema
}

fn section(keys: &SectionKeys) -> Value {
    let mut properties = Map::new();
    for key in keys.keys {
        properties.insert(key.name.to_owned(), property(key));
    }
    let required: Vec<&str> = keys
        .keys
        .iter()
        .filter(|key| key.presence == Presence::Required)
        .map(|key| key.name)
        .collect();
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if let Some(choice) = &keys.choice {
        schema["properties"][choice.by]["enum"] = json!(available(choice));
        schema["allOf"] = conditions(keys, choice);
    }
    schema
}

fn available(choice: &Choice) -> Vec<&'static str> {
    let available = choice.of.iter().filter(|variant| variant.available);
    available.map(|variant| variant.name).collect()
}

/// For each variant: what it needs, and that nothing else stands beside it.
fn conditions(keys: &SectionKeys, choice: &Choice) -> Value {
    let variants = choice.of.iter().filter(|variant| variant.available);
    let conditions = variants.map(|variant| {
        let unused = keys.keys.iter().map(|key| key.name);
        let unused = unused.filter(|name| *name != choice.by && !variant.uses(name));
        let forbidden: Map<String, Value> = unused.map(|name| (name.to_owned(), json!(false))).collect();
        json!({
            "if": {"properties": {choice.by: {"const": variant.name}}, "required": [choice.by]},
            "then": {"required": variant.required, "properties": forbidden},
        })
    });
    conditions.collect()
}

fn property(key: &Key) -> Value {
    let mut schema = kind(&key.kind);
    schema["description"] = json!(key.meaning);
    match key.presence {
        Presence::Required | Presence::Optional => {}
        Presence::Text(text) => schema["default"] = json!(text),
        Presence::Integer(number) => schema["default"] = json!(number),
        Presence::Flag(flag) => schema["default"] = json!(flag),
    }
    schema
}

fn kind(kind: &Kind) -> Value {
    match kind {
        Kind::Text => json!({"type": "string", "minLength": 1}),
        Kind::Filter => json!({"type": "string"}),
        Kind::Word(words) => json!({"type": "string", "enum": words}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Integer(low, high) => json!({"type": "integer", "minimum": low, "maximum": high}),
        Kind::Duration(..) => json!({"type": "string", "pattern": "^([0-9]+ *[smhd] *)+$"}),
        Kind::Date => json!({"type": "string", "format": "date"}),
        Kind::Secret => secret(),
        Kind::Words(words) => json!({
            "type": "array", "items": {"enum": words}, "minItems": 1, "uniqueItems": true,
        }),
        Kind::Columns => columns(),
        Kind::Section(keys) => section(keys),
        Kind::Sections(keys) => json!({"type": "array", "items": section(keys), "minItems": 1}),
    }
}

fn secret() -> Value {
    let text = json!({"type": "string", "minLength": 1});
    json!({
        "type": "object",
        "properties": {"file": text, "env": text, "credential": text},
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    })
}

fn columns() -> Value {
    let field = json!({"type": "string", "minLength": 1});
    let table = json!({
        "type": "object",
        "properties": {"field": field, "choice_values": {"enum": ["labels", "codes"]}},
        "required": ["field"],
        "additionalProperties": false,
    });
    json!({"type": "object", "additionalProperties": {"anyOf": [field, table]}})
}
