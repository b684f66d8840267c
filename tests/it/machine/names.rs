//! Names that cannot be resolved: told as what they are, and no reason to end.

use std::process::Command;

use rustix::process::Signal;

use super::Disk;
use crate::daemon::{Daemon, arrived, rig};
use crate::rig::{Rig, STREAM, stream};

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_cannot_be_resolved_is_told_with_what_to_look_at() {
    let rig = Rig::new().await;
    let text = std::fs::read_to_string(rig.config()).unwrap();
    std::fs::write(
        rig.config(),
        text.replace(&rig.servicenow.url(), "https://desk.invalid"),
    )
    .unwrap();
    let (status, report) = rig.sync(&[]).await;
    let error = &stream(&report, "contoso", "incident")["error"];
    assert_eq!((status, &error["code"]), (1, &"ITSMD-NET-001".into()), "{report:#}");
    assert!(error["seen"].as_str().unwrap().contains("desk.invalid"), "{error:#}");
    assert!(error["remedy"].as_str().unwrap().contains("DNS"), "{error:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_lives_through_hours_without_dns_and_goes_on_where_it_was() {
    let rig = rig().await;
    let names = rig.folder.path().join("names");
    let Some(disk) = Disk::at(&names, 1) else {
        return;
    };
    let text = std::fs::read_to_string(rig.config()).unwrap();
    let named = rig.servicenow.url().replace("127.0.0.1", "localhost");
    std::fs::write(rig.config(), text.replace(&rig.servicenow.url(), &named)).unwrap();
    // Names come from this file alone.
    std::fs::write(disk.outside("nsswitch.conf"), "hosts: files\n").unwrap();
    for (file, of_the_system) in [("nsswitch.conf", "/etc/nsswitch.conf"), ("hosts", "/etc/hosts")] {
        if file == "hosts" {
            std::fs::write(disk.outside(file), "127.0.0.1 localhost\n").unwrap();
        }
        let ours = names.join(file).display().to_string();
        disk.run("mount", &["--bind", &ours, of_the_system]);
    }
    let command: Command = rig.command(&["run"]);
    let daemon = Daemon::of(disk.command(&command));
    arrived(&rig, 300).await;
    daemon.until(|incidents| incidents["state"] == "live").await;

    std::fs::write(disk.outside("hosts"), "").unwrap();
    // Connections that are open need no name: the desk cuts them.
    rig.servicenow
        .faults
        .push("table", itsmd::sim::fault::Fault::Reset, 100);
    for _ in 0..3 {
        daemon.signal(Signal::USR1);
        daemon
            .until(|incidents| incidents["last_run"]["outcome"] == "failed")
            .await;
    }
    let incidents = daemon.until(|incidents| incidents["state"] == "failing").await;
    assert_eq!(incidents["error"]["code"], "ITSMD-NET-001", "{incidents:#}");
    assert_eq!(daemon.get("/healthz").await.0, 200, "a restart mends no name");

    rig.servicenow.faults.clear();
    std::fs::write(disk.outside("hosts"), "127.0.0.1 localhost\n").unwrap();
    rig.desk.put(
        "incident",
        &crate::rig::incident(500, "New", crate::rig::ago(chrono::TimeDelta::zero())),
    );
    daemon.signal(Signal::USR1);
    arrived(&rig, 301).await;
    daemon.until(|incidents| incidents["state"] == "live").await;
    assert_eq!((daemon.end(), rig.workspace.count(STREAM)), (0, 301));
}
