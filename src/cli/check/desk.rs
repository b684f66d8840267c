//! A connection's stages: sign-in, then one read of each table.

use chrono::{DateTime, TimeDelta, Utc};

use super::finding::{Finding, Line, Section, Severity};
use super::{code, configuration};
use crate::app::{self, Connected, DeskStream};
use crate::config::Connection;
use crate::model::window::window_start;
use crate::model::{Generation, Mapped, Slice, SliceId, Trouble};
use crate::source::{Probe, Source};
use crate::status::words::count;

/// Enough records to meet every field, few enough to be no burden.
const PAGE: u32 = 100;

/// More than this between the source's clock and ours is worth a finding.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// What a connection shows without being asked.
pub(super) fn offline(connection: &Connection) -> Section {
    Section {
        title: title(connection),
        lines: configuration::of_connection(connection, app::now()),
    }
}

/// The same, and what it answers.
pub(super) async fn online(connected: &Connected) -> Section {
    let mut section = offline(&connected.settings);
    if !connected.settings.enabled {
        section.lines.push(Line::good(
            "disabled",
            "not asked: its state is kept and nothing is read",
        ));
        return section;
    }
    let name = connected.settings.name.as_str();
    for (index, stream) in connected.streams.iter().enumerate() {
        let kind = stream.id.kind;
        let from = window_start(app::now(), connected.settings.sync_days);
        let probe = stream.source.probe(from).await;
        let probe = match probe {
            Ok(probe) => probe,
            Err(error) if before_any_table(error.trouble()) => {
                let finding = Finding::of_trouble(error.trouble()).at(name, None);
                section.lines.push(Line::found(first_stage(error.trouble()), finding));
                // The other tables would say the same, and each refusal may bring the user nearer to being locked out.
                return section;
            }
            Err(error) => {
                signed_in(&mut section, index);
                let finding = Finding::of_trouble(error.trouble()).at(name, Some(kind));
                section.lines.push(Line::found(kind.as_str(), finding));
                continue;
            }
        };
        signed_in(&mut section, index);
        section.lines.push(table(stream, name, from, &probe).await);
    }
    section
}

fn title(connection: &Connection) -> String {
    format!(
        "{}  {} at {}",
        connection.name,
        connection.partner.row_value(),
        connection.server_url
    )
}

/// Whether a failure is about reaching the server or signing in, and so says nothing of the table.
fn before_any_table(trouble: &Trouble) -> bool {
    trouble.code.starts_with("ITSMD-NET-") || trouble.code.starts_with("ITSMD-AUTH-")
}

fn first_stage(trouble: &Trouble) -> &'static str {
    if trouble.code.starts_with("ITSMD-NET-") {
        "server"
    } else {
        "sign-in"
    }
}

fn signed_in(section: &mut Section, index: usize) {
    if index == 0 {
        section.lines.push(Line::good("sign-in", "accepted"));
    }
}

/// One page of the table, and what it shows that a sync would not say as plainly.
async fn table(stream: &DeskStream, name: &str, from: DateTime<Utc>, probe: &Probe) -> Line {
    let kind = stream.id.kind;
    let mut findings = of_probe(probe, app::now());
    let slice = Slice {
        id: SliceId(0),
        generation: Generation(0),
        from,
        to: Some(app::now()),
        position: None,
    };
    let mut read = 0;
    if probe.newest.is_some() {
        match stream.source.page(&slice, PAGE.min(stream.settings.page_size)).await {
            Ok(page) => {
                read = page.records.len();
                findings.extend(of_records(&page.records));
                findings.extend(of_fields(&stream.source.absent_fields()));
            }
            Err(error) => findings.push(Finding::of_trouble(error.trouble())),
        }
    }
    let failed = findings.iter().any(|finding| finding.severity == Severity::Error);
    let good = if failed || read == 0 {
        String::new()
    } else {
        good(probe, from, read)
    };
    Line {
        stage: kind.as_str().to_owned(),
        good,
        findings: findings
            .into_iter()
            .map(|finding| finding.at(name, Some(kind)))
            .collect(),
    }
}

fn good(probe: &Probe, from: DateTime<Utc>, read: usize) -> String {
    let since = from.format("%Y-%m-%d");
    match probe.total {
        Some(total) => format!("{} records since {since}, {read} of them read", count(total)),
        None => format!("{read} records since {since} read"),
    }
}

fn of_probe(probe: &Probe, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match (probe.total, probe.newest) {
        (Some(total @ 1..), None) => {
            let seen = format!("{} records match, none can be read", count(total));
            findings.push(Finding::new(&code::NOTHING_VISIBLE, Severity::Error, seen));
        }
        (_, None) => findings.push(Finding::new(
            &code::NOTHING_THERE,
            Severity::Info,
            "no record in the window",
        )),
        (_, Some(_)) => {}
    }
    if let Some(theirs) = probe.server_time
        && (theirs - now).abs() > CLOCK_TOLERANCE
    {
        let seen = format!(
            "{} there, {} here",
            theirs.format("%Y-%m-%d %H:%M:%S UTC"),
            now.format("%Y-%m-%d %H:%M:%S UTC")
        );
        findings.push(Finding::new(&code::CLOCKS, Severity::Warning, seen));
    }
    findings
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

fn of_fields(absent: &[String]) -> Option<Finding> {
    let noun = if absent.len() == 1 { "field" } else { "fields" };
    (!absent.is_empty()).then(|| {
        Finding::new(
            &code::ABSENT_FIELDS,
            Severity::Warning,
            format!("{noun} {}", absent.join(", ")),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unmapped;

    fn probe(total: Option<u64>, newest: Option<&str>) -> Probe {
        Probe {
            server_time: Some("2026-11-20T10:00:00Z".parse().unwrap()),
            total,
            newest: newest.map(|newest| newest.parse().unwrap()),
            requests: 1,
        }
    }

    fn found(probe: &Probe) -> Vec<(&'static str, Severity)> {
        let findings = of_probe(probe, "2026-11-20T10:04:00Z".parse().unwrap());
        findings
            .iter()
            .map(|finding| (finding.code, finding.severity))
            .collect()
    }

    #[test]
    fn records_that_nobody_may_see_fail_the_check_and_an_empty_table_does_not() {
        assert_eq!(found(&probe(Some(12), None)), [("ITSMD-CK-006", Severity::Error)]);
        assert_eq!(found(&probe(Some(0), None)), [("ITSMD-CK-010", Severity::Info)]);
        assert_eq!(found(&probe(Some(12), Some("2026-11-20T09:00:00Z"))), []);
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
