//! What no cursor sees: a sweep finds it, tells what is gone within limits, and costs little.

use std::time::Duration;

use chrono::TimeDelta;
use itsmd::model::{ConnectionName, StreamId, WorkItemKind};
use itsmd::sim::servicenow::Row;
use itsmd::store::{Store, Sweep, SweepRow, Threads};
use serde_json::Value;

use crate::rig::{Rig, STREAM, ago, id, incident, stream};

fn contoso() -> StreamId {
    StreamId {
        connection: ConnectionName::new("contoso"),
        kind: WorkItemKind::Incident,
    }
}

fn store(rig: &Rig) -> Store {
    Store::open(&rig.folder.path().join("itsmd.db"), Threads::Inline).unwrap()
}

/// A sync that finds a sweep asked for, as cron and the command line ask for one.
async fn sweep(rig: &Rig, stream: &StreamId, sweep: Sweep) -> (i32, Value) {
    store(rig)
        .call_here(|db| {
            let row = db.stream(stream)?.unwrap();
            db.ask_sweep(row.key, sweep)
        })
        .unwrap();
    rig.sync(&[]).await
}

fn swept(rig: &Rig) -> SweepRow {
    store(rig)
        .call_here(|db| {
            let row = db.stream(&contoso())?.unwrap();
            db.sweep(row.key)
        })
        .unwrap()
}

/// Incidents an hour apart, the newest an hour old.
fn fill(rig: &Rig, records: u32) {
    for number in 0..records {
        rig.desk.put("incident", &old(number, "Mail is down"));
    }
}

fn old(number: u32, title: &str) -> Row {
    incident(number, title, ago(TimeDelta::hours(i64::from(number) + 1)))
}

fn number(of: u32) -> String {
    format!("INC{of:07}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_marked_once_and_only_once() {
    let rig = Rig::new().await;
    fill(&rig, 200);
    rig.sync(&[]).await;
    rig.desk.delete("incident", &id(42)).unwrap();
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 0, "no cursor sees it");

    let (status, report) = sweep(&rig, &contoso(), Sweep::Nightly).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (status, &incidents["deleted"], &incidents["sent"]),
        (0, &1.into(), &1.into()),
        "{report:#}"
    );
    let row = &rig.latest()["INC0000042"];
    assert_eq!(
        (&row["IsDeleted_b"], &row["IncidentState_s"], &row["IsTruncated_b"]),
        (&true.into(), &"Deleted".into(), &false.into())
    );
    assert_eq!(
        (&row["RecordId_s"], &row["PartnerType_s"]),
        (&id(42).into(), &"ServiceNow".into())
    );
    assert!(row.contains_key("LastModifiedDate_t") && row.contains_key("RecordVersion_s"));

    for again in [Sweep::Nightly, Sweep::Whole] {
        let (status, report) = sweep(&rig, &contoso(), again).await;
        assert_eq!((status, rig.workspace.count(STREAM)), (0, 201), "{report:#}");
    }
    assert_eq!(swept(&rig).nights, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_comes_back_is_delivered_again() {
    let rig = Rig::new().await;
    fill(&rig, 50);
    rig.sync(&[]).await;
    let rows = [7, 8].map(|number| rig.desk.delete("incident", &id(number)).unwrap());
    sweep(&rig, &contoso(), Sweep::Nightly).await;
    assert_eq!(rig.latest()["INC0000007"]["IsDeleted_b"], true);
    // One as it was, which only a sweep can see; the other changed, which the head sees.
    rig.desk.put("incident", &rows[0]);
    rig.desk.put(
        "incident",
        &incident(8, "Restored", ago(TimeDelta::zero())).with("sys_mod_count", "1"),
    );
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 1, "{report:#}");
    assert_eq!(rig.latest()["INC0000008"]["IsDeleted_b"], false);
    let (_, report) = sweep(&rig, &contoso(), Sweep::Nightly).await;
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 1, "{report:#}");
    assert_eq!(rig.latest()["INC0000007"]["IsDeleted_b"], false);
    let (_, report) = sweep(&rig, &contoso(), Sweep::Whole).await;
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 0, "{report:#}");
}
