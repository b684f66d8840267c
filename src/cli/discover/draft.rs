//! A profile drafted from a table's columns: what their names and labels make likely, and below it, as comments,
//! everything else there is, for a person to choose from.

mod likely;

use self::likely::{LIKELY, Takes};
use super::text::{choices, one_line};
use crate::model::WorkItemKind;
use crate::source::dataverse::{ColumnInfo, TableInfo};

/// A section of the draft.
#[derive(Debug)]
pub(super) struct Item {
    pub kind: WorkItemKind,
    table: TableInfo,
    /// Row name and field, in the order of the row.
    mapped: Vec<(&'static str, ColumnInfo)>,
    /// What nothing was made of.
    left: Vec<ColumnInfo>,
    revision: bool,
}

/// What an incremental read goes by; every ordinary table has it.
const MODIFIED: &str = "modifiedon";
/// Raised by every update.
const REVISION: &str = "versionnumber";

impl Item {
    /// Fails if the table cannot be read by time.
    pub fn draft(kind: WorkItemKind, table: TableInfo, mut columns: Vec<ColumnInfo>) -> Result<Self, String> {
        // Of two columns of one meaning the one that somebody added is the one that is filled.
        columns.sort_by_key(|column| !is_own(column));
        let has = |field: &str| columns.iter().any(|column| column.field == field);
        if !has(MODIFIED) {
            return Err(format!(
                "{} has no column {MODIFIED}, so nobody can tell what changed in it: choose another table",
                table.logical_name
            ));
        }
        let revision = has(REVISION);
        let mut mapped: Vec<(&'static str, ColumnInfo)> = Vec::new();
        for likely in LIKELY.iter().filter(|likely| likely.of(kind)) {
            let name = likely.row_name(kind);
            let free = |column: &&ColumnInfo| {
                // One field may not stand for a number and a title both.
                takes(likely.takes, column) && !mapped.iter().any(|(_, taken)| taken.field == column.field)
            };
            let found = likely.names.iter().find_map(|wanted| {
                let by_name = columns
                    .iter()
                    .filter(free)
                    .find(|column| spellings(column).any(|name| name == *wanted));
                by_name.or_else(|| {
                    columns
                        .iter()
                        .filter(free)
                        .find(|column| letters(&column.label) == *wanted)
                })
            });
            let primary = || {
                let primary = table.name.as_deref().filter(|_| name == "Title_s")?;
                columns.iter().filter(free).find(|column| column.field == primary)
            };
            if let Some(column) = primary().or(found) {
                mapped.push((name, column.clone()));
            }
        }
        let used = |field: &str| [MODIFIED, REVISION, table.id.as_str()].contains(&field);
        let left = columns
            .into_iter()
            .filter(|column| !used(&column.field) && !mapped.iter().any(|(_, taken)| taken.field == column.field))
            .collect();
        Ok(Self {
            kind,
            table,
            mapped,
            left,
            revision,
        })
    }
}

fn takes(takes: Takes, column: &ColumnInfo) -> bool {
    let is_time = column.kind == "DateTime";
    match takes {
        Takes::Time => is_time,
        Takes::Text => column.kind == "String",
        // Dataverse's own state says only whether a record is active.
        Takes::Any => !is_time && !matches!(column.kind.as_str(), "Uniqueidentifier" | "State"),
    }
}

/// The names a column may be known by: without its publisher's prefix, without `code` or `id` at its end.
fn spellings(column: &ColumnInfo) -> impl Iterator<Item = String> + use<> {
    let bare = bare(column);
    let own = bare.split_once('_').map_or(bare, |(_, own)| own);
    let whole = letters(own);
    let shorter = ["code", "id", "name"].map(|end| whole.strip_suffix(end).map(str::to_owned));
    std::iter::once(whole.clone()).chain(shorter.into_iter().flatten())
}

/// Whether somebody added it: its name has the prefix of a publisher.
fn is_own(column: &ColumnInfo) -> bool {
    bare(column).contains('_')
}

fn bare(column: &ColumnInfo) -> &str {
    let look_up = column
        .field
        .strip_prefix('_')
        .and_then(|field| field.strip_suffix("_value"));
    look_up.unwrap_or(&column.field)
}

fn letters(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// The file.
pub(super) fn render(items: &[Item], server_url: &str) -> String {
    let mut text = format!(
        "# Drafted by `itsmd discover` from the metadata of {server_url}.\n\
         # Names and labels made these columns likely, no more: look every line through. What stands below each section as\n\
         # a comment is read by nobody; take a line over as `Row_name_s = \"field\"`. Names end in _s, _t (times), _b or _d.\n\
         protocol = \"dataverse\"\n"
    );
    for item in items {
        section(item, &mut text);
    }
    text
}

fn section(item: &Item, text: &mut String) {
    let (kind, table) = (item.kind, &item.table);
    text.push_str(&format!(
        "\n# {}\n[{kind}]\n",
        comment(&table.label, &table.logical_name)
    ));
    text.push_str(&format!("table = {}\n", quoted(&table.entity_set)));
    text.push_str(&format!("id = {}\nmodified = \"{MODIFIED}\"\n", quoted(&table.id)));
    if item.revision {
        text.push_str(&format!("revision = \"{REVISION}\"\n"));
    }
    let url = format!(
        "{{server_url}}/main.aspx?etn={}&pagetype=entityrecord&id={{id}}",
        table.logical_name
    );
    text.push_str(&format!("url = {}\n\n[{kind}.columns]\n", quoted(&url)));
    for (name, column) in &item.mapped {
        let line = format!("{name} = {}", quoted(&column.field));
        text.push_str(&format!("{line:<48} # {}\n", described(column)));
    }
    text.push_str("LastModifiedDate_t = \"modifiedon\"\n");
    if !item.left.is_empty() {
        text.push_str("\n# Also there:\n");
    }
    for column in &item.left {
        text.push_str(&format!("#   {:<44} {}\n", one_line(&column.field), described(column)));
    }
}

/// `Picklist “Priority”: 1 = High, 2 = Normal`.
fn described(column: &ColumnInfo) -> String {
    let label = one_line(&column.label);
    match choices(column) {
        choices if choices.is_empty() => format!("{} “{label}”", column.kind),
        choices => format!("{} “{label}”: {choices}", column.kind),
    }
}

fn comment(label: &str, name: &str) -> String {
    format!("{} ({})", one_line(label), one_line(name))
}

/// As TOML writes a text.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests;
