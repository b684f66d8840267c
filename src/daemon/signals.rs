//! Signals: each only rings or stops; none carries work.

use tokio::signal::unix::{Signal as UnixSignal, SignalKind, signal};

/// What an operator asks by a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// `SIGUSR1`: sync now.
    SyncNow,
    /// `SIGUSR2`: deliver the whole window again.
    Resync,
    /// `SIGHUP`: read the configuration again.
    Reload,
    /// `SIGTERM`, `SIGINT`: stop.
    Stop,
}

/// The signals of this process, one at a time.
#[derive(Debug)]
pub struct Signals {
    usr1: UnixSignal,
    usr2: UnixSignal,
    hup: UnixSignal,
    term: UnixSignal,
    int: UnixSignal,
}

impl Signals {
    /// Takes the five signals over; from here on none of them ends the process by itself. Fails if the system refuses a handler.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            usr1: signal(SignalKind::user_defined1())?,
            usr2: signal(SignalKind::user_defined2())?,
            hup: signal(SignalKind::hangup())?,
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one; a stop that is there goes first. Several of one kind may arrive as one.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            _ = self.term.recv() => Signal::Stop,
            _ = self.int.recv() => Signal::Stop,
            _ = self.hup.recv() => Signal::Reload,
            _ = self.usr2.recv() => Signal::Resync,
            _ = self.usr1.recv() => Signal::SyncNow,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustix::process::{Signal as Raw, getpid, kill_process};

    use super::*;

    /// One test for all of them: they are the process's, not the test's.
    #[tokio::test]
    async fn each_signal_says_what_the_operator_wants() {
        let mut signals = Signals::listen().unwrap();
        let said = [
            (Raw::USR1, Signal::SyncNow),
            (Raw::USR2, Signal::Resync),
            (Raw::HUP, Signal::Reload),
            (Raw::TERM, Signal::Stop),
            (Raw::INT, Signal::Stop),
        ];
        for (raw, meant) in said {
            kill_process(getpid(), raw).unwrap();
            let heard = tokio::time::timeout(Duration::from_secs(10), signals.next())
                .await
                .unwrap();
            assert_eq!(heard, meant);
        }
    }
}
