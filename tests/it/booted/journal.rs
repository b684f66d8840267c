//! What the journal has of an ordinary day and of a bad one.

use itsmd::sim::fault::Fault;
use serde_json::Value;

use super::machine::Machine;
use super::service::{configure, rig, start};

/// Syslog's number of `err`.
const ERR: &str = "3";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs systemd-nspawn: run by .ci/stages/booted"]
async fn lines_have_their_priority_and_no_second_time() {
    let rig = rig().await;
    let machine = Machine::with_package();
    configure(&machine, &rig);
    start(&machine, &rig);
    rig.servicenow.faults.push("table", Fault::Forbidden, 5);
    machine.systemctl(&["kill", "-s", "USR1", "itsmd"]);
    machine.until("it failed", |machine| machine.journal().contains("ITSMD-SN-"));
    machine.systemctl(&["stop", "itsmd"]);

    println!(
        "{}",
        machine.says(&["journalctl", "-u", "itsmd", "--no-pager", "-o", "short"])
    );
    let text = machine.says(&["journalctl", "-u", "itsmd", "--no-pager", "-o", "json"]);
    let entries: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_daemon: Vec<&Value> = entries.iter().filter(|entry| entry["_COMM"] == "itsmd").collect();
    assert!(of_daemon.len() > 3, "{text}");
    for entry in &of_daemon {
        let line = entry["MESSAGE"].as_str().unwrap();
        assert!(!line.starts_with('<') && !line.contains('\u{1b}'), "{line}");
        assert!(!line.starts_with("20"), "the journal has its own time: {line}");
        let wanted = if line.contains("ITSMD-SN-") { ERR } else { "6" };
        let priority = entry["PRIORITY"].as_str().unwrap();
        assert!(priority == wanted || priority == "4", "{priority}: {line}");
    }
    assert!(of_daemon.iter().any(|entry| entry["PRIORITY"] == ERR), "{text}");
}
