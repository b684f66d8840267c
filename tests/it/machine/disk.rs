//! Disks that fill up: a small one in a mount namespace of its own, and a limit of the process that needs no rights.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

/// A file system in memory that only the commands begun on it see; it is gone with this.
pub struct Disk {
    holder: Child,
    folder: PathBuf,
}

impl Disk {
    /// A disk of so many megabytes at `folder`; says so and returns nothing where the system does not allow one.
    pub fn at(folder: &Path, megabytes: u32) -> Option<Self> {
        let size = format!("size={megabytes}m");
        Self::holding(folder, &["mount", "-t", "tmpfs", "-o", &size, "itsmd"])
    }

    /// A namespace in which `command` put something at `folder`.
    fn holding(folder: &Path, command: &[&str]) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let mut holder = Command::new("unshare");
        holder.args([
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            "\"$@\" && echo ready && exec cat",
            "sh",
        ]);
        holder.args(command).arg(folder);
        let mut holder = match holder.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() {
            Ok(holder) => holder,
            Err(error) => return skipped(&error.to_string()),
        };
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        if said.trim() != "ready" {
            let _ = holder.wait();
            return skipped("unshare or mount is not allowed");
        }
        Some(Self {
            holder,
            folder: folder.to_owned(),
        })
    }

    /// The same command, begun where the disk is seen.
    pub fn command(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside.args([
            "--user",
            "--mount",
            "--preserve-credentials",
            "--target",
            &self.holder.id().to_string(),
        ]);
        inside.arg("--").arg(command.get_program()).args(command.get_args());
        inside.stdin(Stdio::null()).env_remove("RUST_LOG");
        inside
    }

    /// Runs a program there; it has to succeed.
    pub fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(program);
        command.args(arguments);
        assert!(
            self.command(&command).status().unwrap().success(),
            "{program} {arguments:?}"
        );
    }

    /// Leaves no byte free.
    pub fn fill(&self) {
        let mut file = std::fs::File::create(self.outside("filler")).unwrap();
        for piece in [&[0_u8; 65_536][..], &[0; 4096], &[0; 1]] {
            while file.write(piece).is_ok_and(|written| written > 0) {}
        }
    }

    /// Leaves so many bytes free.
    pub fn fill_but(&self, bytes: u64) {
        self.fill();
        let filler = std::fs::File::options()
            .write(true)
            .open(self.outside("filler"))
            .unwrap();
        let filled = filler.metadata().unwrap().len();
        filler.set_len(filled - bytes).unwrap();
    }

    /// Makes room again, if there was none.
    pub fn free(&self) {
        match std::fs::remove_file(self.outside("filler")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
            Ok(()) | Err(_) => {}
        }
    }

    /// A file of the disk, as it is seen from outside.
    pub fn outside(&self, file: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(self.folder.strip_prefix("/").unwrap()).join(file)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

fn skipped(why: &str) -> Option<Disk> {
    eprintln!("not run, for a disk of its own cannot be made here ({why}): as root, or with user namespaces, it is");
    None
}

/// A process whose files may not be written to beyond a limit, which looks to it like a quota.
pub struct Limit(Pid);

impl Limit {
    /// The same command, told by a failing write and not by a signal that ends it.
    pub fn command(command: &Command) -> Command {
        let mut limited = Command::new("sh");
        limited.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]);
        limited.arg(command.get_program()).args(command.get_args());
        limited.stdin(Stdio::null()).env_remove("RUST_LOG");
        limited
    }

    /// The limit of a process begun so.
    pub fn of(child: &Child) -> Self {
        Self(Pid::from_child(child))
    }

    /// From now on no file takes anything.
    pub fn shut(&self) {
        self.set(Some(0));
    }

    /// From now on all do.
    pub fn open(&self) {
        self.set(getrlimit(Resource::Fsize).current);
    }

    fn set(&self, current: Option<u64>) {
        let maximum = getrlimit(Resource::Fsize).maximum;
        prlimit(Some(self.0), Resource::Fsize, Rlimit { current, maximum }).unwrap();
    }
}
