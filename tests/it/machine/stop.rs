//! SIGTERM in the middle of everything: gone within 20 seconds, nothing half-done, and the next run goes on.

use std::collections::HashMap;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use itsmd::sim::fault::{Fault, RetryAfter};
use itsmd::sim::ingestion::{self, Until};
use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};

use super::Limit;
use crate::daemon::{Daemon, rig};
use crate::rig::{DEADLINE, Rig, STREAM, ago, incident};

const GONE_WITHIN: Duration = Duration::from_secs(20);

/// Rows that one batch in flight of the head and of two slices may repeat, in pages of fifty.
const IN_FLIGHT: usize = 3 * 50;

/// What the daemon is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Middle {
    PageThatNeverComes,
    BatchThatIsNeverAnswered,
    PauseThatIsAskedFor,
    LockedFile,
    FullDisk,
}

async fn small_pages() -> Rig {
    let rig = rig().await;
    let text = std::fs::read_to_string(rig.config()).unwrap();
    std::fs::write(rig.config(), text.replace("partner =", "page_size = 50\npartner =")).unwrap();
    rig
}

/// Tells it to stop and waits; returns how long it took and its exit status.
async fn stop(child: &mut Child) -> (Duration, Option<i32>) {
    let told = Instant::now();
    kill_process(Pid::from_child(child), Signal::TERM).unwrap();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return (told.elapsed(), status.code());
        }
        assert!(told.elapsed() < GONE_WITHIN, "it is not gone within {GONE_WITHIN:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The next sync brings what is missing; only what was in flight is there twice.
async fn goes_on(rig: &Rig, what: &str) {
    rig.workspace.clear_faults();
    rig.servicenow.faults.clear();
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(status, 0, "{what}: {report:#}");
    assert_eq!(rig.latest().len(), rig.desk.count("incident"), "{what}");
    let mut times: HashMap<_, usize> = HashMap::new();
    for row in rig.workspace.rows(STREAM) {
        *times
            .entry((row["RecordId_s"].to_string(), row["RecordVersion_s"].to_string()))
            .or_default() += 1;
    }
    let twice: usize = times.values().map(|times| times - 1).sum();
    assert!(twice <= IN_FLIGHT, "{what}: {twice} rows are there twice");
    let state = Connection::open(rig.folder.path().join("itsmd.db")).unwrap();
    let well: String = state.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(well, "ok", "{what}");
}

async fn told_to_stop_in(middle: Middle) {
    let rig = small_pages().await;
    let hour = Duration::from_secs(3600);
    match middle {
        Middle::PageThatNeverComes => rig.servicenow.faults.push("table", Fault::Delay(hour), 100),
        Middle::BatchThatIsNeverAnswered => rig.workspace.fault(ingestion::Fault::Hang, Until::Lifted),
        Middle::PauseThatIsAskedFor => {
            let wish = Fault::TooMany(RetryAfter::Seconds(20));
            rig.servicenow.faults.push("table", wish, 1);
        }
        Middle::LockedFile | Middle::FullDisk => {}
    }
    let mut daemon = Daemon::of(Limit::command(&rig.command(&["run"])));
    let mut holder = None;
    match middle {
        Middle::PageThatNeverComes => until(|| rig.servicenow.journal.count() > 0).await,
        Middle::BatchThatIsNeverAnswered => until(|| rig.workspace.journal().count() > 0).await,
        Middle::PauseThatIsAskedFor => {
            daemon.until(|incidents| incidents["state"] == "waiting").await;
        }
        Middle::LockedFile => {
            daemon.until(|incidents| incidents["state"] == "live").await;
            let connection = Connection::open(rig.folder.path().join("itsmd.db")).unwrap();
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            daemon.signal(Signal::USR1);
            daemon.line("ITSMD-ST-003");
            holder = Some(connection);
        }
        Middle::FullDisk => {
            until(|| rig.workspace.count(STREAM) >= 50).await;
            Limit::of(&daemon.child).shut();
            rig.desk.put("incident", &incident(500, "New", ago(TimeDelta::zero())));
            daemon.signal(Signal::USR1);
            daemon.line("ITSMD-ST-002");
        }
    }
    let (took, status) = stop(&mut daemon.child).await;
    println!("{middle:?}: gone after {:.1} s", took.as_secs_f64());
    assert_eq!(status, Some(0), "{middle:?}");
    drop(holder);
    goes_on(&rig, &format!("{middle:?}")).await;
}

async fn until(holds: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_while_something_never_ends_it_is_gone_within_twenty_seconds_and_nothing_is_half_done() {
    tokio::join!(
        told_to_stop_in(Middle::PageThatNeverComes),
        told_to_stop_in(Middle::BatchThatIsNeverAnswered),
        told_to_stop_in(Middle::PauseThatIsAskedFor),
        told_to_stop_in(Middle::LockedFile),
        told_to_stop_in(Middle::FullDisk),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_at_any_moment_of_a_backfill_it_goes_on_there_and_repeats_nothing() {
    let rig = small_pages().await;
    for number in 300..2000 {
        let time = ago(TimeDelta::minutes(i64::from(number) * 60));
        rig.desk.put("incident", &incident(number, "Mail is down", time));
    }
    let mut chance = fastrand::Rng::with_seed(11);
    let mut at_work = 0;
    for _ in 0..8 {
        let before = rig.workspace.count(STREAM);
        let mut child = rig
            .command(&["run"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let more = before + chance.usize(1..200);
        let deadline = Instant::now() + Duration::from_secs(5);
        while rig.workspace.count(STREAM) < more && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(chance.u64(1..5))).await;
        }
        let (took, status) = stop(&mut child).await;
        assert_eq!(status, Some(0));
        assert!(took < Duration::from_secs(10), "pages in hand are small: {took:?}");
        at_work += usize::from(rig.workspace.count(STREAM) < 2000);
    }
    assert!(at_work > 3, "only {at_work} were stopped at work");
    goes_on(&rig, "backfill").await;
    assert_eq!(
        rig.workspace.count(STREAM),
        2000,
        "a page in hand is finished, not repeated"
    );
}
