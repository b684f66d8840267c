//! Stable codes of everything that can go wrong, one table a module; `itsmd explain` prints them.

use std::time::Duration;

use super::{Trouble, Verdict};

/// The longest account of what was seen, in characters: an address, a status, the server's words.
const MAX_SEEN: usize = 1_000;

/// A kind of trouble: its code never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// E.g. `ITSMD-NET-003`.
    pub id: &'static str,
    /// What it means, one sentence without a full stop.
    pub means: &'static str,
    /// What to do about it, likewise.
    pub remedy: &'static str,
}

impl Code {
    /// A trouble of this kind that the next ring may find gone.
    pub fn retry(&self, seen: impl Into<String>) -> Trouble {
        self.trouble(Verdict::Retry { after: None }, seen)
    }

    /// A trouble of this kind that is not worth another try for that long.
    pub fn retry_after(&self, after: Duration, seen: impl Into<String>) -> Trouble {
        self.trouble(Verdict::Retry { after: Some(after) }, seen)
    }

    /// A trouble of this kind that a person has to end.
    pub fn stop(&self, seen: impl Into<String>) -> Trouble {
        self.trouble(Verdict::Stop, seen)
    }

    /// A trouble of this kind. What was seen may quote a server (a header, an id, an error of the parser): it is told in
    /// one line of at most 1,000 characters.
    pub fn trouble(&self, verdict: Verdict, seen: impl Into<String>) -> Trouble {
        Trouble {
            code: self.id,
            verdict,
            seen: one_line(&seen.into(), MAX_SEEN),
            means: self.means.into(),
            remedy: self.remedy.into(),
        }
    }
}

/// One line of at most so many characters, without control characters.
pub fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    for word in text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
    {
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        for letter in word.chars() {
            if length >= most {
                line.push('…');
                return line;
            }
            line.push(letter);
            length += 1;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const REDIRECT: Code = Code {
        id: "ITSMD-NET-010",
        means: "the server sends us elsewhere",
        remedy: "look where",
    };

    #[test]
    fn what_was_seen_is_told_in_one_line_however_a_server_writes() {
        let trouble = REDIRECT.stop("an id\twith a tab\u{1b}[31m\nand a second line");
        assert_eq!(trouble.seen, "an id with a tab [31m and a second line");
        let trouble = REDIRECT.stop("ä".repeat(1_000_000));
        assert_eq!(trouble.seen.chars().count(), MAX_SEEN + 1);
    }
}
