//! The daemon: rings, signals, requests, its page, and its end.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use itsmd::sim::fault::{Fault, RetryAfter};
use itsmd::store::{Store, Threads};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::rig::{DEADLINE, Rig, STREAM, ago, incident, stream};

/// A running daemon, killed if the test ends before it does.
pub struct Daemon {
    pub child: Child,
    log: mpsc::Receiver<String>,
    pub page: String,
}

impl Daemon {
    pub async fn start(rig: &Rig) -> Self {
        Self::of(rig.command(&["run"]))
    }

    /// One that is begun by another command: with a limit, on a disk of its own.
    pub fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (told, log) = mpsc::channel();
        let stderr = child.stderr.take().unwrap();
        std::thread::spawn(move || {
            BufReader::new(stderr)
                .lines()
                .map_while(Result::ok)
                .for_each(|line| drop(told.send(line)));
        });
        let mut daemon = Self {
            child,
            log,
            page: String::new(),
        };
        let line = daemon.line("status page at");
        let from = line.find("http://").unwrap();
        daemon.page = line[from..].trim_end_matches('/').to_owned();
        daemon
    }

    /// Waits for a line of the log.
    pub fn line(&self, part: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        let mut seen = Vec::new();
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            let Ok(line) = self.log.recv_timeout(left) else { break };
            if line.contains(part) {
                return line;
            }
            seen.push(line);
        }
        panic!("no line with {part:?} in\n{}", seen.join("\n"));
    }

    /// What it has logged since the last line that was waited for.
    pub fn said(&self) -> String {
        self.log.try_iter().collect::<Vec<_>>().join("\n")
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub async fn get(&self, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("{}{path}", self.page)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// `http://127.0.0.1:4711`.
    pub fn address(&self) -> &str {
        &self.page
    }

    pub async fn incidents(&self) -> Value {
        let (_, text) = self.get("/api/status").await;
        let report: Value = serde_json::from_str(&text).unwrap();
        report["connections"][0]["streams"][0].clone()
    }

    /// Asks again and again until it holds.
    pub async fn until(&self, holds: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let incidents = self.incidents().await;
            if holds(&incidents) {
                return incidents;
            }
            assert!(Instant::now() < deadline, "{incidents:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub fn end(mut self) -> i32 {
        self.signal(Signal::TERM);
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(Instant::now() < deadline, "it does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub async fn rig() -> Rig {
    let rig = Rig::new().await;
    let text = std::fs::read_to_string(rig.config())
        .unwrap()
        .replace("listen = \"off\"", "listen = \"127.0.0.1:0\"");
    // Far away: nothing but what the test does rings.
    std::fs::write(
        rig.config(),
        text.replace("partner =", "schedule = \"0 0 1 1 *\"\npartner ="),
    )
    .unwrap();
    for number in 0..300 {
        rig.desk.put(
            "incident",
            &incident(number, "Mail is down", ago(TimeDelta::hours(i64::from(number)))),
        );
    }
    rig
}

pub async fn arrived(rig: &Rig, rows: usize) {
    let enough = rig
        .workspace
        .wait_until(DEADLINE, |workspace| workspace.count(STREAM) >= rows)
        .await;
    assert!(enough, "{} of {rows} rows", rig.workspace.count(STREAM));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_catches_up_at_its_start_and_syncs_on_a_signal() {
    let rig = rig().await;
    let daemon = Daemon::start(&rig).await;
    arrived(&rig, 300).await;
    let incidents = daemon.until(|incidents| incidents["state"] == "live").await;
    assert_eq!(
        (&incidents["records"], &incidents["quarantined"]),
        (&300.into(), &0.into())
    );
    assert!(incidents["lag_seconds"].as_u64().unwrap() < 60);
    assert_eq!(incidents["backfill"]["slices"], incidents["backfill"]["complete"]);

    rig.desk.put(
        "incident",
        &incident(7, "Changed", ago(TimeDelta::zero())).with("sys_mod_count", "1"),
    );
    daemon.signal(Signal::USR1);
    arrived(&rig, 301).await;
    assert_eq!(rig.latest()["INC0000007"]["Title_s"], "Changed");

    daemon.signal(Signal::USR2);
    arrived(&rig, 601).await;
    daemon.until(|incidents| incidents["state"] == "live").await;
    assert_eq!(rig.workspace.count(STREAM), 601, "a resync delivers each record once");
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_beside_the_daemon_follows_its_run_and_a_second_daemon_names_the_first() {
    let rig = rig().await;
    let daemon = Daemon::start(&rig).await;
    arrived(&rig, 300).await;
    daemon.until(|incidents| incidents["state"] == "live").await;
    rig.desk.put("incident", &incident(500, "New", ago(TimeDelta::zero())));
    let (status, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (status, &incidents["outcome"], &incidents["sent"]),
        (0, &"complete".into(), &1.into()),
        "{report:#}"
    );
    assert_eq!(rig.latest()["INC0000500"]["SyncRunId_s"], report["run_id"]);

    let second = rig.itsmd(&["run"]).await;
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1));
    assert!(told.contains(&format!("process {}", daemon.child.id())), "{told}");
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_keeps_the_old_configuration_and_a_good_one_is_taken() {
    let rig = rig().await;
    let daemon = Daemon::start(&rig).await;
    arrived(&rig, 300).await;
    let good = std::fs::read_to_string(rig.config()).unwrap();
    std::fs::write(rig.config(), good.replace("partner =", "partnr =")).unwrap();
    daemon.signal(Signal::HUP);
    daemon.line("the old one stays in force");
    rig.desk.put("incident", &incident(500, "New", ago(TimeDelta::zero())));
    daemon.signal(Signal::USR1);
    arrived(&rig, 301).await;

    std::fs::write(rig.config(), good.replace("name = \"contoso\"", "name = \"renamed\"")).unwrap();
    daemon.signal(Signal::HUP);
    daemon.line("was read again");
    arrived(&rig, 602).await;
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_the_probes_answer() {
    let rig = rig().await;
    let daemon = Daemon::start(&rig).await;
    daemon.until(|incidents| incidents["state"] == "live").await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(daemon.get(path).await.0, 200, "{path}");
    }
    let (status, page) = daemon.get("/").await;
    assert_eq!(status, 200);
    assert!(page.contains("contoso") && page.contains("In step"), "{page}");
    assert!(
        !page.contains("Mail is down"),
        "no field of a record but its number is shown"
    );
    let (_, metrics) = daemon.get("/metrics").await;
    for name in [
        "itsmd_up",
        "itsmd_lag_seconds",
        "itsmd_last_success_timestamp_seconds",
        "itsmd_quarantined_records",
    ] {
        assert!(metrics.contains(&format!("{name}{{")), "{name}");
    }
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_beside_the_daemon_waits_no_longer_for_a_server_than_it_was_told() {
    let rig = rig().await;
    let daemon = Daemon::start(&rig).await;
    daemon.until(|incidents| incidents["state"] == "live").await;
    let throttled = Fault::TooMany(RetryAfter::Seconds(600));
    rig.servicenow.faults.push("table/incident", throttled, 1);
    let (status, report) = rig.sync(&["--wait", "1s"]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!((status, &incidents["outcome"]), (1, &"failed".into()), "{report:#}");
    let error = &incidents["error"];
    assert_eq!(error["code"], "ITSMD-NET-007");
    assert!(error["seen"].as_str().unwrap().contains("until 20"), "{error:#}");
    daemon.until(|incidents| incidents["state"] == "waiting").await;
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_of_a_daemon_that_died_is_done_by_the_next() {
    let rig = rig().await;
    let store = Store::open(&rig.folder.path().join("itsmd.db"), Threads::Inline).unwrap();
    let request = store.call_here(|db| db.ask("sync", "{}", Utc::now())).unwrap();
    let taken = store.call_here(|db| db.take_requests(Utc::now())).unwrap();
    assert_eq!(taken.len(), 1);
    let daemon = Daemon::start(&rig).await;
    let deadline = Instant::now() + DEADLINE;
    let answer = loop {
        if let Some((true, Some(answer))) = store.call_here(|db| db.answered(request)).unwrap() {
            break answer;
        }
        assert!(Instant::now() < deadline, "no answer");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let report: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(
        stream(&report, "contoso", "incident")["outcome"],
        "complete",
        "{report:#}"
    );
    assert_eq!(rig.workspace.count(STREAM), 300);
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_does_not_forget_what_a_server_asked_for() {
    let rig = rig().await;
    let daemon = Daemon::start(&rig).await;
    daemon.until(|incidents| incidents["state"] == "live").await;
    let wish = Fault::TooMany(RetryAfter::Seconds(3600));
    rig.servicenow.faults.push("table", wish, 1);
    daemon.signal(Signal::USR1);
    daemon.until(|incidents| incidents["state"] == "waiting").await;
    let asked = rig.servicenow.journal.requests().len();
    daemon.signal(Signal::HUP);
    daemon.line("was read again");
    daemon.until(|incidents| incidents["state"] == "waiting").await;
    assert_eq!(rig.servicenow.journal.requests().len(), asked);
    assert_eq!(daemon.end(), 0);
}
