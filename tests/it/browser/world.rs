//! Service desks with a history, and a daemon that shows them.

use std::time::{Duration, Instant};

use chrono::Utc;
use itsmd::sim::world::{World, WorldSettings};
use rustix::process::Signal;
use serde_json::Value;

use crate::daemon::Daemon;
use crate::rig::{DEADLINE, Rig};

/// A schedule so far away that nothing but what the test does rings.
pub const NEVER: &str = "schedule = \"0 0 1 1 *\"";

/// Forty days of a desk, with a page, `http` more in its section and `more` in the connection's.
pub async fn desk(http: &str, more: &str) -> Rig {
    let rig = Rig::new().await;
    fill(&rig, 20.0);
    configure(&rig, http, &rig.connection("contoso", &rig.servicenow.url(), more));
    rig
}

pub fn fill(rig: &Rig, incidents_per_day: f64) {
    let world = World::new(WorldSettings {
        seed: 5,
        now: Utc::now(),
        days: 40,
        incidents_per_day,
        changes_per_day: incidents_per_day / 6.0,
    });
    rig.desk.put_items(world.items());
}

pub fn configure(rig: &Rig, http: &str, connections: &str) {
    let head = rig
        .head()
        .replace("listen = \"off\"", &format!("listen = \"127.0.0.1:0\"\n{http}"));
    std::fs::write(rig.config(), format!("{head}\n{connections}")).unwrap();
}

/// From now on it listens where it listens.
pub fn stay(rig: &Rig, daemon: &Daemon) {
    let address = daemon.page.trim_start_matches("http://");
    let text = std::fs::read_to_string(rig.config()).unwrap();
    std::fs::write(rig.config(), text.replace("127.0.0.1:0", address)).unwrap();
}

pub async fn report(daemon: &Daemon) -> Value {
    let (_, text) = daemon.get("/api/status").await;
    serde_json::from_str(&text).unwrap()
}

/// Every stream of the report.
pub fn streams(report: &Value) -> impl Iterator<Item = &Value> {
    let connections = report["connections"].as_array().unwrap();
    connections
        .iter()
        .flat_map(|connection| connection["streams"].as_array().unwrap())
}

/// Waits until each stream is so.
pub async fn until_all(daemon: &Daemon, holds: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + DEADLINE * 3;
    loop {
        let report = report(daemon).await;
        if streams(&report).all(&holds) {
            return report;
        }
        assert!(Instant::now() < deadline, "{report:#}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Reads everything and stands in step.
pub async fn in_step(daemon: &Daemon) {
    until_all(daemon, |stream| {
        stream["state"] == "live" && stream["lag_seconds"].is_u64()
    })
    .await;
}

/// Rings, and waits until every stream is so.
pub async fn ring(daemon: &Daemon, holds: impl Fn(&Value) -> bool) -> Value {
    daemon.signal(Signal::USR1);
    until_all(daemon, holds).await
}
