//! Holds a table against the known keys: every unknown key, missing key, wrong type and value out of range.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::document::Document;
use super::keys::{self, Choice, Key, Kind, Presence, SectionKeys, Variant, quoted};
use super::values;

/// A place in the file: the document, the section as written, its line.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    document: &'a Document<'a>,
    section: &'a str,
    line: usize,
}

impl Place<'_> {
    fn wrong(&self, value: &Spanned<DeValue<'_>>, text: &str) {
        self.document.mistake(self.document.line_of(value), self.section, text);
    }
}

/// Checks a section and all below it. `line` is where its header stands.
pub(super) fn walk(document: &Document<'_>, keys: &SectionKeys, section: &str, line: usize, table: &DeTable<'_>) {
    let place = Place {
        document,
        section,
        line,
    };
    for (name, value) in table {
        match keys.find(name.get_ref()) {
            Some(key) if decides(keys, key, value) => {}
            Some(key) => check(place, key, value),
            None => unknown(place, keys, name, table),
        }
    }
    for key in keys.keys {
        let there = table.contains_key(key.name) || is_misspelt(keys, table, key.name);
        if key.presence == Presence::Required && !there {
            missing(place, key.name, &key.kind);
        }
    }
    if let Some(choice) = &keys.choice {
        choose(place, keys, choice, table);
    }
}

/// Whether the key is `kind` or `method` with some text: [`choose`] looks at that.
fn decides(keys: &SectionKeys, key: &Key, value: &Spanned<DeValue<'_>>) -> bool {
    keys.choice.is_some_and(|choice| choice.by == key.name) && value.get_ref().is_str()
}

fn missing(place: Place<'_>, name: &str, kind: &Kind) {
    let text = match kind {
        Kind::Section(_) => format!("missing section {}", below(place.section, name)),
        Kind::Sections(_) => format!("no [[{name}]]: at least one is needed"),
        Kind::Text
        | Kind::Filter
        | Kind::Word(_)
        | Kind::Flag
        | Kind::Integer(..)
        | Kind::Duration(..)
        | Kind::Date
        | Kind::Secret
        | Kind::Words(_)
        | Kind::Columns => format!("missing key \"{name}\": {kind}"),
    };
    place.document.mistake(place.line, place.section, &text);
}

/// `[connection.auth]` of `[[connection]]` and `auth`.
pub(super) fn below(section: &str, name: &str) -> String {
    match section.trim_matches(['[', ']']) {
        "" => format!("[{name}]"),
        parent => format!("[{parent}.{name}]"),
    }
}

fn unknown(place: Place<'_>, keys: &SectionKeys, name: &Spanned<std::borrow::Cow<'_, str>>, table: &DeTable<'_>) {
    let line = place.document.line(&name.span());
    let known: Vec<&str> = keys.keys.iter().map(|key| key.name).collect();
    let name = name.get_ref();
    let mut text = format!("unknown key \"{name}\"");
    if let Some(near) = values::nearest(name, &known).filter(|near| !table.contains_key(*near)) {
        text.push_str(&format!("; did you mean \"{near}\"?"));
    } else if let Some(home) = home_of(name).filter(|home| *home != place.section) {
        text.push_str(&format!(
            "; it belongs to {home}: a key belongs to the last header above it"
        ));
    } else if let Some(near) = values::nearest(name, &known) {
        text.push_str(&format!("; did you mean \"{near}\"?"));
    }
    place.document.mistake(line, place.section, &text);
}

/// The section in which a key of that name is known.
/// Whether the key is there under another spelling: the unknown key names it then, and that is enough.
fn is_misspelt(keys: &SectionKeys, table: &DeTable<'_>, wanted: &str) -> bool {
    let known: Vec<&str> = keys.keys.iter().map(|key| key.name).collect();
    let names = table.iter().map(|(name, _)| name.get_ref().as_ref());
    let mut unknown = names.filter(|name: &&str| keys.find(name).is_none());
    unknown.any(|name| values::nearest(name, &known) == Some(wanted))
}

