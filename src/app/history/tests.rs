use super::*;
use crate::app::tests::one_desk;
use crate::model::{ConnectionName, Generation, RecordId, Version};
use crate::store::{LedgerRow, Outcome, Prints, Tally, Threads, Worker as Runner};

struct Scene {
    _folder: tempfile::TempDir,
    config: Config,
    store: Store,
    incidents: StreamKey,
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = one_desk(folder.path());
        let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
        let prints = Prints {
            source: "a".into(),
            filter: String::new(),
            sink: "c".into(),
        };
        let stream = |name: &str| {
            let id = StreamId {
                connection: ConnectionName::new(name),
                kind: WorkItemKind::Incident,
            };
            store.call_here(|db| Ok(db.stream_or_new(&id, &prints)?.key)).unwrap()
        };
        let incidents = stream("contoso");
        stream("left over");
        Self {
            _folder: folder,
            config,
            store,
            incidents,
        }
    }

    fn call<T>(&self, work: impl FnOnce(&Db<'_>) -> Result<T, StoreError>) -> T {
        self.store.call_here(work).unwrap()
    }

    fn run(&self, worker: Runner, started: &str, outcome: Outcome, code: Option<&str>) {
        let started = at(started);
        let error = code.map(|code| format!(r#"{{"code":"{code}","seen":"at {started}","means":"m","remedy":"r"}}"#));
        self.call(|db| {
            let run = db.begin_run(self.incidents, worker, "run", started)?;
            db.end_run(
                run,
                started + TimeDelta::seconds(9),
                outcome,
                error.as_deref(),
                &[],
                &Tally::default(),
            )
        });
    }

    fn delivered(&self, id: &str, created: &str) {
        let row = LedgerRow {
            number: id.to_owned(),
            version: Version(1),
            modified: at("2026-11-20T09:00:00Z"),
            revision: None,
            generation: Generation(0),
            columns: 1,
            delivered: at("2026-11-20T09:00:00Z"),
            deleted: false,
            seen: None,
            created: created.parse().ok(),
        };
        self.call(|db| db.write_delivered(self.incidents, &[(RecordId::new(id), row)]));
    }

    async fn history(&self, now: &str) -> History {
        history(&self.config, &self.store, at(now)).await.unwrap()
    }
}

#[tokio::test]
async fn every_day_that_lies_wholly_in_the_window_is_told_and_no_other() {
    let scene = Scene::new();
    let days = async || -> Vec<(String, u64)> {
        let history = scene.history("2026-11-20T10:00:00Z").await;
        let created = &history.created[0];
        assert_eq!((history.created.len(), created.connection.as_str()), (1, "contoso"));
        created
            .days
            .iter()
            .map(|day| (day.day.to_string(), day.created))
            .collect()
    };
    assert_eq!(days().await, [], "nothing was read yet");
    scene.delivered("a", "2026-11-18");
    scene.delivered("b", "2026-11-20");
    scene.delivered("c", "2026-11-20");
    scene.delivered("d", "2026-11-17");
    scene.call(|db| db.set_window(scene.incidents, at("2026-11-17T10:00:00Z")));
    let day = |day: &str, created| (day.to_owned(), created);
    assert_eq!(
        days().await,
        [day("2026-11-18", 1), day("2026-11-19", 0), day("2026-11-20", 2)]
    );
    scene.call(|db| db.set_window(scene.incidents, at("2026-11-17T00:00:00Z")));
    assert_eq!(days().await[0], day("2026-11-17", 1));
    scene.call(|db| db.set_window(scene.incidents, at("2026-07-17T00:00:00Z")));
    let all = days().await;
    assert_eq!((all.len(), all[0].0.as_str()), (30, "2026-10-22"));
}

#[tokio::test]
async fn an_error_is_one_line_whichever_worker_met_it_and_over_when_nothing_of_it_is_left() {
    let scene = Scene::new();
    scene.run(
        Runner::Head,
        "2026-11-18T09:00:00Z",
        Outcome::Failed,
        Some("ITSMD-NET-001"),
    );
    scene.run(
        Runner::Rest,
        "2026-11-19T09:00:00Z",
        Outcome::Failed,
        Some("ITSMD-NET-001"),
    );
    scene.run(
        Runner::Head,
        "2026-11-19T10:00:00Z",
        Outcome::Failed,
        Some("ITSMD-SN-014"),
    );
    let history = scene.history("2026-11-20T10:00:00Z").await;
    let told: Vec<_> = history
        .errors
        .iter()
        .map(|seen| (seen.code.as_str(), seen.times, seen.over))
        .collect();
    assert_eq!(told, [("ITSMD-SN-014", 1, false), ("ITSMD-NET-001", 2, false)]);
    let seen = &history.errors[1];
    assert_eq!(
        (seen.first, seen.last),
        (at("2026-11-18T09:00:00Z"), at("2026-11-19T09:00:00Z"))
    );
    assert_eq!(
        (seen.seen.as_str(), seen.remedy.as_str()),
        ("at 2026-11-19 09:00:00 UTC", "r")
    );
    assert_eq!(history.runs.len(), 3);
    assert_eq!(history.runs[0].error.as_ref().unwrap().code, "ITSMD-SN-014");

    scene.run(Runner::Head, "2026-11-19T11:00:00Z", Outcome::Complete, None);
    let history = scene.history("2026-11-20T10:00:00Z").await;
    assert!(
        history.errors.iter().all(|seen| seen.over),
        "the rest worker has nothing left to do"
    );
    scene.call(|db| db.ask_sweep(scene.incidents, crate::store::Sweep::Nightly));
    let history = scene.history("2026-11-20T10:00:00Z").await;
    assert!(!history.errors[1].over, "now it has");
    let later = scene.history("2026-11-26T20:00:00Z").await;
    assert_eq!(later.errors.len(), 2);
    assert_eq!(scene.history("2026-11-28T20:00:00Z").await.errors.len(), 0);
}

#[tokio::test]
async fn of_a_record_that_is_set_aside_the_number_is_shown_and_no_value() {
    let scene = Scene::new();
    let aside = crate::store::Aside {
        id: Some(RecordId::new("a")),
        number: "INC0012345".to_owned(),
        version: None,
        modified: None,
        reason: r#"resolved_at is not a UTC time: "Mr Smith's \"password\""; and so on"#.to_owned(),
        mark: 0,
    };
    scene.call(|db| db.set_aside(scene.incidents, &aside, at("2026-11-20T09:00:00Z")));
    let history = scene.history("2026-11-20T10:00:00Z").await;
    let shown = &history.quarantine[0];
    assert_eq!(
        (shown.number.as_str(), shown.rows, history.quarantine_total),
        ("INC0012345", 1, 1)
    );
    assert_eq!(shown.reason, r#"resolved_at is not a UTC time: "…"; and so on"#);
    assert_eq!(without_quotes("a \"b"), "a \"…\"");
    assert_eq!(without_quotes(r#""\\" c"#), "\"…\" c");
}
