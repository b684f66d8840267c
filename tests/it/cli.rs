//! The commands, as an operator and as a script use them: what they print, and with which status they end.

use std::process::Output;

use chrono::TimeDelta;
use serde_json::Value;

use crate::rig::{Rig, STREAM, ago, incident, stream};

/// A desk with so many incidents, an hour apart.
async fn rig(incidents: u32) -> Rig {
    let rig = Rig::new().await;
    rig.configure("work_items = [\"incident\"]");
    for number in 0..incidents {
        let time = ago(TimeDelta::hours(i64::from(number)));
        rig.desk.put("incident", &incident(number, "Mail is down", time));
    }
    rig
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn said(output: &Output) -> String {
    let (out, told) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(told))
}

/// Status and JSON of a command that prints JSON.
async fn json(rig: &Rig, args: &[&str]) -> (i32, Value) {
    let output = rig.itsmd(args).await;
    let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {}", said(&output)));
    (status(&output), json)
}

/// Status and words of a command.
async fn words(rig: &Rig, args: &[&str]) -> (i32, String) {
    let output = rig.itsmd(args).await;
    (status(&output), said(&output))
}

/// In alphabetical order.
fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn has_keys(object: &Value, wanted: &[&str]) {
    let there = keys(object);
    for key in wanted {
        assert!(there.contains(key), "no {key} in {there:?}");
    }
}

