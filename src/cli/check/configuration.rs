//! The first stage: the configuration and the state, without asking anybody.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use rustix::fs::{Access, access};

use super::code;
use super::finding::{Finding, Line, Section, Severity};
use crate::app;
use crate::auth;
use crate::config::{About, Config, ConfigErrors, Connection, Deletions, Expiry, Loaded, Warning};
use crate::model::{Code, Trouble};
use crate::store::Store;

/// The next instants of a schedule that are shown.
const INSTANTS: usize = 3;

/// The file and what does not belong to one connection.
pub(super) fn section(loaded: &Loaded, state: &Result<Option<Store>, String>) -> Section {
    let config = &loaded.config;
    let enabled = config
        .connections
        .iter()
        .filter(|connection| connection.enabled)
        .count();
    let mut lines = vec![Line::good("file", counted(config.connections.len(), enabled))];
    lines.extend(
        loaded
            .warnings
            .iter()
            .map(|warning| Line::found("file", doubtful(warning))),
    );
    if enabled == 0 {
        lines.push(Line::found(
            "file",
            Finding::new(&code::NOTHING_ENABLED, Severity::Warning, "enabled = false"),
        ));
    }
    lines.push(state_line(config, state));
    lines.extend(
        shared_servers(config)
            .into_iter()
            .map(|finding| Line::found("rate", finding)),
    );
    lines.extend(ends(config, app::now()));
    Section {
        title: "configuration".to_owned(),
        about: config.path.display().to_string(),
        lines,
    }
}

fn counted(all: usize, enabled: usize) -> String {
    match (all, enabled) {
        (1, 0) => "1 connection, not enabled".to_owned(),
        (1, _) => "1 connection, enabled".to_owned(),
        _ => format!("{all} connections, {enabled} of them enabled"),
    }
}

/// What to sign in with ends soon, or has: it works as long as it works.
fn ends(config: &Config, now: DateTime<Utc>) -> Vec<Line> {
    let near = app::ending(config, now);
    let known = config.expiries();
    if near.is_empty() {
        let next = known.into_iter().min_by_key(|expiry| expiry.at);
        let told = next.map(|next| {
            let days = (next.at - now).num_days();
            format!(
                "the first that ends is {}, on {}, in {days} days",
                next.what,
                next.at.format("%Y-%m-%d")
            )
        });
        return told.map(|told| Line::good("expiry", told)).into_iter().collect();
    }
    let line = |(expiry, trouble): (Expiry, Trouble)| {
        let mut finding = Finding::told(&trouble, Severity::Warning);
        finding.connection = expiry.connection.map(|name| name.to_string());
        Line::found("expiry", finding)
    };
    near.into_iter().map(line).collect()
}

/// A finding for each mistake.
pub(super) fn mistakes(errors: &ConfigErrors) -> Section {
    let found = |code: &Code, seen: String| Line::found("file", Finding::new(code, Severity::Error, seen));
    let lines = match errors {
        ConfigErrors::Unreadable { .. } => vec![found(&code::CONFIGURATION, errors.to_string())],
        ConfigErrors::Mistakes { file, mistakes } => {
            let lines = mistakes.iter().map(|mistake| {
                let code = match mistake.about {
                    About::Value => &code::CONFIGURATION,
                    About::NoToken | About::WeakToken | About::Secret => &auth::codes::SECRET,
                };
                found(code, format!("{}:{mistake}", file.display()))
            });
            lines.collect()
        }
    };
    Section {
        title: "configuration".to_owned(),
        about: String::new(),
        lines,
    }
}

fn doubtful(warning: &Warning) -> Finding {
    let code = match warning.mistake.about {
        About::Value => &code::DOUBTFUL,
        About::Secret => &code::OPEN_SECRET,
        About::NoToken => &code::NO_CONTROL_TOKEN,
        About::WeakToken => &code::WEAK_CONTROL_TOKEN,
    };
    Finding::new(code, Severity::Warning, warning.to_string())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}

