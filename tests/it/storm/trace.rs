//! What happened, line by line with virtual time, and how often.

use std::collections::BTreeMap;

use super::clock;

/// The lines of one seed, kept only if somebody wants them, and counts of what happened.
#[derive(Debug, Default)]
pub struct Trace {
    pub wanted: bool,
    pub lines: Vec<String>,
    pub counts: BTreeMap<&'static str, u64>,
}

impl Trace {
    /// Writes a line, made only if it is wanted.
    pub fn note(&mut self, line: impl FnOnce() -> String) {
        if self.wanted {
            let now = clock::elapsed();
            self.lines
                .push(format!("{:>7}.{:03} {}", now.as_secs(), now.subsec_millis(), line()));
        }
    }

    /// Counts something; how many of it there are now.
    pub fn count(&mut self, what: &'static str) -> u64 {
        self.add(what, 1)
    }

    pub fn add(&mut self, what: &'static str, more: u64) -> u64 {
        let count = self.counts.entry(what).or_default();
        *count += more;
        *count
    }
}
