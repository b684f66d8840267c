//! SIGHUP with a file that cannot be used: the old configuration stays in force, and the log says what is wrong.

use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use itsmd::sim::fault::Fault;
use itsmd::store::{Store, Threads};
use rustix::process::Signal;

use crate::daemon::{Daemon, arrived, rig};
use crate::rig::{DEADLINE, ago, incident, stream};

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_with_the_file_the_old_configuration_stays_in_force() {
    let rig = rig().await;
    let good = std::fs::read(rig.config()).unwrap();
    let text = String::from_utf8(good.clone()).unwrap();
    let daemon = Daemon::start(&rig).await;
    arrived(&rig, 300).await;
    let secret = rig.folder.path().join("desk");
    let broken: [(&str, Option<Vec<u8>>, &str); 6] = [
        ("gone", None, "No such file"),
        ("empty", Some(Vec::new()), "[workspace]"),
        ("half written", Some(good[..good.len() / 2].to_vec()), "itsmd.toml"),
        ("no text", Some(vec![0xff, 0xfe, 0, 1]), "UTF-8"),
        (
            "a limit broken",
            Some(
                text.replace("requests_per_minute = 6000", "requests_per_minute = 0")
                    .into(),
            ),
            "requests_per_minute",
        ),
        ("a secret gone", Some(good.clone()), "desk"),
    ];
    for (round, (what, file, part)) in broken.into_iter().enumerate() {
        match file {
            Some(bytes) => std::fs::write(rig.config(), bytes).unwrap(),
            None => std::fs::remove_file(rig.config()).unwrap(),
        }
        if what == "a secret gone" {
            std::fs::rename(&secret, secret.with_extension("away")).unwrap();
        }
        daemon.signal(Signal::HUP);
        daemon.line("the old one stays in force");
        let why = daemon.line(part);
        assert!(!why.contains("desk-password"), "{why}");
        if what == "a secret gone" {
            // It is read for each request.
            std::fs::rename(secret.with_extension("away"), &secret).unwrap();
        }
        let number = 500 + round as u32;
        rig.desk
            .put("incident", &incident(number, "New", ago(TimeDelta::zero())));
        daemon.signal(Signal::USR1);
        arrived(&rig, 301 + round).await;
    }
    daemon.signal(Signal::HUP);
    daemon.line("was read again");
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_a_reload_tears_is_done_by_the_workers_after_it() {
    let rig = rig().await;
    let text = std::fs::read_to_string(rig.config()).unwrap();
    std::fs::write(rig.config(), text.replace("partner =", "page_size = 20\npartner =")).unwrap();
    rig.servicenow
        .faults
        .push("table", Fault::Delay(Duration::from_millis(500)), 1000);
    let daemon = Daemon::start(&rig).await;
    let store = Store::open(&rig.folder.path().join("itsmd.db"), Threads::Inline).unwrap();
    let request = store.call_here(|db| db.ask("sync", "{}", Utc::now())).unwrap();
    daemon.line("asked to sync now");
    daemon.signal(Signal::HUP);
    daemon.line("was read again");
    rig.servicenow.faults.clear();
    let deadline = Instant::now() + DEADLINE;
    let answer = loop {
        if let Some((_, Some(answer))) = store.call_here(|db| db.answered(request)).unwrap() {
            break answer;
        }
        assert!(Instant::now() < deadline, "no answer");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let report: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(incidents["outcome"], "complete", "{report:#}");
    assert_eq!(rig.latest().len(), 300);
    assert_eq!(daemon.end(), 0);
}
