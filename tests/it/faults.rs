//! What goes wrong at the edges is told with what, why and remedy, and nothing of it is lost.

use chrono::TimeDelta;
use itsmd::sim::ingestion::{Fault, Until};

use crate::rig::{Rig, STREAM, ago, incident, stream};

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_that_cannot_be_reached_does_not_stall_the_other() {
    let rig = Rig::new().await;
    rig.desk
        .put("incident", &incident(1, "Mail is down", ago(TimeDelta::hours(1))));
    // A port that was free a moment ago.
    let dead = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let text = rig.head()
        + &rig.connection("dead", &format!("http://{dead}"), "")
        + &rig.connection("contoso", &rig.servicenow.url(), "");
    std::fs::write(rig.config(), text).unwrap();
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(status, 1);
    assert_eq!(stream(&report, "contoso", "incident")["outcome"], "complete");
    let dead = stream(&report, "dead", "incident");
    assert_eq!(dead["outcome"], "failed");
    assert_eq!(dead["error"]["code"], "ITSMD-NET-002");
    for key in ["seen", "means", "remedy"] {
        assert!(
            dead["error"][key].as_str().is_some_and(|text| text.len() > 10),
            "{dead:#}"
        );
    }
    assert_eq!(rig.workspace.count(STREAM), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_table_and_a_wrong_password_say_what_to_do() {
    let rig = Rig::new().await;
    rig.desk.drop_table("change_request");
    rig.desk
        .put("incident", &incident(1, "Mail is down", ago(TimeDelta::hours(1))));
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(
        (status, &stream(&report, "contoso", "incident")["outcome"]),
        (1, &"complete".into())
    );
    assert_eq!(
        stream(&report, "contoso", "change_request")["error"]["code"],
        "ITSMD-SN-010"
    );

    std::fs::write(rig.folder.path().join("desk"), "wrong").unwrap();
    let (status, report) = rig.sync(&[]).await;
    let error = &stream(&report, "contoso", "incident")["error"];
    assert_eq!(status, 1);
    assert!(
        error["remedy"]
            .as_str()
            .unwrap()
            .contains("snc_platform_rest_api_access"),
        "{error:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_the_workspace_refuses_is_set_aside_and_its_neighbours_go_through() {
    let rig = Rig::new().await;
    for number in 0..100 {
        rig.desk.put(
            "incident",
            &incident(number, "Mail is down", ago(TimeDelta::minutes(i64::from(number)))),
        );
    }
    rig.workspace
        .set(|switches| switches.refuse_rows(|row| row["ServiceDeskId_s"] == "INC0000042"));
    let (status, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (status, &incidents["sent"], &incidents["quarantined"]),
        (0, &99.into(), &1.into()),
        "{report:#}"
    );
    assert!(!rig.latest().contains_key("INC0000042"));

    // Its version changes: it is tried again, and leaves the quarantine.
    rig.workspace.set(|switches| switches.accept_all_rows());
    rig.desk.put(
        "incident",
        &incident(42, "Corrected", ago(TimeDelta::zero())).with("sys_mod_count", "1"),
    );
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 1, "{report:#}");
    assert_eq!(rig.latest()["INC0000042"]["Title_s"], "Corrected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_is_set_aside_and_the_rest_goes_on() {
    let rig = Rig::new().await;
    rig.desk.put("incident", &incident(1, "Good", ago(TimeDelta::hours(1))));
    rig.desk.put(
        "incident",
        &incident(2, "Bad date", ago(TimeDelta::hours(2))).with("resolved_at", "tomorrow"),
    );
    rig.desk.put("incident", &incident(3, "Good", ago(TimeDelta::hours(3))));
    let (status, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (status, &incidents["sent"], &incidents["quarantined"]),
        (0, &2.into(), &1.into()),
        "{report:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_workspace_is_down_nothing_is_recorded_and_the_next_sync_delivers() {
    let rig = Rig::new().await;
    for number in 0..10 {
        rig.desk.put(
            "incident",
            &incident(number, "Mail is down", ago(TimeDelta::hours(i64::from(number)))),
        );
    }
    rig.workspace.fault(Fault::Forbidden, Until::Requests(1000));
    let (status, report) = rig.sync(&[]).await;
    let error = &stream(&report, "contoso", "incident")["error"];
    assert_eq!((status, rig.workspace.count(STREAM)), (1, 0));
    assert!(
        error["remedy"]
            .as_str()
            .unwrap()
            .contains("Monitoring Metrics Publisher"),
        "{error:#}"
    );
    rig.workspace.clear_faults();
    let (status, _) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 10));
}
