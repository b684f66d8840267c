//! Servers that run out of time: pages are halved, then slices, and both grow back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use itsmd::model::{ConnectionName, StreamId, WorkItemKind};
use itsmd::store::{Store, Threads};

use super::between::{Passing, through};
use crate::rig::{Rig, STREAM, ago, incident, stream};

const CANCELLED: &str = "Transaction cancelled: maximum execution time exceeded";

fn fill(rig: &Rig, records: u32, apart: TimeDelta) {
    for number in 0..records {
        let modified = ago(TimeDelta::minutes(20) + apart * i32::try_from(number).unwrap());
        rig.desk.put("incident", &incident(number, "Mail is down", modified));
    }
}

/// The sizes of the pages asked for in full, in order.
fn limits(rig: &Rig) -> Vec<u32> {
    let asked = rig.servicenow.journal.of("table/incident");
    let full = asked
        .iter()
        .filter(|asked| asked.parameter("sysparm_fields").unwrap().contains("short_description"));
    full.map(|asked| asked.parameter("sysparm_limit").unwrap().parse().unwrap())
        .collect()
}

fn both_keys(answer: &mut Passing) {
    let half = answer.rows().len() / 2;
    let rows = &answer.rows()[..half];
    let error = serde_json::json!({"message": CANCELLED, "detail": CANCELLED});
    answer.body = serde_json::json!({"result": rows, "error": error, "status": "failure"})
        .to_string()
        .into_bytes();
}

fn junk_element(answer: &mut Passing) {
    let mut rows = answer.rows();
    rows.truncate(rows.len() / 2);
    rows.push(CANCELLED.into());
    answer.set_rows(&rows);
}

