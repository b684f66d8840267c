//! The runs that did something or failed, the newest first: the first few at once, the rest folded.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::html::{ago, escape, several, stream_name};
use crate::status::history::{RunOfStream, Worker};
use crate::status::words::{count, span};
use crate::status::{History, Outcome};

/// So many are shown unfolded.
const AT_ONCE: usize = 8;

/// The section of the runs.
pub(super) fn runs(history: &History) -> String {
    let mut html = String::from(
        "<section id=\"runs\" aria-labelledby=\"runs-title\">\n<h2 id=\"runs-title\">Runs that did something or failed</h2>\n",
    );
    let (first, rest) = history.runs.split_at(AT_ONCE.min(history.runs.len()));
    if first.is_empty() {
        html.push_str("<p class=\"empty\">No run has delivered, failed or set anything aside yet.</p>\n");
    } else {
        table(&mut html, history.at, first, "The newest runs");
    }
    if !rest.is_empty() {
        let _ = writeln!(
            html,
            "<details id=\"older-runs\" class=\"fold\">\n<summary>{} before</summary>",
            several(rest.len() as u64, "run")
        );
        table(&mut html, history.at, rest, "Runs before these");
        html.push_str("</details>\n");
    }
    html.push_str("</section>\n");
    html
}

fn table(html: &mut String, now: DateTime<Utc>, runs: &[RunOfStream], caption: &str) {
    let _ = write!(
        html,
        "<table class=\"cards runs\" role=\"table\">\n<caption class=\"unseen\">{caption}</caption>\n<thead role=\"rowgroup\"><tr role=\"row\">"
    );
    for (name, class) in [
        ("Run", ""),
        ("Began", ""),
        ("Took", ""),
        ("Outcome", ""),
        ("Read", " class=\"n\""),
        ("Sent", " class=\"n\""),
        ("Unchanged", " class=\"n\""),
        ("Requests", " class=\"n\""),
    ] {
        let _ = write!(html, "<th role=\"columnheader\" scope=\"col\"{class}>{name}</th>");
    }
    html.push_str("</tr></thead>\n<tbody role=\"rowgroup\">\n");
    for run in runs {
        row(html, now, run);
    }
    html.push_str("</tbody>\n</table>\n");
}

fn row(html: &mut String, now: DateTime<Utc>, run: &RunOfStream) {
    // One run id may be that of several streams.
    let (worker_id, worker) = match run.worker {
        Worker::Head => ("head", ""),
        Worker::Rest => ("rest", " <span class=\"soft\">older records</span>"),
    };
    let took = run.ended.map_or_else(
        || "<span class=\"soft\">–</span>".to_owned(),
        |ended| span((ended - run.started).num_seconds().max(0).cast_unsigned()),
    );
    let _ = write!(
        html,
        "<tr role=\"row\" id=\"run-{connection}/{kind}/{worker_id}/{id}\" class=\"{class}\"><th role=\"rowheader\" scope=\"row\">{name}{worker}</th>",
        connection = escape(&run.connection),
        kind = run.work_item.as_str(),
        id = escape(&run.run_id),
        class = class(run.outcome),
        name = stream_name(&run.connection, run.work_item),
    );
    let numbers = [
        ("Read", run.read),
        ("Sent", run.sent),
        ("Unchanged", run.unchanged),
        ("Requests", run.requests),
    ];
    for (name, inside) in [
        ("Began", ago(run.started, now)),
        ("Took", took),
        ("Outcome", outcome(run)),
    ] {
        let _ = write!(html, "<td role=\"cell\" data-name=\"{name}\">{inside}</td>");
    }
    for (name, number) in numbers {
        let _ = write!(
            html,
            "<td role=\"cell\" data-name=\"{name}\" class=\"n\">{}</td>",
            count(number)
        );
    }
    html.push_str("</tr>\n");
}

fn class(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Complete) => "good",
        Some(Outcome::Failed) => "bad",
        Some(Outcome::Interrupted | Outcome::Skipped) => "late",
        None => "busy",
    }
}

/// The word, the code of what failed, and what else came of it.
fn outcome(run: &RunOfStream) -> String {
    let word = run.outcome.map_or("under way", Outcome::as_str);
    let mut html = format!("<span class=\"{}\">{word}</span>", class(run.outcome));
    if let Some(error) = &run.error {
        let _ = write!(html, " <code>{}</code>", escape(&error.code));
    }
    for (number, what) in [(run.quarantined, "set aside"), (run.deleted, "marked deleted")] {
        if number > 0 {
            let _ = write!(html, " <span class=\"soft\">{} {what}</span>", count(number));
        }
    }
    html
}
