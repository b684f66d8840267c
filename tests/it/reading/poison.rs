//! Rows that no server can give: they are set aside with the server's words, and nothing else suffers.

use std::collections::HashSet;

use chrono::TimeDelta;
use serde_json::Value;

use super::between::{Passing, through};
use crate::rig::{Rig, STREAM, ago, id, incident, stream};

async fn quarantine(rig: &Rig) -> Vec<Value> {
    let list = rig.itsmd(&["quarantine", "list", "--json"]).await;
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    list["records"].as_array().unwrap().clone()
}

async fn retry(rig: &Rig, record: &Value) {
    let entry = record["id"].to_string();
    assert!(rig.itsmd(&["quarantine", "retry", &entry]).await.status.success());
}

fn fill(rig: &Rig, records: u32) {
    for number in 0..records {
        let modified = ago(TimeDelta::days(10)) + TimeDelta::minutes(i64::from(number));
        rig.desk.put("incident", &incident(number, "Mail is down", modified));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_served_is_set_aside_with_the_servers_words_and_its_neighbours_arrive() {
    let rig = Rig::new().await;
    rig.configure("page_size = 100");
    fill(&rig, 250);
    rig.desk.poison("incident", &id(77));
    let (status, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (status, &incidents["sent"], &incidents["quarantined"]),
        (0, &249.into(), &1.into()),
        "{report:#}"
    );
    let aside = quarantine(&rig).await;
    assert_eq!(
        (aside.len(), &aside[0]["number"]),
        (1, &"INC0000077".into()),
        "{aside:#?}"
    );
    assert!(
        aside[0]["reason"].as_str().unwrap().contains("Transaction cancelled"),
        "{aside:#?}"
    );

    // The position is behind it: the next sync does not meet it again.
    let (status, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (status, &incidents["sent"], &incidents["quarantined"]),
        (0, &0.into(), &0.into()),
        "{report:#}"
    );

    // Asked for while it is as it was, it stays; healed, it arrives and leaves.
    retry(&rig, &aside[0]).await;
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(status, 0, "{report:#}");
    assert_eq!(quarantine(&rig).await.len(), 1);
    rig.desk.heal("incident", &id(77));
    retry(&rig, &aside[0]).await;
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 250), "{report:#}");
    assert_eq!(quarantine(&rig).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_served_in_the_head_does_not_stop_it_and_is_read_when_it_changes() {
    let rig = Rig::new().await;
    rig.configure("page_size = 25");
    fill(&rig, 3);
    rig.sync(&[]).await;
    let since = ago(TimeDelta::seconds(40));
    for number in 10..40 {
        // Three of each second: the one in the middle of a second is not alone.
        let modified = since + TimeDelta::seconds(i64::from(number) / 3);
        rig.desk.put("incident", &incident(number, "New", modified));
    }
    for number in [11, 30] {
        rig.desk.poison("incident", &id(number));
    }
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 31), "{report:#}");
    assert_eq!(quarantine(&rig).await.len(), 2);

    rig.desk.heal("incident", &id(11));
    rig.desk.put(
        "incident",
        &incident(11, "Shorter", ago(TimeDelta::zero())).with("sys_mod_count", "1"),
    );
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 32), "{report:#}");
    assert_eq!(rig.latest()["INC0000011"]["Title_s"], "Shorter");
    assert_eq!(quarantine(&rig).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_server_says_instead_of_the_row_it_is_passed() {
    let one = |spoil: fn(&mut Passing), words: &'static str| async move {
        let rig = Rig::new().await;
        fill(&rig, 30);
        through(&rig, "page_size = 25", move |answer| {
            let has = String::from_utf8_lossy(&answer.body).contains(&id(7));
            if answer.in_full() && has {
                spoil(answer);
            }
        })
        .await;
        let (status, report) = rig.sync(&[]).await;
        assert_eq!((status, rig.workspace.count(STREAM)), (0, 29), "{report:#}");
        let aside = quarantine(&rig).await;
        assert!(aside[0]["reason"].as_str().unwrap().contains(words), "{aside:#?}");
    };
    let exception: fn(&mut Passing) = |answer| {
        let error = serde_json::json!({"message": "Exception while executing request: null", "detail": null});
        answer.fail(
            500,
            &serde_json::json!({"error": error, "status": "failure"}).to_string(),
        );
    };
    let torn: fn(&mut Passing) = |answer| answer.body.truncate(answer.body.len() - 3);
    let huge: fn(&mut Passing) = |answer| answer.body.resize(33 * 1024 * 1024, b' ');
    tokio::join!(
        one(exception, "Exception while executing request"),
        one(torn, "EOF"),
        one(huge, "KiB"),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_gives_keys_but_no_row_at_all_does_not_end_in_the_quarantine() {
    let rig = Rig::new().await;
    fill(&rig, 40);
    let proxy = through(&rig, "page_size = 25", |answer| {
        if answer.in_full() && !answer.rows().is_empty() {
            answer.body = b"{\"result\":[],\"error\":{\"message\":\"Transaction cancelled\"}}".to_vec();
        }
    })
    .await;
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (1, 0), "{report:#}");
    assert!(quarantine(&rig).await.is_empty());
    proxy.heal();
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 40), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_such_rows_of_one_second_are_each_set_aside_and_the_second_is_read() {
    let rig = Rig::new().await;
    rig.configure("page_size = 25\nwork_items = [\"incident\"]");
    let second = ago(TimeDelta::days(4));
    for number in 0..90 {
        rig.desk.put("incident", &incident(number, "A bulk close", second));
    }
    for number in [5, 44, 80] {
        rig.desk.poison("incident", &id(number));
    }
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 87), "{report:#}");
    let numbers: HashSet<String> = quarantine(&rig).await.iter().map(|r| r["number"].to_string()).collect();
    assert_eq!(numbers.len(), 3, "{numbers:?}");
}