fn torn(answer: &mut Passing) {
    answer.body.truncate(answer.body.len() / 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_query_halves_the_page_in_each_of_its_three_spellings_and_nothing_of_it_is_used() {
    let spellings: [fn(&mut Passing); 3] = [both_keys, junk_element, torn];
    let one = |spelling: fn(&mut Passing)| async move {
        let rig = Rig::new().await;
        fill(&rig, 150, TimeDelta::hours(1));
        through(&rig, "page_size = 80", move |answer| {
            if answer.in_full() && answer.rows().len() > 40 {
                spelling(answer);
            }
        })
        .await;
        let (status, report) = rig.sync(&[]).await;
        let incidents = stream(&report, "contoso", "incident");
        assert_eq!((status, &incidents["read"]), (0, &150.into()), "{report:#}");
        assert_eq!(rig.workspace.count(STREAM), 150);
        assert!(limits(&rig).contains(&40), "{:?}", limits(&rig));
    };
    let [first, second, third] = spellings.map(one);
    tokio::join!(first, second, third);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_gives_up_halves_the_page() {
    let one = |status: u16| async move {
        let rig = Rig::new().await;
        fill(&rig, 150, TimeDelta::hours(1));
        through(&rig, "page_size = 80", move |answer| {
            if answer.in_full() && answer.rows().len() > 40 {
                answer.fail(status, "<html><title>Gave up</title></html>");
            }
        })
        .await;
        let (exit, report) = rig.sync(&[]).await;
        assert_eq!((exit, rig.workspace.count(STREAM)), (0, 150), "{status} {report:#}");
        assert!(limits(&rig).contains(&40), "{status} {:?}", limits(&rig));
    };
    tokio::join!(one(500), one(502), one(503), one(504));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_come_in_time_halves_the_page() {
    let rig = Rig::new().await;
    fill(&rig, 60, TimeDelta::hours(1));
    through(&rig, "page_size = 50\nrequest_timeout = \"2s\"", |answer| {
        if answer.in_full() && answer.rows().len() > 25 {
            answer.late = Duration::from_secs(4);
        }
    })
    .await;
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 60), "{report:#}");
    assert!(limits(&rig).contains(&25), "{:?}", limits(&rig));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_grow_back_once_the_server_has_time_again() {
    let rig = Rig::new().await;
    fill(&rig, 3000, TimeDelta::minutes(5));
    let cancelled = Arc::new(AtomicUsize::new(0));
    through(&rig, "page_size = 100\nmax_concurrent = 1", move |answer| {
        if answer.in_full() && answer.rows().len() > 25 && cancelled.load(Ordering::Relaxed) < 2 {
            cancelled.fetch_add(1, Ordering::Relaxed);
            both_keys(answer);
        }
    })
    .await;
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 3000), "{report:#}");
    let limits = limits(&rig);
    assert!(limits.contains(&25), "{limits:?}");
    assert_eq!(limits.last(), Some(&100), "{limits:?}");
}

/// What a query asks for: the days between its bounds; `None` for the head.
fn days(query: &str) -> Option<i64> {
    let bound = |mark: &str| {
        let (_, rest) = query.split_once(&format!("sys_updated_on{mark}"))?;
        NaiveDateTime::parse_from_str(rest.get(..19)?, "%Y-%m-%d %H:%M:%S").ok()
    };
    Some((bound("<")? - bound(">=").or_else(|| bound(">"))?).num_days())
}

/// Where a query begins.
fn start(query: &str) -> Option<NaiveDateTime> {
    let (_, rest) = query
        .split_once("sys_updated_on>=")
        .or_else(|| query.split_once("sys_updated_on="))?;
    NaiveDateTime::parse_from_str(rest.get(..19)?, "%Y-%m-%d %H:%M:%S").ok()
}

fn ranges(rig: &Rig) -> Vec<i64> {
    let asked = rig.servicenow.journal.of("table/incident");
    asked
        .iter()
        .filter_map(|asked| days(&asked.parameter("sysparm_query")?))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_too_long_for_the_server_is_halved_and_slices_laid_later_are_long_again() {
    let rig = Rig::new().await;
    fill(&rig, 100, TimeDelta::hours(28));
    let tired = Arc::new(AtomicUsize::new(1));
    let switch = Arc::clone(&tired);
    through(&rig, "page_size = 50", move |answer| {
        let long = days(answer.asked("sysparm_query")).is_some_and(|days| days > 30);
        if long && switch.load(Ordering::Relaxed) == 1 {
            both_keys(answer);
        }
    })
    .await;
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 100), "{report:#}");
    assert!(
        ranges(&rig).iter().any(|days| (20..=30).contains(days)),
        "{:?}",
        ranges(&rig)
    );

    tired.store(0, Ordering::Relaxed);
    rig.servicenow.journal.clear();
    assert!(rig.itsmd(&["resync", "--yes"]).await.status.success());
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 200), "{report:#}");
    assert!(ranges(&rig).iter().any(|days| *days > 100), "{:?}", ranges(&rig));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_has_fallen_too_far_behind_leaves_it_to_slices_and_reads_what_is_new() {
    let rig = Rig::new().await;
    fill(&rig, 100, TimeDelta::hours(20));
    // The last sync was forty days ago.
    let then = ago(TimeDelta::days(40));
    rig.desk.set_clock(Box::new(move || then));
    let bounded = |query: &str| query.contains("sys_updated_on<");
    through(&rig, "page_size = 25", move |answer| {
        // No index: every range without an end, or a long one, is too much, but for the newest hours.
        let query = answer.asked("sysparm_query").to_owned();
        let recent = start(&query).is_some_and(|from| chrono::Utc::now().naive_utc() - from < TimeDelta::hours(6));
        let long = days(&query).is_some_and(|days| days > 15);
        let canary = answer.asked("sysparm_limit") == "1";
        let late = start(&query).is_some_and(|from| from > (then - TimeDelta::hours(1)).naive_utc());
        if !canary && late && (long || (!bounded(&query) && !recent)) {
            both_keys(answer);
        }
    })
    .await;
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(status, 0, "{report:#}");
    let before = rig.workspace.count(STREAM);
    assert!(before > 0 && before < 100, "{before}");

    rig.desk.set_clock(Box::new(chrono::Utc::now));
    for _ in 0..2 {
        let (status, report) = rig.sync(&[]).await;
        assert_eq!(status, 0, "{report:#}");
    }
    assert_eq!((rig.workspace.count(STREAM), rig.latest().len()), (100, 100));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_left_in_peace_and_its_slices_whole() {
    let rig = Rig::new().await;
    fill(&rig, 100, TimeDelta::hours(10));
    let down = Arc::new(AtomicUsize::new(1));
    let switch = Arc::clone(&down);
    through(&rig, "page_size = 1000", move |answer| {
        // The first looks pass; then nothing does.
        let canary = answer.asked("sysparm_limit") == "1" && !answer.asked("sysparm_fields").contains("number");
        if switch.load(Ordering::Relaxed) == 1 && !canary {
            both_keys(answer);
        }
    })
    .await;
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (1, 0), "{report:#}");
    assert!(
        rig.servicenow.journal.count() < 12,
        "{}",
        rig.servicenow.journal.count()
    );
    let store = Store::open(&rig.folder.path().join("itsmd.db"), Threads::Inline).unwrap();
    let id = StreamId {
        connection: ConnectionName::new("contoso"),
        kind: WorkItemKind::Incident,
    };
    let slices = store
        .call(move |db| db.slices(db.stream(&id)?.unwrap().key))
        .await
        .unwrap();
    assert_eq!(slices.len(), 2, "the head and one slice: {slices:?}");
    drop(store);

    down.store(0, Ordering::Relaxed);
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 100), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn twelve_thousand_and_one_records_of_one_second_drain_completely() {
    let rig = Rig::new().await;
    rig.configure("page_size = 5000\nwork_items = [\"incident\"]");
    let second = ago(TimeDelta::hours(5));
    for number in 0..12_001 {
        rig.desk.put("incident", &incident(number, "A bulk close", second));
    }
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 12_001), "{report:#}");
    assert_eq!(rig.latest().len(), 12_001);
}
