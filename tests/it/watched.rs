//! What systemd hears of the real program: when it is ready, and that it is alive.

use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior};

use crate::daemon::Daemon;
use crate::rig::{DEADLINE, Rig, STREAM};

/// Where the service manager listens.
struct Manager {
    socket: UnixDatagram,
    _folder: tempfile::TempDir,
}

impl Manager {
    /// A manager, and the daemon that tells it; the daemon's watchdog has that time.
    fn start(rig: &Rig, watchdog: Duration) -> (Self, Daemon) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let mut command = rig.command(&["run"]);
        command
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", watchdog.as_micros().to_string())
            .env_remove("WATCHDOG_PID");
        let manager = Self {
            socket,
            _folder: folder,
        };
        (manager, Daemon::of(command))
    }

    /// Waits until it hears that; how long that took.
    fn hears(&self, wanted: &str) -> Duration {
        let (begun, mut heard) = (Instant::now(), Vec::new());
        let mut buffer = [0; 1024];
        while begun.elapsed() < DEADLINE {
            let Ok(length) = self.socket.recv(&mut buffer) else {
                continue;
            };
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if text.lines().any(|line| line.starts_with(wanted)) {
                return begun.elapsed();
            }
            heard.push(text);
        }
        panic!("{wanted} was not heard, but {heard:?}");
    }

    /// Forgets what was said so far.
    fn forget(&self) {
        self.socket.set_nonblocking(true).unwrap();
        let mut buffer = [0; 1024];
        while self.socket.recv(&mut buffer).is_ok() {}
        self.socket.set_nonblocking(false).unwrap();
    }
}

async fn with_page() -> Rig {
    let rig = Rig::new().await;
    let text = std::fs::read_to_string(rig.config()).unwrap();
    std::fs::write(
        rig.config(),
        text.replace("listen = \"off\"", "listen = \"127.0.0.1:0\""),
    )
    .unwrap();
    rig
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_ready_before_anybody_answers_and_stays_alive_while_nobody_does() {
    let rig = with_page().await;
    // Takes connections and says nothing, to every side.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", silent.local_addr().unwrap());
    let text = std::fs::read_to_string(rig.config()).unwrap();
    let text = text
        .replace(&rig.servicenow.url(), &nobody)
        .replace(&rig.ingestion.url(), &nobody)
        .replace(rig.entra_url(), &nobody);
    assert_eq!(text.matches(&nobody).count(), 3, "{text}");
    std::fs::write(rig.config(), text).unwrap();
    let (manager, daemon) = Manager::start(&rig, Duration::from_secs(4));
    manager.hears("READY=1");
    manager.hears("STATUS=");
    for _ in 0..2 {
        manager.hears("WATCHDOG=1");
    }
    assert_eq!(daemon.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_file_that_another_program_keeps_locked_is_told_and_is_no_hang() {
    let rig = with_page().await;
    let (manager, daemon) = Manager::start(&rig, Duration::from_secs(14));
    manager.hears("READY=1");
    daemon.until(|incidents| incidents["state"] == "live").await;
    let mut other = Connection::open(rig.folder.path().join("itsmd.db")).unwrap();
    let lock = other.transaction_with_behavior(TransactionBehavior::Exclusive).unwrap();
    manager.forget();
    daemon.line("locked");
    // One may have been under way when the lock was taken; the second was asked for behind it.
    for _ in 0..2 {
        manager.hears("WATCHDOG=1");
    }
    lock.rollback().unwrap();
    daemon.until(|incidents| incidents["state"] == "live").await;
    assert_eq!(rig.workspace.count(STREAM), 0);
    assert_eq!(daemon.end(), 0);
}
