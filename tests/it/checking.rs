//! What a check costs the other side, what it leaves there, and what it tells.

use chrono::TimeDelta;
use serde_json::Value;

use crate::broken_setups::stage::Broken;
use crate::rig::{Rig, STREAM, ago, incident};

async fn rig() -> Rig {
    let rig = Rig::new().await;
    for number in 0..30 {
        let modified = ago(TimeDelta::hours(i64::from(number) + 1));
        rig.desk.put("incident", &incident(number, "Mail is down", modified));
    }
    rig.configure("work_items = [\"incident\"]");
    rig
}

async fn json(rig: &Rig, args: &[&str]) -> Value {
    let output = rig.itsmd(&[&["check", "--json"], args].concat()).await;
    serde_json::from_slice(&output.stdout).unwrap()
}

fn told<'a>(report: &'a Value, section: &str, stage: &str) -> &'a str {
    let stages = report["stages"].as_array().unwrap();
    let found = stages
        .iter()
        .find(|found| found["section"] == section && found["stage"] == stage);
    found.unwrap_or_else(|| panic!("no {stage} of {section}: {report:#}"))["told"]
        .as_str()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_row_is_sent_only_when_it_is_asked_for_and_is_no_work_item() {
    let rig = rig().await;
    assert_eq!(json(&rig, &[]).await["ok"], true);
    assert_eq!(rig.workspace.count(STREAM), 0, "a check delivers nothing by itself");

    let report = json(&rig, &["--send-test"]).await;
    assert!(
        told(&report, "workspace", "test row").contains("itsmd/check"),
        "{report:#}"
    );
    json(&rig, &["--send-test"]).await;
    let rows = rig.workspace.rows(STREAM);
    assert_eq!(rows.len(), 2);
    assert_eq!(rig.latest().len(), 1, "one record however often it is sent");
    let open: Vec<_> = rows
        .iter()
        .filter(|row| {
            ["Incident", "ChangeRequest"]
                .iter()
                .any(|kind| row["ServiceDeskWorkItemType_s"] == *kind)
        })
        .collect();
    assert!(
        open.is_empty() && rows.iter().all(|row| row["IsDeleted_b"] == true),
        "{rows:#?}"
    );
    assert!(rig.workspace.dropped_columns().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_sign_in_is_tried_once_and_nothing_behind_it() {
    let rig = rig().await;
    std::fs::write(rig.folder.path().join("desk"), "wrong").unwrap();
    let report = json(&rig, &[]).await;
    assert_eq!(report["findings"][0]["stage"], "sign-in", "{report:#}");
    assert_eq!(rig.servicenow.journal.requests().len(), 1, "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_a_table_takes_five_small_requests_one_after_the_other() {
    let rig = Broken::new().await.rig;
    rig.configure("work_items = [\"incident\"]");
    let report = json(&rig, &[]).await;
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(0), "{report:#}");
    // Who we are and which roles, the oldest record, the canary, one page.
    let requests = rig.servicenow.journal.requests();
    assert_eq!(requests.len(), 5, "{requests:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_it_shows_the_next_three_instants_of_each_schedule_and_asks_nobody() {
    let rig = rig().await;
    let report = json(&rig, &["--offline"]).await;
    for stage in ["schedule", "reconcile"] {
        let instants = told(&report, "contoso", stage);
        assert_eq!(instants.matches(", ").count(), 2, "{stage}: {instants}");
    }
    let stages = report["stages"].as_array().unwrap();
    assert!(stages.iter().all(|stage| stage["section"] != "workspace"), "{report:#}");
    assert!(rig.servicenow.journal.requests().is_empty() && rig.entra.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_explained_and_a_wrong_one_names_the_nearest() {
    let rig = rig().await;
    let page = rig.itsmd(&["explain", "sn-014"]).await;
    let text = String::from_utf8(page.stdout).unwrap();
    assert!(
        text.starts_with("ITSMD-SN-014") && text.contains("What to do"),
        "{text}"
    );
    let all = rig.itsmd(&["explain"]).await;
    assert!(String::from_utf8(all.stdout).unwrap().lines().count() > 80);
    let wrong = rig.itsmd(&["explain", "AUHT-002"]).await;
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(
        wrong.status.code() == Some(2) && said.contains("ITSMD-AUTH-002"),
        "{said}"
    );
}
