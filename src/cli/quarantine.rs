//! `itsmd quarantine`: what could not be mapped or was refused; look at it, try it again, drop it.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::table::{Align, table};
use super::{Failure, ask, out, state};
use crate::app;
use crate::config::Config;
use crate::status::words::{count, relative};
use crate::store::{Quarantined, Store};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// List the records that are set aside
    List {
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print all that is known of one
    Show {
        /// As listed
        id: i64,
    },
    /// Try records again
    Retry {
        /// As listed
        #[arg(required_unless_present = "all")]
        id: Vec<i64>,
        /// All of them
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
    /// Forget records until they change
    Drop {
        /// As listed
        #[arg(required = true)]
        id: Vec<i64>,
    },
}

/// `itsmd quarantine list --json`.
#[derive(Debug, Serialize)]
struct List<'a> {
    records: Vec<Entry<'a>>,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    id: i64,
    connection: &'a str,
    work_item: &'a str,
    record_id: Option<&'a str>,
    number: &'a str,
    reason: &'a str,
    since: DateTime<Utc>,
    rows: u64,
    retry: bool,
}

pub(super) fn run(args: &Args, config: &Config) -> Result<(), Failure> {
    let store = state::existing(config)?;
    if store.is_none() {
        state::tell_there_is_none(config);
    }
    match &args.verb {
        Verb::List { json } => list(store.as_ref(), *json),
        Verb::Show { id } => show(&entry(store.as_ref(), *id)?),
        Verb::Retry { id, all } => retry(config, store.as_ref(), id, *all),
        Verb::Drop { id } => drop_entries(store.as_ref(), id),
    }
}

fn entries(store: Option<&Store>) -> Result<Vec<Quarantined>, Failure> {
    match store {
        Some(store) => Ok(store.call_here(|db| db.quarantine())?),
        None => Ok(Vec::new()),
    }
}

fn entry(store: Option<&Store>, id: i64) -> Result<Quarantined, Failure> {
    let found = match store {
        Some(store) => store.call_here(|db| db.quarantine_entry(id))?,
        None => None,
    };
    found.ok_or_else(|| anyhow::anyhow!("there is no record {id} in the quarantine").into())
}

fn list(store: Option<&Store>, json: bool) -> Result<(), Failure> {
    let entries = entries(store)?;
    if json {
        let records = entries.iter().map(as_json).collect();
        return out(&format!("{}\n", serde_json::to_string(&List { records })?));
    }
    if entries.is_empty() {
        return out("nothing is set aside\n");
    }
    let now = app::now();
    out(&render(&entries, now))
}

fn as_json(entry: &Quarantined) -> Entry<'_> {
    Entry {
        id: entry.entry,
        connection: &entry.connection,
        work_item: &entry.kind,
        record_id: entry.aside.id.as_ref().map(crate::model::RecordId::as_str),
        number: &entry.aside.number,
        reason: &entry.aside.reason,
        since: entry.since,
        rows: entry.rows,
        retry: entry.retry,
    }
}

fn render(entries: &[Quarantined], now: DateTime<Utc>) -> String {
    let headings = [
        ("ID", Align::Right),
        ("CONNECTION", Align::Left),
        ("WORK ITEM", Align::Left),
        ("NUMBER", Align::Left),
        ("SINCE", Align::Left),
        ("REASON", Align::Left),
    ];
    let rows: Vec<[String; 6]> = entries
        .iter()
        .map(|entry| {
            [
                entry.entry.to_string(),
                entry.connection.clone(),
                entry.kind.clone(),
                name(entry),
                relative(entry.since, now),
                reason(entry),
            ]
        })
        .collect();
    table(headings, &rows)
}

fn name(entry: &Quarantined) -> String {
    match &entry.aside.id {
        _ if !entry.aside.number.is_empty() => entry.aside.number.clone(),
        Some(id) => id.to_string(),
        None => format!("{} rows", count(entry.rows)),
    }
}

fn reason(entry: &Quarantined) -> String {
    let one_line = entry.aside.reason.split_whitespace().collect::<Vec<_>>().join(" ");
    if entry.retry {
        return format!("{one_line} (to be tried again)");
    }
    one_line
}

