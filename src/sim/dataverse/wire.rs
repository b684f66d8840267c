//! Writing rows: every annotation before the value it belongs to, and only those asked for.

use chrono::FixedOffset;
use serde_json::{Value, json};

use super::cell::Cell;
use super::query::Preferences;
use super::table::{Row, Table};

const FORMATTED: &str = "OData.Community.Display.V1.FormattedValue";
const LOGICAL_NAME: &str = "Microsoft.Dynamics.CRM.lookuplogicalname";
const NAVIGATION: &str = "Microsoft.Dynamics.CRM.associatednavigationproperty";

/// A JSON object in the making, whose members stay in the order they were written.
#[derive(Debug)]
pub(super) struct Object(String);

impl Object {
    pub(super) fn new() -> Self {
        Self("{".to_owned())
    }

    pub(super) fn member(&mut self, name: &str, value: &Value) {
        self.raw(name, &value.to_string());
    }

    /// A member whose value is JSON already.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&json!(name).to_string());
        self.0.push(':');
        self.0.push_str(value);
    }

    pub(super) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// Writes the selected columns of a row, and its id whether selected or not.
pub(super) fn row(row: &Row, select: &[String], table: &Table, wishes: &Preferences, zone: FixedOffset) -> Object {
    let mut object = Object::new();
    let version = row
        .get("versionnumber")
        .map_or(0, |cell| if let Cell::Int(number) = cell { *number } else { 0 });
    object.member("@odata.etag", &json!(format!("W/\"{version}\"")));
    let primary = &table.definition.primary_id;
    let unselected = (!select.contains(primary)).then_some(primary);
    for column in select.iter().chain(unselected) {
        let cell = row.get(column).unwrap_or(&Cell::Null);
        for (annotation, text) in annotations(column, cell, wishes, zone) {
            object.member(&format!("{column}@{annotation}"), &json!(text));
        }
        object.member(column, &cell.json());
    }
    object
}

fn annotations(column: &str, cell: &Cell, wishes: &Preferences, zone: FixedOffset) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if let Some(text) = cell.formatted(zone) {
        found.push((FORMATTED, text));
    }
    if let Cell::Lookup { logical_name, .. } = cell {
        let navigation = column.trim_start_matches('_').trim_end_matches("_value");
        found.push((NAVIGATION, navigation.to_owned()));
        found.push((LOGICAL_NAME, logical_name.clone()));
    }
    found.retain(|(annotation, _)| wishes.wants(annotation));
    found
}
