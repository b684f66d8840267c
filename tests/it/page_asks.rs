//! What the page is made of and what it can be asked for: history, events, and the two buttons of whoever has the token.

use std::time::Instant;

use chrono::Utc;
use reqwest::{Client, Response, StatusCode, redirect};
use serde_json::Value;

use crate::daemon::{Daemon, arrived, rig};
use crate::rig::{DEADLINE, Rig, STREAM, incident};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A daemon with buttons.
async fn with_a_token(rig: &Rig) -> Daemon {
    use std::os::unix::fs::PermissionsExt;
    let file = rig.folder.path().join("control-token");
    std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let text = std::fs::read_to_string(rig.config()).unwrap();
    let text = text.replace("[http]\n", "[http]\ncontrol_token = { file = \"control-token\" }\n");
    std::fs::write(rig.config(), text).unwrap();
    Daemon::start(rig).await
}

/// Sends a form as a browser does, and stays where it is answered.
async fn press(daemon: &Daemon, path: &str, fields: &[(&str, &str)]) -> Response {
    let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let request = client.post(format!("{}{path}", daemon.address())).form(fields);
    let request = request
        .header("origin", daemon.address())
        .header("sec-fetch-site", "same-origin");
    request.header("accept", "text/html").send().await.unwrap()
}

async fn history(daemon: &Daemon) -> Value {
    serde_json::from_str(&daemon.get("/api/history").await.1).unwrap()
}

fn created(history: &Value) -> u64 {
    let days = history["created"][0]["days"].as_array().unwrap();
    days.iter().map(|day| day["created"].as_u64().unwrap()).sum()
}

/// Reads events until that one came.
async fn hear(events: &mut Response, name: &str) {
    let (mut heard, deadline) = (String::new(), Instant::now() + DEADLINE);
    while !heard.contains(&format!("event: {name}")) {
        let left = deadline.saturating_duration_since(Instant::now());
        let piece = tokio::time::timeout(left, events.chunk()).await;
        let piece = piece.unwrap_or_else(|_| panic!("no {name} in {heard:?}")).unwrap();
        heard.push_str(std::str::from_utf8(&piece.expect("it ended")).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_token_syncs_and_resyncs_and_the_page_hears_of_it() {
    let rig = rig().await;
    let daemon = with_a_token(&rig).await;
    arrived(&rig, 300).await;
    daemon.until(|incidents| incidents["state"] == "live").await;
    let before = history(&daemon).await;
    assert_eq!(created(&before), 300, "{:#}", before["created"]);
    assert_eq!(before["hours"][0]["connection"], "contoso");
    let mut events = reqwest::get(format!("{}/api/events", daemon.address())).await.unwrap();
    hear(&mut events, "hello").await;

    rig.desk
        .put("incident", &incident(300, "The printer burns", Utc::now()));
    let pressed = press(&daemon, "/api/sync", &[("token", TOKEN)]).await;
    assert_eq!(pressed.status(), StatusCode::SEE_OTHER);
    assert_eq!(pressed.headers()["location"], "../?said=sync");
    daemon.line("asked to sync now by the page");
    arrived(&rig, 301).await;
    hear(&mut events, "change").await;
    daemon.until(|incidents| incidents["records"] == 301).await;
    let after = history(&daemon).await;
    assert_eq!(created(&after), 301);
    let runs = after["runs"].as_array().unwrap();
    assert!(
        runs.iter().any(|run| run["sent"] == 1 && run["outcome"] == "complete"),
        "{runs:#?}"
    );

    let pressed = press(&daemon, "/api/resync", &[("token", TOKEN), ("since", "")]).await;
    assert_eq!(pressed.status(), StatusCode::SEE_OTHER);
    daemon.line("asked to resync by the page");
    arrived(&rig, 602).await;
    assert_eq!(created(&history(&daemon).await), 301, "delivered again, created once");

    let wrong = press(&daemon, "/api/resync", &[("token", "ffffffffffffffffffffffffffffffff")]).await;
    assert_eq!(wrong.status(), StatusCode::FORBIDDEN);
    assert!(wrong.text().await.unwrap().contains("control_token"));
    daemon.line("a wrong control token");
    let said = daemon.said();
    assert!(!said.contains(TOKEN) && !said.contains("ffffffff"), "{said}");
    assert_eq!(rig.workspace.count(STREAM), 602);
    assert_eq!(daemon.end(), 0, "whoever listens does not keep it");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_the_page_only_shows_and_a_new_one_needs_no_restart() {
    let rig = rig().await;
    let daemon = Daemon::start(&rig).await;
    arrived(&rig, 300).await;
    let pressed = press(&daemon, "/api/sync", &[("token", TOKEN)]).await;
    assert_eq!(pressed.status(), StatusCode::NOT_FOUND);
    drop(daemon);

    let daemon = with_a_token(&rig).await;
    let new = "fedcba9876543210fedcba9876543210";
    std::fs::write(rig.folder.path().join("control-token"), new).unwrap();
    let pressed = press(&daemon, "/api/sync", &[("token", new)]).await;
    assert_eq!(pressed.status(), StatusCode::SEE_OTHER);
    std::fs::write(rig.folder.path().join("control-token"), "short").unwrap();
    let pressed = press(&daemon, "/api/sync", &[("token", "short")]).await;
    assert_eq!(pressed.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(pressed.text().await.unwrap().contains("openssl rand -hex 32"));
}
