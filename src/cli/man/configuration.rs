//! `itsmd.toml(5)`: every key there is, from the table that the configuration is read by.

use std::collections::BTreeSet;

use clap_mangen::roff::{bold, roman};

use super::page::Page;
use super::text;
use crate::config::keys::{self, Key, Kind, Presence, SectionKeys};

/// `itsmd.toml(5)`.
pub(super) fn page() -> Page {
    let mut page = Page::new("itsmd.toml", 5, "configuration of itsmd");
    page.raw(text::BEFORE_THE_KEYS);
    page.heading("KEYS");
    section(&mut page, &keys::ROOT, &mut BTreeSet::new());
    page.raw(text::AFTER_THE_KEYS);
    page
}

/// A section, and those below it; one that stands in two places is told once.
fn section(page: &mut Page, keys: &'static SectionKeys, told: &mut BTreeSet<&'static str>) {
    if !told.insert(keys.header) {
        return;
    }
    let used = || keys.keys.iter().filter(|key| is_used(keys, key));
    let nested = |key: &Key| matches!(key.kind, Kind::Section(_) | Kind::Sections(_));
    if used().any(|key| !nested(key)) {
        page.part(keys.header);
    }
    for key in used().filter(|key| !nested(key)) {
        let takes = match (key.kind, keys.choice) {
            (Kind::Word(_), Some(choice)) if choice.by == key.name => {
                let names: Vec<String> = available(keys).map(|name| format!("\"{name}\"")).collect();
                names.join(" or ")
            }
            (Kind::Secret, _) => "a secret".to_owned(),
            (kind, _) => kind.to_string(),
        };
        let head = vec![bold(key.name), roman(format!(" = {takes}"))];
        page.entry(head, &format!("{} {}", key.meaning, presence(key)));
    }
    variants(page, keys);
    for key in used() {
        if let Kind::Section(below) | Kind::Sections(below) = key.kind {
            section(page, below, told);
        }
    }
}

fn presence(key: &Key) -> String {
    match key.presence {
        Presence::Required => "It must be given.".to_owned(),
        Presence::Optional => String::new(),
        Presence::Text("") => "Unless given it is empty.".to_owned(),
        Presence::Text(text) => format!("Unless given: \"{text}\"."),
        Presence::Integer(number) => format!("Unless given: {number}."),
        Presence::Flag(flag) => format!("Unless given: {flag}."),
    }
}

/// What stands beside each value of the key that decides.
fn variants(page: &mut Page, keys: &SectionKeys) {
    let Some(choice) = keys.choice else { return };
    page.paragraph(&format!("What {} decides:", choice.by));
    for variant in choice.of.iter().filter(|variant| variant.available) {
        let mut said = Vec::new();
        if !variant.required.is_empty() {
            said.push(format!("needs {}", variant.required.join(", ")));
        }
        if !variant.optional.is_empty() {
            said.push(format!("may have {}", variant.optional.join(", ")));
        }
        let said = if said.is_empty() {
            "nothing else".to_owned()
        } else {
            said.join("; ")
        };
        page.entry(
            vec![bold(format!("{} = \"{}\"", choice.by, variant.name))],
            &format!("{said}."),
        );
    }
}

fn available(keys: &SectionKeys) -> impl Iterator<Item = &'static str> {
    let variants = keys.choice.map(|choice| choice.of).unwrap_or_default();
    variants
        .iter()
        .filter(|variant| variant.available)
        .map(|variant| variant.name)
}

/// Whether anything that is built uses it.
fn is_used(section: &SectionKeys, key: &Key) -> bool {
    section.choice.is_none_or(|choice| {
        let mut built = choice.of.iter().filter(|variant| variant.available);
        choice.by == key.name || built.any(|variant| variant.uses(key.name))
    })
}