fn folder_is_there(path: &Path) -> bool {
    folder_of(path).exists()
}

fn may_be_made(path: &Path) -> bool {
    access(folder_of(path), Access::WRITE_OK).is_ok()
}

fn state_line(config: &Config, state: &Result<Option<Store>, String>) -> Line {
    let path = config.state.display();
    let known = match state {
        Ok(None) if !folder_is_there(&config.state) => {
            let seen = format!(
                "the folder of {path} is not there: systemd makes it at the first start, and nothing else does"
            );
            return Line::found("state", Finding::new(&code::STATE, Severity::Warning, seen));
        }
        Ok(None) if !may_be_made(&config.state) => {
            let seen = format!("{path} is not there, and this user may not make it");
            return Line::found("state", Finding::new(&code::STATE, Severity::Error, seen));
        }
        Ok(None) => {
            return Line::good(
                "state",
                format!("{path} is not there yet: the first sync delivers the whole window"),
            );
        }
        Ok(Some(store)) => store
            .call_here(|db| db.stream_names())
            .map_err(|error| error.to_string()),
        Err(error) => Err(error.clone()),
    };
    let streams = match known {
        Ok(streams) => streams,
        Err(error) => return Line::found("state", Finding::new(&code::STATE, Severity::Error, error)),
    };
    let mut line = Line::good("state", path.to_string());
    let mut gone: Vec<String> = streams.into_iter().map(|(connection, _, _)| connection).collect();
    gone.dedup();
    gone.retain(|name| config.connection(name).is_none());
    line.findings.extend(gone.iter().map(|name| {
        Finding::new(
            &code::NOT_CONFIGURED,
            Severity::Warning,
            format!("{path} knows {name:?}"),
        )
    }));
    line
}

/// Connections to one server, with the sum of their rates.
fn shared_servers(config: &Config) -> Vec<Finding> {
    let mut servers: BTreeMap<&str, Vec<&Connection>> = BTreeMap::new();
    for connection in config.connections.iter().filter(|connection| connection.enabled) {
        servers
            .entry(connection.server_url.as_str())
            .or_default()
            .push(connection);
    }
    let shared = servers.into_iter().filter(|(_, connections)| connections.len() > 1);
    shared
        .map(|(server, connections)| shared_server(server, &connections))
        .collect()
}

fn shared_server(server: &str, connections: &[&Connection]) -> Finding {
    let names: Vec<&str> = connections.iter().map(|connection| connection.name.as_str()).collect();
    let rate: u64 = connections
        .iter()
        .map(|connection| u64::from(connection.requests_per_minute))
        .sum();
    let seen = format!(
        "{} read {server}: together up to {rate} requests a minute",
        names.join(", ")
    );
    Finding::new(&code::SHARED_SERVER, Severity::Warning, seen)
}

/// What can be said of a connection without asking it.
pub(super) fn of_connection(connection: &Connection, now: DateTime<Utc>) -> Vec<Line> {
    let mut lines = vec![
        Line::good("schedule", next_instants(connection, &connection.schedule, now)),
        Line::good("reconcile", reconcile(connection, now)),
    ];
    lines.extend(filter(connection));
    lines
}

fn reconcile(connection: &Connection, now: DateTime<Utc>) -> String {
    let Some(fields) = &connection.reconcile else {
        return "off: deletions and changes without a new time stamp are not looked for".to_owned();
    };
    let next = next_instants(connection, fields, now);
    match connection.deletions {
        Deletions::Mark => next,
        Deletions::Off => format!("{next}; what is gone is not marked (deletions = \"off\")"),
    }
}