async fn quarantine(rig: &Rig) -> Vec<Value> {
    let (status, list) = json(rig, &["quarantine", "list", "--json"]).await;
    assert_eq!(status, 0);
    list["records"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn status_has_the_promised_keys_before_and_after_a_sync() {
    let rig = rig(30).await;
    for synced in [false, true] {
        if synced {
            assert_eq!(rig.sync(&[]).await.0, 0);
        }
        let (_, report) = json(&rig, &["status", "--json"]).await;
        let connection = &report["connections"][0];
        assert_eq!(keys(connection), ["name", "partner", "streams"]);
        assert_eq!(
            (&connection["name"], &connection["partner"]),
            (&"contoso".into(), &"servicenow".into())
        );
        let incidents = &connection["streams"][0];
        let promised = [
            "work_item",
            "state",
            "position",
            "lag_seconds",
            "window_start",
            "records",
            "backfill",
            "quarantined",
            "last_run",
        ];
        has_keys(incidents, &promised);
        assert_eq!(keys(&incidents["backfill"]), ["complete", "slices"]);
        assert_eq!(incidents["work_item"], "incident");
        if !synced {
            assert_eq!(
                (&incidents["state"], &incidents["records"]),
                (&"backfill".into(), &0.into())
            );
            for unknown in ["position", "lag_seconds", "window_start", "last_run"] {
                assert!(incidents[unknown].is_null(), "{unknown}: {incidents:#}");
            }
            continue;
        }
        assert_eq!(
            (&incidents["state"], &incidents["records"]),
            (&"live".into(), &30.into())
        );
        assert_eq!(incidents["backfill"]["slices"], incidents["backfill"]["complete"]);
        assert!(incidents["lag_seconds"].as_u64().unwrap() < 60);
        let run = &incidents["last_run"];
        assert_eq!(keys(run), ["error", "outcome", "read", "sent", "started"]);
        assert_eq!(
            (&run["outcome"], &run["sent"], &run["error"]),
            (&"complete".into(), &30.into(), &Value::Null)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn status_ends_with_1_while_a_stream_fails_and_shows_why() {
    let rig = rig(3).await;
    assert_eq!(rig.sync(&[]).await.0, 0);
    assert_eq!(rig.itsmd(&["status"]).await.status.code(), Some(0));
    rig.desk.drop_table("incident");
    assert_eq!(rig.sync(&[]).await.0, 1);
    let (status, report) = json(&rig, &["status", "--json"]).await;
    let incidents = &report["connections"][0]["streams"][0];
    assert_eq!((status, &incidents["state"]), (1, &"failing".into()));
    assert_eq!(incidents["last_run"]["outcome"], "failed");
    assert_eq!(incidents["last_run"]["error"]["code"], "ITSMD-SN-010");
    assert_eq!(incidents["error"], incidents["last_run"]["error"]);
    let (status, text) = words(&rig, &["status"]).await;
    assert!(status == 1 && text.contains("remedy:"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_traced_and_an_unknown_one_ends_with_1() {
    let rig = rig(3).await;
    rig.sync(&[]).await;
    let (status, trace) = json(&rig, &["trace", "INC0000002", "--json"]).await;
    let record = &trace["records"][0];
    has_keys(
        record,
        &[
            "connection",
            "work_item",
            "record_id",
            "modified",
            "delivered",
            "version",
            "quarantined",
        ],
    );
    assert_eq!((status, &trace["number"]), (0, &"INC0000002".into()));
    assert_eq!(record["record_id"], rig.latest()["INC0000002"]["RecordId_s"]);
    assert_eq!(record["version"], rig.latest()["INC0000002"]["RecordVersion_s"]);
    let (status, trace) = json(&rig, &["trace", "INC4711", "--json"]).await;
    assert_eq!((status, trace["records"].as_array().unwrap().len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_record_is_listed_shown_tried_again_and_gets_through() {
    let rig = rig(20).await;
    rig.workspace
        .set(|switches| switches.refuse_rows(|row| row["ServiceDeskId_s"] == "INC0000007"));
    assert_eq!(rig.sync(&[]).await.0, 0);
    let aside = quarantine(&rig).await;
    assert_eq!((aside.len(), &aside[0]["number"]), (1, &"INC0000007".into()));
    has_keys(
        &aside[0],
        &[
            "id",
            "connection",
            "work_item",
            "record_id",
            "number",
            "reason",
            "since",
        ],
    );
    let id = aside[0]["id"].to_string();
    let (status, text) = words(&rig, &["quarantine", "show", &id]).await;
    assert!(status == 0 && text.contains("INC0000007"), "{text}");

    rig.workspace.set(|switches| switches.accept_all_rows());
    let (status, text) = words(&rig, &["quarantine", "retry", &id]).await;
    assert!(status == 0 && text.contains("1 record to be tried again"), "{text}");
    assert_eq!(rig.sync(&[]).await.0, 0);
    assert!(rig.latest().contains_key("INC0000007"));
    assert_eq!(quarantine(&rig).await.len(), 0);
    assert_eq!(rig.workspace.count(STREAM), 20, "its neighbours are not sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_record_is_forgotten_and_an_unknown_id_ends_with_1() {
    let rig = rig(5).await;
    rig.workspace
        .set(|switches| switches.refuse_rows(|row| row["ServiceDeskId_s"] == "INC0000003"));
    rig.sync(&[]).await;
    let id = quarantine(&rig).await[0]["id"].to_string();
    assert_eq!(words(&rig, &["quarantine", "drop", &id]).await.0, 0);
    assert_eq!(quarantine(&rig).await.len(), 0);
    for verb in ["show", "retry", "drop"] {
        let (status, text) = words(&rig, &["quarantine", verb, &id]).await;
        assert!(status == 1 && text.contains("no record"), "{verb}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resync_delivers_everything_again_exactly_once_and_only_if_asked_in_earnest() {
    let rig = rig(200).await;
    rig.sync(&[]).await;
    let (status, text) = words(&rig, &["resync"]).await;
    assert!(status == 2 && text.contains("--yes"), "{text}");
    assert_eq!(words(&rig, &["resync", "--dry-run"]).await.0, 0);
    assert_eq!(rig.sync(&[]).await.0, 0);
    assert_eq!(rig.workspace.count(STREAM), 200, "nothing was asked for yet");

    assert_eq!(words(&rig, &["resync", "--yes"]).await.0, 0);
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(
        (status, &stream(&report, "contoso", "incident")["sent"]),
        (0, &200.into()),
        "{report:#}"
    );
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 0, "{report:#}");
    assert_eq!(rig.workspace.count(STREAM), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_generated_artefacts_are_json() {
    let rig = rig(0).await;
    for artefact in ["config", "table", "dcr", "arm", "functions", "workbook", "alerts"] {
        let (status, printed) = json(&rig, &["schema", artefact]).await;
        assert!(status == 0 && printed.is_object(), "{artefact}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_artefacts_are_made_over_another_table_with_the_columns_of_the_configuration() {
    let rig = Rig::new().await;
    rig.configure("work_items = [\"incident\"]\n[connection.columns]\nBusinessUnit_s = \"u_business_unit\"");
    for artefact in ["bicep", "kql"] {
        let (ended, printed) = words(&rig, &["schema", artefact, "--table", "ServiceDeskNew_CL"]).await;
        assert_eq!(ended, 0, "{printed}");
        assert!(printed.contains("ServiceDeskNewLog_CL") && !printed.contains("ServiceDesk_CL"));
        assert_eq!(printed.contains("name: 'BusinessUnit_s'"), artefact == "bicep");
    }
    let (ended, printed) = words(&rig, &["schema", "bicep", "--table", "ServiceDeskNew"]).await;
    assert!(ended == 2 && printed.contains("ends in _CL"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_names_what_is_wrong_by_its_code() {
    let rig = rig(1).await;
    let codes = |found: &Value| -> Vec<String> {
        let findings = found["findings"].as_array().unwrap();
        let errors = findings.iter().filter(|finding| finding["severity"] == "error");
        errors.map(|error| error["code"].as_str().unwrap().to_owned()).collect()
    };
    let (status, found) = json(&rig, &["check", "--json"]).await;
    assert_eq!((status, &found["ok"]), (0, &true.into()), "{found:#}");
    assert!(!rig.folder.path().join("itsmd.db").exists(), "a check leaves no state");
    assert_eq!(rig.workspace.count(STREAM), 0, "a check delivers nothing");

    rig.desk.drop_table("incident");
    let (status, found) = json(&rig, &["check", "--json"]).await;
    assert_eq!((status, &found["ok"]), (1, &false.into()), "{found:#}");
    assert_eq!(codes(&found), ["ITSMD-SN-010"], "{found:#}");
    assert_eq!(found["findings"][0]["connection"], "contoso");

    std::fs::write(rig.folder.path().join("desk"), "wrong").unwrap();
    let (status, found) = json(&rig, &["check", "--json"]).await;
    assert_eq!((status, &found["ok"]), (1, &false.into()), "{found:#}");
    assert!(codes(&found).iter().all(|code| code.starts_with("ITSMD-")), "{found:#}");
    assert!(
        codes(&found).len() == 1 && codes(&found) != ["ITSMD-SN-010"],
        "{found:#}"
    );
    for key in ["seen", "means", "remedy"] {
        assert!(found["findings"][0][key].as_str().is_some_and(|text| !text.is_empty()));
    }

    let asked = rig.servicenow.journal.requests().len();
    assert_eq!(json(&rig, &["check", "--offline", "--json"]).await.0, 0);
    assert_eq!(rig.servicenow.journal.requests().len(), asked, "offline asks nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_ends_with_2() {
    let rig = rig(1).await;
    for args in [
        ["sync", "--connection", "fabrikam"],
        ["check", "--connection", "fabrikam"],
        ["resync", "--connection", "fabrikam"],
        ["sync", "--wait", "99999999999999999d"],
    ] {
        let (status, text) = words(&rig, &args).await;
        assert_eq!(status, 2, "{args:?}: {text}");
    }
    std::fs::write(rig.folder.path().join("ca.pem"), "no certificate").unwrap();
    let good = std::fs::read_to_string(rig.config()).unwrap();
    std::fs::write(rig.config(), good + "[connection.tls]\nca = \"ca.pem\"\n").unwrap();
    for command in ["sync", "run"] {
        let (status, text) = words(&rig, &[command]).await;
        assert!(status == 2 && text.contains("ca.pem"), "{command}: {text}");
    }
}
