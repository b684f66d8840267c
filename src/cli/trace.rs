//! `itsmd trace NUMBER`: what is known of one work item.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Failure, out, state};
use crate::app;
use crate::config::Config;
use crate::model::WorkItemKind;
use crate::status::words::{count, relative};
use crate::store::{Db, Quarantined, StoreError, Traced};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The number people use, e.g. INC0012345
    number: String,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// `itsmd trace --json`.
#[derive(Debug, Serialize)]
struct Trace {
    number: String,
    records: Vec<Known>,
}

/// What is known of one record of that number.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Known {
    connection: String,
    work_item: String,
    record_id: Option<String>,
    modified: Option<DateTime<Utc>>,
    /// `None`: no version of it ever got through.
    delivered: Option<DateTime<Utc>>,
    /// When the workspace was told that it is gone; a row delivered since then takes that back.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<DateTime<Utc>>,
    version: Option<String>,
    quarantined: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    set_aside: Vec<SetAside>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct SetAside {
    id: i64,
    since: DateTime<Utc>,
    reason: String,
}

pub(super) fn run(args: &Args, config: &Config) -> Result<(), Failure> {
    let number = args.number.trim();
    let store = state::existing(config)?;
    let records = match &store {
        Some(store) => store.call_here(|db| Ok(join(config, db.trace(number)?, db.quarantine_of(number)?)))?,
        None => Vec::new(),
    };
    let found = !records.is_empty();
    let trace = Trace {
        number: number.to_owned(),
        records,
    };
    if args.json {
        out(&format!("{}\n", serde_json::to_string(&trace)?))?;
    } else if found {
        out(&render(&trace, app::now()))?;
    }
    if found {
        return Ok(());
    }
    match store {
        Some(store) => eprint!("{}", store.call_here(|db| why_unknown(db, config, number))?),
        None => state::tell_there_is_none(config),
    }
    Err(Failure::Told)
}

/// The ledger's records, each with what is set aside of it, then what was only ever set aside.
fn join(config: &Config, traced: Vec<Traced>, mut aside: Vec<Quarantined>) -> Vec<Known> {
    let mut records = Vec::new();
    for traced in traced {
        let same = |entry: &mut Quarantined| {
            entry.aside.id.as_ref() == Some(&traced.id)
                && (&entry.connection, &entry.kind) == (&traced.connection, &traced.kind)
        };
        let set_aside: Vec<SetAside> = aside.extract_if(.., same).map(SetAside::from).collect();
        records.push(Known {
            url: url(config, &traced.connection, &traced.kind, traced.id.as_str()),
            record_id: Some(traced.id.to_string()),
            connection: traced.connection,
            work_item: traced.kind,
            modified: Some(traced.row.modified),
            delivered: Some(traced.row.delivered),
            deleted: traced.row.deleted.then_some(traced.row.delivered),
            version: Some(traced.row.version.to_string()),
            quarantined: traced.quarantined,
            set_aside,
        });
    }
    records.extend(aside.into_iter().map(|entry| {
        Known {
            url: entry
                .aside
                .id
                .as_ref()
                .and_then(|id| url(config, &entry.connection, &entry.kind, id.as_str())),
            record_id: entry.aside.id.as_ref().map(ToString::to_string),
            connection: entry.connection.clone(),
            work_item: entry.kind.clone(),
            modified: entry.aside.modified,
            delivered: None,
            deleted: None,
            version: None,
            quarantined: true,
            set_aside: vec![SetAside::from(entry)],
        }
    }));
    records
}

impl From<Quarantined> for SetAside {
    fn from(entry: Quarantined) -> Self {
        Self {
            id: entry.entry,
            since: entry.since,
            reason: entry.aside.reason,
        }
    }
}

fn url(config: &Config, connection: &str, kind: &str, id: &str) -> Option<String> {
    let connection = config.connection(connection)?;
    let template = connection
        .profile
        .items
        .get(&WorkItemKind::parse(kind)?)?
        .url
        .as_deref()?;
    Some(
        template
            .replace("{server_url}", &connection.server_url)
            .replace("{id}", id),
    )
}