fn home_of(name: &str) -> Option<&'static str> {
    let sections = [
        keys::CONNECTION,
        keys::WORKSPACE,
        keys::HTTP,
        keys::STATE,
        keys::CONNECTION_AUTH,
    ];
    let home = sections.into_iter().find(|section| section.find(name).is_some());
    home.map(|section| section.header)
}

fn choose(place: Place<'_>, keys: &SectionKeys, choice: &Choice, table: &DeTable<'_>) {
    let Some(value) = table.get(choice.by) else { return };
    let Some(word) = value.get_ref().as_str() else { return };
    let available: Vec<&str> = choice.of.iter().filter(|v| v.available).map(|v| v.name).collect();
    let Some(variant) = choice.of.iter().find(|variant| variant.name == word) else {
        let hint = values::nearest(word, &available).map(|near| format!("; did you mean \"{near}\"?"));
        let expected = quoted(&available, " or ");
        let found = shown(value.get_ref());
        let hint = hint.unwrap_or_default();
        return place.wrong(
            value,
            &format!("{}: expected {expected}, found {found}{hint}", choice.by),
        );
    };
    if !variant.available {
        let text = format!(
            "{word} is not available in this version; available: {}",
            available.join(", ")
        );
        return place.wrong(value, &text);
    }
    fit(place, keys, choice, variant, table);
}

/// Whether the keys beside a deciding one are its own.
fn fit(place: Place<'_>, keys: &SectionKeys, choice: &Choice, variant: &Variant, table: &DeTable<'_>) {
    let word = variant.name;
    for (name, _) in table {
        let key = name.get_ref().as_ref();
        if key != choice.by && keys.find(key).is_some() && !variant.uses(key) {
            let used = [variant.required, variant.optional].concat().join(", ");
            let used = if used.is_empty() { "no other key" } else { &used };
            let text = format!("{key} is not used by {word}; it takes {used}");
            let line = place.document.line(&name.span());
            place.document.mistake(line, place.section, &text);
        }
    }
    for key in keys.keys.iter().filter(|key| variant.required.contains(&key.name)) {
        if !table.contains_key(key.name) && !is_misspelt(keys, table, key.name) {
            let text = if let Kind::Section(_) = key.kind {
                format!("{word} needs a section {}", below(place.section, key.name))
            } else {
                format!("{word} needs the key \"{}\": {}", key.name, key.kind)
            };
            place.document.mistake(place.line, place.section, &text);
        }
    }
}

fn check(place: Place<'_>, key: &Key, value: &Spanned<DeValue<'_>>) {
    let fits = match (key.kind, value.get_ref()) {
        (Kind::Text, DeValue::String(text)) => !text.trim().is_empty(),
        (Kind::Filter, DeValue::String(_)) | (Kind::Flag, DeValue::Boolean(_)) => true,
        (Kind::Word(words), DeValue::String(text)) => words.contains(&text.as_ref()),
        (Kind::Integer(low, high), DeValue::Integer(number)) => {
            values::integer(number).is_some_and(|number| (low..=high).contains(&number))
        }
        (Kind::Duration(low, high), DeValue::String(text)) => {
            values::duration(text).is_some_and(|time| (low..=high).contains(&time.as_secs()))
        }
        (Kind::Date, value) => values::date(value).is_some(),
        (Kind::Secret, _) => return secret(place, key, value),
        (Kind::Words(known), DeValue::Array(list)) => return words(place, key, known, value, list),
        (Kind::Columns, DeValue::Table(table)) => return columns(place, key, table),
        (Kind::Section(keys), DeValue::Table(table)) => {
            let line = place.document.line_of(value);
            return walk(place.document, keys, &below(place.section, key.name), line, table);
        }
        (Kind::Sections(keys), DeValue::Array(list)) => return sections(place, keys, key, list),
        (Kind::Sections(_), DeValue::Table(_)) => {
            let text = format!("write [[{}]] with two brackets: there may be several", key.name);
            return place.wrong(value, &text);
        }
        (_, _) => false,
    };
    if !fits {
        expected(place, key, value);
    }
}

