//! The words of the manual that no table holds, written in roff beside this file.

/// `itsmd(1)` up to its commands.
pub(super) const BEFORE_THE_COMMANDS: &str = include_str!("text/itsmd-begin.man");
/// `itsmd(1)` from there to its end.
pub(super) const AFTER_THE_COMMANDS: &str = include_str!("text/itsmd-end.man");
/// `itsmd.toml(5)` up to its keys.
pub(super) const BEFORE_THE_KEYS: &str = include_str!("text/file-begin.man");
/// `itsmd.toml(5)` from there to its end.
pub(super) const AFTER_THE_KEYS: &str = include_str!("text/file-end.man");

/// What is said of each command: its description, then whatever sections it needs behind its options.
const COMMANDS: &[(&str, &str)] = &[
    ("run", include_str!("text/run.man")),
    ("sync", include_str!("text/sync.man")),
    ("init", include_str!("text/init.man")),
    ("check", include_str!("text/check.man")),
    ("explain", include_str!("text/explain.man")),
    ("plan", include_str!("text/plan.man")),
    ("discover", include_str!("text/discover.man")),
    ("status", include_str!("text/status.man")),
    ("resync", include_str!("text/resync.man")),
    ("trace", include_str!("text/trace.man")),
    ("quarantine", include_str!("text/quarantine.man")),
    ("forget", include_str!("text/forget.man")),
    ("schema", include_str!("text/schema.man")),
    ("completions", include_str!("text/completions.man")),
    ("man", include_str!("text/man.man")),
    ("demo", include_str!("text/demo.man")),
];

/// What is said of that command.
pub(super) fn of(command: &str) -> Option<&'static str> {
    COMMANDS
        .iter()
        .find(|(name, _)| *name == command)
        .map(|(_, text)| *text)
}

/// Of which commands something is said.
#[cfg(test)]
pub(super) fn commands() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|(name, _)| *name)
}
