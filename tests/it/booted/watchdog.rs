//! A daemon that hangs is killed and started again; one that only waits is not.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chrono::TimeDelta;
use rustix::process::{Pid, Signal, kill_process};

use super::machine::Machine;
use super::service::{INCIDENTS, arrive, configure, hurry, in_step, rig, start};
use crate::rig::{STREAM, ago, incident};

const WATCHDOG: Duration = Duration::from_secs(6);

/// Half of it is more than the store is given to answer, so that its silence is told by name.
const WATCHDOG_OF_STORE: Duration = Duration::from_secs(26);

fn is_noticed(machine: &Machine) {
    machine.until("systemd noticed", |machine| {
        machine.journal().contains("Watchdog timeout")
    });
}

fn is_started_again(machine: &Machine, before: &str) {
    machine.until("it runs again", |machine| {
        machine.property("NRestarts") == "1" && machine.property("ActiveState") == "active"
    });
    assert_ne!(machine.main_pid(), before);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs systemd-nspawn: run by .ci/stages/booted"]
async fn a_daemon_that_stands_still_is_started_again() {
    let rig = rig().await;
    let machine = Machine::with_package();
    configure(&machine, &rig);
    hurry(&machine, WATCHDOG);
    let before = start(&machine, &rig);
    machine.systemctl(&["kill", "-s", "STOP", "itsmd"]);
    is_noticed(&machine);
    is_started_again(&machine, &before);
    in_step(&machine);
    assert_eq!(rig.workspace.count(STREAM), INCIDENTS, "nothing was sent twice");
}

/// Holds every write to a file of a process, as a disk does that has stopped answering; lets go when dropped.
struct DeadDisk(Child);

impl DeadDisk {
    fn of(process: &str) -> Self {
        let mut strace = Command::new("strace");
        strace.args(["-q", "-f", "-p", process, "-o", "/dev/null"]);
        strace.args(["-e", "inject=pwrite64,fdatasync,fsync:delay_enter=600s"]);
        let child = strace
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.expect("strace is installed by .ci/stages/booted"))
    }

    /// Whether it holds the process yet.
    fn holds(process: &str) -> bool {
        let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
        threads.flatten().all(|thread| {
            let status = std::fs::read_to_string(thread.path().join("status")).unwrap_or_default();
            !status.contains("TracerPid:\t0")
        })
    }
}

impl Drop for DeadDisk {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.0), Signal::KILL);
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs systemd-nspawn: run by .ci/stages/booted"]
async fn a_daemon_whose_store_never_answers_is_started_again() {
    let rig = rig().await;
    let machine = Machine::with_package();
    configure(&machine, &rig);
    hurry(&machine, WATCHDOG_OF_STORE);
    let before = start(&machine, &rig);
    let process = machine.seen_from_here(&before);
    let disk = DeadDisk::of(&process);
    machine.until("the disk is dead", |_| DeadDisk::holds(&process));
    rig.desk.put("incident", &incident(500, "New", ago(TimeDelta::zero())));
    // A run begins with a write.
    machine.systemctl(&["kill", "-s", "USR1", "itsmd"]);
    is_noticed(&machine);
    // What waits for a disk is dead only when the disk lets go.
    drop(disk);
    is_started_again(&machine, &before);
    // By its schedule the next run is far away.
    machine.systemctl(&["kill", "-s", "USR1", "itsmd"]);
    assert!(
        machine.journal().contains("the state file does not answer"),
        "{}",
        machine.journal()
    );
    arrive(&machine, &rig, INCIDENTS + 1);
    in_step(&machine);
    assert_eq!(rig.latest().len(), INCIDENTS + 1);
}
