//! Our clock set forward and back by a day: no position, no window, no row of the ledger follows it.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use itsmd::app::{DeskStream, Parts};
use itsmd::config::{self, Location};
use itsmd::store::{Outcome, Store, Threads};
use itsmd::sync::{Pass, Run, WorkerReport};
use tokio_util::sync::CancellationToken;

use crate::rig::{Rig, STREAM, ago, incident};

/// The engine with a clock that the test turns.
struct Engine {
    stream: DeskStream,
    ahead: Arc<Mutex<TimeDelta>>,
    runs: Mutex<u32>,
}

impl Engine {
    fn of(rig: &Rig) -> Self {
        let config = config::load(Location::find(Some(&rig.config()))).unwrap().config;
        let store = Store::open(&config.state, Threads::Blocking).unwrap();
        let mut parts = Parts::build(config, store, None).unwrap();
        let stream = parts.connections.remove(0).streams.remove(0);
        drop(parts);
        let mut stream = Arc::into_inner(stream).unwrap();
        let ahead = Arc::new(Mutex::new(TimeDelta::zero()));
        let turned = Arc::clone(&ahead);
        stream.now = Arc::new(move || Utc::now() + *turned.lock().unwrap());
        Self {
            stream,
            ahead,
            runs: Mutex::default(),
        }
    }

    fn turn(&self, ahead: TimeDelta) {
        *self.ahead.lock().unwrap() = ahead;
    }

    async fn run(&self) -> WorkerReport {
        let number = {
            let mut runs = self.runs.lock().unwrap();
            *runs += 1;
            *runs
        };
        let run = Run {
            id: format!("run {number}"),
            cancel: CancellationToken::new(),
        };
        let report = self.stream.run(&run, Pass::Both).await;
        assert_eq!(report.outcome, Outcome::Complete, "{report:?}");
        report
    }

    fn window(&self) -> DateTime<Utc> {
        let id = self.stream.id.clone();
        let row = self.stream.store.call_here(|db| db.stream(&id)).unwrap().unwrap();
        row.window_start.unwrap()
    }

    fn records(&self) -> u64 {
        let id = self.stream.id.clone();
        self.stream
            .store
            .call_here(|db| {
                let key = db.stream(&id)?.unwrap().key;
                db.ledger_records(key)
            })
            .unwrap()
    }
}

fn generated(rig: &Rig, number: &str) -> DateTime<Utc> {
    rig.latest()[number]["TimeGenerated"].as_str().unwrap().parse().unwrap()
}

/// One record every twelve hours: a window that moved a day would lose two.
async fn rig() -> Rig {
    let rig = Rig::new().await;
    rig.configure("sync_days = 30\nwork_items = [\"incident\"]");
    for number in 0..60 {
        let time = ago(TimeDelta::hours(i64::from(number) * 12));
        rig.desk.put("incident", &incident(number, "Mail is down", time));
    }
    rig
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_forward_and_back_by_a_day_loses_nothing_and_repeats_nothing() {
    let rig = rig().await;
    let engine = Engine::of(&rig);
    engine.run().await;
    assert_eq!((rig.workspace.count(STREAM), engine.records()), (60, 60));
    let window = engine.window();
    let mut delivered = 60;
    for (step, day) in [1, 0, -1, 0, 1, -1].into_iter().enumerate() {
        engine.turn(TimeDelta::days(day));
        let report = engine.run().await;
        assert_eq!(report.tally.sent, 0, "step {step}: {report:?}");
        assert_eq!(engine.records(), 60, "step {step}: the ledger lost a day");
        let moved = engine.window() - window;
        assert!(
            moved >= TimeDelta::zero() && moved < TimeDelta::minutes(5),
            "step {step}: {moved}"
        );
        let told = report
            .warnings
            .iter()
            .any(|warning| warning.contains("is this machine's time right?"));
        assert_eq!(told, day != 0, "step {step}: {report:?}");

        let title = format!("Changed {step}");
        let changed = incident(7, &title, ago(TimeDelta::zero())).with("sys_mod_count", (step + 1).to_string());
        rig.desk.put("incident", &changed);
        let report = engine.run().await;
        delivered += 1;
        assert_eq!(
            (report.tally.sent, rig.workspace.count(STREAM)),
            (1, delivered),
            "step {step}"
        );
        assert_eq!(rig.latest()["INC0000007"]["Title_s"], title.as_str());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn time_generated_does_not_go_back_with_the_clock_and_does_not_stay_where_it_was_wrong_by_more_than_a_day() {
    let rig = rig().await;
    let engine = Engine::of(&rig);
    engine.turn(TimeDelta::hours(20));
    engine.run().await;
    // The head and the slice take turns: the last row's time need not be that of this record.
    let rows = rig.workspace.rows(STREAM);
    let times = rows
        .iter()
        .map(|row| row["TimeGenerated"].as_str().unwrap().parse().unwrap());
    let ahead: DateTime<Utc> = times.max().unwrap();
    engine.turn(TimeDelta::zero());
    let change = |revision: &'static str| {
        let row = incident(7, revision, ago(TimeDelta::zero())).with("sys_mod_count", revision);
        rig.desk.put("incident", &row);
    };
    change("1");
    engine.run().await;
    assert_eq!(
        generated(&rig, "INC0000007"),
        ahead,
        "the later version does not look older"
    );
    engine.turn(TimeDelta::days(-1));
    change("2");
    engine.run().await;
    let now = Utc::now() - TimeDelta::days(1);
    assert!((generated(&rig, "INC0000007") - now).abs() < TimeDelta::minutes(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_by_a_clock_a_day_off_reads_the_window_by_the_desks() {
    for day in [-1, 1] {
        let rig = rig().await;
        let engine = Engine::of(&rig);
        engine.turn(TimeDelta::days(day));
        engine.run().await;
        assert_eq!(
            (rig.workspace.count(STREAM), rig.latest().len()),
            (60, 60),
            "{day} days"
        );
        engine.turn(TimeDelta::zero());
        assert_eq!(engine.run().await.tally.sent, 0, "{day} days");
        assert_eq!(engine.records(), 60, "{day} days");
    }
}
