//! Every key there is, once: what the reader accepts is what the JSON Schema says.

use std::fmt;

mod auth;
mod table;
mod workspace;

pub use auth::{CONNECTION_AUTH, WORKSPACE_AUTH};
pub use table::{CONNECTION, HTTP, ROOT, STATE, TLS};
pub use workspace::WORKSPACE;

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Any text that is not empty.
    Text,
    /// Any text, empty too.
    Filter,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A whole number from the first to the second, both included.
    Integer(i64, i64),
    /// Text like `90s`, `5m`, `1h`, from the first to the second, in seconds, both included.
    Duration(u64, u64),
    /// A day: `2027-01-31`, with or without quotes.
    Date,
    /// `{ file = "…" }`, `{ env = "…" }` or `{ credential = "…" }`.
    Secret,
    /// A list of these words, not empty, none twice.
    Words(&'static [&'static str]),
    /// Row name = source field, or `{ field = "…", choice_values = "…" }`.
    Columns,
    /// A table.
    Section(&'static SectionKeys),
    /// A list of tables.
    Sections(&'static SectionKeys),
}

impl fmt::Display for Kind {
    /// What a person should write, e.g. `a whole number from 1 to 120`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text | Self::Filter => f.write_str("text in quotes"),
            Self::Word(words) => f.write_str(&quoted(words, " or ")),
            Self::Flag => f.write_str("true or false"),
            Self::Integer(low, high) if *high == i64::from(u32::MAX) => write!(f, "a whole number, at least {low}"),
            Self::Integer(low, high) => write!(f, "a whole number from {low} to {high}"),
            Self::Duration(low, high) => write!(f, "a time like \"90s\", \"5m\" or \"1h\", from {low} s to {high} s"),
            Self::Date => f.write_str("a day like 2027-01-31"),
            Self::Secret => f.write_str("{ file = \"…\" }, { env = \"…\" } or { credential = \"…\" }"),
            Self::Words(words) => write!(f, "a list of {}", quoted(words, " and ")),
            Self::Columns => f.write_str("a section of row name = source field"),
            Self::Section(section) => write!(f, "a section {}", section.header),
            Self::Sections(section) => write!(f, "sections {}", section.header),
        }
    }
}

/// `"a", "b" or "c"`.
pub(super) fn quoted(words: &[&str], last: &str) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match words.split_last() {
        Some((end, rest)) if !rest.is_empty() => format!("{}{last}{end}", rest.join(", ")),
        Some((only, _)) => only.clone(),
        None => String::new(),
    }
}

/// Whether a key must be there, and what stands in for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Required,
    /// It need not; what its absence means is said in its meaning.
    Optional,
    /// This text stands in for it.
    Text(&'static str),
    /// This number stands in for it.
    Integer(i64),
    /// This flag stands in for it.
    Flag(bool),
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Whether it must be there.
    pub presence: Presence,
    /// One sentence for the schema and for editors.
    pub meaning: &'static str,
}

impl Key {
    /// Whether what it refers to has several lines; passwords and keys of an API have one.
    pub fn is_pem(&self) -> bool {
        self.meaning.contains("PEM")
    }
}

/// A section whose other keys depend on one of them (`kind`, `method`).
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// The key that decides.
    pub by: &'static str,
    /// What it may be.
    pub of: &'static [Variant],
}

/// One value of the deciding key.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// The value.
    pub name: &'static str,
    /// Whether this version has it.
    pub available: bool,
    /// Keys that must stand beside it.
    pub required: &'static [&'static str],
    /// Keys that may.
    pub optional: &'static [&'static str],
}

impl Variant {
    /// Whether the key has a meaning beside this value.
    pub fn uses(&self, key: &str) -> bool {
        self.required.contains(&key) || self.optional.contains(&key)
    }
}

/// A section.
#[derive(Debug, Clone, Copy)]
pub struct SectionKeys {
    /// As a person writes it: `[connection.auth]`.
    pub header: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// How they depend on each other.
    pub choice: Option<Choice>,
}

impl SectionKeys {
    /// The key of that name.
    pub fn find(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

const fn key(name: &'static str, kind: Kind, presence: Presence, meaning: &'static str) -> Key {
    Key {
        name,
        kind,
        presence,
        meaning,
    }
}
