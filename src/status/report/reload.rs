//! A reload that was refused: the file is not what is in force.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// The last reload, if it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedReload {
    /// When.
    pub at: DateTime<Utc>,
    /// When the configuration that stays in force was read.
    pub in_force_since: DateTime<Utc>,
}

impl RefusedReload {
    /// In one sentence.
    pub fn sentence(&self) -> String {
        let clock = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        format!(
            "the configuration file was refused at {}; the one of {} stays in force: `journalctl -u itsmd` says why, `itsmd check` tests it",
            clock(self.at),
            clock(self.in_force_since)
        )
    }
}
