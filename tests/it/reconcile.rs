//! What no cursor sees: a sweep finds it, tells what is gone within limits, and costs little.

mod beside;
mod filter;
mod hidden;
mod poison;
mod provance;

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

/// As cron and the command line ask for a sweep.
fn ask(rig: &Rig, stream: &StreamId, sweep: Sweep) {
    store(rig)
        .call_here(|db| {
            let row = db.stream(stream)?.unwrap();
            db.ask_sweep(row.key, sweep)
        })
        .unwrap();
}

/// A sync that finds a sweep asked for.
async fn sweep(rig: &Rig, stream: &StreamId, sweep: Sweep) -> (i32, Value) {
    ask(rig, stream, sweep);
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
    incident(number, title, ago(TimeDelta::hours(i64::from(number) + 1))).with("category", "network")
}

fn imported(title: &str, number: u32, days: i64) -> Row {
    incident(number, title, ago(TimeDelta::days(days))).with("category", "network")
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

#[tokio::test(flavor = "multi_thread")]
async fn what_no_cursor_sees_arrives_with_the_next_sweep_and_nothing_else() {
    let rig = Rig::new().await;
    rig.configure("filter = \"category!=private\"\nsync_days = 30");
    fill(&rig, 300);
    rig.sync(&[]).await;
    // Imported with old stamps, one of them between the seconds of others.
    rig.desk.put("incident", &imported("Imported", 900, 20));
    rig.desk.put("incident", &imported("Outside the window", 901, 37));
    // Set back from a backup: an older stamp.
    rig.desk
        .put("incident", &incident(10, "From the backup", ago(TimeDelta::days(5))));
    rig.desk.archive("incident", &id(20)).unwrap();
    rig.desk.hide("incident", |row| row.value("sys_id") == id(30));
    // Left the filter, without anybody noticing.
    let left = rig.desk.get("incident", &id(40)).unwrap();
    rig.desk.put("incident", &left.with("category", "private"));
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 0, "no cursor sees it");

    let (status, report) = sweep(&rig, &contoso(), Sweep::Nightly).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (status, &incidents["deleted"], &incidents["sent"]),
        (0, &2.into(), &4.into()),
        "{report:#}"
    );
    let latest = rig.latest();
    assert_eq!(latest["INC0000900"]["Title_s"], "Imported");
    assert_eq!(latest["INC0000010"]["Title_s"], "From the backup");
    for (number_of, gone) in [(20, true), (30, false), (40, true)] {
        assert_eq!(latest[&number(number_of)]["IsDeleted_b"], gone, "{number_of}");
    }
    assert!(!latest.contains_key("INC0000901"));

    let (status, report) = sweep(&rig, &contoso(), Sweep::Whole).await;
    assert_eq!(
        (status, &stream(&report, "contoso", "incident")["sent"]),
        (0, &0.into()),
        "{report:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_without_a_new_stamp_is_seen_within_seven_nights_and_at_once_by_a_whole_sweep() {
    let rig = Rig::new().await;
    fill(&rig, 100);
    rig.sync(&[]).await;
    // All within a day: they lie in one block, or in two.
    for number in [3, 5] {
        let row = rig.desk.get("incident", &id(number)).unwrap();
        rig.desk
            .put("incident", &row.with("short_description", "Silently changed"));
    }
    let mut nights = 0;
    while rig.latest()["INC0000003"]["Title_s"] != "Silently changed" {
        let (status, report) = sweep(&rig, &contoso(), Sweep::Nightly).await;
        assert_eq!(status, 0, "{report:#}");
        nights += 1;
        assert!(nights <= 7, "each record is read in full once in seven nights");
    }
    let row = rig.desk.get("incident", &id(80)).unwrap();
    rig.desk
        .put("incident", &row.with("short_description", "Silently changed"));
    let (status, report) = sweep(&rig, &contoso(), Sweep::Whole).await;
    assert_eq!(status, 0, "{report:#}");
    assert_eq!(rig.latest()["INC0000080"]["Title_s"], "Silently changed");
    assert_eq!(rig.workspace.count(STREAM), 103);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_role_marks_nothing_blocks_and_says_why_until_it_is_given_back() {
    let rig = Rig::new().await;
    fill(&rig, 300);
    rig.sync(&[]).await;
    let odd = |row: &str| u8::from_str_radix(&row[31..], 16).unwrap() % 2 == 1;
    rig.desk.hide("incident", move |row| odd(row.value("sys_id")));
    let (status, report) = sweep(&rig, &contoso(), Sweep::Nightly).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (status, &incidents["outcome"], &incidents["deleted"]),
        (1, &"failed".into(), &0.into()),
        "{report:#}"
    );
    let error = &incidents["error"];
    assert_eq!(error["code"], "ITSMD-SY-002", "{error:#}");
    let seen = error["seen"].as_str().unwrap();
    assert!(
        seen.contains("of 300 records") && seen.contains("did not show 150"),
        "{seen}"
    );
    assert!(
        seen.matches("INC").count() == 5 && seen.contains("counted 150 rows"),
        "{seen}"
    );
    assert!(
        error["remedy"]
            .as_str()
            .unwrap()
            .contains("itsmd sync --reconcile --accept-deletions --connection contoso")
    );
    assert_eq!(rig.workspace.count(STREAM), 300, "nothing was marked");
    let blocked: Value = serde_json::from_str(&swept(&rig).blocked.unwrap()).unwrap();
    assert_eq!(blocked["code"], "ITSMD-SY-002");

    // The head goes on.
    rig.desk.put("incident", &incident(2000, "New", ago(TimeDelta::zero())));
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(
        (status, &stream(&report, "contoso", "incident")["sent"]),
        (0, &1.into()),
        "{report:#}"
    );
    assert!(swept(&rig).blocked.is_some(), "until a sweep ends within the limit");

    rig.desk.show("incident");
    let (status, report) = sweep(&rig, &contoso(), Sweep::Nightly).await;
    assert_eq!(
        (status, &stream(&report, "contoso", "incident")["sent"]),
        (0, &0.into()),
        "{report:#}"
    );
    assert_eq!(swept(&rig).blocked, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_deletions_are_marked_however_many_and_come_back_with_the_roles() {
    let rig = Rig::new().await;
    fill(&rig, 300);
    rig.sync(&[]).await;
    rig.desk.hide_all("incident");
    let (status, report) = sweep(&rig, &contoso(), Sweep::Whole).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (1, 300), "{report:#}");
    let (status, report) = rig.sync(&["--reconcile", "--accept-deletions"]).await;
    assert_eq!(
        (status, &stream(&report, "contoso", "incident")["deleted"]),
        (0, &300.into()),
        "{report:#}"
    );
    assert_eq!(swept(&rig).blocked, None);
    assert!(rig.latest().values().all(|row| row["IsDeleted_b"] == true));

    rig.desk.show("incident");
    let (status, report) = sweep(&rig, &contoso(), Sweep::Nightly).await;
    assert_eq!(
        (status, &stream(&report, "contoso", "incident")["sent"]),
        (0, &300.into()),
        "{report:#}"
    );
    assert!(rig.latest().values().all(|row| row["IsDeleted_b"] == false));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_records_of_a_small_stream_at_once_were_never_deleted_one_by_one() {
    let rig = Rig::new().await;
    fill(&rig, 40);
    rig.sync(&[]).await;
    rig.desk.hide_all("incident");
    let (status, report) = sweep(&rig, &contoso(), Sweep::Nightly).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (1, 40), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_deletions_off_nothing_is_marked_and_the_rest_is_mended_all_the_same() {
    let rig = Rig::new().await;
    rig.configure("deletions = \"off\"");
    fill(&rig, 100);
    rig.sync(&[]).await;
    rig.desk.delete("incident", &id(42)).unwrap();
    rig.desk
        .put("incident", &incident(10, "From the backup", ago(TimeDelta::days(9))));
    let (status, report) = sweep(&rig, &contoso(), Sweep::Nightly).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (status, &incidents["deleted"], &incidents["sent"]),
        (0, &0.into(), &1.into()),
        "{report:#}"
    );
    assert_eq!(rig.latest()["INC0000010"]["Title_s"], "From the backup");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_night_costs_a_request_per_five_thousand_records_and_a_seventh_in_ordinary_pages() {
    let rig = Rig::new().await;
    let rows: Vec<Row> = (0..12_000)
        .map(|number| incident(number, "Small", ago(TimeDelta::minutes(14 * i64::from(number) + 30))))
        .collect();
    rig.desk.put_all("incident", &rows);
    rig.sync(&[]).await;
    assert_eq!(rig.workspace.count(STREAM), 12_000);
    rig.sync(&[]).await;
    for _ in 0..3 {
        rig.servicenow.journal.clear();
        let (status, report) = sweep(&rig, &contoso(), Sweep::Nightly).await;
        assert_eq!(status, 0, "{report:#}");
        let asked = rig.servicenow.journal.of("/table/incident");
        let by = |field: &str| {
            let light = |fields: String| fields.split(',').count() <= 4;
            let wanted = asked.iter().filter(|asked| {
                asked
                    .parameter("sysparm_query")
                    .is_some_and(|query| query.contains("sys_updated_on<"))
            });
            wanted
                .filter(|asked| light(asked.parameter("sysparm_fields").unwrap()) == (field == "light"))
                .count()
        };
        // Three pages of keys, one more for each border of a block; a seventh are 1,715 rows, in one block or two.
        assert!(by("light") <= 5, "{}", by("light"));
        assert!((2..=4).contains(&by("full")), "{}", by("full"));
        assert_eq!(rig.workspace.count(STREAM), 12_000);
    }
}
