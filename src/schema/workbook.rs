//! The workbook: ITSMC's dashboard in its four parts, and beside it time to resolve, backlog and the calendar of changes.
//!
//! Every query over work items looks 180 days back, as long as rows are kept, whatever range is chosen: a record that did not
//! change has its row where it changed last. The chosen range is compared with the dates of the work items.

mod items;
mod parts;

use serde_json::{Value, json};

use super::Target;
use super::template::{Expr, Node, Parameter, Resource};

const API: &str = "2023-06-01";
/// Stands for the workspace's id in the text that is deployed.
const WORKSPACE: &str = "THE-WORKSPACE";

/// The workbook as its advanced editor takes it.
pub(super) fn workbook(of: &Target) -> Value {
    json!({
        "version": "Notebook/1.0",
        "items": parts::all(of),
        "$schema": "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json",
    })
}

/// The variable that [`resource`] reads: the workbook, which opens on its workspace.
pub(super) fn variable(of: &Target) -> (&'static str, String) {
    let mut workbook = workbook(of);
    workbook["fallbackResourceIds"] = json!([WORKSPACE]);
    ("workbookContent", format!("{workbook:#}"))
}

/// What it is called.
pub(super) fn parameter() -> Parameter {
    Parameter {
        name: "workbookName",
        kind: "string",
        description: "What the workbook is called in the portal",
        default: Some(Expr::text("Service desk")),
        range: None,
    }
}

/// The workbook of the workspace; a second deployment changes it in its place.
pub(super) fn resource(after: &[&'static str]) -> Resource {
    let workspace = || Expr::IdOf("workspace");
    let content = Expr::call(
        "replace",
        [Expr::Variable("workbookContent"), Expr::text(WORKSPACE), workspace()],
    );
    let properties = Node::map([
        ("displayName", Node::Of(Expr::Parameter("workbookName"))),
        ("category", Node::text("workbook")),
        ("version", Node::text("Notebook/1.0")),
        ("sourceId", Node::Of(workspace())),
        ("serializedData", Node::Of(content)),
    ]);
    Resource {
        depends_on: after.to_vec(),
        body: vec![
            ("location", Node::Of(Expr::Parameter("location"))),
            ("kind", Node::text("shared")),
            ("properties", properties),
        ],
        ..Resource::new(
            "workbook",
            "Microsoft.Insights/workbooks",
            API,
            // A name has to be a GUID.
            Expr::call("guid", [workspace(), Expr::text("itsmd workbook")]),
        )
    }
}