fn render(trace: &Trace, now: DateTime<Utc>) -> String {
    let moment = |at: DateTime<Utc>| format!("{} ({})", at.format("%Y-%m-%d %H:%M:%S UTC"), relative(at, now));
    let mut text = format!("{}\n", trace.number);
    // Writing to a String does not fail.
    for known in &trace.records {
        let _ = writeln!(text, "\n  {}/{}", known.connection, known.work_item);
        if let Some(id) = &known.record_id {
            let _ = writeln!(text, "    record     {id}");
        }
        if let Some(modified) = known.modified {
            let _ = writeln!(text, "    modified   {}", moment(modified));
        }
        let delivered = known.delivered.map_or_else(|| "never".to_owned(), moment);
        let _ = writeln!(text, "    delivered  {delivered}");
        if let Some(deleted) = known.deleted {
            let _ = writeln!(
                text,
                "    deleted    {}: it was gone from the service desk, and its last row was marked so",
                moment(deleted)
            );
        }
        if let Some(version) = &known.version {
            let _ = writeln!(text, "    version    {version}");
        }
        if let Some(url) = &known.url {
            let _ = writeln!(text, "    url        {url}");
        }
        for aside in &known.set_aside {
            let _ = writeln!(text, "    set aside  {}: {}", moment(aside.since), aside.reason);
            let _ = writeln!(
                text,
                "               `itsmd quarantine retry {}` tries it again",
                aside.id
            );
        }
    }
    text
}

/// The reasons there can be, with what is known of each stream.
fn why_unknown(db: &Db<'_>, config: &Config, number: &str) -> Result<String, StoreError> {
    let mut text = format!("nothing is known of {number}. It may be\n");
    text.push_str("  - of another number in the service desk (letter case does not matter here);\n");
    text.push_str("  - one that the user of the connection may not read: `itsmd check` looks for that;\n");
    for connection in &config.connections {
        for &kind in &connection.work_items {
            let id = crate::model::StreamId {
                connection: connection.name.clone(),
                kind,
            };
            let _ = writeln!(text, "  - {}", of_stream(db, connection, &id)?);
        }
    }
    Ok(text)
}

fn of_stream(
    db: &Db<'_>,
    connection: &crate::config::Connection,
    id: &crate::model::StreamId,
) -> Result<String, StoreError> {
    let Some(row) = db.stream(id)? else {
        return Ok(format!("in {id}, which was never read yet"));
    };
    let unread = db
        .slices(row.key)?
        .iter()
        .filter(|s| s.slice.to.is_some() && !s.complete)
        .count() as u64;
    let mut reasons = Vec::new();
    if let Some(start) = row.window_start {
        reasons.push(format!("last modified before {}", start.format("%Y-%m-%d %H:%M UTC")));
    }
    if let Some(read) = row.head_read {
        reasons.push(format!(
            "modified after {}, the last time it was read",
            read.format("%Y-%m-%d %H:%M UTC")
        ));
    }
    if unread > 0 {
        reasons.push(format!("in one of its {} slices that are not read yet", count(unread)));
    }
    if !connection.filter.is_empty() {
        reasons.push(format!("left out by its filter {}", connection.filter));
    }
    if row.head_read.is_none() {
        reasons.push("it was never read to its end yet".to_owned());
    }
    Ok(format!("in {id}, but {}", reasons.join(", or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_aside_is_told_with_the_way_out() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let known = Known {
            connection: "contoso".into(),
            work_item: "incident".into(),
            record_id: Some("9d385017".into()),
            modified: Some(at("2026-11-20T10:00:00Z")),
            delivered: None,
            deleted: None,
            version: None,
            quarantined: true,
            url: None,
            set_aside: vec![SetAside {
                id: 7,
                since: at("2026-11-20T10:05:00Z"),
                reason: "opened_at is no time".into(),
            }],
        };
        let trace = Trace {
            number: "INC1".into(),
            records: vec![known],
        };
        let expected = "\
INC1

  contoso/incident
    record     9d385017
    modified   2026-11-20 10:00:00 UTC (1 h ago)
    delivered  never
    set aside  2026-11-20 10:05:00 UTC (55 min ago): opened_at is no time
               `itsmd quarantine retry 7` tries it again
";
        assert_eq!(render(&trace, at("2026-11-20T11:00:00Z")), expected);
    }
}
