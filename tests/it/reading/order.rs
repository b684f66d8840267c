//! Rows in another order, from outside the slice, or of a filter that was not understood: nothing is concluded from
//! them, no position moves, and both `check` and the log say what is wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use itsmd::sim::servicenow::InvalidPart;
use serde_json::Value;

use super::between::through;
use crate::rig::{Rig, STREAM, ago, incident, stream};

fn fill(rig: &Rig, records: u32) {
    for number in 0..records {
        let modified = ago(TimeDelta::minutes(i64::from(number) * 60 + 20));
        rig.desk.put("incident", &incident(number, "Mail is down", modified));
    }
}

/// `check --json`: the codes of its findings.
async fn codes(rig: &Rig) -> Vec<String> {
    let output = rig.itsmd(&["check", "--json"]).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap().to_owned())
        .collect()
}

/// Fails with this code, says it in the log, and moves no position: once it is mended everything arrives.
async fn stops(rig: &Rig, code: &str) {
    let output = rig.logged(&["sync", "--json"]).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let error = &stream(&report, "contoso", "incident")["error"];
    assert_eq!(
        (output.status.code(), &error["code"]),
        (Some(1), &code.into()),
        "{report:#}"
    );
    assert_eq!(rig.workspace.count(STREAM), 0, "{report:#}");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(log.contains(code), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_out_of_order_stop_the_stream_before_a_position_moves() {
    let rig = Rig::new().await;
    fill(&rig, 30);
    let proxy = through(&rig, "", |answer| {
        let mut rows = answer.rows();
        if rows.len() > 1 {
            rows.swap(3, 20);
            answer.set_rows(&rows);
        }
    })
    .await;
    stops(&rig, "ITSMD-SN-020").await;
    assert!(codes(&rig).await.contains(&"ITSMD-SN-020".to_owned()));
    proxy.heal();
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 30), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_out_of_order_once_is_asked_for_again() {
    let rig = Rig::new().await;
    fill(&rig, 30);
    let pages = Arc::new(AtomicUsize::new(0));
    through(&rig, "", move |answer| {
        let mut rows = answer.rows();
        if rows.len() > 20 && pages.fetch_add(1, Ordering::Relaxed) == 0 {
            rows.reverse();
            answer.set_rows(&rows);
        }
    })
    .await;
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 30), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_from_outside_the_slice_stop_the_stream_before_a_position_moves() {
    let rig = Rig::new().await;
    fill(&rig, 30);
    let proxy = through(&rig, "", |answer| {
        let mut rows = answer.rows();
        if rows.len() > 1 {
            rows[0]["sys_updated_on"]["value"] = "2020-01-01 00:00:00".into();
            answer.set_rows(&rows);
        }
    })
    .await;
    stops(&rig, "ITSMD-SN-021").await;
    assert!(codes(&rig).await.contains(&"ITSMD-SN-021".to_owned()));
    proxy.heal();
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 30), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_on_a_field_that_the_table_lacks_stops_the_stream_in_each_of_its_three_outcomes() {
    for (outcome, code) in [
        (InvalidPart::Ignored, "ITSMD-SN-024"),
        (InvalidPart::NoRows, "ITSMD-SN-024"),
        (InvalidPart::Forbidden, "ITSMD-SN-011"),
    ] {
        let rig = Rig::new().await;
        fill(&rig, 30);
        rig.configure("filter = \"state=2^asignment_group=Service Desk\"\nwork_items = [\"incident\"]");
        rig.desk.set_invalid_part(outcome);
        stops(&rig, code).await;
        assert!(codes(&rig).await.contains(&code.to_owned()), "{outcome:?}");
        rig.configure(
            "filter = \"state=2^assignment_group=Service Desk^ORassignment_group=\"\nwork_items = [\"incident\"]",
        );
        rig.desk.put(
            "incident",
            &incident(77, "Theirs", ago(TimeDelta::hours(2))).with("assignment_group", "Service Desk"),
        );
        let (status, report) = rig.sync(&[]).await;
        assert_eq!(status, 0, "{outcome:?} {report:#}");
        assert!(rig.latest().contains_key("INC0000077"), "{outcome:?} {report:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ignored_filter_is_named_by_its_field() {
    let rig = Rig::new().await;
    fill(&rig, 5);
    rig.configure("filter = \"state=2^asignment_group=Service Desk\"\nwork_items = [\"incident\"]");
    let (_, report) = rig.sync(&[]).await;
    let seen = stream(&report, "contoso", "incident")["error"]["seen"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(seen.contains("asignment_group") && !seen.contains("state"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_is_understood_is_obeyed_and_one_that_nothing_matches_is_no_error() {
    for outcome in [InvalidPart::Ignored, InvalidPart::NoRows, InvalidPart::Forbidden] {
        let rig = Rig::new().await;
        fill(&rig, 30);
        rig.desk.put(
            "incident",
            &incident(99, "Closed", ago(TimeDelta::hours(2))).with("state", "7"),
        );
        rig.desk.set_invalid_part(outcome);
        rig.configure("filter = \"stateIN7,8^ORshort_descriptionLIKEmonitor\"");
        let (status, report) = rig.sync(&[]).await;
        assert_eq!((status, rig.workspace.count(STREAM)), (0, 1), "{outcome:?} {report:#}");
        rig.configure("filter = \"state=12345\"");
        let (status, report) = rig.sync(&[]).await;
        assert_eq!((status, rig.workspace.count(STREAM)), (0, 1), "{outcome:?} {report:#}");
    }
}
