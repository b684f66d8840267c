//! The daemon with nothing to do: after its first sync, and started again.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::config;
use crate::desk::{Desk, World};
use crate::measure::{cpu, memory};

/// How long it is looked at.
const LOOK: Duration = Duration::from_secs(5);

pub fn lines(world: &World) -> Vec<String> {
    let desk = Desk::start(world);
    let folder = tempfile::tempdir().unwrap();
    config::write(folder.path(), &desk, world.days, false);
    let mut daemon = start(folder.path());
    let deadline = Instant::now() + Duration::from_secs(120);
    while desk.ask("rows").trim().parse::<usize>().unwrap() < world.records {
        assert!(Instant::now() < deadline, "the daemon does not finish its first sync");
        thread::sleep(Duration::from_millis(50));
    }
    let first = look(&mut daemon, "idle daemon, after its first sync");
    let mut daemon = start(folder.path());
    let second = look(&mut daemon, "idle daemon, started again");
    vec![first, second]
}

fn start(folder: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_itsmd"));
    command
        .args(["run", "--config"])
        .arg(folder.join("itsmd.toml"))
        .env("RUST_LOG", "error");
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

fn look(daemon: &mut Child, what: &str) -> String {
    thread::sleep(Duration::from_secs(3));
    let before = cpu(daemon);
    thread::sleep(LOOK);
    let megabytes = |line| memory(daemon, line).unwrap_or(0) as f64 * 1.024 / 1000.0;
    let line = format!(
        "{what:<36} RSS {:>6.1} MB (of it not of a file {:>5.1}), peak {:>6.1} MB, CPU {:.2} % of a core",
        megabytes("VmRSS:"),
        megabytes("RssAnon:"),
        megabytes("VmHWM:"),
        (cpu(daemon) - before) / LOOK.as_secs_f64() * 100.0,
    );
    let _ = daemon.kill();
    let _ = daemon.wait();
    line
}
