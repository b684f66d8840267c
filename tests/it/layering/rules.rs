//! The rules, and how a file is held against them.

use std::fmt;
use std::path::{Path, PathBuf};

use super::code::{Code, Use};

/// Who may use whom of our own modules. A module may always use itself; `lib.rs` names them all.
const MAY_USE: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "app", "schema", "config", "daemon", "status", "sync", "source", "sink", "store", "auth", "net", "model",
        ],
    ),
    (
        "app",
        &[
            "config", "daemon", "status", "sync", "source", "sink", "store", "auth", "net", "model",
        ],
    ),
    ("schema", &["config", "model"]),
    ("config", &["auth", "sink", "net", "model", "daemon"]),
    ("sync", &["source", "sink", "store", "model"]),
    ("source", &["auth", "net", "model"]),
    ("sink", &["auth", "net", "model"]),
    ("auth", &["net", "model"]),
    ("store", &["model"]),
    ("net", &["model"]),
    ("status", &["model"]),
    ("sim", &["model"]),
    ("daemon", &[]),
    ("model", &[]),
];

/// A crate, the module it belongs to, and the files that may use it all the same, each for the reason beside it.
const FOREIGN: &[(&str, &str, &[&str])] = &[
    ("rusqlite", "store", &[]),
    // It takes addresses apart and sends nothing.
    ("reqwest", "net", &["src/config/values.rs"]),
];

const CLOCKS: &[&str] = &["Utc::now(", "Local::now(", "SystemTime::now("];

/// Where our clock may be read: at the root, and:
const CLOCK_READERS: &[&str] = &[
    "src/app.rs",
    "src/app/",
    // Simulated systems have clocks of their own.
    "src/sim/",
    // Log lines are stamped as they are written.
    "src/status/log.rs",
];

/// A rule that a line breaks.
#[derive(Debug)]
pub struct Offence {
    file: PathBuf,
    line: usize,
    what: String,
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.what)
    }
}

/// Uses of modules above, of crates that belong elsewhere, and of the clock, in a file below `src/`.
pub fn check(path: &Path, text: &str) -> Vec<Offence> {
    let code = Code::of(text);
    let module = module_path(path);
    let Some(own) = module.first().filter(|own| *own != "lib") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let running = code.without_tests();
    let running_lines = running.lines().count();
    for Use { line, module: used } in code.uses(module.len()) {
        // A client's unit tests may ask the simulators; a simulator's tests know no client.
        let is_asked_by_a_test = used == "sim" && (is_test(path) || line > running_lines);
        if !is_asked_by_a_test && forbidden(path, own, &used) {
            found.push((line, format!("{own} may not use {used}")));
        }
    }
    if !is_test(path) {
        foreign(path, own, &running, &mut found);
        clock(path, &running, &mut found);
    }
    offences(path, found)
}

/// Too long, unfinished, or able to panic.
pub fn shape(path: &Path, text: &str) -> Vec<Offence> {
    let mut found = Vec::new();
    let lines = text.lines().count();
    if lines > 400 {
        found.push((lines, format!("{lines} lines, and 400 are the most")));
    }
    // Written so that this file does not bear the marks it looks for.
    for mark in [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
    ] {
        let lines = numbered(text).filter(|(_, line)| line.contains(mark));
        found.extend(lines.map(|(line, _)| (line, "a mark of unfinished work".to_owned())));
    }
    if path.starts_with("src") && !is_test(path) {
        let running = Code::of(text).without_tests();
        let lines = numbered(&running).filter(|(_, line)| line.contains(".unwrap()"));
        found.extend(lines.map(|(line, _)| (line, "unwrap() outside tests".to_owned())));
    }
    offences(path, found)
}

fn offences(path: &Path, found: Vec<(usize, String)>) -> Vec<Offence> {
    let offence = |(line, what)| Offence {
        file: path.to_owned(),
        line,
        what,
    };
    found.into_iter().map(offence).collect()
}

fn forbidden(path: &Path, own: &str, used: &str) -> bool {
    if own == used || !MAY_USE.iter().any(|(module, _)| *module == used) {
        return false;
    }
    let is_demo = path.iter().any(|part| part == "demo" || part == "demo.rs");
    if used == "sim" && is_demo && matches!(own, "cli" | "app") {
        return false;
    }
    let allowed = MAY_USE.iter().find(|(module, _)| *module == own);
    // A module that stands in no rule may use nothing: it gets a rule first.
    !allowed.is_some_and(|(_, below)| below.contains(&used))
}

fn foreign(path: &Path, own: &str, running: &str, found: &mut Vec<(usize, String)>) {
    for (name, home, exceptions) in FOREIGN {
        if own == *home || exceptions.iter().any(|exception| path == Path::new(exception)) {
            continue;
        }
        let lines = numbered(running).filter(|(_, line)| line.contains(&format!("{name}::")));
        found.extend(lines.map(|(line, _)| (line, format!("{name} belongs to {home}"))));
    }
}

fn clock(path: &Path, running: &str, found: &mut Vec<(usize, String)>) {
    if CLOCK_READERS
        .iter()
        .any(|reader| path.to_string_lossy().starts_with(reader))
    {
        return;
    }
    let lines = numbered(running).filter(|(_, line)| CLOCKS.iter().any(|clock| line.contains(clock)));
    found.extend(lines.map(|(line, _)| (line, "the clock is read by app alone".to_owned())));
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// `src/net/client.rs` → `net`, `client`; `src/net/mod.rs` → `net`.
fn module_path(path: &Path) -> Vec<String> {
    let bare = path.strip_prefix("src").unwrap_or(path).with_extension("");
    let mut parts: Vec<String> = bare.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

fn is_test(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "tests.rs")
}
