//! Tables and columns for a terminal.

use crate::cli::table::{Align, table};
use crate::source::dataverse::{ColumnInfo, TableInfo};

/// A line a table: first those that somebody added.
pub(super) fn tables(tables: &[TableInfo]) -> String {
    let headings = [
        ("TABLE", Align::Left),
        ("SET", Align::Left),
        ("KEY", Align::Left),
        ("LABEL", Align::Left),
    ];
    let (own, shipped): (Vec<_>, Vec<_>) = tables.iter().partition(|table| table.custom);
    let rows: Vec<[String; 4]> = own
        .into_iter()
        .chain(shipped)
        .map(|table| {
            [
                table.logical_name.clone(),
                table.entity_set.clone(),
                table.id.clone(),
                one_line(&table.label),
            ]
        })
        .collect();
    self::table(headings, &rows)
}

/// A line a column.
pub(super) fn columns(columns: &[ColumnInfo]) -> String {
    let headings = [
        ("FIELD", Align::Left),
        ("TYPE", Align::Left),
        ("LABEL", Align::Left),
        ("CHOICES", Align::Left),
    ];
    let rows: Vec<[String; 4]> = columns
        .iter()
        .map(|column| {
            [
                column.field.clone(),
                column.kind.clone(),
                one_line(&column.label),
                choices(column),
            ]
        })
        .collect();
    self::table(headings, &rows)
}

/// `1 = High, 2 = Normal`.
pub(super) fn choices(column: &ColumnInfo) -> String {
    let choices = column.choices.iter();
    let choices: Vec<String> = choices
        .map(|(code, label)| format!("{code} = {}", one_line(label)))
        .collect();
    choices.join(", ")
}

/// Labels are somebody else's text: none may begin a line of its own or steer a terminal.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
