//! What is wrong with a file, line by line, and what is only doubtful.

use std::fmt;
use std::path::PathBuf;

use super::{ChosenBy, Location};

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Line of the file, from 1.
    pub line: usize,
    /// The section it is in, as written: `[connection.auth]`; empty for the file.
    pub section: String,
    /// What is wrong and what to do.
    pub text: String,
    /// What it is about.
    pub about: About,
}

/// What a mistake is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// What stands in the file.
    Value,
    /// A secret that the file only names.
    Secret,
    /// The token of the page's buttons, which is not there.
    NoToken,
    /// The token of the page's buttons, which is none that they take.
    WeakToken,
}

/// Something doubtful that does not keep the file from being used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file.
    pub file: PathBuf,
    /// Where and what.
    pub mistake: Mistake,
}

/// Why a configuration cannot be used; prints one mistake a line and their count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigErrors {
    /// The file cannot be read.
    #[error("{}", unreadable(.location, .error))]
    Unreadable {
        /// Which, and who named it.
        location: Location,
        /// The system's words.
        error: String,
    },
    /// Everything wrong in it, by line; never empty.
    #[error("{}", listed(.file, .mistakes))]
    Mistakes {
        /// The file.
        file: PathBuf,
        /// By line.
        mistakes: Vec<Mistake>,
    },
}

impl ConfigErrors {
    /// The mistakes, by line; none if the file cannot be read at all.
    pub fn mistakes(&self) -> &[Mistake] {
        match self {
            Self::Unreadable { .. } => &[],
            Self::Mistakes { mistakes, .. } => mistakes,
        }
    }
}

fn unreadable(location: &Location, error: &str) -> String {
    let path = location.path.display();
    let hint = match location.chosen_by {
        ChosenBy::Flag => "named by --config",
        ChosenBy::Environment => "named by $ITSMD_CONFIG",
        ChosenBy::Default => {
            "the default; name another with --config or $ITSMD_CONFIG; `itsmd init` writes a first one"
        }
    };
    format!("cannot read the configuration {path} ({hint}): {error}")
}

fn listed(file: &std::path::Path, mistakes: &[Mistake]) -> String {
    let mut text = String::new();
    for mistake in mistakes {
        text.push_str(&format!("{}:{mistake}\n", file.display()));
    }
    let count = mistakes.len();
    let noun = if count == 1 { "mistake" } else { "mistakes" };
    text + &format!("{count} {noun}; nothing was changed")
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.section.is_empty() { "" } else { " " };
        write!(f, "{}: {}{space}{}", self.line, self.section, self.text)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.mistake)
    }
}
