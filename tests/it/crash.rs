//! Killed at any instant, the next run loses nothing.

use std::collections::HashSet;
use std::process::Stdio;
use std::time::Duration;

use chrono::TimeDelta;

use crate::rig::{Rig, STREAM, ago, incident, stream};

const KILLS: u64 = 20;
const RECORDS: u32 = 6000;

#[tokio::test(flavor = "multi_thread")]
async fn killed_twenty_times_nothing_is_missing_and_little_is_there_twice() {
    let rig = Rig::new().await;
    rig.configure("page_size = 100");
    for number in 0..RECORDS {
        let time = ago(TimeDelta::minutes(i64::from(number) * 25));
        rig.desk.put("incident", &incident(number, "Mail is down", time));
    }
    let mut chance = fastrand::Rng::with_seed(7);
    let mut killed = 0;
    for round in 0..KILLS {
        // The desk goes on working while the program dies.
        rig.desk.put(
            "incident",
            &incident(round as u32, "Changed", ago(TimeDelta::zero())).with("sys_mod_count", "1"),
        );
        let mut child = rig
            .command(&["sync"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Somewhere behind one of its next requests, so that it dies at work however fast the machine is.
        let asked = rig.servicenow.journal.requests().len() + chance.usize(1..9);
        while rig.servicenow.journal.requests().len() < asked && child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(chance.u64(0..12))).await;
        killed += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(killed > 10, "only {killed} of {KILLS} were killed at work");
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(status, 0, "{report:#}");
    let latest = rig.latest();
    assert_eq!(latest.len(), RECORDS as usize);
    for round in 0..KILLS {
        assert_eq!(latest[&format!("INC{round:07}")]["Title_s"], "Changed");
    }
    let rows = rig.workspace.rows(STREAM);
    let text = |row: &itsmd::sim::ingestion::Row, column: &str| row[column].as_str().unwrap().to_owned();
    let distinct: HashSet<_> = rows
        .iter()
        .map(|row| (text(row, "RecordId_s"), text(row, "RecordVersion_s")))
        .collect();
    let twice = rows.len() - distinct.len();
    println!(
        "killed {killed} times at work, {} rows, {twice} of them twice",
        rows.len()
    );
    // At most the batches in flight at each kill: two slices and the head, a page of a hundred each.
    assert!(twice <= killed * 300, "{twice} rows are there twice");
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 0);
}
