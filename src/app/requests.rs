//! What the command line asks of a running daemon: left in the state file, looked for every second.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The verb of [`AskedSync`].
pub const SYNC: &str = "sync";

/// Sync now; the daemon answers with a `SyncReport` when it is done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedSync {
    /// All, if none is named.
    pub connections: BTreeSet<String>,
    /// How long a server may make it wait before a stream counts as failed; the daemon itself waits on.
    #[serde(default)]
    pub wait: Option<Duration>,
}
