//! What commands beside the daemon need of the configuration and of the state file.

use std::io::ErrorKind;
use std::time::Duration;

use super::Failure;
use crate::app::Parts;
use crate::config::{Config, Connection};
use crate::model::{StreamId, WorkItemKind};
use crate::store::{Store, Threads};

/// How long a server may make such a command wait.
const PATIENCE: Duration = Duration::from_secs(30);

/// The state file, if there is one; a command that only looks makes none.
pub(super) fn existing(config: &Config) -> Result<Option<Store>, Failure> {
    match std::fs::metadata(&config.state) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        // Whatever else is wrong with it, opening says it better.
        Ok(_) | Err(_) => Ok(Some(Store::open_beside(&config.state, Threads::Inline)?)),
    }
}

/// The parts of a configuration for a command that asks the service desks and leaves no state behind, but for
/// refresh tokens that came back: they are kept in the configured state file, as the daemon's own.
#[derive(Debug)]
pub(super) struct Stateless {
    pub parts: Parts,
    /// The parts want a state; it goes with them.
    _folder: tempfile::TempDir,
}

impl Stateless {
    pub fn build(config: Config) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline)?;
        let parts = Parts::build(config, store, Some(PATIENCE));
        Ok(Self {
            parts: parts.map_err(|trouble| anyhow::anyhow!("{trouble}"))?,
            _folder: folder,
        })
    }
}

/// Says that there is no state file, and what that means.
pub(super) fn tell_there_is_none(config: &Config) {
    eprintln!(
        "there is no state file {} yet: nothing was ever synced with this configuration",
        config.state.display()
    );
}

/// The connections of that name (all, if none is named).
pub(super) fn connections<'a>(config: &'a Config, name: Option<&str>) -> Result<Vec<&'a Connection>, Failure> {
    let names: Vec<String> = name.map(str::to_owned).into_iter().collect();
    let chosen = super::chosen(config, &names)?;
    let named = |connection: &&Connection| chosen.is_empty() || chosen.contains(connection.name.as_str());
    Ok(config.connections.iter().filter(named).collect())
}

/// The streams of these connections, of one kind or of all.
pub(super) fn streams<'a>(
    connections: &[&'a Connection],
    kind: Option<WorkItemKind>,
) -> Result<Vec<(&'a Connection, StreamId)>, Failure> {
    let mut streams = Vec::new();
    for &connection in connections {
        let kinds = connection
            .work_items
            .iter()
            .filter(|&&known| kind.is_none_or(|kind| kind == known));
        streams.extend(kinds.map(|&kind| {
            let connection_name = connection.name.clone();
            (
                connection,
                StreamId {
                    connection: connection_name,
                    kind,
                },
            )
        }));
    }
    match kind {
        Some(kind) if streams.is_empty() => {
            let mut known: Vec<&str> = connections
                .iter()
                .flat_map(|c| &c.work_items)
                .map(|kind| kind.as_str())
                .collect();
            known.dedup();
            Err(Failure::Usage(format!(
                "{kind} is not configured; there is: {}",
                known.join(", ")
            )))
        }
        Some(_) | None => Ok(streams),
    }
}

/// A kind of work item on the command line.
pub(super) fn kind(text: &str) -> Result<WorkItemKind, String> {
    WorkItemKind::parse(text).ok_or_else(|| {
        let known = WorkItemKind::ALL.map(WorkItemKind::as_str);
        format!("there are: {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_kind_names_the_known_ones() {
        assert_eq!(kind("incident"), Ok(WorkItemKind::Incident));
        assert_eq!(kind("problem").unwrap_err(), "there are: incident, change_request");
    }
}
