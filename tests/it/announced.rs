//! What ends is told in time, and a refused sign-in is seen wherever one looks: log, status, page, metrics, the workspace.

use chrono::{TimeDelta, Utc};
use serde_json::Value;

use crate::daemon::{self, Daemon};
use crate::rig::{Rig, STREAM};

const LOG: &str = "Custom-ServiceDeskLog_CL";

fn edit(rig: &Rig, change: impl Fn(String) -> String) {
    let text = std::fs::read_to_string(rig.config()).unwrap();
    std::fs::write(rig.config(), change(text)).unwrap();
}

fn with_log(rig: &Rig) {
    let stream = format!("stream = \"{STREAM}\"\n");
    edit(rig, |text| {
        text.replace(&stream, &format!("{stream}log_stream = \"{LOG}\"\n"))
    });
}

fn in_days(days: i64) -> String {
    (Utc::now() + TimeDelta::days(days)).format("%Y-%m-%d").to_string()
}

fn lines(log: &str, words: &str) -> usize {
    log.lines().filter(|line| line.contains(words)).count()
}

fn rows(rig: &Rig, log_type: &str) -> Vec<itsmd::sim::ingestion::Row> {
    let rows = rig.workspace.rows(LOG).into_iter();
    rows.filter(|row| row["LogType_s"] == log_type).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_end_are_announced_once_for_each_threshold() {
    let rig = Rig::new().await;
    with_log(&rig);
    let (soon, over, far) = (in_days(5), in_days(-3), in_days(200));
    edit(&rig, |text| {
        text.replace("client_secret =", &format!("expires = {over}\nclient_secret ="))
            .replace("password =", &format!("expires = {soon}\npassword ="))
    });
    let told = rig.itsmd(&["sync"]).await;
    let log = String::from_utf8(told.stderr).unwrap();
    for words in [
        "contoso: the password ends on",
        &soon,
        "ITSMD-AUTH-024",
        "the workspace: the client secret ended on",
        &over,
    ] {
        assert_eq!(lines(&log, words), 1, "{words} in {log}");
    }
    let warnings = rows(&rig, "WARNING");
    let whose = warnings.iter().filter_map(|row| row.get("ServiceDeskConnectionName_s"));
    assert_eq!(whose.collect::<Vec<_>>(), ["contoso"], "{warnings:?}");
    assert_eq!(warnings.len(), 2, "one of the two is the workspace's: {warnings:?}");

    // Said is said, however often it is started.
    let again = rig.itsmd(&["sync"]).await;
    let log = String::from_utf8(again.stderr).unwrap();
    assert!(!log.contains("ITSMD-AUTH-02"), "{log}");
    assert_eq!(rows(&rig, "WARNING").len(), 2);

    // The status says it as long as it holds.
    let status = rig.itsmd(&["status"]).await;
    let text = String::from_utf8(status.stdout).unwrap();
    assert!(
        text.contains(&format!("contoso: the password ends on {soon}")),
        "{text}"
    );
    assert!(
        text.contains(&format!("workspace: the client secret ended on {over}")),
        "{text}"
    );
    let json = rig.itsmd(&["status", "--json"]).await;
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["credentials"][0]["connection"], Value::Null, "{json:#}");
    assert_eq!(
        (&json["credentials"][1]["what"], &json["credentials"][1]["soon"]),
        (&"the password".into(), &true.into())
    );

    // A new one, whose end is far: nothing more to say.
    edit(&rig, |text| text.replace(&soon, &far).replace(&over, &far));
    let renewed = rig.itsmd(&["sync"]).await;
    assert!(!String::from_utf8(renewed.stderr).unwrap().contains("ITSMD-AUTH-02"));
    let text = String::from_utf8(rig.itsmd(&["status"]).await.stdout).unwrap();
    assert!(!text.contains("ends on"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_desk_that_refuses_the_sign_in_is_told_once_and_seen_all_the_time() {
    let rig = daemon::rig().await;
    with_log(&rig);
    let soon = in_days(20);
    edit(&rig, |text| {
        text.replace("partner =", "work_items = [\"incident\"]\npartner =")
            .replace("password =", &format!("expires = {soon}\npassword ="))
    });
    std::fs::write(rig.folder.path().join("desk"), "a-wrong-password\n").unwrap();
    let daemon = Daemon::start(&rig).await;
    let failing = daemon.until(|incidents| incidents["state"] == "failing").await;
    assert_eq!(failing["error"]["code"], "ITSMD-AUTH-002", "{failing:#}");
    for _ in 0..3 {
        let (status, _) = rig.sync(&[]).await;
        assert_eq!(status, 1);
    }
    let (_, text) = daemon.get("/api/status").await;
    let report: Value = serde_json::from_str(&text).unwrap();
    let refused = &report["refused_sign_ins"][0];
    assert_eq!(
        (&refused["connection"], &refused["problem"]["code"]),
        (&"contoso".into(), &"ITSMD-AUTH-002".into())
    );
    assert!(
        refused["next"].as_str().unwrap() > refused["last"].as_str().unwrap(),
        "{refused:#}"
    );
    let (_, page) = daemon.get("/").await;
    assert!(
        page.contains("the sign-in is refused (ITSMD-AUTH-002)") && page.contains("it is tried again"),
        "{page}"
    );
    let (_, metrics) = daemon.get("/metrics").await;
    let metric = "itsmd_credential_expiry_timestamp_seconds{connection=\"contoso\",what=\"the password\"}";
    assert!(metrics.contains(metric), "{metrics}");
    let errors = rows(&rig, "ERROR");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0]["ExceptionMessage_s"]
            .as_str()
            .unwrap()
            .contains("ITSMD-AUTH-002")
    );
    let said = daemon.said();
    assert_eq!(lines(&said, "ITSMD-AUTH-002"), 1, "{said}");
    assert!(
        !said.contains("a-wrong-password") && !page.contains("a-wrong-password") && !text.contains("a-wrong-password")
    );
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_refuses_the_sign_in_is_named_as_the_workspace() {
    let rig = daemon::rig().await;
    std::fs::write(rig.folder.path().join("azure"), "a-wrong-secret\n").unwrap();
    let daemon = Daemon::start(&rig).await;
    let failing = daemon.until(|incidents| incidents["state"] == "failing").await;
    let seen = failing["error"]["seen"].as_str().unwrap();
    assert!(
        failing["error"]["code"] == "ITSMD-AUTH-008" && seen.contains("workspace"),
        "{failing:#}"
    );
    let (_, text) = daemon.get("/api/status").await;
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["refused_sign_ins"][0]["connection"], Value::Null, "{report:#}");
    daemon.line("ITSMD-AUTH-008");
    assert_eq!(daemon.end(), 0);

    // Once the secret is right nothing is left of it, and nothing was lost.
    std::fs::write(rig.folder.path().join("azure"), "azure-secret\n").unwrap();
    let daemon = Daemon::start(&rig).await;
    daemon::arrived(&rig, 300).await;
    daemon.until(|incidents| incidents["state"] == "live").await;
    let (_, text) = daemon.get("/api/status").await;
    assert!(!text.contains("refused_sign_ins"), "{text}");
    assert_eq!(daemon.end(), 0);
}
