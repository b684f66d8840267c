//! Six states of the world, and what a person who has never seen itsmd reads of each.

use std::time::Duration;

use itsmd::sim::fault::{Fault, RetryAfter};
use serde_json::json;

use super::window::Window;
use super::world::{configure, desk, fill, in_step, ring, until_all};
use crate::daemon::Daemon;
use crate::rig::{Rig, id, incident};

async fn look(daemon: &Daemon, name: &str, word: &str, says: &[&str], never: &[&str]) {
    let facts = json!({ "url": format!("{}/", daemon.page), "name": name, "word": word, "says": says, "never": never, "tables": name != "first" });
    Window::open("look.mjs", &facts).watch().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and Node.js: run by .ci/stages/browser"]
async fn in_step_it_says_until_when_and_shows_no_field_of_a_record() {
    let rig = desk("", "").await;
    let daemon = Daemon::start(&rig).await;
    in_step(&daemon).await;
    let says = [
        "Every change the service desk showed until",
        "is in the workspace",
        "2 in step",
        "Work items created",
        "No run failed in the last 7 days.",
        "No record is set aside",
    ];
    look(
        &daemon,
        "in-step",
        "In step",
        &says,
        &["Sync now", "Resync", "Mail", "Password"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and Node.js: run by .ci/stages/browser"]
async fn at_the_first_read_nothing_is_green_and_nothing_is_empty() {
    let rig = desk("", "").await;
    rig.servicenow.faults.chance("table", Fault::Hang, 1.0);
    let daemon = Daemon::start(&rig).await;
    let says = [
        "The first read has begun. Nothing to do: it goes on by itself.",
        "No run has ended yet.",
    ];
    look(&daemon, "first", "Catching up", &says, &["Failing"]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and Node.js: run by .ci/stages/browser"]
async fn catching_up_it_says_how_far_it_is() {
    let rig = desk("", "page_size = 10").await;
    rig.servicenow
        .faults
        .chance("table", Fault::Delay(Duration::from_secs(3)), 1.0);
    let daemon = Daemon::start(&rig).await;
    until_all(&daemon, |stream| {
        stream["lag_seconds"].is_u64() && stream["state"] == "backfill"
    })
    .await;
    let says = [
        "What changes now arrives; older records are still being read:",
        "Nothing to do: it goes on by itself.",
        "catching up",
    ];
    look(&daemon, "catching-up", "Catching up", &says, &["Failing"]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and Node.js: run by .ci/stages/browser"]
async fn failing_it_says_since_when_why_and_what_to_do() {
    let rig = desk("", "").await;
    rig.desk.put(
        "incident",
        &incident(
            77,
            "A row that no server can give",
            crate::rig::ago(chrono::TimeDelta::days(3)),
        ),
    );
    rig.desk.poison("incident", &id(77));
    let daemon = Daemon::start(&rig).await;
    in_step_but_for_one(&daemon).await;
    rig.servicenow.faults.chance("table", Fault::Forbidden, 1.0);
    let report = ring(&daemon, |stream| {
        stream["state"] == "failing" || stream["state"] == "blocked"
    })
    .await;
    let problem = &report["connections"][0]["streams"][0]["error"];
    // Names in backticks are shown as code.
    let word = |key: &str| problem[key].as_str().unwrap().replace('`', "");
    let explain = format!("itsmd explain {}", word("code"));
    let says = [
        "and one more stream are failing",
        "Since when",
        "is in the workspace, but for one record that is set aside.",
        "Seen",
        "What to do",
        &word("means")[1..],
        &word("remedy")[1..],
        &explain,
        "INC0000077",
    ];
    look(&daemon, "failing", "Failing", &says, &[]).await;
}

async fn in_step_but_for_one(daemon: &Daemon) {
    in_step(daemon).await;
    let incidents = daemon.incidents().await;
    assert_eq!(incidents["quarantined"], 1, "{incidents:#}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and Node.js: run by .ci/stages/browser"]
async fn waiting_it_says_for_what_and_that_nothing_is_to_do() {
    let rig = desk("", "").await;
    let daemon = Daemon::start(&rig).await;
    in_step(&daemon).await;
    let patience = Fault::TooMany(RetryAfter::Seconds(600));
    rig.servicenow.faults.chance("table", patience, 1.0);
    let report = ring(&daemon, |stream| stream["state"] == "waiting").await;
    let why = report["connections"][0]["streams"][0]["waiting"]["why"]
        .as_str()
        .unwrap()
        .to_owned();
    let says = [
        "waiting",
        "Since when",
        &why[1..],
        "Nothing: it goes on by itself when the wait is over.",
        "min)",
    ];
    look(&daemon, "waiting", "Behind", &says, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and Node.js: run by .ci/stages/browser"]
async fn forty_connections_can_be_read_at_a_glance() {
    let rig = Rig::new().await;
    fill(&rig, 2.0);
    let nobody = "http://127.0.0.1:9";
    let connections: String = (0..40)
        .map(|number| {
            let (url, more) = match number {
                7 | 23 => (nobody.to_owned(), ""),
                11 => (rig.servicenow.url(), "enabled = false"),
                _ => (rig.servicenow.url(), ""),
            };
            rig.connection(&format!("region-{number:02}-servicedesk-production"), &url, more)
        })
        .collect();
    configure(&rig, "", &connections);
    let daemon = Daemon::start(&rig).await;
    until_all(&daemon, |stream| {
        stream["state"] == "failing"
            || stream["state"] == "disabled"
            || stream["state"] == "live" && stream["lag_seconds"].is_u64()
    })
    .await;
    let says = [
        "and 3 more streams are failing",
        "74 streams in step, 2 switched off",
        "4 failing",
        "74 in step",
    ];
    look(&daemon, "forty", "Failing", &says, &[]).await;
}
