//! A sweep beside the head, and a sweep that is torn.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use itsmd::app::{DeskStream, Parts};
use itsmd::config;
use itsmd::sim::servicenow::Row;
use itsmd::store::{Outcome, Store, Sweep, Threads};
use itsmd::sync::{Pass, Resync, Run, WorkerReport};
use tokio_util::sync::CancellationToken;

use super::{ask, contoso, fill, swept};
use crate::reading::between::{Passing, between};
use crate::rig::{DEADLINE, Rig, STREAM, ago, id, incident, stream};

/// The stream in this process, so that its workers can be held.
fn engine(rig: &Rig) -> Arc<DeskStream> {
    let loaded = config::load(rig.config().as_path()).unwrap();
    let store = Store::open(&rig.folder.path().join("itsmd.db"), Threads::Blocking).unwrap();
    let parts = Parts::build(loaded.config, store, None).unwrap();
    let (_, stream) = parts.streams().next().unwrap();
    Arc::clone(stream)
}

async fn run(stream: &DeskStream, pass: Pass) -> WorkerReport {
    let run = Run {
        id: "run".to_owned(),
        cancel: CancellationToken::new(),
    };
    tokio::time::timeout(DEADLINE, stream.run(&run, pass)).await.unwrap()
}

/// Holds answers that show something between the service desk and their arrival.
struct Gate {
    holds: fn(&Passing) -> bool,
    closed: AtomicBool,
    reached: AtomicBool,
}

impl Gate {
    fn hold(&self, passing: &Passing) {
        if !(self.holds)(passing) || !self.closed.load(Ordering::SeqCst) || passing.rows().is_empty() {
            return;
        }
        self.reached.store(true, Ordering::SeqCst);
        let begun = std::time::Instant::now();
        tokio::task::block_in_place(|| {
            while self.closed.load(Ordering::SeqCst) && begun.elapsed() < DEADLINE {
                std::thread::sleep(Duration::from_millis(5));
            }
        });
    }