/// A reconcile that marks deletions notices what leaves the filter.
fn filter(connection: &Connection) -> Option<Line> {
    let seen = match (&connection.reconcile, connection.deletions) {
        _ if connection.filter.is_empty() => return None,
        (Some(_), Deletions::Mark) => {
            let text = "what leaves it is marked as deleted by the next reconcile";
            return Some(Line::good("filter", text.to_owned()));
        }
        (None, Deletions::Mark | Deletions::Off) => format!("filter = {:?}, reconcile = \"off\"", connection.filter),
        (Some(_), Deletions::Off) => format!("filter = {:?}, deletions = \"off\"", connection.filter),
    };
    let finding = Finding::new(&code::FILTER_WITHOUT_RECONCILE, Severity::Warning, seen);
    Some(Line::found("filter", finding.at(connection.name.as_str(), None)))
}

fn next_instants(connection: &Connection, fields: &str, now: DateTime<Utc>) -> String {
    let zone = connection.schedule_time_zone;
    let schedule = match app::schedule(connection, fields, now) {
        Ok(schedule) => schedule,
        Err(error) => return error.to_string(),
    };
    let instants = std::iter::successors(schedule.next_after(now), |&last| schedule.next_after(last)).take(INSTANTS);
    let local: Vec<DateTime<_>> = instants.map(|instant| instant.with_timezone(&zone)).collect();
    let mut text = String::new();
    let mut day = None;
    for instant in local {
        let separator = if text.is_empty() { "next at " } else { ", " };
        // The day is said once.
        let format = if day == Some(instant.date_naive()) {
            "%H:%M:%S"
        } else {
            "%Y-%m-%d %H:%M:%S"
        };
        day = Some(instant.date_naive());
        text.push_str(&format!("{separator}{}", instant.format(format)));
    }
    format!("{text} {zone}{}", splay_words(schedule.shift()))
}

/// Why the instants are not those of the fields.
fn splay_words(shift: TimeDelta) -> String {
    let seconds = shift.num_seconds();
    if seconds == 0 {
        return String::new();
    }
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!(" ({hours}:{minutes:02}:{seconds:02} after the schedule's own by its splay)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_with_a_splay_says_how_far_it_is_shifted() {
        let of = |seconds| splay_words(TimeDelta::seconds(seconds));
        assert_eq!(of(0), "");
        assert_eq!(of(6369), " (1:46:09 after the schedule's own by its splay)");
    }

    #[test]
    fn each_doubt_about_the_control_token_has_its_own_code_and_remedy() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (file, token) = (folder.path().join("itsmd.toml"), folder.path().join("token"));
        let text = "[http]\ncontrol_token = { file = \"token\" }\n[workspace]\nkind = \"file\"\npath = \"rows\"\n\
                    [[connection]]\nname = \"contoso\"\npartner = \"servicenow\"\n\
                    server_url = \"https://contoso.service-now.com\"\n\
                    [connection.auth]\nmethod = \"api-key\"\napi_key = { env = \"PATH\" }\n";
        std::fs::write(&file, text).unwrap();
        let found = || {
            let loaded = crate::config::load(&file).unwrap();
            let found = loaded.warnings.iter().map(doubtful);
            let mut codes: Vec<&str> = found.map(|finding| finding.code).collect();
            codes.sort_unstable();
            codes
        };
        assert_eq!(found(), ["ITSMD-CK-020"]);
        std::fs::write(&token, "short").unwrap();
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(found(), ["ITSMD-CK-018", "ITSMD-CK-021"]);
        for code in [code::NO_CONTROL_TOKEN, code::WEAK_CONTROL_TOKEN] {
            assert!(code.remedy.contains("openssl rand -hex 32"), "{}", code.id);
        }
    }

    #[test]
    fn one_connection_is_told_as_one() {
        assert_eq!(counted(1, 1), "1 connection, enabled");
        assert_eq!(counted(1, 0), "1 connection, not enabled");
        assert_eq!(counted(3, 2), "3 connections, 2 of them enabled");
    }

    #[test]
    fn a_state_file_needs_a_folder_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        assert!(folder_is_there(&folder.path().join("itsmd.db")) && may_be_made(&folder.path().join("itsmd.db")));
        assert!(folder_is_there(Path::new("itsmd.db")));
        assert!(!folder_is_there(&folder.path().join("not/there/itsmd.db")));
    }
}
