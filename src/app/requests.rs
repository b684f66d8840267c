//! What the command line asks of a running daemon: left in the state file, looked for every second.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::store::Sweep;

/// The verb of [`AskedSync`].
pub const SYNC: &str = "sync";

/// The member of [`AskedSync`] that holds for one pass alone, not for what may be gone when another daemon takes it up.
pub(super) const ACCEPTANCE: &str = "accept_deletions";

/// Sync now; the daemon answers with a `SyncReport` when it is done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedSync {
    /// All, if none is named.
    pub connections: BTreeSet<String>,
    /// How long a server may make it wait before a stream counts as failed; the daemon itself waits on.
    #[serde(default)]
    pub wait: Option<Duration>,
    /// Look for what no cursor sees, too.
    #[serde(default)]
    pub reconcile: bool,
    /// Mark what is gone however much it is.
    #[serde(default)]
    pub accept_deletions: bool,
}

impl AskedSync {
    /// The sweep that is asked for.
    pub fn sweep(&self) -> Option<Sweep> {
        match (self.reconcile, self.accept_deletions) {
            (false, _) => None,
            (true, false) => Some(Sweep::Whole),
            (true, true) => Some(Sweep::WholeAccepted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_an_older_command_line_is_read_and_asks_for_no_sweep() {
        let asked: AskedSync = serde_json::from_str(r#"{"connections":["contoso"],"wait":null}"#).unwrap();
        assert!(asked.connections.contains("contoso"));
        assert_eq!(asked.sweep(), None);
        let accepting = AskedSync {
            reconcile: true,
            accept_deletions: true,
            ..AskedSync::default()
        };
        let text = serde_json::to_string(&accepting).unwrap();
        let read: AskedSync = serde_json::from_str(&text).unwrap();
        assert_eq!(read.sweep(), Some(Sweep::WholeAccepted));
    }
}
