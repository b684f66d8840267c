//! The page while something happens: to the records, to the service desk, to the daemon; and by keyboard alone.

use chrono::TimeDelta;
use itsmd::sim::fault::Fault;
use rustix::process::Signal;
use serde_json::json;

use super::window::Window;
use super::world::{NEVER, desk, in_step, ring, stay};
use crate::daemon::Daemon;
use crate::rig::{ago, incident};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and Node.js: run by .ci/stages/browser"]
async fn it_follows_what_happens_and_never_shows_old_numbers_as_true() {
    let rig = desk("", NEVER).await;
    let mut daemon = Daemon::start(&rig).await;
    in_step(&daemon).await;
    stay(&rig, &daemon);
    let mut window = Window::open("live.mjs", &json!({ "url": format!("{}/", daemon.page) }));
    while let Some(wish) = window.asks().await {
        match wish.as_str() {
            "a new record" => {
                rig.desk.put("incident", &incident(1, "New", ago(TimeDelta::zero())));
                daemon.signal(Signal::USR1);
            }
            "a failure" => {
                rig.servicenow.faults.chance("table", Fault::Forbidden, 1.0);
                ring(&daemon, |stream| stream["state"] != "live").await;
            }
            "no failure" => {
                rig.servicenow.faults.clear();
                ring(&daemon, |stream| stream["state"] == "live").await;
            }
            "stop" => daemon.signal(Signal::KILL),
            "start" => daemon = Daemon::start(&rig).await,
            "freeze" => daemon.signal(Signal::STOP),
            "thaw" => daemon.signal(Signal::CONT),
            other => panic!("{other}?"),
        }
        window.done();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and Node.js: run by .ci/stages/browser"]
async fn all_of_it_is_reached_by_keyboard() {
    let rig = desk("", "").await;
    let daemon = Daemon::start(&rig).await;
    in_step(&daemon).await;
    Window::open("keyboard.mjs", &json!({ "url": format!("{}/", daemon.page) }))
        .watch()
        .await;
}
