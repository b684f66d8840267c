//! Rows that access rules hide after the page was cut: short pages, empty pages, and what lies behind them.

use std::collections::HashSet;

use axum::http::HeaderMap;
use chrono::TimeDelta;

use super::between::{Passing, through};
use crate::rig::{Rig, STREAM, ago, id, incident, stream};

fn hide(rig: &Rig, numbers: impl Iterator<Item = u32>) -> usize {
    let hidden: HashSet<String> = numbers.map(id).collect();
    let count = hidden.len();
    rig.desk
        .hide("incident", move |row| hidden.contains(row.value("sys_id")));
    count
}

/// Requests for pages of incidents, with their queries.
fn pages(rig: &Rig) -> Vec<String> {
    let asked = rig.servicenow.journal.of("table/incident");
    asked
        .iter()
        .filter_map(|asked| asked.parameter("sysparm_query"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hidden_in_the_head_keep_nothing_behind_them_back() {
    let rig = Rig::new().await;
    rig.configure("page_size = 10");
    rig.desk
        .put("incident", &incident(0, "Known", ago(TimeDelta::hours(3))));
    rig.sync(&[]).await;
    // What came in since: short pages first, then three pages of nothing, then what must not be lost, then nothing.
    let since = ago(TimeDelta::seconds(70));
    for number in 1..=60 {
        let modified = since + TimeDelta::seconds(i64::from(number));
        rig.desk.put("incident", &incident(number, "Since then", modified));
    }
    let hidden = hide(&rig, (3..8).chain(12..46).chain(57..=60));
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 61 - hidden), "{report:#}");
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(
        (status, &stream(&report, "contoso", "incident")["sent"]),
        (0, &0.into()),
        "{report:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_rows_at_both_ends_of_a_slice_end_it_and_its_neighbours_are_read() {
    let rig = Rig::new().await;
    rig.configure("page_size = 10");
    for number in 0..300 {
        let modified = ago(TimeDelta::days(100)) + TimeDelta::hours(i64::from(number) * 7);
        rig.desk.put("incident", &incident(number, "Mail is down", modified));
    }
    let hidden = hide(&rig, (0..31).chain(120..165).chain(255..300));
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 300 - hidden), "{report:#}");
    assert_eq!(stream(&report, "contoso", "incident")["outcome"], "complete");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_count_of_hidden_rows_is_told_and_each_counts_once() {
    let rig = Rig::new().await;
    rig.configure("page_size = 10");
    let second = ago(TimeDelta::days(9));
    for number in 0..200 {
        let modified = match number {
            60..90 => second,
            _ => second + TimeDelta::minutes(i64::from(number)),
        };
        rig.desk.put("incident", &incident(number, "Mail is down", modified));
    }
    let hidden = hide(&rig, (5..8).chain(62..88).chain(100..140).chain(195..200));
    let (status, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (status, &incidents["sent"], &incidents["hidden"]),
        (0, &(200 - hidden).into(), &hidden.into()),
        "{report:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_hidden_almost_whole_is_read_through_in_a_bounded_number_of_requests() {
    let rig = Rig::new().await;
    rig.configure("page_size = 50");
    for number in 0..2000 {
        let modified = ago(TimeDelta::minutes(80 * i64::from(number) + 60));
        rig.desk.put("incident", &incident(number, "Mail is down", modified));
    }
    hide(&rig, (0..2000).filter(|number| ![0, 777, 1999].contains(number)));
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 3), "{report:#}");
    // Forty pages of nothing, a few requests for each.
    assert!(pages(&rig).len() < 160, "{}", pages(&rig).len());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_inside_a_second_that_stands_still_are_hidden_rows_stepped_over_by_offset() {
    let rig = Rig::new().await;
    rig.configure("page_size = 10");
    let second = ago(TimeDelta::days(2));
    for number in 0..95 {
        rig.desk.put("incident", &incident(number, "A bulk close", second));
    }
    // By id, as the desk orders them: the first visible rows lie behind whole pages of hidden ones.
    let mut ids: Vec<String> = (0..95).map(id).collect();
    ids.sort();
    let visible: HashSet<String> = [&ids[0], &ids[47], &ids[94]].map(Clone::clone).into();
    rig.desk
        .hide("incident", move |row| !visible.contains(row.value("sys_id")));
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 3), "{report:#}");
    let by_offset: Vec<_> = rig
        .servicenow
        .journal
        .of("table/incident")
        .into_iter()
        .filter(|asked| asked.parameter("sysparm_offset").is_some())
        .collect();
    assert!(!by_offset.is_empty());
    for asked in by_offset {
        let query = asked.parameter("sysparm_query").unwrap();
        assert!(
            query.starts_with("sys_updated_on=") && !query.contains("^NQ"),
            "{query}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_without_id_or_stamp_are_counted_in_the_quarantine_and_what_is_behind_them_arrives() {
    let rig = Rig::new().await;
    for number in 0..80 {
        let modified = ago(TimeDelta::days(5)) + TimeDelta::minutes(i64::from(number));
        rig.desk.put("incident", &incident(number, "Mail is down", modified));
    }
    let nameless: HashSet<String> = (10..45).map(id).collect();
    let unstamped: HashSet<String> = (60..63).map(id).collect();
    through(&rig, "page_size = 10", move |answer| {
        let mut rows = answer.rows();
        for row in &mut rows {
            let id = row["sys_id"]["value"].as_str().unwrap_or_default().to_owned();
            if nameless.contains(&id) {
                *row = serde_json::json!({});
            } else if unstamped.contains(&id) {
                row.as_object_mut().unwrap().remove("sys_updated_on");
            }
        }
        if !answer.body.is_empty() && answer.status.is_success() {
            answer.set_rows(&rows);
        }
    })
    .await;
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 80 - 35 - 3), "{report:#}");
    let list = rig.itsmd(&["quarantine", "list", "--json"]).await;
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    let reasons: HashSet<&str> = list["records"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|r| r["reason"].as_str())
        .collect();
    assert_eq!(
        reasons,
        ["row without sys_id", "row without sys_updated_on"].into(),
        "{list:#}"
    );
}

fn uncounted(answer: &mut Passing) {
    let headers: &mut HeaderMap = &mut answer.headers;
    headers.remove("x-total-count");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_counts_in_no_header_is_read_whole_and_hidden_pages_too() {
    let rig = Rig::new().await;
    let since = ago(TimeDelta::days(30));
    for number in 0..130 {
        let modified = since + TimeDelta::hours(i64::from(number));
        rig.desk.put("incident", &incident(number, "Mail is down", modified));
    }
    through(&rig, "page_size = 10", uncounted).await;
    let hidden = hide(&rig, 20..75);
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 130 - hidden), "{report:#}");
}
