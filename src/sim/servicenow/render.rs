//! Rows as JSON, in the shapes of the Table API: every scalar a string, references in four spellings.

use std::collections::HashSet;

use chrono_tz::Tz;

use super::filler;
use super::packed::{Packed, Shown};
use super::table::{Table, Tables};
use super::zone;

/// `sysparm_display_value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// `false`: values.
    Raw,
    /// `true`: displays.
    Labels,
    /// `all`: objects of both.
    Both,
}

/// What to show of rows, and how.
#[derive(Debug)]
pub(super) struct Shape<'a> {
    /// `sysparm_fields`; `None` for all.
    pub fields: Option<Vec<String>>,
    pub mode: Mode,
    /// Whether references carry links.
    pub links: bool,
    /// `http://host`, for links.
    pub base: &'a str,
    pub zone: Tz,
    /// Fields that may not be read.
    pub hidden: &'a HashSet<String>,
}

/// One value on its way out.
struct Out<'a> {
    name: &'a str,
    value: &'a str,
    shown: Shown<'a>,
    reference: Option<&'static str>,
}

/// Writes `row` as a JSON object.
pub(super) fn write(out: &mut String, tables: &Tables, table: &Table, row: &Packed, shape: &Shape<'_>) {
    out.push('{');
    if let Some(fields) = &shape.fields {
        for name in fields {
            named(out, tables, table, row, shape, name);
        }
    } else {
        for (place, (name, reference)) in row.layout.fields.iter().enumerate() {
            let (value, shown) = row.at(place);
            let reference = *reference;
            member(
                out,
                shape,
                &Out {
                    name,
                    value,
                    shown,
                    reference,
                },
            );
        }
        if table.wide {
            fill(out, shape);
        }
    }
    out.push('}');
}

fn fill(out: &mut String, shape: &Shape<'_>) {
    if shape.hidden.is_empty() {
        let members = filler::members(shape.mode);
        let first = out.ends_with('{');
        out.push_str(if first {
            members.trim_start_matches(',')
        } else {
            members
        });
        return;
    }
    for (name, value) in filler::all() {
        let (shown, reference) = (Shown::Same, None);
        member(
            out,
            shape,
            &Out {
                name,
                value,
                shown,
                reference,
            },
        );
    }
}

fn named(out: &mut String, tables: &Tables, table: &Table, row: &Packed, shape: &Shape<'_>, name: &str) {
    if let Some(place) = row.place(name) {
        let (value, shown) = row.at(place);
        let reference = row.layout.fields.get(place).and_then(|(_, reference)| *reference);
        member(
            out,
            shape,
            &Out {
                name,
                value,
                shown,
                reference,
            },
        );
        return;
    }
    // A field that does not exist is absent without a word.
    if let Some(value) = tables.find(table, row, name) {
        let (shown, reference) = (Shown::Same, None);
        member(
            out,
            shape,
            &Out {
                name,
                value,
                shown,
                reference,
            },
        );
    }
}

fn member(out: &mut String, shape: &Shape<'_>, field: &Out<'_>) {
    if shape.hidden.contains(field.name) {
        return;
    }
    // A member that is an object ends in a closing brace: an opening one is the row's own.
    if !out.ends_with('{') {
        out.push(',');
    }
    string(out, field.name);
    out.push(':');
    // An empty reference is an empty string, not an object.
    let reference = field.reference.filter(|_| !field.value.is_empty());
    let link = reference.filter(|_| shape.links);
    match shape.mode {
        Mode::Raw if link.is_none() => string(out, field.value),
        Mode::Labels if link.is_none() => display(out, shape, field),
        Mode::Raw => {
            out.push('{');
            write_link(out, shape, link, field.value);
            out.push_str("\"value\":");
            string(out, field.value);
            out.push('}');
        }
        Mode::Labels => {
            out.push_str("{\"display_value\":");
            display(out, shape, field);
            out.push(',');
            write_link(out, shape, link, field.value);
            out.pop();
            out.push('}');
        }
        Mode::Both => {
            out.push_str("{\"display_value\":");
            display(out, shape, field);
            out.push(',');
            write_link(out, shape, link, field.value);
            out.push_str("\"value\":");
            string(out, field.value);
            out.push('}');
        }
    }
}

/// `"link":"…",` or nothing.
fn write_link(out: &mut String, shape: &Shape<'_>, target: Option<&str>, id: &str) {
    let Some(table) = target else { return };
    out.push_str("\"link\":");
    string(out, &format!("{}/api/now/table/{table}/{id}", shape.base));
    out.push(',');
}

fn display(out: &mut String, shape: &Shape<'_>, field: &Out<'_>) {
    match field.shown {
        Shown::Null => out.push_str("null"),
        Shown::Text(text) => string(out, text),
        Shown::Same if shape.zone == Tz::UTC => string(out, field.value),
        Shown::Same => match zone::shown(field.value, shape.zone) {
            Some(local) => string(out, &local),
            None => string(out, field.value),
        },
    }
}

/// Writes a JSON string.
pub(super) fn string(out: &mut String, text: &str) {
    out.push('"');
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        for letter in text.chars() {
            match letter {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
                plain => out.push(plain),
            }
        }
    } else {
        out.push_str(text);
    }
    out.push('"');
}
