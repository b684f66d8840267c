//! The buttons of the page, pressed: they act for whoever has the token, say what they cost, and are deaf to other sites.

use chrono::TimeDelta;
use serde_json::json;

use super::window::Window;
use super::world::{NEVER, desk, in_step, report, streams};
use crate::daemon::{Daemon, arrived};
use crate::rig::{Rig, STREAM, ago, incident};

const TOKEN: &str = "9f2c1e7ab04d4c55-of-the-test";

async fn with_buttons(more: &str) -> Rig {
    let rig = desk("control_token = { file = \"control\" }", more).await;
    let file = rig.folder.path().join("control");
    std::fs::write(&file, TOKEN).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    rig
}

/// When the last run began, and how many rows arrived.
async fn work(rig: &Rig, daemon: &Daemon) -> (String, usize) {
    let began = daemon.incidents().await["last_run"]["started"].to_string();
    (began, rig.workspace.count(STREAM))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and Node.js: run by .ci/stages/browser"]
async fn they_act_for_whoever_has_the_token_and_for_nobody_else() {
    let rig = with_buttons(NEVER).await;
    let daemon = Daemon::start(&rig).await;
    in_step(&daemon).await;
    let mut before = work(&rig, &daemon).await;
    let facts = json!({ "url": format!("{}/", daemon.page), "token": TOKEN });
    let mut window = Window::open("buttons.mjs", &facts);
    while let Some(wish) = window.asks().await {
        match wish.as_str() {
            "nothing happened" | "no resync" | "no more resyncs" => {
                assert_eq!(work(&rig, &daemon).await, before, "{wish}");
            }
            "a new record" => rig.desk.put("incident", &incident(1, "New", ago(TimeDelta::zero()))),
            "the new record is there" => {
                arrived(&rig, before.1 + 1).await;
                in_step(&daemon).await;
                before = work(&rig, &daemon).await;
            }
            "a resync" => {
                let all: u64 = streams(&report(&daemon).await)
                    .map(|stream| stream["records"].as_u64().unwrap())
                    .sum();
                arrived(&rig, before.1 + usize::try_from(all).unwrap()).await;
                in_step(&daemon).await;
            }
            "resyncs are counted" => {
                in_step(&daemon).await;
                before = work(&rig, &daemon).await;
            }
            other => panic!("{other}?"),
        }
        window.done();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and Node.js: run by .ci/stages/browser"]
async fn a_page_with_buttons_looks_as_good() {
    let rig = with_buttons("").await;
    let daemon = Daemon::start(&rig).await;
    in_step(&daemon).await;
    let facts = json!({ "url": format!("{}/", daemon.page), "name": "buttons", "word": "In step", "says": ["Sync now", "Resync…"], "tables": true });
    Window::open("look.mjs", &facts).watch().await;
}
