//! The workspace's stages: a token, then an empty delivery, which it has to accept and which writes nothing; a test row
//! if it is asked for.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use rustix::fs::{Access, access};

use super::finding::{Finding, Line, Section, Severity};
use super::{code, trial, way};
use crate::app;
use crate::sink::{Batch, Settings, Sink, Table, Workspace};

/// Asks it, or looks whether its file can be written.
pub(super) async fn online(settings: &Settings, workspace: &Workspace, send_test: bool) -> Section {
    let mut lines = Vec::new();
    match settings {
        Settings::File { path } => lines.push(file(path)),
        Settings::LogsIngestion { endpoint, .. } | Settings::DataCollector { endpoint, .. } => {
            lines.extend(answers(endpoint, workspace).await);
        }
    }
    let is_stdout = matches!(settings, Settings::File { path } if path.as_os_str() == "-");
    if send_test && is_stdout {
        lines.push(Line::good(
            "test row",
            "not sent: it would stand among what the check says",
        ));
    } else if send_test && !lines.iter().any(Line::is_bad) {
        lines.push(trial::send(workspace).await);
    }
    Section {
        title: "workspace".to_owned(),
        about: about(settings),
        lines,
    }
}

fn about(settings: &Settings) -> String {
    match settings {
        Settings::LogsIngestion { endpoint, stream, .. } => format!("{stream} at {endpoint}"),
        Settings::DataCollector {
            workspace_id, log_type, ..
        } => format!("{log_type}_CL in {workspace_id}"),
        Settings::File { path } => path.display().to_string(),
    }
}

async fn answers(endpoint: &str, workspace: &Workspace) -> Vec<Line> {
    let mut lines = match workspace.client() {
        Some(client) => way::lines(client, endpoint).await,
        None => Vec::new(),
    };
    if lines.iter().any(Line::is_bad) {
        return lines;
    }
    match workspace.sign_in().await {
        Ok(true) => lines.push(Line::good("token", "granted")),
        Ok(false) => {}
        Err(trouble) => {
            lines.push(Line::found("token", Finding::of_trouble(&trouble)));
            return lines;
        }
    }
    lines.push(delivery("delivery", Table::WorkItems, workspace).await);
    if workspace.has_log() {
        lines.push(delivery("log", Table::Log, workspace).await);
    }
    lines
}

async fn delivery(stage: &str, table: Table, workspace: &Workspace) -> Line {
    let nothing = Batch {
        table,
        body: Bytes::from_static(b"[]"),
        rows: 0,
    };
    match workspace.deliver(&nothing).await {
        Ok(_) => Line::good(stage, "an empty delivery was accepted"),
        Err(error) => Line::found(stage, Finding::of_trouble(error.trouble())),
    }
}

/// Nothing is made or opened: a pipe would notice.
fn file(path: &Path) -> Line {
    if path.as_os_str() == "-" {
        return Line::good("file", "rows go to stdout");
    }
    let day = app::now().format("%Y-%m-%d").to_string();
    let path = PathBuf::from(path.to_string_lossy().replace("{date}", &day));
    let wanted = match (path.exists(), path.parent()) {
        (true, _) => path.clone(),
        (false, Some(folder)) if !folder.as_os_str().is_empty() => folder.to_owned(),
        (false, _) => PathBuf::from("."),
    };
    match access(&wanted, Access::WRITE_OK) {
        Ok(()) if path.exists() => Line::good("file", "can be appended to"),
        Ok(()) => Line::good("file", "can be made"),
        Err(error) => {
            let seen = format!("{}: {error}", wanted.display());
            Line::found("file", Finding::new(&code::FILE, Severity::Error, seen))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_needs_a_folder_that_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("{date}.ndjson");
        assert_eq!(file(&path), Line::good("file", "can be made"));
        let nowhere = folder.path().join("nowhere/rows.ndjson");
        assert_eq!(file(&nowhere).findings[0].code, "ITSMD-CK-012");
        assert!(folder.path().read_dir().unwrap().next().is_none(), "nothing was made");
    }
}
