//! `ServiceDeskCurrent`, `ServiceDeskOpenIncidents`, and the rule over the backlog.

use itsmd::schema::{self, Target};
use serde_json::{Value, json};

use super::super::checker::parsed;
use super::{Asked, ago, answer, now, row, told};

fn incident(number: &str, id: &str, state: &str, minutes: i64) -> Value {
    json!({
        "ServiceDeskConnectionName_s": "contoso", "ServiceDeskWorkItemType_s": "Incident", "PartnerType_s": "ServiceNow",
        "ServiceDeskId_s": number, "RecordId_s": id, "IncidentState_s": state, "TimeGenerated": ago(minutes),
        "CreatedDate_t": ago(10_000), "LastModifiedDate_t": ago(minutes), "IsDeleted_b": false, "IsTruncated_b": false,
    })
}

/// As ITSMC wrote it: none of our columns.
fn of_itsmc(number: &str, state: &str, minutes: i64) -> Value {
    json!({
        "ServiceDeskConnectionName_s": "contoso", "ServiceDeskWorkItemType_s": "Incident", "ServiceDeskId_s": number,
        "IncidentState_s": state, "TimeGenerated": ago(minutes), "CreatedDate_t": ago(10_000),
    })
}

const WHO: [&str; 3] = ["ServiceDeskConnectionName_s", "ServiceDeskId_s", "State"];

