//! What arrives in the demo's workspace, and the answer to a query such as a dashboard would ask.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::app;
use crate::sim::ingestion::{Row, Workspace};

const STREAM: &str = "Custom-ServiceDesk_CL";
/// States of both desks in which nothing is to be done any more.
const OVER: [&str; 5] = [
    "Resolved",
    "Closed",
    "Canceled",
    "Problem Solved",
    "Information Provided",
];
const EVERY: Duration = Duration::from_secs(10);

/// Prints until it is aborted: how much has arrived, and now and then who has what open.
pub(super) async fn show(workspace: Workspace) {
    let mut tick = tokio::time::interval(EVERY);
    tick.tick().await;
    let mut before = 0;
    for round in 0_u32.. {
        tick.tick().await;
        let rows = workspace.count(STREAM);
        let now = app::now().format("%H:%M:%S");
        if rows > before {
            println!("{now}  {rows} rows in ServiceDesk_CL, {} new", rows - before);
        }
        before = rows;
        if round % 6 == 0 {
            println!("\n{}", query(&workspace));
        }
    }
}

/// The last row of each open incident, counted by connection and priority.
fn query(workspace: &Workspace) -> String {
    let text = |row: &Row, column: &str| {
        row.get(column)
            .and_then(|value| value.as_str())
            .unwrap_or_default()
            .to_owned()
    };
    let latest = workspace.latest(
        STREAM,
        &[
            "ServiceDeskConnectionName_s",
            "ServiceDeskWorkItemType_s",
            "ServiceDeskId_s",
        ],
    );
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    let open = latest.values().filter(|row| {
        row.get("ServiceDeskWorkItemType_s")
            .is_some_and(|kind| kind == "Incident")
            && !row.contains_key("ClosedDate_t")
            && !row.contains_key("ResolvedDate_t")
            && !OVER.contains(&text(row, "IncidentState_s").as_str())
    });
    for row in open {
        *counts
            .entry((text(row, "ServiceDeskConnectionName_s"), text(row, "Priority_s")))
            .or_default() += 1;
    }
    let mut lines = String::from(
        "  ServiceDesk_CL\n  | where ServiceDeskWorkItemType_s == \"Incident\"\n\
         \x20 | summarize arg_max(TimeGenerated, *) by ServiceDeskConnectionName_s, ServiceDeskId_s\n\
         \x20 | where IncidentState_s !in (\"Resolved\", \"Closed\")\n\
         \x20 | summarize count() by ServiceDeskConnectionName_s, Priority_s\n\n",
    );
    for ((connection, priority), count) in counts {
        lines.push_str(&format!("  {connection:12} {priority:16} {count:6}\n"));
    }
    lines
}
