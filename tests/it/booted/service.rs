//! The service in its machine: configured for the rig's simulators, and what the workspace has of it.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;

use super::machine::Machine;
use crate::rig::{Rig, STREAM, ago, incident};

/// How many incidents the desk has.
pub const INCIDENTS: usize = 40;

/// A rig whose desk has incidents, and which rings only when it is told to.
pub async fn rig() -> Rig {
    let rig = Rig::new().await;
    for number in 0..INCIDENTS {
        let modified = ago(TimeDelta::hours(number as i64));
        rig.desk
            .put("incident", &incident(number as u32, "Mail is down", modified));
    }
    rig
}

/// A secret as a file that the service may read.
pub fn as_file(name: &str) -> String {
    format!("{{ file = \"/etc/itsmd/secrets/{name}\" }}")
}

/// The configuration of a machine that leads from the rig's desk to its workspace.
pub fn configuration(rig: &Rig, secret: impl Fn(&str) -> String) -> String {
    let desk = rig.connection("contoso", &rig.servicenow.url(), "schedule = \"0 0 1 1 *\"");
    let text = format!("{}\n{desk}", rig.head());
    text.replace("path = \"itsmd.db\"", "")
        .replace("{ file = \"azure\" }", &secret("azure"))
        .replace("{ file = \"desk\" }", &secret("desk"))
}

/// Writes the configuration and the secrets as an administrator does: root's, read by the group.
pub fn configure(machine: &Machine, rig: &Rig) {
    machine.write("/etc/itsmd/itsmd.toml", &configuration(rig, as_file));
    write_secrets(machine);
    machine.runs(&[
        "sh",
        "-c",
        "chown root:itsmd /etc/itsmd/secrets/* && chmod 0640 /etc/itsmd/secrets/*",
    ]);
}

pub fn write_secrets(machine: &Machine) {
    machine.write("/etc/itsmd/secrets/azure", "azure-secret\n");
    machine.write("/etc/itsmd/secrets/desk", "desk-password\n");
}

/// Waits for that many rows.
pub fn arrive(machine: &Machine, rig: &Rig, rows: usize) {
    machine.until(&format!("{rows} rows arrive"), |_| rig.workspace.count(STREAM) >= rows);
}

/// Started and in step; its process.
pub fn start(machine: &Machine, rig: &Rig) -> String {
    machine.systemctl(&["start", "itsmd"]);
    arrive(machine, rig, INCIDENTS);
    in_step(machine);
    machine.main_pid()
}

/// Waits until `itsmd status` is content.
pub fn in_step(machine: &Machine) {
    machine.until("the stream is live", |machine| incidents(machine)["state"] == "live");
}

/// The stream of incidents, as `itsmd status` shows it to the user of the service.
pub fn incidents(machine: &Machine) -> Value {
    let text = machine.says(&["runuser", "-u", "itsmd", "--", "itsmd", "status", "--json"]);
    let report: Value = serde_json::from_str(&text).unwrap_or_default();
    report["connections"][0]["streams"][0].clone()
}

/// Nothing is waited for between two starts, and a silent daemon is noticed at once.
pub fn hurry(machine: &Machine, watchdog: Duration) {
    let text = format!("[Service]\nRestartSec=100ms\nWatchdogSec={}\n", watchdog.as_secs());
    machine.drop_in("hurry", &text);
}
