//! What happens next after a failure, and what to tell the person who has to know.

use std::fmt;
use std::time::Duration;

/// What a failure means for the work at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The next ring may do better; not before `after`, if the other side said so.
    Retry {
        /// The server's wish.
        after: Option<Duration>,
    },
    /// One record is at fault: put it aside, the rest goes on.
    SetAside,
    /// A person has to change something; the stream stops until then (it still tries again at each ring).
    Stop,
}

/// A failure as the operator will read it: what was seen, what it means, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Stable code, e.g. `ITSMD-SN-014`; `itsmd check` prints it.
    pub code: &'static str,
    /// What happens next.
    pub verdict: Verdict,
    /// What was seen: the request without secrets, the status, the server's own words.
    pub seen: String,
    /// What it means, one sentence.
    pub means: String,
    /// What to do about it, one sentence.
    pub remedy: String,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {} [{}]", self.seen, self.means, self.remedy, self.code)
    }
}

impl Trouble {
    /// What was seen, what it means and what to do, for a line that bears the code beside it.
    pub fn sentence(&self) -> String {
        format!("{}: {}; {}", self.seen, self.means, self.remedy)
    }
}

impl std::error::Error for Trouble {}
