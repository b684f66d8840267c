//! The field map of a connection: a shipped one or its own, with `[connection.columns]` added.

use toml::de::DeTable;

use super::section::Section;
use super::{Document, values};
use crate::model::{Partner, Profile, ProfileError, WorkItemKind};

const SERVICENOW: &str = include_str!("../../config/profiles/servicenow.toml");
const PROVANCE: &str = include_str!("../../config/profiles/provance.toml");

/// The text of the profile shipped for a product.
pub fn shipped(partner: Partner) -> &'static str {
    match partner {
        Partner::ServiceNow => SERVICENOW,
        Partner::Provance => PROVANCE,
    }
}

/// The protocol a product speaks.
fn protocol(partner: Partner) -> &'static str {
    match partner {
        Partner::ServiceNow => "servicenow",
        Partner::Provance => "dataverse",
    }
}

/// The connection's profile.
pub(super) fn profile(section: &Section<'_>, partner: Partner) -> Option<Profile> {
    let mut profile = match section.text("profile") {
        Some(file) => own(section, file)?,
        None => parse(section, "the shipped profile", shipped(partner))?,
    };
    if profile.protocol != protocol(partner) {
        let text = format!(
            "profile: its protocol is \"{}\", but {} speaks \"{}\"",
            profile.protocol,
            partner.as_str(),
            protocol(partner)
        );
        section.mistake("profile", &text);
    }
    add_columns(section, &mut profile);
    Some(profile)
}

fn own(section: &Section<'_>, file: &str) -> Option<Profile> {
    let path = section.document.path(file);
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(section, &path.display().to_string(), &text),
        Err(error) => {
            section.mistake("profile", &format!("profile: cannot read {}: {error}", path.display()));
            None
        }
    }
}

fn parse(section: &Section<'_>, name: &str, text: &str) -> Option<Profile> {
    let error = match Profile::parse(text) {
        Ok(profile) => return Some(profile),
        Err(error) => error,
    };
    let place = match place(text, &error) {
        Some(line) => format!("{name}:{line}"),
        None => name.to_owned(),
    };
    section.mistake("profile", &format!("profile {place}: {}", brief(&error)));
    None
}

/// The line of a profile's mistake, if it can be found again.
fn place(text: &str, error: &ProfileError) -> Option<usize> {
    let (kind, column) = match error {
        ProfileError::Syntax(message) => {
            let number = message.split_once(" at line ")?.1;
            return number.split(',').next()?.parse().ok();
        }
        ProfileError::OwnColumn { kind, column } | ProfileError::ColumnName { kind, column } => (kind, column),
    };
    let table = DeTable::parse(text).ok()?.into_inner();
    let item = table.get(kind.as_str())?.get_ref().as_table()?;
    let columns = item.get("columns")?.get_ref().as_table()?;
    let (key, _) = columns.get_key_value(column.as_str())?;
    let before = text.get(..key.span().start)?;
    Some(before.matches('\n').count() + 1)
}

/// The parser draws its message over several lines; the last one says what is wrong.
fn brief(error: &ProfileError) -> String {
    let text = error.to_string();
    text.trim().lines().next_back().unwrap_or_default().to_owned()
}

fn add_columns(section: &Section<'_>, profile: &mut Profile) {
    let Some(columns) = section.value("columns").and_then(|value| value.as_table()) else {
        return;
    };
    let document: &Document<'_> = section.document;
    for (name, value) in columns {
        let Some((field, choice_values)) = values::column_source(value.get_ref()) else {
            continue;
        };
        for (kind, item) in &mut profile.items {
            if let Err(error) = item.add_column(*kind, name.get_ref(), field, choice_values) {
                document.mistake(
                    document.line(&name.span()),
                    "[connection.columns]",
                    &bare(*kind, &error),
                );
                break;
            }
        }
    }
}

/// The error without its own section: here the columns are those of the connection.
fn bare(kind: WorkItemKind, error: &ProfileError) -> String {
    let text = error.to_string();
    let section = format!("[{kind}.columns] ");
    text.strip_prefix(&section).unwrap_or(&text).to_owned()
}
