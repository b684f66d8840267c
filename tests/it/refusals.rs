//! The workspace says no: what is its record's fault is set aside, what is its own is waited out, and nothing is lost.

mod size;

use itsmd::sim::ingestion::{Fault, Row, Until};

use crate::daemon::{self, Daemon};
use crate::rates::rig;
use crate::rig::{Rig, STREAM, ago, incident, stream};

/// Rows of a version that is there already.
fn twice(rig: &Rig) -> usize {
    let text = |row: &Row, column: &str| row[column].as_str().unwrap().to_owned();
    let rows = rig.workspace.rows(STREAM);
    let distinct: std::collections::HashSet<_> = rows
        .iter()
        .map(|row| (text(row, "RecordId_s"), text(row, "RecordVersion_s")))
        .collect();
    rows.len() - distinct.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_or_a_role_that_is_not_there_yet_is_waited_out_by_the_schedule_with_the_reason_shown() {
    let waited = [
        (Fault::InvalidStream, "ITSMD-WS-003", "some minutes after each change"),
        (Fault::Forbidden, "ITSMD-WS-004", "up to 30 minutes"),
    ];
    let waited = waited.map(|(fault, code, words)| {
        async move {
            let rig = daemon::rig().await;
            let text = std::fs::read_to_string(rig.config()).unwrap();
            // As often as a schedule may ring: nobody else rings it.
            let text = text.replace(
                "schedule = \"0 0 1 1 *\"",
                "splay = \"off\"\nschedule = \"*/30 * * * * *\"",
            );
            std::fs::write(rig.config(), text).unwrap();
            rig.workspace.fault(fault, Until::Lifted);
            let running = Daemon::start(&rig).await;
            let failing = running.until(|incidents| incidents["state"] == "failing").await;
            let error = &failing["error"];
            assert_eq!(error["code"], code, "{failing:#}");
            let told = format!("{} {}", error["means"], error["remedy"]);
            assert!(told.contains(words) && told.contains("patience"), "{failing:#}");
            assert!(failing["next_run"].is_string(), "{failing:#}");
            assert_eq!(rig.workspace.count(STREAM), 0);
            rig.workspace.clear_faults();
            let live = running.until(|incidents| incidents["state"] == "live").await;
            assert_eq!((&live["records"], &live["quarantined"]), (&300.into(), &0.into()));
            assert_eq!((rig.workspace.count(STREAM), twice(&rig)), (300, 0));
            assert_eq!(running.end(), 0);
        }
    });
    futures_util::future::join_all(waited).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_too_large_is_halved_until_it_fits() {
    let rig = rig(500, "").await;
    rig.workspace.set(|switches| switches.max_wire_bytes = 4_000);
    let (code, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (code, &incidents["sent"], &incidents["quarantined"]),
        (0, &500.into(), &0.into()),
        "{report:#}"
    );
    let refused = rig.workspace.answered().iter().filter(|one| one.status == 413).count();
    assert!(refused > 0, "nothing was too large");
    assert_eq!((rig.workspace.count(STREAM), twice(&rig)), (500, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_too_large_for_the_workspace_is_set_aside_and_its_neighbours_go_through() {
    let rig = rig(100, "").await;
    let mut chance = fastrand::Rng::with_seed(5);
    let noise: String = std::iter::repeat_with(|| chance.alphanumeric()).take(30_000).collect();
    let large = incident(42, "Large", ago(chrono::TimeDelta::hours(21))).with("description", noise);
    rig.desk.put("incident", &large);
    rig.workspace.set(|switches| switches.max_wire_bytes = 15_000);
    let (code, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (code, &incidents["sent"], &incidents["quarantined"]),
        (0, &99.into(), &1.into()),
        "{report:#}"
    );
    let list = rig.itsmd(&["quarantine", "list", "--json"]).await;
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!(list["records"][0]["number"], "INC0000042", "{list:#}");
    assert!(
        list["records"][0]["reason"].as_str().unwrap().contains("413"),
        "{list:#}"
    );

    // The limit is raised: it is tried again on request.
    rig.workspace.set(|switches| switches.max_wire_bytes = 1_048_576);
    assert!(rig.itsmd(&["quarantine", "retry", "--all"]).await.status.success());
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 1, "{report:#}");
    assert_eq!((rig.workspace.count(STREAM), twice(&rig)), (100, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_401_renews_the_token_once_and_the_new_one_is_on_the_wire() {
    let rig = rig(200, "page_size = 25\nwork_items = [\"incident\"]").await;
    rig.workspace.fault_after(2, Fault::Unauthorized, Until::Requests(1));
    let (code, report) = rig.sync(&[]).await;
    assert_eq!(
        (code, rig.workspace.count(STREAM), twice(&rig)),
        (0, 200, 0),
        "{report:#}"
    );
    let answered = rig.workspace.answered();
    let refused = answered.iter().position(|one| one.status == 401).unwrap();
    let old = &answered[refused].credential;
    let last = answered.last().unwrap();
    assert!(last.credential.is_some() && last.credential != *old);
    assert_eq!(answered.iter().filter(|one| one.status == 401).count(), 1);

    // A second refusal is told, and not answered with a third token.
    let before = answered.len();
    rig.desk
        .put("incident", &incident(900, "New", ago(chrono::TimeDelta::zero())));
    rig.workspace.fault(Fault::Unauthorized, Until::Lifted);
    let (code, report) = rig.sync(&[]).await;
    let error = &stream(&report, "contoso", "incident")["error"];
    assert_eq!((code, rig.workspace.answered().len() - before), (1, 2), "{report:#}");
    assert!(
        error["seen"].as_str().is_some_and(|seen| seen.contains("401")),
        "{error:#}"
    );
    rig.workspace.clear_faults();
    let (code, report) = rig.sync(&[]).await;
    assert_eq!(
        (code, rig.workspace.count(STREAM), twice(&rig)),
        (0, 201, 0),
        "{report:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_dropped_after_the_rows_were_taken_repeats_that_batch_and_nothing_else() {
    let rig = rig(200, "page_size = 25").await;
    rig.workspace.fault_after(3, Fault::TakeThenCut, Until::Requests(1));
    let (code, report) = rig.sync(&[]).await;
    assert_eq!(
        (code, &stream(&report, "contoso", "incident")["sent"]),
        (0, &200.into()),
        "{report:#}"
    );
    assert_eq!(rig.latest().len(), 200);
    let batches = rig.workspace.batches();
    let answered = rig.workspace.answered();
    assert_eq!(answered.iter().filter(|one| one.status == 0).count(), 1, "one was cut");
    let twice = twice(&rig);
    assert!(
        batches.iter().any(|batch| batch.rows == twice) && (1..=25).contains(&twice),
        "{twice} rows came twice"
    );
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 0, "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_dropped_before_the_rows_were_taken_repeats_nothing() {
    let rig = rig(200, "page_size = 25").await;
    for (pass, fault) in [
        (1, Fault::CutUpload),
        (2, Fault::BadGateway),
        (3, Fault::Internal),
        (4, Fault::RequestTimeout),
    ] {
        rig.workspace.fault_after(pass, fault, Until::Requests(1));
    }
    let (code, report) = rig.sync(&[]).await;
    assert_eq!(
        (code, rig.workspace.count(STREAM), twice(&rig)),
        (0, 200, 0),
        "{report:#}"
    );
    let failed = rig.workspace.answered().iter().filter(|one| one.status != 204).count();
    assert_eq!(failed, 4);
}
