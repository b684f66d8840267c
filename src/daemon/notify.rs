//! What systemd is told: ready, busy, alive, going. Without a `NOTIFY_SOCKET` nothing is said and nothing fails.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::future::Future;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

/// Speaks to the service manager.
#[derive(Debug, Clone, Default)]
pub struct Notifier {
    socket: Option<OsString>,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// What the environment says: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`.
    pub fn from_env() -> Self {
        Self {
            socket: std::env::var_os("NOTIFY_SOCKET").filter(|path| !path.is_empty()),
            watchdog: sd_notify::watchdog_enabled(),
        }
    }

    /// A notifier of this socket (a path, or `@` and an abstract name) with this watchdog time-out.
    pub fn new(socket: impl AsRef<OsStr>, watchdog: Option<Duration>) -> Self {
        Self {
            socket: Some(socket.as_ref().to_owned()),
            watchdog,
        }
    }

    /// Start-up, or a reload, is done.
    pub fn ready(&self) {
        self.tell(&[NotifyState::Ready]);
    }

    /// One line for `systemctl status`.
    pub fn status(&self, text: &str) {
        // A newline would begin another assignment.
        let line = text.replace(['\n', '\r'], " ");
        self.tell(&[NotifyState::Status(&line)]);
    }

    /// A reload begins; [`Self::ready`] ends it.
    pub fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.tell(&[NotifyState::Reloading, now]),
            Err(_) => self.tell(&[NotifyState::Reloading]),
        }
    }

    /// The daemon is going.
    pub fn stopping(&self) {
        self.tell(&[NotifyState::Stopping]);
    }

    /// How often to beat: half the time after which systemd would kill.
    pub fn beat_interval(&self) -> Option<Duration> {
        self.watchdog.map(|limit| limit / 2).filter(|half| !half.is_zero())
    }

    /// Beats until `stop`, but only while `healthy` answers with `true` within the beat. Returns at once without a watchdog.
    pub async fn watchdog<F, Fut>(&self, stop: CancellationToken, mut healthy: F)
    where
        F: FnMut() -> Fut + Send,
        Fut: Future<Output = bool> + Send,
    {
        let Some(every) = self.beat_interval() else { return };
        let mut beat = interval(every);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = beat.tick() => {}
            }
            if timeout(every, healthy()).await.unwrap_or(false) {
                self.tell(&[NotifyState::Watchdog]);
            } else {
                tracing::error!("no beat for the watchdog: the loops do not answer; systemd will restart the service");
            }
        }
    }

    /// A service manager that does not listen is no reason to do less.
    fn tell(&self, states: &[NotifyState<'_>]) {
        let Some(socket) = &self.socket else { return };
        if let Err(error) = send(socket, states) {
            tracing::debug!(%error, "the service manager was not told");
        }
    }
}

/// `sd_notify::notify` reads the environment at each call; this takes the socket it is given.
fn send(socket: &OsStr, states: &[NotifyState<'_>]) -> io::Result<()> {
    let mut message = String::new();
    for state in states {
        writeln!(message, "{state}").map_err(io::Error::other)?;
    }
    let address = match socket.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        path => SocketAddr::from_pathname(OsStr::from_bytes(path))?,
    };
    UnixDatagram::unbound()?.send_to_addr(message.as_bytes(), &address)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    fn manager() -> (tempfile::TempDir, UnixDatagram, OsString) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        (directory, socket, path.into_os_string())
    }

    fn heard(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 512];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn the_manager_hears_each_state() {
        let (_directory, socket, path) = manager();
        let notifier = Notifier::new(&path, None);
        notifier.ready();
        assert_eq!(heard(&socket), "READY=1\n");
        notifier.status("2 streams in step\nMAINPID=1");
        assert_eq!(heard(&socket), "STATUS=2 streams in step MAINPID=1\n");
        notifier.stopping();
        assert_eq!(heard(&socket), "STOPPING=1\n");
        notifier.reloading();
        let reloading = heard(&socket);
        let microseconds = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
        assert!(microseconds.trim_end().parse::<u64>().unwrap() > 0);
    }

    #[test]
    fn an_abstract_socket_is_reached_too() {
        let name = format!("itsmd-test-{}", uuid::Uuid::new_v4());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        Notifier::new(format!("@{name}"), None).ready();
        assert_eq!(heard(&socket), "READY=1\n");
    }

    #[tokio::test]
    async fn without_a_socket_nothing_is_said_and_nothing_fails() {
        let notifier = Notifier::default();
        notifier.ready();
        notifier.watchdog(CancellationToken::new(), || async { true }).await;
        Notifier::new("/nonexistent/notify", None).ready();
    }

    #[tokio::test(start_paused = true)]
    async fn it_beats_while_healthy_and_falls_silent_when_not() {
        let (_directory, socket, path) = manager();
        socket.set_nonblocking(true).unwrap();
        let notifier = Notifier::new(&path, Some(Duration::from_secs(60)));
        assert_eq!(notifier.beat_interval(), Some(Duration::from_secs(30)));
        let (stop, asked, well) = (
            CancellationToken::new(),
            Arc::<AtomicUsize>::default(),
            Arc::new(AtomicBool::new(true)),
        );
        let task = {
            let (stop, asked, well) = (stop.clone(), asked.clone(), well.clone());
            tokio::spawn(async move {
                let healthy = || {
                    asked.fetch_add(1, Ordering::SeqCst);
                    let well = well.load(Ordering::SeqCst);
                    async move { well }
                };
                notifier.watchdog(stop, healthy).await;
            })
        };
        // Virtual time: beats at 0, 30 and 60 s.
        tokio::time::sleep(Duration::from_secs(61)).await;
        well.store(false, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(300)).await;
        stop.cancel();
        task.await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 13);
        for _ in 0..3 {
            assert_eq!(heard(&socket), "WATCHDOG=1\n");
        }
        assert_eq!(socket.recv(&mut [0; 8]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