fn show(entry: &Quarantined) -> Result<(), Failure> {
    let instant = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%S UTC").to_string();
    let unknown = || "unknown".to_owned();
    let aside = &entry.aside;
    let mut text = String::new();
    // Writing to a String does not fail.
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<12}{value}");
    };
    line("id", &entry.entry.to_string());
    line("connection", &entry.connection);
    line("work item", &entry.kind);
    line("record", &aside.id.as_ref().map_or_else(unknown, ToString::to_string));
    line(
        "number",
        if aside.number.is_empty() {
            "unknown"
        } else {
            &aside.number
        },
    );
    line("modified", &aside.modified.map_or_else(unknown, instant));
    match aside.version {
        Some(version) => line("version", &format!("{version}, refused by the workspace")),
        None => line("version", "none: it could not be mapped"),
    }
    line("rows", &count(entry.rows));
    line("since", &instant(entry.since));
    line(
        "retry",
        if entry.retry {
            "asked for"
        } else {
            "when its version changes"
        },
    );
    line("reason", &aside.reason);
    out(&text)
}

fn retry(config: &Config, store: Option<&Store>, ids: &[i64], all: bool) -> Result<(), Failure> {
    let ids: Vec<i64> = match all {
        true => entries(store)?.iter().map(|entry| entry.entry).collect(),
        false => ids.to_vec(),
    };
    let (mut marked, mut failed) = (0, false);
    for id in ids {
        let entry = match entry(store, id) {
            Ok(entry) => entry,
            Err(failure) => {
                super::tell(&failure);
                failed = true;
                continue;
            }
        };
        let Some(store) = store else { continue };
        if store.call_here(|db| db.retry_quarantined(id))? {
            marked += 1;
            continue;
        }
        eprintln!(
            "{id} has no id to ask the service desk for ({}): it is looked at again when it is read again",
            name(&entry)
        );
        failed |= !all;
    }
    out(&format!("{} to be tried again\n", records(marked)))?;
    if let Some(store) = store.filter(|_| marked > 0) {
        match ask::ring(config, store, "quarantine-retry")? {
            true => eprintln!("the running daemon tries them now"),
            false => eprintln!("no daemon is running: the next run tries them"),
        }
    }
    if failed { Err(Failure::Told) } else { Ok(()) }
}

fn drop_entries(store: Option<&Store>, ids: &[i64]) -> Result<(), Failure> {
    let (mut dropped, mut failed) = (0, false);
    for &id in ids {
        let found = match store {
            Some(store) => store.call_here(|db| db.drop_quarantined(id))?,
            None => false,
        };
        if found {
            dropped += 1;
        } else {
            eprintln!("itsmd: there is no record {id} in the quarantine");
            failed = true;
        }
    }
    out(&format!("{} dropped\n", records(dropped)))?;
    if dropped > 0 {
        eprintln!("what was dropped is tried again when it is modified, or by `itsmd resync`");
    }
    if failed { Err(Failure::Told) } else { Ok(()) }
}

fn records(number: u64) -> String {
    match number {
        1 => "1 record".to_owned(),
        number => format!("{} records", count(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RecordId;
    use crate::store::Aside;

    fn entry(number: &str, id: Option<&str>) -> Quarantined {
        Quarantined {
            entry: 7,
            connection: "contoso".into(),
            kind: "incident".into(),
            aside: Aside {
                id: id.map(RecordId::new),
                number: number.into(),
                version: None,
                modified: None,
                reason: "opened_at:\n not a time".into(),
                mark: 0,
            },
            rows: 1_200,
            since: "2026-11-20T10:00:00Z".parse().unwrap(),
            retry: false,
        }
    }

    #[test]
    fn a_reason_is_one_line_and_rows_without_an_id_are_counted() {
        let text = render(
            &[entry("INC1", Some("9d38")), entry("", None)],
            "2026-11-20T12:00:00Z".parse().unwrap(),
        );
        let expected = "
ID  CONNECTION  WORK ITEM  NUMBER      SINCE    REASON
 7  contoso     incident   INC1        2 h ago  opened_at: not a time
 7  contoso     incident   1,200 rows  2 h ago  opened_at: not a time
";
        assert_eq!(text, expected[1..]);
    }

    #[test]
    fn the_json_has_the_keys_that_were_promised() {
        let entry = entry("INC1", Some("9d38"));
        let json = serde_json::to_string(&List {
            records: vec![as_json(&entry)],
        })
        .unwrap();
        let promised = r#"{"records":[{"id":7,"connection":"contoso","work_item":"incident","record_id":"9d38","number":"INC1","reason":"opened_at:\n not a time","since":"2026-11-20T10:00:00Z""#;
        assert!(json.starts_with(promised), "{json}");
    }
}
