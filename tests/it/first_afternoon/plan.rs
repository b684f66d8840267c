//! `itsmd plan`: what it foresees is what a sync then does, and asking costs next to nothing.

use chrono::TimeDelta;
use itsmd::sim::dataverse::{Cell, Instance, Row};
use itsmd::store::Lock;
use serde_json::Value;

use crate::rig::{Rig, STREAM, ago, incident, loopback, stream};

async fn plan(rig: &Rig, args: &[&str]) -> (i32, Value) {
    let output = rig.itsmd(&[&["plan", "--json"], args].concat()).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {said}"));
    (output.status.code().unwrap_or(-1), json)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planned_is_what_a_sync_then_does() {
    let rig = Rig::new().await;
    rig.configure("work_items = [\"incident\"]\npage_size = 100");
    for number in 0..750 {
        let time = ago(TimeDelta::minutes(90 * i64::from(number) + 1));
        let title = "x".repeat(usize::try_from(number).unwrap() % 400);
        rig.desk.put("incident", &incident(number, &title, time));
    }
    let before = rig.servicenow.journal.count();
    // A daemon may be at work.
    let daemon = Lock::beside(&rig.folder.path().join("itsmd.db"));
    let held = daemon.take("process 1, itsmd run").unwrap();
    let (status, planned) = plan(&rig, &[]).await;
    drop(held);
    assert_eq!(status, 0, "{planned}");
    let asked = rig.servicenow.journal.count() - before;
    assert!(asked <= 3, "{asked} requests for a plan");
    assert_eq!(rig.workspace.count(STREAM), 0, "a plan delivers nothing");
    assert!(!rig.folder.path().join("itsmd.db").exists(), "a plan leaves no state");

    let foreseen = stream(&planned, "contoso", "incident");
    assert_eq!(foreseen["records"], 750);
    let (_, report) = rig.sync(&[]).await;
    let done = stream(&report, "contoso", "incident");
    let (foreseen_requests, requests) = (
        foreseen["requests"].as_f64().unwrap(),
        done["requests"].as_f64().unwrap(),
    );
    assert!((foreseen_requests / requests - 1.0).abs() < 0.5, "{foreseen} {done}");
    let delivered: usize = rig.workspace.batches().iter().map(|batch| batch.unpacked_bytes).sum();
    let bytes = foreseen["bytes"].as_f64().unwrap();
    assert!(
        (bytes / delivered as f64 - 1.0).abs() < 0.2,
        "{bytes} foreseen, {delivered} delivered"
    );
    // 6000 a minute.
    assert_eq!(foreseen["minutes"], 0.0, "{foreseen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_dataverse_counts_at_once_is_counted_in_parts() {
    let rig = Rig::new().await;
    let instance = Instance::new();
    for number in 0..12_000 {
        let time = ago(TimeDelta::minutes(14 * number + 1));
        let row = [
            ("ticketnumber", Cell::text(format!("CAS-{number}"))),
            ("title", Cell::text("Mail is down")),
            ("createdon", Cell::Time(time)),
            ("modifiedon", Cell::Time(time)),
        ];
        instance.put(
            "incidents",
            row.map(|(name, cell)| (name.to_owned(), cell))
                .into_iter()
                .collect::<Row>(),
        );
    }
    let server = instance.start(loopback()).await.unwrap();
    instance.trust(rig.entra.tokens(), &server.url());
    std::fs::write(rig.config(), rig.head() + &rig.provance("fabrikam", &server.url(), "")).unwrap();
    let (status, planned) = plan(&rig, &["--connection", "fabrikam"]).await;
    let foreseen = stream(&planned, "fabrikam", "incident");
    assert_eq!(
        (status, &foreseen["records"], &foreseen["estimated"]),
        (0, &12_000.into(), &false.into()),
        "{planned}"
    );
    assert!(instance.requests().len() < 20, "{} requests", instance.requests().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_cannot_be_asked_says_why_and_the_other_is_planned() {
    let rig = Rig::new().await;
    rig.desk
        .put("incident", &incident(1, "Mail is down", ago(TimeDelta::hours(1))));
    rig.desk.forbid("change_request");
    let (status, planned) = plan(&rig, &[]).await;
    assert_eq!(
        (status, &stream(&planned, "contoso", "incident")["records"]),
        (1, &1.into())
    );
    let refused = stream(&planned, "contoso", "change_request");
    assert!(refused["records"].is_null());
    assert!(refused["error"].as_str().unwrap().contains("ITSMD-SN-011"), "{refused}");
    let words = rig.itsmd(&["plan"]).await;
    let words = String::from_utf8_lossy(&words.stdout).into_owned();
    assert!(
        words.contains("contoso will see at most 2 requests at a time, 6,000 a minute"),
        "{words}"
    );
}
