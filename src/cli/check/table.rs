//! One table: is it there, does a query mean what it says, may it be read, and do its columns hold anything?

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::code;
use super::desk::{before_any_table, stage_of};
use super::finding::{Finding, Line, Severity};
use crate::app::{self, DeskStream};
use crate::config::Connection;
use crate::model::{Generation, ItemProfile, Mapped, Slice, SliceId};
use crate::source::{Page, Probe, Source, SourceError, dataverse};
use crate::status::words::count;

/// Enough records to meet every field, few enough to be no burden.
const PAGE: u32 = 100;

/// Of fewer records it says nothing that a column is empty in all.
const TELLING: usize = 10;

/// What came of a table.
#[derive(Debug)]
pub(super) struct Looked {
    pub lines: Vec<Line>,
    /// Nothing more is to be asked of this server.
    pub is_over: bool,
}

/// A canary, a count and one page.
pub(super) async fn look(stream: &DeskStream, connection: &Connection, from: DateTime<Utc>) -> Looked {
    let kind = stream.id.kind;
    let name = connection.name.as_str();
    let at = |stage: &str, good: String, findings: Vec<Finding>| Line::of(stage, good, findings).at(name, Some(kind));
    let probe = match stream.source.probe(from).await {
        Ok(probe) => probe,
        Err(error) if before_any_table(error.trouble()) => {
            let finding = Finding::of_trouble(error.trouble());
            return Looked {
                lines: vec![Line::found(stage_of(error.trouble()), finding).at(name, None)],
                is_over: true,
            };
        }
        Err(error) => {
            let finding = Finding::of_trouble(error.trouble());
            return Looked {
                lines: vec![at(kind.as_str(), String::new(), vec![finding])],
                is_over: false,
            };
        }
    };
    let mut lines = Vec::new();
    let mut findings = unseen(&probe);
    findings.extend(stream.source.filter_doubt().map(|fields| {
        let seen = format!(
            "filter = {:?}: the condition on {fields} seems to be left out",
            connection.filter
        );
        Finding::new(&code::FILTER_DOUBTED, Severity::Warning, seen)
    }));
    let mut good = String::new();
    if probe.newest.is_some() {
        let profile = connection.profile.items.get(&kind);
        match page(stream, from).await {
            Ok(page) => {
                good = readable(&probe, from, &page);
                findings.extend(of_records(&page.records));
                lines.push(at(
                    "columns",
                    columns_read(profile, &page),
                    columns(stream, profile, &page, from).await,
                ));
            }
            Err(error) => findings.extend(refused(stream, from, &error).await),
        }
    }
    lines.insert(0, at(kind.as_str(), good, findings));
    Looked { lines, is_over: false }
}

async fn page(stream: &DeskStream, from: DateTime<Utc>) -> Result<Page, SourceError> {
    let slice = Slice {
        id: SliceId(0),
        generation: Generation(0),
        from,
        to: Some(app::now()),
        position: None,
    };
    stream.source.page(&slice, PAGE.min(stream.settings.page_size)).await
}

/// A page that was refused; for a column that is not there, all of these.
async fn refused(stream: &DeskStream, from: DateTime<Utc>, error: &SourceError) -> Vec<Finding> {
    let first = vec![Finding::of_trouble(error.trouble())];
    if error.trouble().code != dataverse::UNKNOWN_COLUMN.id {
        return first;
    }
    match stream.source.absent_columns(from).await {
        Ok(absent) if !absent.reasons.is_empty() => absent.reasons.iter().map(Finding::of_trouble).collect(),
        Ok(_) | Err(_) => first,
    }
}

/// What of the table cannot be seen at all.
fn unseen(probe: &Probe) -> Vec<Finding> {
    match (probe.total, probe.newest) {
        (Some(total @ 1..), None) => {
            let seen = format!("{} records match, none can be read", count(total));
            vec![Finding::new(&code::NOTHING_VISIBLE, Severity::Error, seen)]
        }
        (_, None) => vec![Finding::new(
            &code::NOTHING_THERE,
            Severity::Info,
            "no record in the window",
        )],
        (_, Some(_)) => Vec::new(),
    }
}

fn readable(probe: &Probe, from: DateTime<Utc>, page: &Page) -> String {
    let since = from.format("%Y-%m-%d");
    let read = page.records.len();
    match probe.total {
        _ if read == 0 => String::new(),
        Some(total) => format!(
            "{} records since {since}, {read} of them read; times are read as UTC",
            count(total)
        ),
        None => format!("{read} records since {since} read; times are read as UTC"),
    }
}

