//! The kinds of items that a workbook is made of.

use serde_json::{Value, json};

use super::super::Target;
use super::super::kql::over;

/// How long rows are kept, in milliseconds.
const AS_LONG_AS_ROWS: u64 = 180 * 86_400_000;

const CHOSEN: &str = include_str!("../kql/workbook/_chosen.kql");
const RECORD: &str = include_str!("../kql/workbook/_record.kql");

/// What a query asks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Over {
    /// The workspace.
    Workspace,
    /// Azure's own resources, through Resource Graph.
    Resources,
}

/// A query and how its answer is shown.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) over: Over,
    /// `table`, `barchart`, `linechart` …
    pub(super) shown_as: &'static str,
    /// Of a hundred.
    pub(super) width: u32,
    /// What is said where there is no row.
    pub(super) empty: &'static str,
    /// What a click on a row picks: column, name of the choice.
    pub(super) picks: &'static [(&'static str, &'static str)],
    /// The choice without which it is not shown.
    pub(super) needs: Option<&'static str>,
    pub(super) formatters: Vec<Value>,
}

impl Query {
    pub(super) fn table(name: &'static str, title: &'static str, text: &'static str) -> Self {
        Self {
            name,
            title,
            text,
            over: Over::Workspace,
            shown_as: "table",
            width: 100,
            empty: "Nothing in the chosen range.",
            picks: &[],
            needs: None,
            formatters: vec![record_link()],
        }
    }

    pub(super) fn chart(name: &'static str, title: &'static str, text: &'static str, shown_as: &'static str) -> Self {
        Self {
            shown_as,
            formatters: Vec::new(),
            ..Self::table(name, title, text)
        }
    }

    /// As the item of the workbook.
    pub(super) fn item(&self, of: &Target) -> Value {
        let (query_type, resource_type, across) = match self.over {
            Over::Workspace => (0, "microsoft.operationalinsights/workspaces", None),
            Over::Resources => (1, "microsoft.resourcegraph/resources", Some(["value::all"])),
        };
        let mut content = json!({
            "version": "KqlItem/1.0",
            "query": text(of, self.text),
            "size": 0,
            "title": self.title,
            "noDataMessage": self.empty,
            "showExportToExcel": self.shown_as == "table",
            "timeContext": {"durationMs": AS_LONG_AS_ROWS},
            "queryType": query_type,
            "resourceType": resource_type,
            "visualization": self.shown_as,
        });
        if let Some(across) = across {
            content["crossComponentResources"] = json!(across);
        }
        if self.shown_as == "table" {
            content["gridSettings"] = json!({"formatters": self.formatters, "filter": true, "rowLimit": 1000});
        }
        if !self.picks.is_empty() {
            let picks = self.picks.iter();
            content["exportedParameters"] = picks
                .map(|(column, choice)| json!({"fieldName": column, "parameterName": choice, "parameterType": 1}))
                .collect();
        }
        let mut item = json!({
            "type": 3,
            "content": content,
            "customWidth": self.width.to_string(),
            "name": self.name,
        });
        if let Some(choice) = self.needs {
            item["conditionalVisibility"] = json!({"parameterName": choice, "comparison": "isNotEqualTo", "value": ""});
        }
        item
    }
}

/// A query with the tables' names and the parts that several have in common.
pub(super) fn text(of: &Target, query: &str) -> String {
    let whole = query
        .replace("{chosen}", CHOSEN.trim_end())
        .replace("{record}", RECORD.trim_end());
    over(of, &whole)
}

/// The number opens the record in the service desk.
fn record_link() -> Value {
    json!({
        "columnMatch": "RecordUrl_s",
        "formatter": 7,
        "formatOptions": {"linkTarget": "Url", "linkLabel": "Open"},
    })
}

/// The verdict with a sign before it, so that it does not depend on a colour.
pub(super) fn verdict() -> Value {
    let sign = |verdict: &str, sign: &str| json!({"operator": "==", "thresholdValue": verdict, "representation": sign, "text": "{0}"});
    json!({
        "columnMatch": "Verdict",
        "formatter": 18,
        "formatOptions": {
            "thresholdsOptions": "icons",
            "thresholdsGrid": [
                sign("InStep", "success"),
                sign("Behind", "2"),
                sign("Failing", "4"),
                sign("Silent", "Disabled"),
                {"operator": "Default", "thresholdValue": null, "representation": "unknown", "text": "{0}"},
            ],
        },
    })
}

/// A heading with what there is to say about the part.
pub(super) fn heading(name: &str, markdown: &str) -> Value {
    json!({"type": 1, "content": {"json": markdown}, "name": name})
}

/// The choices at the top, which every part follows.
pub(super) fn choices(of: &Target, connections: &str) -> Value {
    let days = [1_u64, 7, 14, 30, 60, 90, 120];
    let ranges: Vec<Value> = days
        .iter()
        .map(|days| json!({"durationMs": days * 86_400_000}))
        .collect();
    let many = |id: &str, name: &str, label: &str| {
        json!({
            "id": id,
            "version": "KqlParameterItem/1.0",
            "name": name,
            "label": label,
            "type": 2,
            "isRequired": true,
            "multiSelect": true,
            "quote": "'",
            "delimiter": ",",
            "value": ["value::all"],
            "typeSettings": {"additionalResourceOptions": ["value::all"], "selectAllValue": "*", "showDefault": false},
            "timeContext": {"durationMs": AS_LONG_AS_ROWS},
        })
    };
    let mut connection = many("3d5ff4a1-6ed2-4b5a-9f0c-7f6f3c0f5a02", "Connection", "Connection");
    connection["query"] = json!(text(of, connections));
    connection["queryType"] = json!(0);
    connection["resourceType"] = json!("microsoft.operationalinsights/workspaces");
    let mut kind = many("3d5ff4a1-6ed2-4b5a-9f0c-7f6f3c0f5a03", "WorkItemType", "Work item type");
    kind["jsonData"] =
        json!(r#"[{"value":"Incident","label":"Incidents"},{"value":"ChangeRequest","label":"Change requests"}]"#);
    json!({
        "type": 9,
        "content": {
            "version": "KqlParameterItem/1.0",
            "style": "pills",
            "queryType": 0,
            "resourceType": "microsoft.operationalinsights/workspaces",
            "parameters": [
                {
                    "id": "3d5ff4a1-6ed2-4b5a-9f0c-7f6f3c0f5a01",
                    "version": "KqlParameterItem/1.0",
                    "name": "TimeRange",
                    "label": "Time range",
                    "type": 4,
                    "isRequired": true,
                    "value": {"durationMs": 30_u64 * 86_400_000},
                    "typeSettings": {"selectableValues": ranges, "allowCustom": true},
                },
                connection,
                kind,
            ],
        },
        "name": "choices",
    })
}
