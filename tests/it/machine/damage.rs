//! A state file that is locked, damaged, cut off, newer or another's: said with its name and what to do, never moved,
//! never written to, and nothing is delivered that cannot be written down.

use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use rusqlite::Connection;
use rustix::process::Signal;

use crate::daemon::{Daemon, arrived, rig};
use crate::rig::{Rig, STREAM, ago, incident};

fn state(rig: &Rig) -> PathBuf {
    rig.folder.path().join("itsmd.db")
}

/// 300 incidents in step, and one more at the desk.
async fn synced() -> Rig {
    let rig = rig().await;
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(status, 0, "{report:#}");
    rig.desk.put("incident", &incident(500, "New", ago(TimeDelta::zero())));
    rig
}

/// Each of these commands ends with 1 and says all of that; the file stays as it was, and nothing is delivered.
async fn refused(rig: &Rig, commands: &[&str], parts: &[&str]) {
    let (before, delivered) = (std::fs::read(state(rig)).unwrap(), rig.workspace.count(STREAM));
    for &command in commands {
        let output = rig.itsmd(&[command]).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        assert!(said.contains("itsmd.db"), "{command}: {said}");
        for part in parts {
            assert!(said.contains(part), "{command}: no {part:?} in {said}");
        }
    }
    assert_eq!(rig.workspace.count(STREAM), delivered);
    assert!(std::fs::read(state(rig)).unwrap() == before, "the file was written to");
}

/// What the remedy says: moved away, the window is delivered once more, and nothing is missing.
async fn moved_away(rig: &Rig) {
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", state(rig).display()));
    }
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(status, 0, "{report:#}");
    assert_eq!(rig.latest().len(), 301);
}

fn cut(path: &Path, length: u64) {
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(length).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_cut_off_in_the_middle_is_called_damaged_with_the_way_out() {
    let rig = synced().await;
    let length = std::fs::metadata(state(&rig)).unwrap().len();
    for left in [length / 2, length - 1, 4096, 1000] {
        cut(&state(&rig), left);
        refused(
            &rig,
            &["sync", "run", "status"],
            &["damaged", "move the file away", "delivered once more"],
        )
        .await;
    }
    moved_away(&rig).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_cut_off_to_nothing_is_a_new_one_and_the_window_is_delivered_once_more() {
    let rig = synced().await;
    cut(&state(&rig), 0);
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(status, 0, "{report:#}");
    assert_eq!(rig.workspace.count(STREAM), 300 + 301);
    assert_eq!(rig.latest().len(), 301);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_ledger_overwritten_stops_the_stream_and_says_damaged() {
    let rig = synced().await;
    let root: i64 = Connection::open(state(&rig))
        .unwrap()
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'ledger'", [], |row| {
            row.get(0)
        })
        .unwrap();
    let mut bytes = std::fs::read(state(&rig)).unwrap();
    let page = (root as usize - 1) * 4096;
    bytes[page..page + 4096].fill(0xff);
    std::fs::write(state(&rig), &bytes).unwrap();
    let delivered = rig.workspace.count(STREAM);
    let output = rig.itsmd(&["sync"]).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("ITSMD-ST-004") && said.contains("move the file away"),
        "{said}"
    );
    assert_eq!(rig.workspace.count(STREAM), delivered);
    moved_away(&rig).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_beside_the_file_that_was_lost_or_cut_off_costs_repeats_and_no_record() {
    for lost in [true, false] {
        let rig = rig().await;
        let mut daemon = Daemon::start(&rig).await;
        arrived(&rig, 300).await;
        daemon.child.kill().unwrap();
        daemon.child.wait().unwrap();
        let log = PathBuf::from(format!("{}-wal", state(&rig).display()));
        if lost {
            std::fs::remove_file(&log).unwrap();
        } else {
            cut(&log, std::fs::metadata(&log).unwrap().len() / 2);
        }
        rig.desk.put("incident", &incident(500, "New", ago(TimeDelta::zero())));
        let (status, report) = rig.sync(&[]).await;
        assert_eq!(status, 0, "{report:#}");
        assert_eq!(rig.latest().len(), 301);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_or_a_foreign_file_is_refused_by_name_and_left_as_it_is() {
    let rig = synced().await;
    let change = |sql: &str| Connection::open(state(&rig)).unwrap().execute_batch(sql).unwrap();
    change("PRAGMA user_version = 99");
    let parts = ["has version 99", "run the newer itsmd", "delivered once more"];
    refused(&rig, &["sync", "run", "status"], &parts).await;

    std::fs::remove_file(state(&rig)).unwrap();
    change("CREATE TABLE photos (x)");
    let parts = ["another program's database", "move it away or set [state] path"];
    refused(&rig, &["sync", "run", "status"], &parts).await;

    std::fs::write(state(&rig), "notes of the meeting of last Tuesday\n".repeat(40)).unwrap();
    refused(&rig, &["sync", "run", "status"], &["is no database", "move it away"]).await;
    moved_away(&rig).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_another_program_locked_is_not_called_foreign_and_is_waited_out_by_the_daemon() {
    let rig = synced().await;
    let holder = Connection::open(state(&rig)).unwrap();
    holder
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE held (x)")
        .unwrap();
    let output = rig.itsmd(&["sync"]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("another program has locked the file") && said.contains("fuser"),
        "{said}"
    );
    assert!(!said.contains("move"), "a locked file must not be moved away: {said}");
    drop(holder);

    let daemon = Daemon::start(&rig).await;
    daemon.until(|incidents| incidents["state"] == "live").await;
    daemon.signal(Signal::USR1);
    arrived(&rig, 301).await;
    let holder = Connection::open(state(&rig)).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    rig.desk.put("incident", &incident(501, "New", ago(TimeDelta::zero())));
    daemon.signal(Signal::USR1);
    let line = daemon.line("ITSMD-ST-003");
    assert!(
        line.contains("itsmd.db") && line.contains("another program has locked"),
        "{line}"
    );
    assert_eq!(rig.workspace.count(STREAM), 301);
    holder.execute_batch("ROLLBACK").unwrap();
    // Nobody rings again.
    arrived(&rig, 302).await;
    assert_eq!(daemon.end(), 0);
}
