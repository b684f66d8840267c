//! What itsmd generates for other programs: the JSON Schema of the configuration; for Azure the templates of the tables, of the
//! data collection rule, of saved functions, workbook and alert rules, and the queries in them. Each comes from the one table
//! that the code itself works from, so none can fall behind it; the files under `schema/` are compared with them by a test.

mod alerts;
mod azure;
mod functions;
mod json;
mod kql;
mod template;
mod workbook;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::columns::ColumnType;
use template::Template;

/// Columns beyond those of `ServiceDesk_CL`: name and type ([`crate::config::Config::extra_columns`]).
pub type ExtraColumns = BTreeMap<String, ColumnType>;

/// What the artefacts of Azure are made for.
#[derive(Debug, Clone)]
pub struct Target {
    /// The table of work items.
    pub work_items: String,
    /// The table of the connector's own log.
    pub log: String,
    /// Columns of the configuration's own.
    pub extra: ExtraColumns,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            work_items: "ServiceDesk_CL".to_owned(),
            log: "ServiceDeskLog_CL".to_owned(),
            extra: ExtraColumns::new(),
        }
    }
}

impl Target {
    /// Over another table: `ServiceDeskNew_CL`, and `ServiceDeskNewLog_CL` for the log. None: Azure takes no table of that
    /// name. It has to begin with a letter and to end in `_CL`, with letters, digits and `_` between them, 45 in all.
    pub fn of_table(name: &str) -> Option<Self> {
        let stem = name.strip_suffix("_CL")?;
        let log = format!("{stem}Log_CL");
        let legal = stem.starts_with(|c: char| c.is_ascii_alphabetic())
            && stem.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && log.len() <= 45;
        legal.then(|| Self {
            work_items: name.to_owned(),
            log,
            extra: ExtraColumns::new(),
        })
    }
}

/// JSON Schema (2020-12) of the configuration, for editors.
pub fn config() -> String {
    pretty(&json::config())
}

/// ARM template of both tables.
pub fn table(of: &Target) -> String {
    let mut resources = vec![azure::workspace()];
    resources.extend(azure::tables(of));
    let template = Template {
        parameters: vec![azure::workspace_name(), azure::retention()],
        resources,
        ..Template::default()
    };
    pretty(&template.arm())
}

/// ARM template of the data collection rule and of the right to send to it; its outputs are the two
/// values that `[workspace]` needs.
pub fn dcr(of: &Target) -> String {
    let [principal, rule] = azure::of_rule();
    let template = Template {
        parameters: vec![azure::workspace_name(), principal, rule, azure::location()],
        resources: vec![azure::workspace(), azure::rule(of, &[]), azure::role()],
        outputs: azure::outputs(),
        ..Template::default()
    };
    pretty(&template.arm())
}

/// The saved functions as text, each below a line that names it.
pub fn kql(of: &Target) -> String {
    let functions = kql::FUNCTIONS.iter();
    let functions: Vec<String> = functions
        .map(|function| format!("// {}({})\n{}", function.name, function.parameters, function.text(of)))
        .collect();
    functions.join("\n")
}

/// Name, parameters and text of each saved function.
pub fn saved_functions(of: &Target) -> Vec<(&'static str, &'static str, String)> {
    let functions = kql::FUNCTIONS.iter();
    functions
        .map(|function| (function.name, function.parameters, function.text(of)))
        .collect()
}

/// ARM template of the saved functions.
pub fn functions(of: &Target) -> String {
    let mut resources = vec![azure::workspace()];
    resources.extend(functions::saved(of, &[]));
    let template = Template {
        parameters: vec![azure::workspace_name()],
        resources,
        ..Template::default()
    };
    pretty(&template.arm())
}

/// The workbook, as the advanced editor of the portal takes it.
pub fn workbook(of: &Target) -> String {
    pretty(&workbook::workbook(of))
}

/// ARM template of the alert rules.
pub fn alerts(of: &Target) -> String {
    let mut parameters = vec![azure::workspace_name(), azure::location()];
    parameters.extend(alerts::parameters());
    let mut resources = vec![azure::workspace()];
    resources.extend(alerts::rules(of, &[], None));
    let template = Template {
        parameters,
        resources,
        ..Template::default()
    };
    pretty(&template.arm())
}

/// Everything in one ARM template.
pub fn arm(of: &Target) -> String {
    pretty(&everything(of).arm())
}

/// Everything in one Bicep file.
pub fn bicep(of: &Target) -> String {
    everything(of).bicep()
}

fn everything(of: &Target) -> Template {
    let tables = ["workItems", "log"];
    let [principal, rule] = azure::of_rule();
    let mut parameters = vec![
        azure::workspace_name(),
        principal,
        azure::location(),
        azure::retention(),
        rule,
        workbook::parameter(),
        alerts::wanted(),
    ];
    parameters.extend(alerts::parameters());
    let mut resources = vec![azure::workspace()];
    resources.extend(azure::tables(of));
    resources.extend([azure::rule(of, &tables), azure::role()]);
    resources.extend(functions::saved(of, &tables));
    resources.push(workbook::resource(&functions::SYMBOLS));
    resources.extend(alerts::rules(of, &functions::SYMBOLS, Some("alerts")));
    Template {
        about: "Generated by `itsmd schema bicep`: two tables, a data collection rule and the right to send to it, saved functions,\n\
                a workbook, alert rules.",
        parameters,
        variables: vec![workbook::variable(of)],
        resources,
        outputs: azure::outputs(),
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
