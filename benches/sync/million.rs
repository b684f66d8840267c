//! `cargo bench --bench sync -- million`: a first sync of a million incidents by the daemon, and then nothing to do.
//!
//! The simulated desk, which holds them, is another process: memory and CPU are those of `itsmd` alone.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::config;
use crate::desk::{Desk, PASSWORD, USER, World};
use crate::measure::{cpu, memory};

const DAYS: u16 = 120;

/// Polls of a desk on which nothing happens.
const POLLS: usize = 10;

/// How long an idle daemon is looked at: it makes three reports for the service manager.
const IDLE: Duration = Duration::from_secs(30);

/// A first sync that takes longer is a failure.
const DEADLINE: Duration = Duration::from_secs(3600);

/// Runs it and prints what it cost.
pub fn run(records: usize) {
    let desk = Desk::start(&World {
        records,
        days: DAYS,
        all_fields: false,
    });
    let folder = tempfile::tempdir().unwrap();
    config::write(folder.path(), &desk, DAYS, false);
    let begun = Instant::now();
    let mut daemon = start(folder.path());
    wait_for(&desk, &mut daemon, records);
    let seconds = begun.elapsed().as_secs_f64();
    settle(&desk);
    let (asked, cpu_seconds) = (count(&desk), cpu(&daemon));
    println!("first sync of {records} incidents of {DAYS} days");
    println!(
        "  time {seconds:.0} s, {:.0} records a second",
        records as f64 / seconds
    );
    println!(
        "  CPU {cpu_seconds:.0} s, {:.0} µs a record",
        cpu_seconds * 1e6 / records as f64
    );
    println!(
        "  requests {asked}, {:.2} per 1,000 records",
        asked as f64 * 1000.0 / records as f64
    );
    println!("  peak RSS {:.1} MB", megabytes(&daemon, "VmHWM:"));
    println!(
        "  most of the log beside the database {:.1} MB",
        size(folder.path(), "itsmd.db-wal")
    );
    idle(&daemon, "idle after it");
    poll(&desk, &daemon);
    assert_eq!(rows(&desk), records, "something was delivered twice");
    end(daemon);
    let bytes = size(folder.path(), "itsmd.db");
    println!(
        "database {bytes:.1} MB, {:.1} bytes a record",
        bytes * 1e6 / records as f64
    );
    let again = start(folder.path());
    idle(&again, "started again, idle");
    poll(&desk, &again);
    println!("  peak RSS {:.1} MB", megabytes(&again, "VmHWM:"));
    end(again);
}

fn start(folder: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_itsmd"));
    command
        .args(["run", "--config"])
        .arg(folder.join("itsmd.toml"))
        .env("RUST_LOG", "warn");
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

/// Looks at it while nothing happens.
fn idle(daemon: &Child, when: &str) {
    thread::sleep(Duration::from_secs(5));
    let before = cpu(daemon);
    thread::sleep(IDLE);
    println!(
        "{when}: RSS {:.1} MB (of it not of a file {:.1}), CPU {:.2} % of a core",
        megabytes(daemon, "VmRSS:"),
        megabytes(daemon, "RssAnon:"),
        (cpu(daemon) - before) / IDLE.as_secs_f64() * 100.0
    );
}

fn wait_for(desk: &Desk, daemon: &mut Child, records: usize) {
    let begun = Instant::now();
    while rows(desk) < records {
        assert!(begun.elapsed() < DEADLINE, "the first sync does not end");
        assert!(daemon.try_wait().unwrap().is_none(), "itsmd ended");
        thread::sleep(Duration::from_millis(100));
    }
}

/// Waits until nothing was asked for a second.
fn settle(desk: &Desk) {
    let mut last = 0;
    while last != count(desk) {
        last = count(desk);
        thread::sleep(Duration::from_secs(1));
    }
}

/// Rings ten times, one after the other, and prints what that cost.
fn poll(desk: &Desk, daemon: &Child) {
    let (asked, before) = (urls(desk).len(), cpu(daemon));
    for _ in 0..POLLS {
        let so_far = count(desk);
        kill_process(Pid::from_child(daemon), Signal::USR1).unwrap();
        let begun = Instant::now();
        while count(desk) == so_far {
            assert!(begun.elapsed() < DEADLINE, "a poll asks for nothing");
            thread::sleep(Duration::from_millis(10));
        }
        thread::sleep(Duration::from_millis(500));
    }
    let spent = (cpu(daemon) - before) * 1000.0 / POLLS as f64;
    let urls = &urls(desk)[asked..];
    let (requests, bytes) = (urls.len() as f64 / POLLS as f64, fetched(urls) as f64 / POLLS as f64);
    println!("  a poll of the quiet desk: {requests:.1} requests, {bytes:.0} bytes, {spent:.1} ms of CPU");
}

/// The bytes of the answers to these, as the client was sent them.
fn fetched(urls: &[String]) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_gzip().no_proxy().build().unwrap();
        let mut bytes = 0;
        for url in urls {
            let asked = client
                .get(url)
                .basic_auth(USER, Some(PASSWORD))
                .header("accept-encoding", "gzip");
            bytes += asked.send().await.unwrap().bytes().await.unwrap().len();
        }
        bytes
    })
}

fn end(mut daemon: Child) {
    kill_process(Pid::from_child(&daemon), Signal::TERM).unwrap();
    assert!(daemon.wait().unwrap().success());
}

fn rows(desk: &Desk) -> usize {
    desk.ask("rows").trim().parse().unwrap()
}

fn count(desk: &Desk) -> usize {
    desk.ask("count").trim().parse().unwrap()
}

fn urls(desk: &Desk) -> Vec<String> {
    serde_json::from_str(&desk.ask("urls")).unwrap()
}

fn megabytes(daemon: &Child, line: &str) -> f64 {
    memory(daemon, line).unwrap_or(0) as f64 * 1.024 / 1000.0
}

/// In megabytes; nothing if there is no such file.
fn size(folder: &Path, file: &str) -> f64 {
    std::fs::metadata(folder.join(file)).map_or(0.0, |file| file.len() as f64 / 1e6)
}