    async fn until_reached(&self) {
        let reached = async {
            while !self.reached.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(DEADLINE, reached).await.unwrap();
    }

    fn open(&self) {
        self.closed.store(false, Ordering::SeqCst);
    }
}

fn head(passing: &Passing) -> bool {
    passing.in_full() && !passing.asked("sysparm_query").contains("sys_updated_on<")
}

fn keys(passing: &Passing) -> bool {
    !passing.in_full() && passing.asked("sysparm_query").contains("sys_updated_on<")
}

/// A rig of which some answers can be held on their way back, with fifty incidents delivered.
async fn held(holds: fn(&Passing) -> bool) -> (Rig, Arc<Gate>, Arc<DeskStream>) {
    let rig = Rig::new().await;
    fill(&rig, 50);
    let gate = Arc::new(Gate {
        holds,
        closed: AtomicBool::default(),
        reached: AtomicBool::default(),
    });
    let holding = Arc::clone(&gate);
    let url = between(rig.servicenow.url(), move |passing| holding.hold(passing)).await;
    let connection = rig.connection("contoso", &url.url, "work_items = [\"incident\"]");
    std::fs::write(rig.config(), rig.head() + &connection).unwrap();
    let engine = engine(&rig);
    assert_eq!(run(&engine, Pass::Both).await.outcome, Outcome::Complete);
    assert_eq!(rig.workspace.count(STREAM), 50);
    (rig, gate, engine)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_page_of_the_head_on_its_way_cannot_raise_a_record_that_was_found_gone() {
    let (rig, gate, engine) = held(head).await;
    rig.desk
        .put("incident", &incident(7, "Its last words", ago(TimeDelta::zero())));
    gate.closed.store(true, Ordering::SeqCst);
    let head = tokio::spawn({
        let engine = Arc::clone(&engine);
        async move { run(&engine, Pass::Head).await }
    });
    gate.until_reached().await;
    rig.desk.delete("incident", &id(7)).unwrap();
    ask(&rig, &contoso(), Sweep::Nightly);
    let report = run(&engine, Pass::Rest).await;
    assert_eq!(
        (report.outcome, report.tally.deleted),
        (Outcome::Complete, 1),
        "{report:?}"
    );
    gate.open();
    let report = head.await.unwrap();
    assert_eq!(
        (report.outcome, report.tally.sent),
        (Outcome::Complete, 0),
        "{report:?}"
    );
    assert_eq!(rig.latest()["INC0000007"]["IsDeleted_b"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_page_of_the_head_on_its_way_is_asked_again_rather_than_held_back_for_good() {
    let (rig, gate, engine) = held(head).await;
    let row = rig.desk.delete("incident", &id(7)).unwrap();
    rig.desk
        .put("incident", &incident(8, "Changed", ago(TimeDelta::zero())));
    gate.closed.store(true, Ordering::SeqCst);
    let head = tokio::spawn({
        let engine = Arc::clone(&engine);
        async move { run(&engine, Pass::Head).await }
    });
    gate.until_reached().await;
    // What the head saw is gone for the moment of the sweep alone.
    let changed = rig.desk.delete("incident", &id(8)).unwrap();
    ask(&rig, &contoso(), Sweep::Nightly);
    let report = run(&engine, Pass::Rest).await;
    assert_eq!(
        (report.outcome, report.tally.deleted),
        (Outcome::Complete, 2),
        "{report:?}"
    );
    rig.desk.put("incident", &changed);
    rig.desk.put("incident", &row);
    gate.open();
    let report = head.await.unwrap();
    assert_eq!(
        (report.outcome, report.tally.sent),
        (Outcome::Complete, 1),
        "{report:?}"
    );
    let latest = rig.latest();
    assert_eq!(latest["INC0000008"]["Title_s"], "Changed");
    assert_eq!(
        latest["INC0000007"]["IsDeleted_b"], true,
        "only the next sweep can see it"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn slices_that_are_laid_during_a_sweep_are_read_before_it_goes_on() {
    let (rig, gate, engine) = held(keys).await;
    gate.closed.store(true, Ordering::SeqCst);
    ask(&rig, &contoso(), Sweep::Nightly);
    let rest = tokio::spawn({
        let engine = Arc::clone(&engine);
        async move { run(&engine, Pass::Rest).await }
    });
    gate.until_reached().await;
    let laid = super::store(&rig).call_here(|db| {
        let row = db.stream(&contoso())?.unwrap();
        itsmd::sync::resync(db, &row, Some(ago(TimeDelta::minutes(630))), TimeDelta::minutes(5))
    });
    assert!(matches!(laid.unwrap(), Resync::Laid { slices: 1, .. }));
    gate.open();
    let report = rest.await.unwrap();
    assert_eq!(
        (report.outcome, report.tally.sent),
        (Outcome::Complete, 10),
        "{report:?}"
    );
    assert_eq!((swept(&rig).asked, swept(&rig).nights), (None, 1));
}

/// Incidents fourteen minutes apart.
fn many(rig: &Rig, records: u32) {
    let rows: Vec<Row> = (0..records)
        .map(|number| incident(number, "Small", ago(TimeDelta::minutes(14 * i64::from(number) + 30))))
        .collect();
    rig.desk.put_all("incident", &rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_is_killed_goes_on_where_it_stood() {
    let rig = Rig::new().await;
    rig.configure("work_items = [\"incident\"]\npage_size = 500");
    many(&rig, 11_000);
    rig.sync(&[]).await;
    rig.desk.delete("incident", &id(3)).unwrap();
    rig.desk.delete("incident", &id(10_990)).unwrap();
    ask(&rig, &contoso(), Sweep::Whole);
    rig.servicenow.journal.clear();
    let mut child = rig
        .command(&["sync"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // 22 pages in three ranges: killed in the second, which has ten of them.
    let killed_at = std::time::Instant::now() + DEADLINE;
    while rig.servicenow.journal.count() < 17 && std::time::Instant::now() < killed_at {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let stands = swept(&rig);
    assert_eq!(stands.asked, Some(Sweep::Whole));
    assert!(stands.below.unwrap() < ago(TimeDelta::days(20)), "{stands:?}");

    rig.servicenow.journal.clear();
    let (status, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!((status, &incidents["deleted"]), (0, &2.into()), "{report:#}");
    let again = rig.servicenow.journal.count();
    assert!(again < 20, "{again} requests: the first range was not read again");
    assert_eq!((swept(&rig).asked, rig.workspace.count(STREAM)), (None, 11_002));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_fails_is_taken_up_by_the_next_run_and_a_wider_one_begins_anew() {
    let rig = Rig::new().await;
    rig.configure("work_items = [\"incident\"]");
    fill(&rig, 100);
    rig.sync(&[]).await;
    rig.desk.delete("incident", &id(42)).unwrap();
    ask(&rig, &contoso(), Sweep::Nightly);
    rig.workspace.fault(
        itsmd::sim::ingestion::Fault::Forbidden,
        itsmd::sim::ingestion::Until::Requests(1000),
    );
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, swept(&rig).asked), (1, Some(Sweep::Nightly)), "{report:#}");
    rig.workspace.clear_faults();
    ask(&rig, &contoso(), Sweep::Whole);
    assert_eq!((swept(&rig).asked, swept(&rig).below), (Some(Sweep::Whole), None));
    let (status, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!((status, &incidents["deleted"]), (0, &1.into()), "{report:#}");
}