fn of_records(records: &[Mapped]) -> Option<Finding> {
    let mut unmapped = records.iter().filter_map(|record| match record {
        Mapped::Record(_) => None,
        Mapped::SetAside(unmapped) => Some(unmapped),
    });
    let first = unmapped.next()?;
    let seen = format!(
        "{} of {} records, e.g.: {}",
        unmapped.count() + 1,
        records.len(),
        first.reason
    );
    Some(Finding::new(&code::UNMAPPED, Severity::Warning, seen))
}

/// Columns that no record of the page fills.
fn empty_columns(profile: Option<&ItemProfile>, page: &Page) -> Vec<String> {
    let filled: BTreeSet<String> = page
        .records
        .iter()
        .filter_map(|record| match record {
            Mapped::Record(record) => {
                serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&record.row).ok()
            }
            Mapped::SetAside(_) => None,
        })
        .flat_map(|row| row.into_iter().map(|(name, _)| name))
        .collect();
    let columns = profile.map(|item| item.columns.as_slice()).unwrap_or_default();
    let columns = columns.iter().filter(|column| !filled.contains(&column.name));
    columns
        .map(|column| format!("{} ({})", column.field, column.name))
        .collect()
}

fn columns_read(profile: Option<&ItemProfile>, page: &Page) -> String {
    let all = profile.map_or(0, |item| item.columns.len());
    let filled = all - empty_columns(profile, page).len().min(all);
    match page.records.len() {
        0 => String::new(),
        _ => format!("{filled} of {all} hold something in what was read"),
    }
}

/// What of the columns is missing, and why.
async fn columns(stream: &DeskStream, profile: Option<&ItemProfile>, page: &Page, from: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let missing = stream.source.absent_fields();
    if !missing.is_empty() {
        match stream.source.absent_columns(from).await {
            Ok(absent) => {
                // A sync leaves such a column out and goes on.
                let reasons = absent.reasons.iter();
                findings.extend(reasons.map(|trouble| Finding::told(trouble, Severity::Warning)));
                findings.extend(unclear(&absent.unclear));
            }
            Err(_) => findings.extend(unclear(&missing)),
        }
    }
    let empty: Vec<String> = empty_columns(profile, page)
        .into_iter()
        .filter(|column| !missing.iter().any(|field| column.starts_with(&format!("{field} "))))
        .collect();
    if page.records.len() >= TELLING && !empty.is_empty() {
        let seen = format!(
            "empty in all {} records that were read: {}",
            page.records.len(),
            empty.join(", ")
        );
        findings.push(Finding::new(&code::EMPTY_COLUMNS, Severity::Info, seen));
    }
    findings
}

fn unclear(fields: &[String]) -> Option<Finding> {
    let noun = if fields.len() == 1 { "field" } else { "fields" };
    (!fields.is_empty()).then(|| {
        Finding::new(
            &code::ABSENT_FIELDS,
            Severity::Warning,
            format!("{noun} {}", fields.join(", ")),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unmapped;

    fn found(total: Option<u64>, newest: Option<&str>) -> Vec<(&'static str, Severity)> {
        let probe = Probe {
            server_time: Some("2026-11-20T10:00:00Z".parse().unwrap()),
            total,
            newest: newest.map(|newest| newest.parse().unwrap()),
            requests: 1,
        };
        let findings = unseen(&probe);
        findings
            .iter()
            .map(|finding| (finding.code, finding.severity))
            .collect()
    }

    #[test]
    fn records_that_nobody_may_see_fail_the_check_and_an_empty_table_does_not() {
        assert_eq!(found(Some(12), None), [("ITSMD-CK-006", Severity::Error)]);
        assert_eq!(found(Some(0), None), [("ITSMD-CK-010", Severity::Info)]);
        assert_eq!(found(Some(12), Some("2026-11-20T09:00:00Z")), []);
    }

    #[test]
    fn what_would_be_set_aside_is_counted_with_an_example() {
        let bad = Mapped::SetAside(Unmapped {
            id: None,
            number: None,
            modified: None,
            reason: "no sys_id".into(),
        });
        assert_eq!(
            of_records(&[bad.clone(), bad]).unwrap().seen,
            "2 of 2 records, e.g.: no sys_id"
        );
        assert_eq!(of_records(&[]), None);
    }
}
