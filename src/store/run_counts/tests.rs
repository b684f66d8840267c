use super::*;
use crate::store::tests::new_store;
use crate::store::{Store, UnderWay};

struct Scene {
    _folder: tempfile::TempDir,
    store: Store,
    stream: StreamKey,
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

impl Scene {
    fn new() -> Self {
        let (folder, store, stream) = new_store();
        Self {
            _folder: folder,
            store,
            stream,
        }
    }

    fn call<T>(&self, work: impl FnOnce(&Db<'_>) -> Result<T, StoreError>) -> T {
        self.store.call_here(work).unwrap()
    }

    /// A run of two minutes.
    fn run(&self, worker: Worker, started: &str, outcome: Outcome, code: Option<&str>, sent: u64) {
        let started = at(started);
        let error = code.map(|code| format!(r#"{{"code":"{code}","seen":"at {started}","means":"m","remedy":"r"}}"#));
        let tally = Tally {
            read: 10,
            sent,
            requests: 3,
            ..Tally::default()
        };
        self.call(|db| {
            let run = db.begin_run(self.stream, worker, &started.to_rfc3339(), started)?;
            let ended = started + TimeDelta::minutes(2);
            db.end_run(run, ended, outcome, error.as_deref(), &[], &tally)
        });
    }
}

#[test]
fn a_run_counts_in_the_hour_in_which_it_ended_whatever_it_came_to() {
    let scene = Scene::new();
    scene.run(Worker::Head, "2026-11-20T09:00:00Z", Outcome::Complete, None, 4);
    scene.run(Worker::Rest, "2026-11-20T09:30:00Z", Outcome::Interrupted, None, 1);
    scene.run(
        Worker::Head,
        "2026-11-20T09:59:00Z",
        Outcome::Failed,
        Some("ITSMD-NET-001"),
        0,
    );
    let hours = scene.call(|db| db.run_hours(scene.stream, at("2026-11-20T00:00:00Z")));
    let told: Vec<_> = hours
        .iter()
        .map(|hour| (hour.hour, hour.runs, hour.failed, hour.tally.sent, hour.tally.requests))
        .collect();
    assert_eq!(
        told,
        [
            (at("2026-11-20T09:00:00Z"), 2, 0, 5, 6),
            (at("2026-11-20T10:00:00Z"), 1, 1, 0, 3)
        ]
    );
    let later = scene.call(|db| db.run_hours(scene.stream, at("2026-11-20T10:15:00Z")));
    assert_eq!(
        later.len(),
        1,
        "the hour of the instant that is asked for is one of them"
    );
}

#[test]
fn failures_are_counted_by_code_and_over_when_their_worker_comes_through() {
    let scene = Scene::new();
    let failures = || scene.call(|db| db.failures(scene.stream, at("2026-11-19T12:00:00Z")));
    let told = || -> Vec<_> {
        failures()
            .into_iter()
            .map(|seen| (seen.code, seen.times, seen.over))
            .collect()
    };
    let one = |code: &str, times, over| (code.to_owned(), times, over);
    scene.run(
        Worker::Head,
        "2026-11-20T09:00:00Z",
        Outcome::Failed,
        Some("ITSMD-NET-001"),
        0,
    );
    scene.run(
        Worker::Head,
        "2026-11-20T09:05:00Z",
        Outcome::Failed,
        Some("ITSMD-NET-001"),
        0,
    );
    assert_eq!(told(), [one("ITSMD-NET-001", 2, false)]);
    let seen = failures().remove(0);
    assert_eq!(
        (seen.first, seen.last),
        (at("2026-11-20T09:00:00Z"), at("2026-11-20T09:05:00Z"))
    );
    assert!(
        seen.error.contains("at 2026-11-20 09:05:00 UTC"),
        "the last one's words: {}",
        seen.error
    );
    scene.run(Worker::Rest, "2026-11-20T09:06:00Z", Outcome::Complete, None, 0);
    assert_eq!(
        told(),
        [one("ITSMD-NET-001", 2, false)],
        "the other worker's run says nothing of it"
    );
    scene.run(Worker::Head, "2026-11-20T09:10:00Z", Outcome::Complete, None, 0);
    assert_eq!(told(), [one("ITSMD-NET-001", 2, true)]);
    scene.run(
        Worker::Head,
        "2026-11-20T09:15:00Z",
        Outcome::Failed,
        Some("ITSMD-NET-001"),
        0,
    );
    assert_eq!(told(), [one("ITSMD-NET-001", 3, false)], "it is there again");
}

#[test]
fn a_run_that_ended_in_a_panic_counts_as_failed() {
    let scene = Scene::new();
    let started = at("2026-11-20T09:00:00Z");
    let error = r#"{"code":"ITSMD-BUG-001","seen":"s","means":"m","remedy":"r"}"#;
    scene.call(|db| {
        db.begin_run(scene.stream, Worker::Rest, "run-1", started)?;
        db.fail_open_run(scene.stream, "run-1", started, error)
    });
    assert_eq!(scene.call(|db| db.run_hours(scene.stream, started))[0].failed, 1);
    let failures = scene.call(|db| db.failures(scene.stream, started));
    assert_eq!(
        (failures[0].code.as_str(), failures[0].worker),
        ("ITSMD-BUG-001", Worker::Rest)
    );
}

#[test]
fn the_runs_worth_a_line_are_those_that_did_something_failed_or_are_under_way() {
    let scene = Scene::new();
    scene.run(Worker::Head, "2026-11-20T09:00:00Z", Outcome::Complete, None, 4);
    scene.run(Worker::Head, "2026-11-20T09:05:00Z", Outcome::Complete, None, 0);
    scene.run(
        Worker::Head,
        "2026-11-20T09:10:00Z",
        Outcome::Failed,
        Some("ITSMD-NET-001"),
        0,
    );
    let started = at("2026-11-20T09:15:00Z");
    scene.call(|db| db.begin_run(scene.stream, Worker::Rest, "open", started));
    let told = |most| scene.call(|db| db.told_runs(&[scene.stream], most));
    let starts: Vec<_> = told(10)
        .into_iter()
        .map(|told| told.run.started.format("%M").to_string())
        .collect();
    assert_eq!(starts, ["15", "10", "00"]);
    assert_eq!(told(1)[0].worker, Worker::Rest);
    assert_eq!(scene.call(|db| db.told_runs(&[StreamKey(99)], 10)), []);
    let under_way = scene.call(|db| db.under_way(scene.stream));
    assert_eq!(
        under_way,
        [UnderWay {
            worker: Worker::Rest,
            started
        }]
    );
    let last = scene.call(|db| db.last_run(scene.stream, Worker::Head)).unwrap();
    assert_eq!(last.outcome, Some(Outcome::Failed));
}

#[test]
fn what_is_older_than_the_runs_goes_with_them() {
    let scene = Scene::new();
    scene.run(
        Worker::Head,
        "2026-06-20T09:00:00Z",
        Outcome::Failed,
        Some("ITSMD-NET-001"),
        0,
    );
    scene.run(Worker::Head, "2026-11-20T09:00:00Z", Outcome::Complete, None, 0);
    let since = at("2026-01-01T00:00:00Z");
    assert_eq!(scene.call(|db| db.run_hours(scene.stream, since)).len(), 1);
    assert_eq!(scene.call(|db| db.failures(scene.stream, since)), []);
}

#[test]
fn months_of_failures_of_an_older_file_are_counted_each_with_the_last_ones_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("itsmd.db");
    let older = rusqlite::Connection::open(&path).unwrap();
    let before = &crate::store::migrate::MIGRATIONS[..7];
    before.iter().for_each(|sql| older.execute_batch(sql).unwrap());
    // Of two streams each worker runs every ten minutes for 90 days; in the first ten hours of a day it fails, with two codes in
    // turn, at last with words that no other has. The head comes through in between, the rest never.
    older
        .execute_batch(
            "PRAGMA application_id = 0x6974736d; PRAGMA user_version = 7;
             INSERT INTO streams (stream, connection, kind, source_print, filter_print, sink_print) VALUES
               (1, 'contoso', 'incident', 'a', '', 'c'), (2, 'contoso', 'problem', 'a', '', 'c');
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 90 * 144)
             INSERT INTO runs (run_id, stream, worker, started, ended, outcome, error)
               SELECT i, s.column1, w.column1, i * 600000, i * 600000 + 1000,
                 CASE WHEN i % 144 < 60 THEN 'failed' WHEN w.column1 = 'head' THEN 'complete' ELSE 'interrupted' END,
                 CASE WHEN i % 144 < 60 THEN json_object('code', 'ITSMD-NET-00' || (1 + i % 2), 'seen', i) END
               FROM n, (VALUES (1), (2)) s, (VALUES ('head'), ('rest')) w ORDER BY i;",
        )
        .unwrap();
    drop(older);
    let store = Store::open(&path, crate::store::Threads::Inline).unwrap();
    for stream in [StreamKey(1), StreamKey(2)] {
        let failures = store.call_here(|db| db.failures(stream, DateTime::UNIX_EPOCH)).unwrap();
        assert_eq!(failures.len(), 90 * 2 * 2);
        for told in failures {
            let seen = told.last.timestamp() / 600;
            assert_eq!((told.times, told.over), (30, told.worker == Worker::Head), "{told:?}");
            assert_eq!(told.error, format!(r#"{{"code":"{}","seen":{seen}}}"#, told.code));
        }
    }
}

#[test]
fn a_clock_that_is_set_ahead_by_months_takes_no_run_away_that_is_under_way() {
    let scene = Scene::new();
    let (before, after) = (at("2026-05-01T09:00:00Z"), at("2026-11-20T09:00:00Z"));
    let head = scene.call(|db| db.begin_run(scene.stream, Worker::Head, "head", before));
    scene.run(Worker::Rest, "2026-11-20T09:00:00Z", Outcome::Complete, None, 0);
    let end = |run| scene.call(|db| db.end_run(run, after, Outcome::Complete, None, &[], &Tally::default()));
    end(head);
    let last = scene.call(|db| db.last_run(scene.stream, Worker::Head)).unwrap();
    assert_eq!((last.started, last.outcome), (before, Some(Outcome::Complete)));
    // One that somebody else took away has nothing to end, and its worker goes on.
    let counted = || scene.call(|db| db.run_hours(scene.stream, after))[0].runs;
    let so_far = counted();
    end(head + 99);
    assert_eq!(counted(), so_far);
}
