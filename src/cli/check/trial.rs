//! `--send-test`: one row that says of itself that it is none.
//!
//! It must disturb no query that anybody has: its connection has a name that no connection can have, its kind is neither
//! incident nor change request, and it bears the marks of a deleted record. It has one fixed id, so that however often it
//! is sent, a query for the last row of each record finds it once.

use super::finding::{Finding, Line};
use crate::app;
use crate::model::{Record, RecordId, RowWriter, Version};
use crate::sink::{Batch, Sink, Workspace};
use crate::sync::{Stamp, assemble};

/// No connection's name may hold a slash.
const CONNECTION: &str = "itsmd/check";

const NUMBER: &str = "ITSMD-TEST";

/// Sends it, and says how to find it.
pub(super) async fn send(workspace: &Workspace) -> Line {
    let run = app::new_run_id();
    match workspace.deliver(&batch(&run)).await {
        Ok(_) => Line::good(
            "test row",
            format!(
                "sent; within minutes: ServiceDesk_CL | where ServiceDeskConnectionName_s == \"{CONNECTION}\" and SyncRunId_s \
                 == \"{run}\""
            ),
        ),
        Err(error) => Line::found("test row", Finding::of_trouble(error.trouble())),
    }
}

fn batch(run: &str) -> Batch {
    let now = app::now();
    let mut row = RowWriter::new(512);
    row.text("ServiceDeskConnectionName_s", CONNECTION);
    row.text("ServiceDeskWorkItemType_s", "Test");
    row.text("PartnerType_s", "itsmd");
    row.text("RecordId_s", "itsmd-check");
    row.text("ServiceDeskId_s", NUMBER);
    row.text("Title_s", "A test row of `itsmd check --send-test`: no work item");
    row.text("IncidentState_s", "Deleted");
    row.text("CRState_s", "Deleted");
    row.time("LastModifiedDate_t", now);
    row.flag("IsDeleted_b", true);
    row.flag("IsTruncated_b", false);
    let row = row.finish();
    let record = Record {
        id: RecordId::new("itsmd-check"),
        number: NUMBER.into(),
        modified: now,
        revision: None,
        created: None,
        version: Version::of(&row),
        row,
    };
    assemble(&Stamp::new(now, run), &[&record])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_row_is_no_work_item_of_any_connection() {
        let rows: serde_json::Value = serde_json::from_slice(&batch("run-1").body).unwrap();
        let row = &rows[0];
        assert_eq!(row["ServiceDeskConnectionName_s"], "itsmd/check");
        assert!(!["Incident", "ChangeRequest"].contains(&row["ServiceDeskWorkItemType_s"].as_str().unwrap()));
        assert_eq!(
            (&row["IsDeleted_b"], &row["IncidentState_s"]),
            (&true.into(), &"Deleted".into())
        );
        assert_eq!(row["SyncRunId_s"], "run-1");
    }
}
