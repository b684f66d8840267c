//! `ServiceDeskHealth`, and the rules over it: eight quiet hours raise no alert, two hours of silence raise one.

use chrono::{DateTime, TimeDelta, Utc};
use itsmd::schema::{self, Target};
use serde_json::{Value, json};

use super::super::checker::parsed;
use super::{Asked, ago, now, row, stamp, told};

fn written(connection: &str, log_type: &str, at: &str) -> Value {
    json!({
        "ServiceDeskConnectionName_s": connection, "ServiceDeskWorkItemType_s": "Incident", "LogType_s": log_type,
        "TimeGenerated": at, "StatusLogTime_t": at, "Status_b": log_type != "ERROR", "Message": format!("{connection} {log_type}"),
        "RecordsSent_d": 2.0, "SyncRunId_s": "r",
    })
}

fn health(rows: Vec<Value>) -> Vec<Value> {
    super::answer("ServiceDeskLog_CL", rows, "ServiceDeskHealth")
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn each_stream_has_one_verdict() {
    let lag = |seconds: f64| json!({"LagSeconds_d": seconds});
    let rows = vec![
        row(&written("well", "INFO", &ago(50)), lag(1.0)),
        row(&written("warned", "WARNING", &ago(5)), lag(1.0)),
        // An error that has passed, and one that has not.
        written("recovered", "ERROR", &ago(30)),
        written("recovered", "INFO", &ago(20)),
        written("failing", "INFO", &ago(30)),
        written("failing", "ERROR", &ago(20)),
        written("never-well", "ERROR", &ago(20)),
        // It says so every hour, and the rest is nothing.
        written("failing-for-hours", "INFO", &ago(500)),
        written("failing-for-hours", "ERROR", &ago(70)),
        row(&written("late", "INFO", &ago(5)), lag(4_000.0)),
        row(&written("was-late", "INFO", &ago(65)), lag(4_000.0)),
        row(&written("was-late", "INFO", &ago(5)), lag(3.0)),
        // One half gets on, the other does not.
        written("halved", "ERROR", &ago(20)),
        row(
            &written("halved", "WARNING", &ago(10)),
            json!({"Message": "halved in step: 3 records sent; but ITSMD-SN-020 stands in its way", "Status_b": false, "LagSeconds_d": 1.0}),
        ),
        // Read every four hours: it is as late as always.
        row(&written("slow", "INFO", &ago(2000)), lag(13_000.0)),
        row(&written("slow", "INFO", &ago(30)), lag(12_000.0)),
        // A server asks for patience since three hours.
        row(&written("waits", "WARNING", &ago(30)), lag(10_800.0)),
        written("stopped", "INFO", &ago(120)),
        written("long-gone", "INFO", &ago(31 * 1440)),
        // ITSMC's, and the test of itsmd check.
        json!({"ServiceDeskConnectionName_s": "itsmc", "LogType_s": "ERROR", "TimeGenerated": ago(3), "Message": "Could not contact"}),
        written("itsmd/check", "INFO", &ago(300)),
    ];
    let answered = health(rows);
    assert_eq!(
        told(&answered, &["ServiceDeskConnectionName_s", "Verdict"]),
        [
            "failing Failing",
            "failing-for-hours Failing",
            "halved Failing",
            "late Behind",
            "never-well Failing",
            "recovered InStep",
            "slow InStep",
            "stopped Silent",
            "waits Behind",
            "warned InStep",
            "was-late InStep",
            "well InStep",
        ]
    );
    let of = |name: &str| {
        answered
            .iter()
            .find(|row| row["ServiceDeskConnectionName_s"] == name)
            .unwrap()
    };
    assert_eq!(of("failing")["LastErrorMessage"], "failing ERROR");
    assert!(
        of("failing")["WhatToDo"]
            .as_str()
            .unwrap()
            .contains("itsmd check --connection failing")
    );
    assert_eq!(of("recovered")["RecordsSent24h"], 4.0);
    assert_eq!(of("stopped")["MinutesSinceSuccess"], 120);
    assert_eq!(of("waits")["MinutesSinceSuccess"], 210);
    assert_eq!(of("well")["WhatToDo"], "Nothing.");
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn nothing_at_all_is_a_row_too() {
    for rows in [
        vec![],
        vec![json!({"ServiceDeskConnectionName_s": "itsmc", "LogType_s": "INFO", "TimeGenerated": ago(3)})],
    ] {
        let answered = health(rows);
        assert_eq!(
            told(&answered, &["ServiceDeskConnectionName_s", "Verdict"]),
            ["(none) Silent"]
        );
        assert!(answered[0]["WhatToDo"].as_str().unwrap().contains("start itsmd"));
    }
}

/// The hours at which Azure looks at the rule, and whether it fires then: it sees two days of rows, and its threshold decides.
fn looked_at(rows: Vec<Value>, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<(DateTime<Utc>, bool)> {
    let alerts = parsed(&schema::alerts(&Target::default()));
    let criterion = &alerts["resources"][0]["properties"]["criteria"]["allOf"][0];
    let threshold = alerts["parameters"]["staleAfterMinutes"]["defaultValue"]
        .as_i64()
        .unwrap();
    let mut asked = Asked::over("ServiceDeskLog_CL", rows);
    let mut times = Vec::new();
    let mut at = from;
    while at <= to {
        asked.ask(
            &stamp(at),
            criterion["query"].as_str().unwrap(),
            at,
            Some(at - TimeDelta::days(2)),
        );
        times.push(at);
        at += TimeDelta::minutes(15);
    }
    let answers = asked.answers();
    let fires = |row: &Value| row["MinutesSinceSuccess"].as_i64().unwrap() >= threshold;
    times
        .into_iter()
        .map(|at| (at, answers[&stamp(at)].as_array().unwrap().iter().any(fires)))
        .collect()
}

/// As a quiet stream writes them, scheduled every five minutes: one an hour, and each a few minutes late to show.
fn heartbeats(from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Value> {
    let mut at = from;
    let mut rows = Vec::new();
    while at <= to {
        let just_read = json!({"LagSeconds_d": 300.0});
        rows.push(row(&written("contoso", "INFO", &stamp(at)), just_read));
        at += TimeDelta::minutes(65);
    }
    rows
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn eight_quiet_hours_raise_nothing_and_silence_is_told_within_two_hours_and_for_a_week() {
    let stopped = now();
    let rows = heartbeats(stopped - TimeDelta::hours(10), stopped);
    let quiet = looked_at(rows.clone(), stopped - TimeDelta::hours(8), stopped);
    assert!(quiet.len() > 30 && quiet.iter().all(|(_, fires)| !fires), "{quiet:?}");
    let silent = looked_at(rows.clone(), stopped, stopped + TimeDelta::hours(3));
    let first = silent.iter().find(|(_, fires)| *fires).unwrap().0;
    assert!(first <= stopped + TimeDelta::hours(2), "{first}");
    for days in [1, 2, 3, 7, 40] {
        let then = stopped + TimeDelta::days(days);
        assert!(looked_at(rows.clone(), then, then)[0].1, "silent for {days} days");
    }
    let again = [
        rows,
        vec![row(
            &written("contoso", "INFO", &stamp(stopped + TimeDelta::days(7))),
            json!({"LagSeconds_d": 1.0}),
        )],
    ]
    .concat();
    let then = stopped + TimeDelta::days(7) + TimeDelta::minutes(15);
    assert!(!looked_at(again, then, then)[0].1);
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn older_records_that_arrive_are_no_end_of_a_head_that_is_not_read() {
    let rows = vec![
        row(&written("contoso", "INFO", &ago(240)), json!({"LagSeconds_d": 1.0})),
        row(
            &written("contoso", "WARNING", &ago(60)),
            json!({"LagSeconds_d": 10_800.0}),
        ),
        // A reconcile that sent something.
        written("contoso", "INFO", &ago(5)),
    ];
    assert_eq!(health(rows.clone())[0]["MinutesSinceSuccess"], 240);
    assert!(looked_at(rows, now(), now())[0].1);
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn a_first_sync_is_not_late_when_it_begins_and_is_when_it_reaches_no_end() {
    let begun = now() - TimeDelta::minutes(20);
    let rows = vec![
        written("contoso", "INFO", &stamp(begun)),
        written("contoso", "ERROR", &stamp(begun + TimeDelta::minutes(60))),
    ];
    assert!(!looked_at(rows.clone(), now(), now())[0].1);
    let then = begun + TimeDelta::minutes(95);
    assert!(looked_at(rows, then, then)[0].1);
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn a_half_that_stands_still_is_told_by_its_status_whatever_the_words() {
    let lag = json!({"LagSeconds_d": 1.0});
    let rows = vec![
        row(&written("by-words", "ERROR", &ago(20)), lag.clone()),
        row(
            &row(&written("by-words", "WARNING", &ago(10)), lag.clone()),
            json!({"Message": "a secret that stands in its way ends in 30 days"}),
        ),
        row(&written("by-status", "ERROR", &ago(20)), lag.clone()),
        row(
            &row(&written("by-status", "WARNING", &ago(10)), lag),
            json!({"Status_b": false}),
        ),
    ];
    assert_eq!(
        told(&health(rows), &["ServiceDeskConnectionName_s", "Verdict"]),
        ["by-status Failing", "by-words InStep"]
    );
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn the_rule_over_errors_names_who_fails_and_nobody_else() {
    let alerts = parsed(&schema::alerts(&Target::default()));
    let query = alerts["resources"][1]["properties"]["criteria"]["allOf"][0]["query"]
        .as_str()
        .unwrap();
    let of_no_stream = |at| json!({"ServiceDeskConnectionName_s": "", "LogType_s": "ERROR", "TimeGenerated": at, "Message": "the disk is full"});
    let rows = vec![
        written("well", "ERROR", &ago(100)),
        written("well", "INFO", &ago(10)),
        written("failing", "INFO", &ago(100)),
        written("failing", "ERROR", &ago(10)),
        of_no_stream(ago(30)),
        of_no_stream(ago(50)),
    ];
    let mut asked = Asked::over("ServiceDeskLog_CL", rows);
    asked.ask("now", query, now(), None);
    asked.ask("later", query, now() + TimeDelta::minutes(45), None);
    let answers = asked.answers();
    let who = |name: &str| {
        told(
            answers[name].as_array().unwrap(),
            &["ServiceDeskConnectionName_s", "LastErrorMessage"],
        )
    };
    assert_eq!(who("now"), ["(workspace) the disk is full", "failing failing ERROR"]);
    assert_eq!(who("later"), ["failing failing ERROR"]);
}
