//! What a child process cost, by `/proc`: its CPU time while it is a zombie, its peak memory until just before.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// The kernel tells times in these to every program, whatever its own clock.
const TICKS_PER_SECOND: f64 = 100.0;

/// One process from its start to its end.
#[derive(Debug)]
pub struct Cost {
    pub seconds: f64,
    pub cpu_seconds: f64,
    pub peak_kib: u64,
    pub output: Vec<u8>,
}

/// Runs `command` to its end.
pub fn measure(mut command: Command) -> Cost {
    let begun = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = thread::spawn(move || {
        let mut output = Vec::new();
        stdout.read_to_end(&mut output).unwrap();
        output
    });
    let pid = Pid::from_child(&child);
    let mut peak_kib = 0;
    // Left unreaped, so that its times can still be read.
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    while waitid(WaitId::Pid(pid), options).unwrap().is_none() {
        peak_kib = memory(&child, "VmHWM:").unwrap_or(0).max(peak_kib);
        thread::sleep(Duration::from_millis(5));
    }
    let seconds = begun.elapsed().as_secs_f64();
    let cpu_seconds = cpu(&child);
    child.wait().unwrap();
    Cost {
        seconds,
        cpu_seconds,
        peak_kib,
        output: reader.join().unwrap(),
    }
}

/// A line of `/proc/PID/status`, in KiB; nothing once the process has ended.
pub fn memory(child: &Child, line: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let value = status.lines().find_map(|text| text.strip_prefix(line))?;
    value.trim().trim_end_matches(" kB").parse().ok()
}

/// User and system time, in seconds, of all its threads.
pub fn cpu(child: &Child) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    // The second field is the program's name in parentheses, which may hold anything.
    let fields: Vec<&str> = stat[stat.rfind(')').unwrap() + 2..].split(' ').collect();
    let ticks: f64 = fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
    ticks / TICKS_PER_SECOND
}
