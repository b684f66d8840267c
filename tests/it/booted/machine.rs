//! A machine: a root file system of its own, booted by systemd-nspawn, and gone when it is dropped.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long anything inside may take that has no time of its own.
pub const SOON: Duration = Duration::from_secs(60);

/// Two machines would share one control group.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A booted system.
pub struct Machine {
    supervisor: Child,
    leader: Pid,
    root: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

/// Where the stage leaves what it makes.
fn made(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/booted").join(name);
    assert!(
        path.exists(),
        "{} is missing: bash .ci/stages/booted makes it and runs these tests",
        path.display()
    );
    path
}

fn must(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

impl Machine {
    /// Boots one that has never heard of itsmd; the package lies in its root folder.
    pub fn boot() -> Self {
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(rustix::process::geteuid().is_root(), "only root boots a container");
        let root = tempfile::Builder::new().prefix("itsmd-booted-").tempdir().unwrap();
        must(
            Command::new("tar")
                .arg("-xf")
                .arg(made("root.tar"))
                .arg("-C")
                .arg(root.path()),
        );
        std::fs::copy(made("itsmd.deb"), root.path().join("itsmd.deb")).unwrap();
        // A test that is killed takes its container with it.
        let supervisor = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "systemd-nspawn", "-q", "-D"])
            .arg(root.path())
            .args([
                "--register=no",
                "--keep-unit",
                "--console=pipe",
                "--resolv-conf=off",
                "-b",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("setpriv systemd-nspawn: {error}"));
        let leader = first_inside(Pid::from_child(&supervisor));
        let machine = Self {
            supervisor,
            leader,
            root,
            _alone: alone,
        };
        machine.until("the system is up", |machine| {
            let up = machine.says(&["systemctl", "is-system-running"]);
            up == "running" || up == "degraded"
        });
        machine
    }

    /// One with the package installed.
    pub fn with_package() -> Self {
        let machine = Self::boot();
        machine.dpkg(&["-i", "/itsmd.deb"]);
        machine
    }

    /// A file of the machine, seen from here.
    pub fn path(&self, inside: &str) -> PathBuf {
        self.root.path().join(inside.trim_start_matches('/'))
    }

    /// Writes a file, with the folders it needs.
    pub fn write(&self, inside: &str, text: &str) {
        let path = self.path(inside);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A drop-in of the service, in force from its next start on.
    pub fn drop_in(&self, name: &str, text: &str) {
        self.write(&format!("/etc/systemd/system/itsmd.service.d/{name}.conf"), text);
        self.runs(&["systemctl", "daemon-reload"]);
    }

    /// What a command inside ends with.
    pub fn tries(&self, command: &[&str]) -> Output {
        Command::new("nsenter")
            .args(["-t", &self.leader.as_raw_nonzero().to_string(), "-a", "--"])
            .args(command)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// The same of one that has to succeed: its output.
    pub fn runs(&self, command: &[&str]) -> String {
        let output = self.tries(command);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{command:?}: {told}\n{}", self.journal());
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// What it prints, however it ends.
    pub fn says(&self, command: &[&str]) -> String {
        String::from_utf8_lossy(&self.tries(command).stdout).trim().to_owned()
    }

    pub fn dpkg(&self, args: &[&str]) -> String {
        self.runs(&[&["dpkg"], args].concat())
    }

    pub fn systemctl(&self, args: &[&str]) -> String {
        self.runs(&[&["systemctl"], args].concat())
    }

    /// A property of the service.
    pub fn property(&self, name: &str) -> String {
        self.says(&["systemctl", "show", "itsmd", "--value", "-p", name])
    }

    /// The process of the service, as the machine numbers it.
    pub fn main_pid(&self) -> String {
        self.property("MainPID")
    }

    /// What the service has logged.
    pub fn journal(&self) -> String {
        self.says(&["journalctl", "-u", "itsmd", "--no-pager", "-o", "short-precise"])
    }

    /// Waits until it holds; a machine that never comes to it shows its journal.
    pub fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        self.within(SOON, what, holds);
    }

    /// The same with another patience.
    pub fn within(&self, patience: Duration, what: &str, holds: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(
                begun.elapsed() < patience,
                "not within {patience:?}: {what}\n{}",
                self.journal()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The number that this side has for a process inside.
    pub fn seen_from_here(&self, inside: &str) -> String {
        let namespace = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
        let ours = namespace(&self.leader.as_raw_nonzero().to_string());
        let processes = std::fs::read_dir("/proc").unwrap();
        let mut pids = processes.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        pids.find(|pid| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
            numbers.and_then(|numbers| numbers.split_whitespace().last()) == Some(inside) && namespace(pid) == ours
        })
        .unwrap_or_else(|| panic!("no process {inside} inside"))
    }
}

/// The first process inside, as soon as there is one: the child that has the number 1 there. Another comes before it and
/// goes.
fn first_inside(supervisor: Pid) -> Pid {
    let supervisor = supervisor.as_raw_nonzero();
    let is_first = |pid: &&str| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
        numbers.is_some_and(|numbers| numbers.split_whitespace().skip(1).last() == Some("1"))
    };
    let begun = Instant::now();
    loop {
        let children =
            std::fs::read_to_string(format!("/proc/{supervisor}/task/{supervisor}/children")).unwrap_or_default();
        let first = children.split_whitespace().find(is_first);
        if let Some(first) = first.and_then(|pid| pid.parse().ok()).and_then(Pid::from_raw) {
            return first;
        }
        assert!(begun.elapsed() < SOON, "systemd-nspawn starts nothing");
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It powers off; what does not is killed with its supervisor.
        let supervisor = Pid::from_child(&self.supervisor);
        let _ = kill_process(supervisor, Signal::TERM);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(40) {
            if let Ok(Some(_)) = self.supervisor.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = kill_process(self.leader, Signal::KILL);
        let _ = self.supervisor.kill();
        let _ = self.supervisor.wait();
    }
}
