//! A disk that takes nothing more: what was delivered is written down from memory when there is room, nothing is
//! delivered meanwhile, `status` and the log say why, and it goes on by itself.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;
use itsmd::sim::ingestion::{Fault, Until};
use rustix::process::Signal;
use serde_json::Value;

use super::{Disk, Limit};
use crate::daemon::{Daemon, arrived, rig};
use crate::rig::{Rig, STREAM, ago, incident, stream};

/// Changes incident 7 and rings.
fn change(rig: &Rig, daemon: &Daemon, title: &'static str) {
    let revision = title.len().to_string();
    rig.desk.put(
        "incident",
        &incident(7, title, ago(TimeDelta::zero())).with("sys_mod_count", revision),
    );
    daemon.signal(Signal::USR1);
}

/// The state file on the disk.
fn on(rig: &Rig, folder: &str) {
    let text = std::fs::read_to_string(rig.config()).unwrap();
    std::fs::write(
        rig.config(),
        text.replace("\"itsmd.db\"", &format!("\"{folder}/itsmd.db\"")),
    )
    .unwrap();
}

fn is_full(incidents: &Value) -> bool {
    incidents["state"] == "failing" && incidents["error"]["code"] == "ITSMD-ST-002"
}

/// Waits until the workspace has answered all that was on its way to it.
async fn answered(rig: &Rig) {
    let deadline = std::time::Instant::now() + crate::rig::DEADLINE;
    let asked = rig.workspace.journal();
    while asked.requests().iter().any(|one| one.status.is_none()) {
        assert!(std::time::Instant::now() < deadline, "a batch is never answered");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn none_twice(rig: &Rig) {
    let rows = rig.workspace.rows(STREAM);
    let distinct: HashSet<_> = rows
        .iter()
        .map(|row| (row["RecordId_s"].to_string(), row["RecordVersion_s"].to_string()))
        .collect();
    assert_eq!(rows.len(), distinct.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_nothing_more_stops_delivery_is_told_and_is_waited_out() {
    let rig = rig().await;
    let daemon = Daemon::of(Limit::command(&rig.command(&["run"])));
    let limit = Limit::of(&daemon.child);
    daemon.until(|incidents| incidents["state"] == "live").await;
    limit.shut();
    change(&rig, &daemon, "Changed");
    let incidents = daemon.until(is_full).await;
    assert!(
        incidents["error"]["remedy"].as_str().unwrap().contains("make room"),
        "{incidents:#}"
    );
    // A run that was just ending says first that its end could not be written down.
    let line = daemon.line("trying again");
    assert!(
        line.contains("itsmd.db") && line.contains("make room") && line.contains("ITSMD-ST-002"),
        "{line}"
    );
    assert_eq!(daemon.get("/healthz").await.0, 200, "a restart makes no room");
    assert_eq!(
        rig.workspace.count(STREAM),
        300,
        "nothing is delivered that cannot be written down"
    );
    limit.open();
    // Nobody rings.
    arrived(&rig, 301).await;
    let incidents = daemon.until(|incidents| incidents["state"] == "live").await;
    assert_eq!(incidents["error"], Value::Null);
    assert_eq!(daemon.end(), 0);
    none_twice(&rig);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_taken_while_the_disk_filled_up_is_written_down_from_memory_and_not_sent_again() {
    let rig = rig().await;
    let text = std::fs::read_to_string(rig.config()).unwrap();
    std::fs::write(rig.config(), text.replace("partner =", "page_size = 20\npartner =")).unwrap();
    rig.workspace
        .fault(Fault::Delay(Duration::from_millis(1500)), Until::Requests(1));
    let daemon = Daemon::of(Limit::command(&rig.command(&["run"])));
    let limit = Limit::of(&daemon.child);
    let asked = rig.workspace.journal();
    while asked.count() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    limit.shut();
    daemon.until(is_full).await;
    daemon.line("trying again in 2 s");
    // What was on its way when the first of them failed: a page of each slice and of the head.
    answered(&rig).await;
    let taken = rig.workspace.count(STREAM);
    assert!(taken <= 60, "{taken} rows were delivered");
    daemon.line("trying again in 5 s");
    assert_eq!(rig.workspace.count(STREAM), taken, "nothing more is delivered");
    limit.open();
    arrived(&rig, 300).await;
    daemon.until(|incidents| incidents["state"] == "live").await;
    assert_eq!(daemon.end(), 0);
    none_twice(&rig);
    assert_eq!(rig.latest().len(), 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_disk_that_is_full_is_told_and_waited_out_by_the_daemon() {
    let rig = rig().await;
    let Some(disk) = Disk::at(&rig.folder.path().join("disk"), 8) else {
        return;
    };
    on(&rig, "disk");
    let daemon = Daemon::of(disk.command(&rig.command(&["run"])));
    daemon.until(|incidents| incidents["state"] == "live").await;
    for round in 0..2 {
        disk.fill();
        // The log beside the database is as long as the first sync made it: it takes some writes yet.
        let before = rig.workspace.count(STREAM);
        let deadline = std::time::Instant::now() + crate::rig::DEADLINE;
        let mut changed = 0;
        // A ring of the last round may run into the full disk before anything changes: there is a change in each.
        loop {
            assert!(std::time::Instant::now() < deadline, "the disk does not fill up");
            for number in 0..300 {
                let title = format!("Changed {round} {changed}");
                let row = incident(number, &title, ago(TimeDelta::zero()));
                rig.desk.put(
                    "incident",
                    &row.with("sys_mod_count", format!("{}", round * 1000 + changed + 1)),
                );
            }
            changed += 1;
            daemon.signal(Signal::USR1);
            tokio::time::sleep(Duration::from_millis(300)).await;
            if is_full(&daemon.incidents().await) {
                break;
            }
        }
        let line = daemon.line("ITSMD-ST-002");
        assert!(line.contains("full") && line.contains("make room"), "{line}");
        disk.free();
        daemon.signal(Signal::USR1);
        let title = format!("Changed {round} {}", changed - 1);
        let last = rig.workspace.wait_until(crate::rig::DEADLINE, |_| {
            let latest = rig.latest();
            latest.values().all(|row| row["Title_s"] == title.as_str())
        });
        let arrived = last.await;
        let status = daemon.incidents().await;
        assert!(
            arrived,
            "the last changes, {title}, do not arrive: {status:#}\n{}",
            daemon.said()
        );
        assert!(rig.workspace.count(STREAM) > before);
        daemon.until(|incidents| incidents["state"] == "live").await;
    }
    assert_eq!(daemon.end(), 0);
    none_twice(&rig);
}

#[tokio::test(flavor = "multi_thread")]
async fn begun_on_a_full_disk_it_delivers_nothing_says_what_to_do_and_the_next_goes_on() {
    let rig = rig().await;
    let Some(disk) = Disk::at(&rig.folder.path().join("disk"), 8) else {
        return;
    };
    on(&rig, "disk");
    disk.fill();
    let output = disk.command(&rig.command(&["sync"])).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("disk/itsmd.db") && said.contains("make room on the disk"),
        "{said}"
    );
    assert_eq!(rig.workspace.count(STREAM), 0);
    disk.free();
    let output = disk.command(&rig.command(&["sync", "--json"])).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 300, "{report:#}");
    disk.fill();
    rig.desk.put("incident", &incident(500, "New", ago(TimeDelta::zero())));
    for command in ["sync", "run"] {
        let output = disk.command(&rig.command(&[command])).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        assert!(said.contains("make room on the disk"), "{command}: {said}");
    }
    assert_eq!(rig.workspace.count(STREAM), 300);
    disk.free();
    assert!(disk.command(&rig.command(&["sync"])).status().unwrap().success());
    assert_eq!(rig.workspace.count(STREAM), 301);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_with_little_room_left_is_told_before_anything_is_delivered_however_often_it_is_tried() {
    let rig = rig().await;
    let Some(disk) = Disk::at(&rig.folder.path().join("disk"), 16) else {
        return;
    };
    on(&rig, "disk");
    let sync = || {
        let output = disk.command(&rig.command(&["sync", "--json"])).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), stream(&report, "contoso", "incident").clone())
    };
    disk.fill_but(2_000_000);
    for _ in 0..3 {
        let (code, incidents) = sync();
        let error = &incidents["error"];
        assert_eq!(
            (code, &error["code"]),
            (Some(1), &"ITSMD-ST-002".into()),
            "{incidents:#}"
        );
        let seen = error["seen"].as_str().unwrap();
        assert!(
            seen.contains("disk/itsmd.db") && seen.contains("bytes are free"),
            "{seen}"
        );
        assert!(error["remedy"].as_str().unwrap().contains("make room"), "{error:#}");
    }
    assert_eq!(rig.workspace.count(STREAM), 0);
    disk.free();
    let (code, incidents) = sync();
    assert_eq!(code, Some(0), "{incidents:#}");
    assert_eq!(rig.workspace.count(STREAM), 300);
    none_twice(&rig);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_between_two_pages_stops_the_run_before_the_next() {
    let rig = rig().await;
    let Some(disk) = Disk::at(&rig.folder.path().join("disk"), 16) else {
        return;
    };
    on(&rig, "disk");
    let text = std::fs::read_to_string(rig.config()).unwrap();
    std::fs::write(rig.config(), text.replace("partner =", "page_size = 20\npartner =")).unwrap();
    rig.workspace
        .fault(Fault::Delay(Duration::from_millis(1500)), Until::Requests(1));
    let asked = rig.workspace.journal();
    let mut sync = disk.command(&rig.command(&["sync"]));
    let mut running = sync.stdout(std::process::Stdio::null()).spawn().unwrap();
    while asked.count() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    disk.fill_but(2_000_000);
    assert_eq!(running.wait().unwrap().code(), Some(1));
    let taken = rig.workspace.count(STREAM);
    assert!(taken < 300, "{taken} rows were delivered");
    disk.free();
    assert!(disk.command(&rig.command(&["sync"])).status().unwrap().success());
    assert_eq!(rig.workspace.count(STREAM), 300);
    none_twice(&rig);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_file_system_is_told_and_nothing_is_delivered() {
    let rig = rig().await;
    let folder = rig.folder.path().join("disk");
    let Some(disk) = Disk::at(&folder, 8) else {
        return;
    };
    on(&rig, "disk");
    assert!(disk.command(&rig.command(&["sync"])).status().unwrap().success());
    rig.desk.put("incident", &incident(500, "New", ago(TimeDelta::zero())));
    let place = folder.display().to_string();
    disk.run("mount", &["-o", "remount,ro", &place]);
    for command in ["sync", "run", "status"] {
        let output = disk.command(&rig.command(&[command])).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        assert!(
            said.contains("disk/itsmd.db") && said.contains("Read-only"),
            "{command}: {said}"
        );
        assert!(
            said.contains("make the file and its file system writable"),
            "{command}: {said}"
        );
    }
    assert_eq!(rig.workspace.count(STREAM), 300);
    disk.run("mount", &["-o", "remount,rw", &place]);
    assert!(disk.command(&rig.command(&["sync"])).status().unwrap().success());
    assert_eq!(rig.workspace.count(STREAM), 301);
}

#[tokio::test(flavor = "multi_thread")]
async fn status_tells_of_a_disk_that_is_nearly_full_without_a_daemon_to_ask() {
    let rig = Rig::new().await;
    rig.desk
        .put("incident", &incident(7, "Mail is down", ago(TimeDelta::hours(1))));
    let Some(disk) = Disk::at(&rig.folder.path().join("disk"), 8) else {
        return;
    };
    on(&rig, "disk");
    let run = |args: &[&str]| disk.command(&rig.command(args)).output().unwrap();
    assert_eq!(run(&["sync"]).status.code(), Some(0));
    assert_eq!(run(&["status"]).status.code(), Some(0));
    disk.fill_but(1024 * 1024);
    let told = run(&["status", "--json"]);
    let report: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told.status.code(), Some(1));
    assert!(is_full(&report["connections"][0]["streams"][0]), "{report:#}");
}