fn expected(place: Place<'_>, key: &Key, value: &Spanned<DeValue<'_>>) {
    let mut text = format!("{}: expected {}, found {}", key.name, key.kind, shown(value.get_ref()));
    if let (Kind::Word(words), DeValue::String(word)) = (key.kind, value.get_ref())
        && let Some(near) = values::nearest(word, words)
    {
        text.push_str(&format!("; did you mean \"{near}\"?"));
    }
    place.wrong(value, &text);
}

/// A value as a message shows it; text is cut, for it may be a secret in the wrong place.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) if text.trim().is_empty() => "an empty text".to_owned(),
        DeValue::String(text) if text.chars().count() > 24 => "a text".to_owned(),
        DeValue::String(text) => format!("the text \"{text}\""),
        DeValue::Integer(number) => format!("{number}"),
        DeValue::Float(number) => format!("{number}"),
        DeValue::Boolean(flag) => format!("{flag}"),
        DeValue::Datetime(time) => format!("{time}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a section".to_owned(),
    }
}

fn secret(place: Place<'_>, key: &Key, value: &Spanned<DeValue<'_>>) {
    let name = key.name;
    let table = match value.get_ref() {
        DeValue::Table(table) => table,
        DeValue::String(_) => {
            let text = format!(
                "{name}: a secret never stands in this file; put it into a file of its own and write \
                 {name} = {{ file = \"/etc/itsmd/secrets/…\" }}, or {{ env = \"NAME\" }}, or {{ credential = \"name\" }} (systemd)"
            );
            return place.wrong(value, &text);
        }
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Array(_) => {
            let text = format!("{name}: expected {}, found a value of another kind", key.kind);
            return place.wrong(value, &text);
        }
    };
    for (member, _) in table {
        if !["file", "env", "credential"].contains(&member.get_ref().as_ref()) {
            let line = place.document.line(&member.span());
            let text = format!("{name}: unknown key \"{}\"; expected {}", member.get_ref(), key.kind);
            return place.document.mistake(line, place.section, &text);
        }
    }
    let texts = table.iter().filter(|(_, value)| {
        let text = value.get_ref().as_str();
        text.is_some_and(|text| !text.trim().is_empty())
    });
    if table.len() != 1 || texts.count() != 1 {
        let text = format!("{name}: expected exactly one of {}", key.kind);
        place.wrong(value, &text);
    }
}

fn words(place: Place<'_>, key: &Key, known: &[&str], value: &Spanned<DeValue<'_>>, list: &DeArray<'_>) {
    if list.is_empty() {
        let text = format!("{} is empty: name at least one of {}", key.name, quoted(known, " or "));
        return place.wrong(value, &text);
    }
    let mut seen = Vec::new();
    for item in list {
        let word = item.get_ref().as_str().filter(|word| known.contains(word));
        match word {
            Some(word) if seen.contains(&word) => place.wrong(item, &format!("{}: \"{word}\" twice", key.name)),
            Some(word) => seen.push(word),
            None => {
                let found = shown(item.get_ref());
                let known = quoted(known, " or ");
                place.wrong(item, &format!("{}: expected {known}, found {found}", key.name));
            }
        }
    }
}

fn columns(place: Place<'_>, key: &Key, table: &DeTable<'_>) {
    let section = below(place.section, key.name);
    for (name, value) in table {
        if values::column_source(value.get_ref()).is_none() {
            let text = format!(
                "{}: expected the name of a source field, or {{ field = \"…\", choice_values = \"labels\" or \"codes\" }}",
                name.get_ref()
            );
            place.document.mistake(place.document.line_of(value), &section, &text);
        }
    }
}

fn sections(place: Place<'_>, keys: &SectionKeys, key: &Key, list: &DeArray<'_>) {
    if list.is_empty() {
        missing(place, key.name, &key.kind);
    }
    let section = format!("[[{}]]", key.name);
    for item in list {
        match item.get_ref() {
            DeValue::Table(table) => walk(place.document, keys, &section, place.document.line_of(item), table),
            other => place.wrong(item, &format!("expected {}, found {}", key.kind, shown(other))),
        }
    }
}
