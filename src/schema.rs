//! What itsmd generates for other programs: the JSON Schema of the configuration, and the Azure templates
//! of the tables and of the data collection rule. Each comes from the one table that the code itself
//! works from, so none can fall behind it; the files under `schema/` are compared with them by a test.

mod azure;
mod bicep;
mod json;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::columns::ColumnType;

/// Columns beyond those of `ServiceDesk_CL`: name and type ([`crate::config::Config::extra_columns`]).
pub type ExtraColumns = BTreeMap<String, ColumnType>;

/// JSON Schema (2020-12) of the configuration, for editors.
pub fn config() -> String {
    pretty(&json::config())
}

/// ARM template of the tables `ServiceDesk_CL` and `ServiceDeskLog_CL`.
pub fn table(extra: &ExtraColumns) -> String {
    pretty(&azure::table(extra))
}

/// ARM template of the data collection rule and of the right to send to it; its outputs are the two
/// values that `[workspace]` needs.
pub fn dcr(extra: &ExtraColumns) -> String {
    pretty(&azure::dcr(extra))
}

/// Tables, rule and role in one Bicep file.
pub fn bicep(extra: &ExtraColumns) -> String {
    bicep::bicep(extra)
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
