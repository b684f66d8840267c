//! What must not get lost between two runs: refused records, other destinations, hidden rows.

use chrono::TimeDelta;
use itsmd::sim::ingestion;

use crate::rig::{Rig, STREAM, ago, id, incident, loopback, stream};

fn fill(rig: &Rig, records: u32) {
    for number in 0..records {
        rig.desk.put(
            "incident",
            &incident(number, "Mail is down", ago(TimeDelta::minutes(i64::from(number) * 60))),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_refuses_everything_stops_the_stream_and_not_one_record_is_missing_afterwards() {
    let rig = Rig::new().await;
    fill(&rig, 200);
    rig.workspace.set(|switches| switches.refuse_rows(|_| true));
    let (status, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (status, &incidents["error"]["code"]),
        (1, &"ITSMD-WS-020".into()),
        "{report:#}"
    );
    assert!(
        incidents["quarantined"].as_u64().unwrap() <= 40,
        "the window must not end in the quarantine: {report:#}"
    );

    rig.workspace.set(|switches| switches.accept_all_rows());
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 200), "{report:#}");
    assert_eq!(rig.latest().len(), 200);
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 0, "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_change_stays_in_the_quarantine_until_it_gets_through() {
    let rig = Rig::new().await;
    fill(&rig, 10);
    rig.sync(&[]).await;
    rig.workspace
        .set(|switches| switches.refuse_rows(|row| row["Title_s"] == "Poison"));
    rig.desk.put(
        "incident",
        &incident(3, "Poison", ago(TimeDelta::zero())).with("sys_mod_count", "1"),
    );
    for _ in 0..3 {
        // The overlap meets it again each time.
        rig.sync(&[]).await;
        let list = rig.itsmd(&["quarantine", "list", "--json"]).await;
        let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
        assert_eq!(list["records"][0]["number"], "INC0000003", "{list:#}");
    }
    rig.workspace.set(|switches| switches.accept_all_rows());
    let entry = {
        let list = rig.itsmd(&["quarantine", "list", "--json"]).await;
        let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
        list["records"][0]["id"].to_string()
    };
    assert!(rig.itsmd(&["quarantine", "retry", &entry]).await.status.success());
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 1, "{report:#}");
    assert_eq!(rig.latest()["INC0000003"]["Title_s"], "Poison");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_destination_gets_the_whole_window_and_so_does_the_next() {
    let rig = Rig::new().await;
    fill(&rig, 150);
    rig.sync(&[]).await;
    let file = std::fs::read_to_string(rig.config()).unwrap();
    for digit in ["a", "b"] {
        let workspace = ingestion::Workspace::new();
        let dcr = format!("dcr-{}", digit.repeat(32));
        workspace.set(|switches| switches.dcr_immutable_id = dcr.clone());
        let other = ingestion::start(workspace.clone(), loopback()).await.unwrap();
        let text = file
            .replace(&rig.ingestion.url(), &other.url())
            .replace(&rig.ingestion.dcr_immutable_id(), &dcr);
        std::fs::write(rig.config(), text).unwrap();
        // The first try fails half way: it must not count for the next destination.
        workspace.fault(ingestion::Fault::NotFound, ingestion::Until::Requests(1));
        rig.sync(&[]).await;
        let (status, report) = rig.sync(&[]).await;
        assert_eq!((status, workspace.count(STREAM)), (0, 150), "{report:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_hidden_for_good_cost_no_more_than_a_request() {
    let rig = Rig::new().await;
    fill(&rig, 100);
    let hidden: Vec<String> = [0, 1, 50, 99].map(id).into();
    rig.desk
        .hide("incident", move |row| hidden.iter().any(|id| row.value("sys_id") == id));
    let (status, report) = rig.sync(&["--connection", "contoso"]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!((status, &incidents["sent"]), (0, &96.into()), "{report:#}");
    assert!(incidents["requests"].as_u64().unwrap() <= 8, "{report:#}");
    let (_, report) = rig.sync(&[]).await;
    assert!(
        stream(&report, "contoso", "incident")["requests"].as_u64().unwrap() <= 6,
        "{report:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_which_nothing_may_be_read_is_a_warning_that_counts() {
    let rig = Rig::new().await;
    fill(&rig, 30);
    rig.desk.hide_all("incident");
    let (status, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!((status, &incidents["outcome"]), (0, &"complete".into()), "{report:#}");
    assert!(
        incidents["warnings"][0]
            .as_str()
            .is_some_and(|text| text.contains("30")),
        "{report:#}"
    );
    // Once the roles are mended everything arrives.
    rig.desk.show("incident");
    rig.itsmd(&["resync", "--yes"]).await;
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(rig.workspace.count(STREAM), 30, "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_field_hidden_from_the_user_stops_the_stream_before_a_position_moves() {
    let rig = Rig::new().await;
    fill(&rig, 30);
    rig.desk.hide_field("incident", "sys_updated_on");
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (1, 0), "{report:#}");
    assert_eq!(
        stream(&report, "contoso", "incident")["error"]["code"],
        "ITSMD-SN-023",
        "{report:#}"
    );
    rig.desk.show("incident");
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 30), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_resync_of_the_last_hours_another_filter_sends_nothing_again() {
    let rig = Rig::new().await;
    fill(&rig, 40);
    rig.sync(&[]).await;
    let since = ago(TimeDelta::hours(5)).to_rfc3339();
    rig.itsmd(&["resync", "--since", &since, "--yes"]).await;
    let (status, report) = rig.sync(&[]).await;
    let again = stream(&report, "contoso", "incident")["sent"].as_u64().unwrap();
    assert!(status == 0 && (4..=6).contains(&again), "{report:#}");

    rig.configure("filter = \"state=2\"");
    let (status, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!((status, &incidents["sent"]), (0, &0.into()), "{report:#}");
    assert!(incidents["read"].as_u64().unwrap() >= 40, "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_hidden_while_the_destination_changed_arrives_there_once_it_is_shown() {
    let rig = Rig::new().await;
    fill(&rig, 30);
    rig.sync(&[]).await;
    let hidden = id(7);
    rig.desk
        .hide("incident", move |row| row.value("sys_id") == hidden.as_str());
    let other = ingestion::Workspace::new();
    let dcr = format!("dcr-{}", "c".repeat(32));
    other.set(|switches| switches.dcr_immutable_id = dcr.clone());
    let server = ingestion::start(other.clone(), loopback()).await.unwrap();
    let text = std::fs::read_to_string(rig.config()).unwrap();
    let text = text
        .replace(&rig.ingestion.url(), &server.url())
        .replace(&rig.ingestion.dcr_immutable_id(), &dcr);
    std::fs::write(rig.config(), text).unwrap();
    rig.sync(&[]).await;
    assert_eq!(other.count(STREAM), 29);

    rig.desk.show("incident");
    let (status, report) = rig.sync(&["--reconcile"]).await;
    assert_eq!((status, other.count(STREAM)), (0, 30), "{report:#}");
    let (_, report) = rig.sync(&["--reconcile"]).await;
    assert_eq!(other.count(STREAM), 30, "{report:#}");
}