fn current(rows: Vec<Value>) -> Vec<String> {
    told(&answer("ServiceDesk_CL", rows, "ServiceDeskCurrent"), &WHO)
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn of_each_record_the_last_version_counts_in_whatever_order_they_came() {
    let arrived = |minutes| json!({"$received": ago(minutes)});
    let rows = vec![
        // The last to arrive, though our clock was an hour ahead when the one before it was sent.
        row(&incident("INC1", "a1", "New", 40), arrived(90)),
        row(&incident("INC1", "a1", "On Hold", 80), arrived(80)),
        // Arrived together: the later sent, wherever it stands.
        row(&incident("INC2", "a2", "In Progress", 50), arrived(45)),
        row(&incident("INC2", "a2", "New", 60), arrived(45)),
        // A resync brings the same again, behind a change.
        incident("INC3", "a3", "Resolved", 30),
        incident("INC3", "a3", "Resolved", 20),
        incident("INC3", "a3", "New", 300),
        // Another instance has the same number, and a change request too.
        row(
            &incident("INC1", "f1", "Closed", 10),
            json!({"ServiceDeskConnectionName_s": "fabrikam"}),
        ),
        row(
            &incident("INC2", "a2", "", 10),
            json!({"ServiceDeskWorkItemType_s": "ChangeRequest", "CRState_s": "Scheduled"}),
        ),
    ];
    let last = [
        "contoso INC1 On Hold",
        "contoso INC2 In Progress",
        "contoso INC2 Scheduled",
        "contoso INC3 Resolved",
        "fabrikam INC1 Closed",
    ];
    assert_eq!(current(rows.clone()), last);
    assert_eq!(current(rows.into_iter().rev().collect()), last);
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn what_is_gone_is_gone_and_what_came_back_is_back() {
    let gone = json!({"IsDeleted_b": true, "IncidentState_s": "Deleted"});
    let rows = vec![
        incident("INC1", "a1", "New", 60),
        row(&incident("INC1", "a1", "", 50), gone.clone()),
        incident("INC2", "a2", "New", 60),
        row(&incident("INC2", "a2", "", 50), gone.clone()),
        incident("INC2", "a2", "New", 40),
        // ITSMC has a row of it, which does not raise it from the dead.
        of_itsmc("INC3", "New", 70),
        row(&incident("INC3", "a3", "", 50), gone.clone()),
        // What itsmd check --send-test sends.
        row(
            &incident("TEST", "t", "Deleted", 5),
            json!({"ServiceDeskConnectionName_s": "itsmd/check", "ServiceDeskWorkItemType_s": "Test", "IsDeleted_b": true}),
        ),
    ];
    assert_eq!(current(rows), ["contoso INC2 New"]);
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn a_row_of_itsmc_counts_until_itsmd_has_delivered_that_number() {
    let rows = vec![
        of_itsmc("INC1", "New", 5_000),
        of_itsmc("INC1", "In Progress", 4_000),
        of_itsmc("INC2", "New", 4_000),
        incident("INC2", "a2", "Resolved", 60),
        // ITSMC still runs, and its row is the younger.
        of_itsmc("INC2", "In Progress", 10),
        // Of another connection it says nothing.
        row(
            &of_itsmc("INC2", "New", 4_000),
            json!({"ServiceDeskConnectionName_s": "fabrikam"}),
        ),
    ];
    assert_eq!(
        current(rows),
        ["contoso INC1 In Progress", "contoso INC2 Resolved", "fabrikam INC2 New"]
    );
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn open_is_what_a_known_state_says_and_else_the_dates() {
    let resolved = json!({"ResolvedDate_t": ago(100)});
    let provance = json!({"PartnerType_s": "Provance"});
    let open = [
        incident("label", "1", "In Progress", 10),
        incident("padded", "2", " new ", 10),
        incident("code", "3", "2", 10),
        incident("own-text", "4", "Waiting for parts", 10),
        row(&incident("opened-again", "5", "In Progress", 10), resolved.clone()),
        row(&incident("case", "6", "Researching", 10), provance.clone()),
        row(&incident("case-code", "7", "4", 10), provance.clone()),
        incident("evidence", "8", "5", 10),
        of_itsmc("of-itsmc", "Active", 10),
        incident("no-state", "9", "", 10),
    ];
    let over = [
        incident("resolved", "a", "Resolved", 10),
        incident("upper", "b", "CLOSED", 10),
        incident("cancelled", "c", "Canceled", 10),
        incident("code6", "d", "6", 10),
        row(&incident("own-text-done", "e", "Done", 10), resolved.clone()),
        row(
            &incident("closed-date", "f", "Archived", 10),
            json!({"ClosedDate_t": ago(100)}),
        ),
        row(&incident("case-solved", "g", "5", 10), provance.clone()),
        row(&incident("case-merged", "h", "Merged", 10), provance),
        of_itsmc("of-itsmc-closed", "7", 10),
    ];
    let rows: Vec<Value> = open.iter().chain(&over).cloned().collect();
    let answered = answer("ServiceDesk_CL", rows, "ServiceDeskOpenIncidents");
    let mut expected: Vec<&str> = open
        .iter()
        .map(|row| row["ServiceDeskId_s"].as_str().unwrap())
        .collect();
    expected.sort_unstable();
    assert_eq!(told(&answered, &["ServiceDeskId_s"]), expected);
    assert!(
        answered.iter().all(|row| row["AgeDays"] == 6),
        "10,000 minutes are six days and something"
    );
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn the_rule_over_the_backlog_measures_its_growth_by_what_changed_in_two_days() {
    let alerts = parsed(&schema::alerts(&Target::default()));
    let query = alerts["resources"][2]["properties"]["criteria"]["allOf"][0]["query"]
        .as_str()
        .unwrap();
    let new = |number: &str, state: &str| row(&incident(number, number, state, 60), json!({"CreatedDate_t": ago(200)}));
    let rows = vec![
        new("n1", "New"),
        new("n2", "New"),
        new("n3", "New"),
        // Opened and finished in these days: it changes nothing.
        row(&new("n4", "Resolved"), json!({"ResolvedDate_t": ago(100)})),
        // Opened before, finished now: one less, with a date or without.
        row(
            &incident("o1", "o1", "Resolved", 60),
            json!({"ResolvedDate_t": ago(100)}),
        ),
        incident("o2", "o2", "Canceled", 60),
        // Opened before and still open, delivered again by a resync.
        incident("o3", "o3", "In Progress", 60),
        // Finished long ago, delivered again by a resync.
        row(
            &incident("o4", "o4", "Closed", 60),
            json!({"ResolvedDate_t": ago(9_000), "ClosedDate_t": ago(8_000), "LastModifiedDate_t": ago(8_000)}),
        ),
    ];
    let mut asked = Asked::over("ServiceDesk_CL", rows);
    asked.ask("it", query, now(), None);
    let answer = asked.answers();
    assert_eq!(
        told(
            answer["it"].as_array().unwrap(),
            &["ServiceDeskConnectionName_s", "Opened", "Finished", "Grew"]
        ),
        ["contoso 3 2 1"]
    );
}
