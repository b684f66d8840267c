//! A log or a result that cannot be written stops nothing: `/dev/full` is a disk that always is.

use std::fs::OpenOptions;
use std::process::Stdio;

use chrono::TimeDelta;
use rustix::process::Signal;

use crate::daemon::{arrived, rig};
use crate::rig::{STREAM, ago, incident};

fn full() -> Stdio {
    Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_on_a_full_disk_stops_neither_the_daemon_nor_a_sync() {
    let rig = rig().await;
    // Something to say at every start and every run: a warning of the configuration, and lines of debugging.
    let mut daemon = rig
        .command(&["run"])
        .stderr(full())
        .env("RUST_LOG", "debug")
        .spawn()
        .unwrap();
    arrived(&rig, 300).await;
    rig.desk.put("incident", &incident(500, "New", ago(TimeDelta::zero())));
    let pid = rustix::process::Pid::from_child(&daemon);
    rustix::process::kill_process(pid, Signal::USR1).unwrap();
    arrived(&rig, 301).await;
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(daemon.wait().unwrap().code(), Some(0));

    rig.desk.put("incident", &incident(501, "New", ago(TimeDelta::zero())));
    let mut sync = rig.command(&["sync", "--json"]);
    let output = sync
        .stdout(Stdio::piped())
        .stderr(full())
        .env("RUST_LOG", "debug")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(rig.workspace.count(STREAM), 302);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_cannot_be_written_ends_with_1_and_the_work_is_done_all_the_same() {
    let rig = rig().await;
    for arguments in [&["sync"][..], &["sync", "--json"], &["status"], &["schema", "table"]] {
        let mut command = rig.command(arguments);
        let output = command.stdout(full()).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("No space left on device"), "{arguments:?}: {said}");
    }
    assert_eq!(rig.workspace.count(STREAM), 300);
    let mut mute = rig.command(&["sync", "--connection", "nobody"]);
    assert_eq!(mute.stderr(full()).status().unwrap().code(), Some(2));
}
