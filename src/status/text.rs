//! The report on a terminal: one aligned line a stream, below it what stands in the way and what to do.

use std::fmt::Write as _;

use super::words::{count, relative, span};
use super::{Problem, Reconcile, Report, StreamReport, StreamState};

const HEADINGS: [&str; 9] = [
    "CONNECTION",
    "WORK ITEM",
    "STATE",
    "LAG",
    "RECORDS",
    "BACKFILL",
    "SET ASIDE",
    "LAST RUN",
    "RECONCILED",
];

/// Columns of numbers stand to the right.
const TO_THE_RIGHT: [bool; 9] = [false, false, false, true, true, true, true, false, false];

/// The report as text; ends with a newline.
pub fn render(report: &Report) -> String {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(
        report
            .streams()
            .map(|(connection, stream)| cells(report, &connection.name, stream)),
    );
    let mut text = table(&rows);
    for (connection, stream) in report.streams() {
        let name = format!("{}/{}", connection.name, stream.work_item);
        text.push_str(&remarks(report, &name, stream));
    }
    if let Some(refused) = report.refused_workspace() {
        text.push_str(&problem("workspace", "failing", &refused.problem));
    }
    for remark in report.remarks() {
        // Writing to a String does not fail.
        let _ = write!(text, "\n{remark}\n");
    }
    if report.connections.is_empty() {
        text.push_str("no connection is configured\n");
    }
    text
}

fn cells(report: &Report, connection: &str, stream: &StreamReport) -> [String; 9] {
    let unknown = || "-".to_owned();
    [
        connection.to_owned(),
        stream.work_item.to_string(),
        state(report, stream),
        stream.lag_seconds.map_or_else(unknown, span),
        count(stream.records),
        match stream.is_unread() {
            true => unknown(),
            false => format!("{} %", stream.backfill.percent()),
        },
        count(stream.quarantined),
        stream.last_run.as_ref().map_or_else(unknown, |run| {
            format!("{} {}", run.outcome.as_str(), relative(run.started, report.at))
        }),
        reconciled(report, stream),
    ]
}

fn reconciled(report: &Report, stream: &StreamReport) -> String {
    match &stream.reconcile {
        Some(reconcile) if reconcile.running => "running".to_owned(),
        Some(Reconcile { last: Some(last), .. }) => relative(*last, report.at),
        Some(_) | None => "-".to_owned(),
    }
}

/// `waiting 41 s`, where it is known for how long; else the word alone.
fn state(report: &Report, stream: &StreamReport) -> String {
    let word = stream.state.as_str();
    let until = stream.waiting.as_ref().and_then(|waiting| waiting.until);
    match until.filter(|_| stream.state == StreamState::Waiting) {
        Some(until) => format!(
            "{word} {}",
            span((until - report.at).num_seconds().max(0).cast_unsigned())
        ),
        None => word.to_owned(),
    }
}

fn table(rows: &[[String; 9]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 9] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let gap = " ".repeat(widths[column] - cell.chars().count());
            let (before, behind) = if TO_THE_RIGHT[column] {
                (gap.as_str(), "")
            } else {
                ("", gap.as_str())
            };
            line.extend([before, cell, behind, "  "]);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn problem(name: &str, state: &str, problem: &Problem) -> String {
    let Problem {
        code,
        seen,
        means,
        remedy,
    } = problem;
    format!("\n{name} is {state}: {code}\n  seen:   {seen}\n  means:  {means}\n  remedy: {remedy}\n")
}

fn remarks(report: &Report, name: &str, stream: &StreamReport) -> String {
    let mut text = String::new();
    if let Some(problem) = stream.problem() {
        text.push_str(&self::problem(name, stream.state.as_str(), problem));
    }
    if let Some(waiting) = stream
        .waiting
        .as_ref()
        .filter(|_| stream.state != StreamState::Disabled)
    {
        let until = waiting.until.map_or_else(String::new, |until| {
            format!(
                " until {} ({})",
                until.format("%Y-%m-%d %H:%M:%S UTC"),
                relative(until, report.at)
            )
        });
        let _ = write!(text, "\n{name} waits{until}: {}\n", waiting.why);
    }
    for note in stream.remarks() {
        let _ = write!(text, "\n{name}: {note}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::{at, problem, report, stream};
    use super::super::{Backfill, Waiting};
    use super::*;
    use crate::model::WorkItemKind;

    #[test]
    fn the_table_is_aligned_and_the_remedy_is_below_it() {
        let failing = StreamReport {
            work_item: WorkItemKind::ChangeRequest,
            state: StreamState::Failing,
            lag_seconds: Some(7_500),
            records: 7,
            backfill: Backfill {
                slices: 120,
                complete: 30,
            },
            quarantined: 2,
            error: Some(problem()),
            waiting: Some(Waiting {
                until: Some(at("2026-11-20T10:05:12Z")),
                why: "the instance asked for it".to_owned(),
            }),
            reconcile: Some(Reconcile {
                running: true,
                ..Reconcile::default()
            }),
            ..stream()
        };
        let live = StreamReport {
            reconcile: Some(Reconcile {
                last: Some(at("2026-11-20T03:55:00Z")),
                ..Reconcile::default()
            }),
            ..stream()
        };
        let text = render(&report(vec![live, failing]));
        let expected = "\
CONNECTION  WORK ITEM       STATE          LAG  RECORDS  BACKFILL  SET ASIDE  LAST RUN           RECONCILED
contoso     incident        live          12 s   24,918     100 %          0  complete 12 s ago  6 h ago
contoso     change_request  failing  2 h 5 min        7      25 %          2  complete 12 s ago  running

contoso/change_request is failing: ITSMD-SN-014
  seen:   GET /api/now/table/incident: 403 <b>\"Insufficient rights\"</b>
  means:  the user may not read incidents
  remedy: give it the role itil

contoso/change_request waits until 2026-11-20 10:05:12 UTC (in 5 min): the instance asked for it
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_stream_that_never_ran_shows_dashes() {
        let mut blank = stream();
        (blank.lag_seconds, blank.last_run, blank.window_start) = (None, None, None);
        (blank.records, blank.backfill) = (0, Backfill::default());
        let text = render(&report(vec![blank]));
        let line = text.lines().nth(1).unwrap();
        let cells: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(cells, ["contoso", "incident", "live", "-", "0", "-", "0", "-", "-"]);
    }
}
