//! Asking for a reconcile, by hand, by the clock and of a daemon; and what is told of it.

mod accepted;

use chrono::{DateTime, TimeDelta, Utc};
use itsmd::model::{ConnectionName, StreamId, WorkItemKind};
use itsmd::store::{Prints, Store, Threads, Worker};
use rustix::process::Signal;
use serde_json::Value;

use crate::daemon::Daemon;
use crate::rig::{DEADLINE, Rig, STREAM, ago, id, incident, stream};

/// Incidents an hour apart, the newest an hour old; nothing rings but what a test lets ring.
async fn rig(records: u32, more: &str) -> Rig {
    let rig = Rig::new().await;
    configure(&rig, more);
    for number in 0..records {
        let time = ago(TimeDelta::hours(i64::from(number) + 1));
        rig.desk.put("incident", &incident(number, "Mail is down", time));
    }
    rig
}

fn configure(rig: &Rig, more: &str) {
    rig.configure(&format!("schedule = \"0 0 1 1 *\"\n{more}"));
    let text = std::fs::read_to_string(rig.config()).unwrap();
    let text = text.replace("listen = \"off\"", "listen = \"127.0.0.1:0\"");
    std::fs::write(rig.config(), text).unwrap();
}

fn delete(rig: &Rig, numbers: std::ops::Range<u32>) {
    for number in numbers {
        rig.desk.delete("incident", &id(number)).unwrap();
    }
}

/// The numbers whose last row says that they are gone.
fn marked(rig: &Rig) -> usize {
    rig.latest().values().filter(|row| row["IsDeleted_b"] == true).count()
}

async fn words(rig: &Rig, args: &[&str]) -> (Option<i32>, String) {
    let output = rig.itsmd(args).await;
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&told).into_owned())
}

/// The incidents of `itsmd status --json`.
async fn status(rig: &Rig) -> (Option<i32>, Value) {
    let output = rig.itsmd(&["status", "--json"]).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code(), stream(&report, "contoso", "incident").clone())
}

async fn arrived(rig: &Rig, rows: usize) {
    let enough = rig
        .workspace
        .wait_until(DEADLINE, |workspace| workspace.count(STREAM) >= rows)
        .await;
    assert!(enough, "{} of {rows} rows", rig.workspace.count(STREAM));
}

