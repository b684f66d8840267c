//! What the report says of signing in: who is refused now, and what ends one day.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Problem;
use crate::status::words::relative;

/// A sign-in that is refused, and tried ever more slowly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedSignIn {
    /// Whose; `null` is the workspace's.
    pub connection: Option<String>,
    /// What was said.
    pub problem: Problem,
    /// When it was tried last.
    pub last: DateTime<Utc>,
    /// Before this it is not tried again, unless another secret is there.
    pub next: DateTime<Utc>,
    /// How often in a row.
    pub times: u64,
}

/// Something to sign in with that ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Whose; `null` is the workspace's.
    pub connection: Option<String>,
    /// `the client secret`, `the certificate /etc/itsmd/azure.pem`.
    pub what: String,
    /// When.
    pub ends: DateTime<Utc>,
    /// Whether that is less than 30 days away, or over.
    pub soon: bool,
}

impl RefusedSignIn {
    /// In one sentence.
    pub fn sentence(&self, now: DateTime<Utc>) -> String {
        format!(
            "{}: the sign-in is refused ({}), {} in a row, last {}; it is tried again {} ({}), or at once with another secret; \
             runs before that do not ask",
            owner(self.connection.as_deref()),
            self.problem.code,
            if self.times == 1 {
                "once".to_owned()
            } else {
                format!("{} times", self.times)
            },
            relative(self.last, now),
            self.next.format("%Y-%m-%d %H:%M:%S UTC"),
            relative(self.next, now),
        )
    }
}

impl Credential {
    /// In one sentence.
    pub fn sentence(&self, now: DateTime<Utc>) -> String {
        let word = if self.ends <= now { "ended" } else { "ends" };
        format!(
            "{}: {} {word} on {} ({}): make a new one and put it into its file",
            owner(self.connection.as_deref()),
            self.what,
            self.ends.format("%Y-%m-%d"),
            relative(self.ends, now),
        )
    }
}

fn owner(connection: Option<&str>) -> &str {
    connection.unwrap_or("workspace")
}
