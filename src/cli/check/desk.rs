//! A connection's stages: the way to the server, sign-in, who we are there, then each table and its columns.
//!
//! Where one stage fails nothing behind it is tried: each refused sign-in may bring the user nearer to being locked out.

use super::finding::{Finding, Line, Section};
use super::{configuration, session, table, way};
use crate::app::{self, Connected};
use crate::config::Connection;
use crate::model::Trouble;
use crate::model::window::window_start;

/// What a connection shows without being asked.
pub(super) fn offline(connection: &Connection) -> Section {
    Section {
        title: connection.name.to_string(),
        about: format!("{} at {}", connection.partner.row_value(), connection.server_url),
        lines: configuration::of_connection(connection, app::now()),
    }
}

/// The same, and what it answers.
pub(super) async fn online(connected: &Connected) -> Section {
    let mut section = offline(&connected.settings);
    if !connected.settings.enabled {
        let told = "not asked: its state is kept and nothing is read";
        section.lines.push(Line::open("disabled", told));
        return section;
    }
    let name = connected.settings.name.as_str();
    let lines = answers(connected).await.into_iter();
    section.lines.extend(lines.map(|line| match line.findings.first() {
        Some(finding) if finding.connection.is_none() => line.at(name, None),
        Some(_) | None => line,
    }));
    section
}

async fn answers(connected: &Connected) -> Vec<Line> {
    let Some(first) = connected.streams.first() else {
        return Vec::new();
    };
    let mut lines = way::lines(&connected.client, &connected.settings.server_url).await;
    if lines.iter().any(Line::is_bad) {
        return lines;
    }
    let session = match first.source.who_am_i().await {
        Ok(session) => session,
        Err(error) => {
            lines.push(nobody_in(error.trouble()));
            return lines;
        }
    };
    lines.extend(session::lines(&connected.settings, &session, app::now()));
    for stream in &connected.streams {
        let from = window_start(app::now(), connected.settings.sync_days);
        let looked = table::look(stream, &connected.settings, from).await;
        lines.extend(looked.lines);
        if looked.is_over {
            break;
        }
    }
    lines
}

/// Nobody gets in.
fn nobody_in(trouble: &Trouble) -> Line {
    Line::found(stage_of(trouble), Finding::of_trouble(trouble))
}

/// Whether a failure is about reaching the server or signing in, and so says nothing of the table.
pub(super) fn before_any_table(trouble: &Trouble) -> bool {
    trouble.code.starts_with("ITSMD-NET-") || trouble.code.starts_with("ITSMD-AUTH-")
}

/// Where a failure belongs that says nothing of a table.
pub(super) fn stage_of(trouble: &Trouble) -> &'static str {
    if trouble.code.starts_with("ITSMD-AUTH-") {
        "sign-in"
    } else {
        "server"
    }
}