#[tokio::test(flavor = "multi_thread")]
async fn accepting_deletions_without_a_reconcile_is_a_mistake_of_usage() {
    let rig = rig(0, "").await;
    let (status, told) = words(&rig, &["sync", "--accept-deletions"]).await;
    assert_eq!(status, Some(2), "{told}");
    assert!(told.contains("--reconcile"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconcile_of_a_stream_that_was_never_read_reads_it_once_and_marks_nothing() {
    let rig = rig(120, "").await;
    let (code, report) = rig.sync(&["--reconcile"]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (code, &incidents["sent"], &incidents["deleted"]),
        (0, &120.into(), &0.into()),
        "{report:#}"
    );
    assert_eq!(rig.workspace.count(STREAM), 120);
    let (code, incidents) = status(&rig).await;
    assert_eq!((code, &incidents["state"]), (Some(0), &"live".into()), "{incidents:#}");
    let reconcile = &incidents["reconcile"];
    assert!(reconcile["last"].is_string(), "{incidents:#}");
    assert_eq!(
        (&reconcile["running"], &reconcile["next"]),
        (&false.into(), &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconcile_by_hand_finds_what_no_cursor_sees_and_trace_tells_what_was_marked() {
    let rig = rig(60, "reconcile = \"off\"").await;
    rig.sync(&[]).await;
    delete(&rig, 3..4);
    let silent = ago(TimeDelta::hours(8));
    rig.desk.put("incident", &incident(7, "Changed in silence", silent));
    let old = ago(TimeDelta::days(40));
    rig.desk
        .put("incident", &incident(500, "Imported with an old date", old));
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 0, "no cursor sees it");

    let (code, told) = words(&rig, &["sync", "--reconcile"]).await;
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("3 sent (1 of them marked as deleted)"), "{told}");
    let latest = rig.latest();
    assert_eq!(latest["INC0000007"]["Title_s"], "Changed in silence");
    assert_eq!(latest["INC0000500"]["Title_s"], "Imported with an old date");
    assert_eq!(
        (marked(&rig), &latest["INC0000003"]["IncidentState_s"]),
        (1, &"Deleted".into())
    );

    let (_, told) = words(&rig, &["trace", "INC0000003"]).await;
    assert!(told.contains("deleted    20") && told.contains("marked"), "{told}");
    let output = rig.itsmd(&["trace", "INC0000003", "--json"]).await;
    let traced: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(traced["records"][0]["deleted"].is_string(), "{traced:#}");
    let (_, told) = words(&rig, &["trace", "INC0000004"]).await;
    assert!(!told.contains("deleted"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_blocked_until_a_person_accepts_the_deletions() {
    let rig = rig(200, "").await;
    rig.sync(&[]).await;
    delete(&rig, 0..60);
    let (code, report) = rig.sync(&["--reconcile"]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (code, &incidents["outcome"], &incidents["deleted"]),
        (1, &"failed".into(), &0.into()),
        "{report:#}"
    );
    let error = &incidents["error"];
    assert_eq!(error["code"], "ITSMD-SY-002", "{report:#}");
    let remedy = error["remedy"].as_str().unwrap();
    assert!(remedy.contains("--accept-deletions"), "{report:#}");
    assert_eq!(marked(&rig), 0);

    // What is new goes on being delivered, which does not end the block.
    rig.desk.put("incident", &incident(900, "New", ago(TimeDelta::zero())));
    let (code, report) = rig.sync(&[]).await;
    assert_eq!(
        (code, &stream(&report, "contoso", "incident")["sent"]),
        (0, &1.into()),
        "{report:#}"
    );
    let (code, incidents) = status(&rig).await;
    assert_eq!(
        (code, &incidents["state"]),
        (Some(1), &"blocked".into()),
        "{incidents:#}"
    );
    assert_eq!(&incidents["error"], error);
    assert_eq!(&incidents["reconcile"]["blocked"], error);
    let (code, told) = words(&rig, &["status"]).await;
    assert_eq!(code, Some(1));
    assert!(told.contains("contoso/incident is blocked: ITSMD-SY-002"), "{told}");
    assert!(told.contains(remedy), "{told}");

    let (code, report) = rig.sync(&["--reconcile", "--accept-deletions"]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!((code, &incidents["deleted"]), (0, &60.into()), "{report:#}");
    assert_eq!(marked(&rig), 60);
    let (code, incidents) = status(&rig).await;
    assert_eq!((code, &incidents["state"]), (Some(0), &"live".into()), "{incidents:#}");
    assert_eq!(
        (&incidents["records"], &incidents["last_run"]["deleted"]),
        (&141.into(), &60.into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_given_back_ends_the_block_and_nothing_was_marked() {
    let rig = rig(200, "").await;
    rig.sync(&[]).await;
    let lost: Vec<String> = (0..100).map(id).collect();
    rig.desk
        .hide("incident", move |row| lost.iter().any(|id| row.value("sys_id") == id));
    let (code, told) = words(&rig, &["sync", "--reconcile"]).await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("ITSMD-SY-002") && told.contains("what to do: "), "{told}");
    rig.desk.show("incident");
    let (code, report) = rig.sync(&["--reconcile"]).await;
    assert_eq!(code, 0, "{report:#}");
    assert_eq!((rig.workspace.count(STREAM), marked(&rig)), (200, 0));
    let (code, incidents) = status(&rig).await;
    assert_eq!((code, &incidents["state"]), (Some(0), &"live".into()), "{incidents:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_reconciles_when_its_schedule_rings() {
    let rig = rig(50, "").await;
    rig.sync(&[]).await;
    delete(&rig, 5..6);
    let soon = Utc::now() + TimeDelta::seconds(5);
    let fields = soon.format("%-S %-M %-H * * *");
    configure(&rig, &format!("splay = \"off\"\nreconcile = \"{fields}\""));
    let daemon = Daemon::start(&rig).await;
    arrived(&rig, 51).await;
    assert_eq!(rig.latest()["INC0000005"]["IsDeleted_b"], true);
    let incidents = daemon
        .until(|incidents| incidents["reconcile"]["running"] == false)
        .await;
    let time = |key: &str| -> DateTime<Utc> { incidents["reconcile"][key].as_str().unwrap().parse().unwrap() };
    assert!(time("last") >= soon - TimeDelta::seconds(1), "{incidents:#}");
    let next = time("next") - soon;
    assert!((23..=25).contains(&next.num_hours()), "{incidents:#}");

    let (_, metrics) = daemon.get("/metrics").await;
    for line in [
        "itsmd_deleted_records_total{",
        "itsmd_last_reconcile_timestamp_seconds{",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    let counted = metrics
        .lines()
        .find(|line| line.starts_with("itsmd_deleted_records_total{") && line.contains("\"incident\""));
    assert!(counted.unwrap().ends_with(" 1"), "{counted:?}");
    let (_, page) = daemon.get("/").await;
    assert!(page.contains("Reconciled"), "{page}");
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_was_not_there_at_the_hour_reconciles_when_it_starts() {
    let rig = rig(50, "").await;
    let store = Store::open(&rig.folder.path().join("itsmd.db"), Threads::Inline).unwrap();
    let contoso = StreamId {
        connection: ConnectionName::new("contoso"),
        kind: WorkItemKind::Incident,
    };
    let prints = Prints {
        source: String::new(),
        filter: String::new(),
        sink: String::new(),
    };
    // Its first run was two days ago, and no night since then was seen by anybody.
    store
        .call_here(|db| {
            let key = db.stream_or_new(&contoso, &prints)?.key;
            db.begin_run(key, Worker::Head, "long-ago", Utc::now() - TimeDelta::days(2))
        })
        .unwrap();
    rig.sync(&[]).await;
    let overdue = |incidents: &Value| incidents["reconcile"]["overdue_seconds"].as_u64();
    let (_, unswept) = status(&rig).await;
    assert!(
        overdue(&unswept).is_some_and(|seconds| seconds > 20 * 3600),
        "{unswept}"
    );
    delete(&rig, 5..6);
    let daemon = Daemon::start(&rig).await;
    arrived(&rig, 51).await;
    assert_eq!(rig.latest()["INC0000005"]["IsDeleted_b"], true);
    daemon
        .until(|incidents| incidents["reconcile"]["last"].is_string())
        .await;
    assert_eq!(overdue(&status(&rig).await.1), Some(0));
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_daemon_reconciles_when_it_is_asked_and_says_why_it_is_blocked() {
    let rig = rig(200, "reconcile = \"off\"").await;
    let daemon = Daemon::start(&rig).await;
    arrived(&rig, 200).await;
    daemon.until(|incidents| incidents["state"] == "live").await;
    delete(&rig, 0..1);
    let (code, report) = rig.sync(&["--reconcile"]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!((code, &incidents["deleted"]), (0, &1.into()), "{report:#}");
    assert_eq!(rig.latest()["INC0000000"]["SyncRunId_s"], report["run_id"]);

    delete(&rig, 1..60);
    let (code, report) = rig.sync(&["--reconcile"]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!((code, &incidents["outcome"]), (1, &"failed".into()), "{report:#}");
    assert_eq!(incidents["error"]["code"], "ITSMD-SY-002", "{report:#}");
    daemon.until(|incidents| incidents["state"] == "blocked").await;
    let (_, metrics) = daemon.get("/metrics").await;
    let up = metrics
        .lines()
        .find(|line| line.starts_with("itsmd_up{") && line.contains("\"incident\""));
    assert!(up.unwrap().ends_with(" 0"), "{up:?}");
    let (_, page) = daemon.get("/").await;
    assert!(
        page.contains("ITSMD-SY-002") && page.contains("--accept-deletions"),
        "{page}"
    );

    let (code, report) = rig.sync(&["--reconcile", "--accept-deletions"]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!((code, &incidents["deleted"]), (0, &59.into()), "{report:#}");
    daemon.until(|incidents| incidents["state"] == "live").await;
    assert_eq!(marked(&rig), 60);
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_takes_the_schedule_of_the_reconcile() {
    let rig = rig(5, "reconcile = \"off\"").await;
    let daemon = Daemon::start(&rig).await;
    let incidents = daemon.until(|incidents| incidents["state"] == "live").await;
    assert_eq!(incidents["reconcile"]["next"], Value::Null, "{incidents:#}");
    configure(&rig, "splay = \"off\"\nreconcile = \"30 3 1 1 *\"");
    daemon.signal(Signal::HUP);
    let incidents = daemon
        .until(|incidents| incidents["reconcile"]["next"].is_string())
        .await;
    let next = incidents["reconcile"]["next"].as_str().unwrap();
    assert!(next.ends_with("-01-01T03:30:00Z"), "{incidents:#}");
    assert_eq!(incidents["reconcile"]["last"], Value::Null, "nothing was due");
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_says_when_the_reconcile_comes_and_whether_anybody_notices_what_leaves_the_filter() {
    let rig = rig(0, "").await;
    let (_, told) = words(&rig, &["check", "--offline"]).await;
    let line = told.lines().find(|line| line.contains("reconcile")).unwrap();
    assert_eq!(line.matches(" next at ").count(), 1, "{told}");
    assert_eq!(line.matches("UTC").count(), 1, "{told}");
    for (more, warned) in [
        ("filter = \"active=true\"", false),
        ("filter = \"active=true\"\nreconcile = \"off\"", true),
        ("filter = \"active=true\"\ndeletions = \"off\"", true),
        ("reconcile = \"off\"\ndeletions = \"off\"", false),
    ] {
        configure(&rig, more);
        let output = rig.itsmd(&["check", "--offline", "--json"]).await;
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = found["findings"].as_array().unwrap();
        let told = findings.iter().any(|finding| finding["code"] == "ITSMD-CK-005");
        assert_eq!(told, warned, "{more}: {found:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_are_accepted_for_one_pass_and_not_for_what_may_be_gone_later() {
    let rig = rig(200, "").await;
    rig.sync(&[]).await;
    delete(&rig, 0..60);
    let (code, _) = rig.sync(&["--reconcile"]).await;
    assert_eq!(code, 1);
    // The pass that the person spoke of does not get through, and the role is lost before the next one.
    rig.desk.forbid("incident");
    let (code, report) = rig.sync(&["--reconcile", "--accept-deletions"]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!((code, &incidents["outcome"]), (1, &"failed".into()), "{report:#}");
    let warning = incidents["warnings"][0].as_str().unwrap();
    assert!(warning.contains("--accept-deletions again"), "{report:#}");
    let (_, incidents) = status(&rig).await;
    assert_eq!(incidents["reconcile"]["running"], true, "{incidents:#}");

    rig.desk.show("incident");
    rig.desk.hide_all("incident");
    let (code, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (code, &incidents["error"]["code"]),
        (1, &"ITSMD-SY-002".into()),
        "{report:#}"
    );
    assert_eq!(marked(&rig), 0, "a lost role must not bury a window");
}
