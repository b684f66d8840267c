//! A foreground sync, end to end.

use chrono::TimeDelta;

use crate::rig::{Rig, STREAM, ago, id, incident, stream};

#[tokio::test(flavor = "multi_thread")]
async fn every_record_of_the_window_arrives_once_and_a_second_sync_sends_nothing() {
    let rig = Rig::new().await;
    for number in 0..2500 {
        rig.desk.put(
            "incident",
            &incident(number, "Mail is down", ago(TimeDelta::minutes(40 * i64::from(number)))),
        );
    }
    rig.desk
        .put("incident", &incident(9999, "Too old", ago(TimeDelta::days(121))));
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(status, 0, "{report:#}");
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (&incidents["outcome"], &incidents["sent"]),
        (&"complete".into(), &2500.into()),
        "{report:#}"
    );
    assert_eq!(rig.workspace.count(STREAM), 2500);
    let row = &rig.latest()["INC0000007"];
    assert_eq!(row["Title_s"], "Mail is down");
    assert_eq!(row["IncidentState_s"], "In Progress");
    assert_eq!(row["ServiceDeskConnectionName_s"], "contoso");
    assert_eq!(rig.workspace.dropped_columns().len(), 0);

    let (status, report) = rig.sync(&[]).await;
    assert_eq!(
        (status, &stream(&report, "contoso", "incident")["sent"]),
        (0, &0.into()),
        "{report:#}"
    );
    assert_eq!(rig.workspace.count(STREAM), 2500);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_is_delivered_again_and_nothing_else() {
    let rig = Rig::new().await;
    for number in 0..50 {
        rig.desk.put(
            "incident",
            &incident(number, "Before", ago(TimeDelta::days(i64::from(number)))),
        );
    }
    rig.sync(&[]).await;
    rig.desk.put(
        "incident",
        &incident(7, "After", ago(TimeDelta::zero())).with("sys_mod_count", "1"),
    );
    rig.desk.put("incident", &incident(77, "New", ago(TimeDelta::zero())));
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(
        (status, &stream(&report, "contoso", "incident")["sent"]),
        (0, &2.into()),
        "{report:#}"
    );
    assert_eq!(rig.latest()["INC0000007"]["Title_s"], "After");
    assert_eq!(rig.workspace.count(STREAM), 52);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_hidden_by_access_rules_do_not_hide_what_is_behind_them() {
    let rig = Rig::new().await;
    rig.configure("page_size = 10");
    let second = ago(TimeDelta::days(3));
    for number in 0..200 {
        // Fifty of one second: whole pages of it are hidden.
        let time = if (50..100).contains(&number) {
            second
        } else {
            second + TimeDelta::minutes(i64::from(number))
        };
        rig.desk.put("incident", &incident(number, "Visible or not", time));
    }
    let hidden: Vec<String> = (20..95).chain(150..170).map(id).collect();
    let rule = hidden.clone();
    rig.desk
        .hide("incident", move |row| rule.iter().any(|id| row.value("sys_id") == id));
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(status, 0, "{report:#}");
    assert_eq!(rig.workspace.count(STREAM), 200 - hidden.len(), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_rows_in_one_second_than_a_page_holds_drain_completely() {
    let rig = Rig::new().await;
    rig.configure("page_size = 100");
    let second = ago(TimeDelta::hours(5));
    for number in 0..1234 {
        rig.desk.put("incident", &incident(number, "A bulk close", second));
    }
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 1234), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_too_slow_for_large_pages_is_read_in_smaller_ones() {
    let rig = Rig::new().await;
    for number in 0..1500 {
        let time = ago(TimeDelta::minutes(10 * i64::from(number)));
        rig.desk.put("incident", &incident(number, "Mail is down", time));
    }
    rig.desk.set_too_slow(Some(200));
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 1500), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_of_a_small_desk_costs_a_handful_of_requests() {
    let rig = Rig::new().await;
    for number in 0..1200 {
        let time = ago(TimeDelta::minutes(120 * i64::from(number)));
        rig.desk.put("incident", &incident(number, "Mail is down", time));
    }
    let (status, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!((status, &incidents["sent"]), (0, &1200.into()), "{report:#}");
    assert!(incidents["requests"].as_u64().unwrap() <= 6, "{report:#}");
}
