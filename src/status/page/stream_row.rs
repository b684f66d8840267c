//! One stream's rows in the table: its figures, and under them what stands in its way.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::html::{ago, capital, clock, escape, explain, plural, prose, shape};
use super::standing::Standing;
use crate::status::words::{count, shortened, span};
use crate::status::{ConnectionReport, Outcome, StreamReport};

const UNKNOWN: &str = "<span class=\"soft\">–</span>";

/// Its own `tbody`, so that the reason stays with its figures.
pub(super) fn row(now: DateTime<Utc>, (connection, stream): (&ConnectionReport, &StreamReport)) -> String {
    let standing = Standing::of(stream);
    let id = format!("{}/{}", escape(&connection.name), stream.work_item.as_str());
    let mut html = format!(
        "<tbody role=\"rowgroup\" id=\"stream-{id}\" class=\"{class}\" data-stream=\"{name} {kind}\" data-word=\"{word}\">\n<tr role=\"row\">\
         <th role=\"rowheader\" scope=\"row\"><b>{name}</b> <span class=\"soft\">{kind}</span></th>",
        name = escape(&connection.name),
        kind = plural(stream.work_item),
        class = standing.class(),
        word = standing.word(),
    );
    let state = format!(
        "<span class=\"word {}\">{}{}</span>",
        standing.class(),
        shape(standing.shape()),
        standing.word()
    );
    cell(&mut html, "State", "", &state);
    cell(
        &mut html,
        "Lag",
        "n",
        &stream.lag_seconds.map_or_else(|| UNKNOWN.to_owned(), span),
    );
    cell(
        &mut html,
        "Read up to",
        "",
        &stream.position.map_or_else(|| UNKNOWN.to_owned(), |at| clock(at, now)),
    );
    cell(&mut html, "Last run", "", &last_run(now, stream));
    cell(
        &mut html,
        "Next run",
        "",
        &stream.next_run.map_or_else(|| UNKNOWN.to_owned(), |at| ago(at, now)),
    );
    cell(&mut html, "Backfill", "", &backfill(stream));
    cell(&mut html, "Reconciled", "", &reconciled(now, stream));
    cell(&mut html, "Records", "n", &count(stream.records));
    let aside = match stream.quarantined {
        0 => "<span class=\"soft\">0</span>".to_owned(),
        some => format!("<a href=\"#aside\">{}</a>", count(some)),
    };
    cell(&mut html, "Set aside", "n", &aside);
    html.push_str("</tr>\n");
    let why = why(now, stream);
    if !why.is_empty() {
        let _ = writeln!(
            html,
            "<tr role=\"row\" class=\"why\"><td role=\"cell\" colspan=\"10\">{why}</td></tr>"
        );
    }
    html.push_str("</tbody>\n");
    html
}

fn cell(html: &mut String, name: &str, class: &str, inside: &str) {
    let none = if inside == UNKNOWN { "none" } else { "" };
    let class = match [class, none].join(" ").trim() {
        "" => String::new(),
        class => format!(" class=\"{class}\""),
    };
    let _ = write!(html, "<td role=\"cell\" data-name=\"{name}\"{class}>{inside}</td>");
}

fn last_run(now: DateTime<Utc>, stream: &StreamReport) -> String {
    let Some(run) = &stream.last_run else {
        return UNKNOWN.to_owned();
    };
    let started = ago(run.started, now);
    match run.outcome {
        Outcome::Complete => format!("{started} <span class=\"soft\">{} sent</span>", count(run.sent)),
        Outcome::Failed => format!("{started} <span class=\"bad\">failed</span>"),
        Outcome::Interrupted | Outcome::Skipped => {
            format!("{started} <span class=\"soft\">{}</span>", run.outcome.as_str())
        }
    }
}

fn backfill(stream: &StreamReport) -> String {
    let all = stream.backfill;
    if stream.is_unread() {
        return UNKNOWN.to_owned();
    }
    if all.complete >= all.slices {
        return "<span class=\"soft\">complete</span>".to_owned();
    }
    format!(
        "<span class=\"part\"><progress max=\"{slices}\" value=\"{complete}\" aria-label=\"Backfill: {complete} of {slices} slices\"></progress> {} %</span>",
        all.percent(),
        slices = all.slices,
        complete = all.complete,
    )
}

fn reconciled(now: DateTime<Utc>, stream: &StreamReport) -> String {
    match &stream.reconcile {
        Some(reconcile) if reconcile.running => "running".to_owned(),
        Some(reconcile) => match (reconcile.last, reconcile.next) {
            (Some(last), _) => ago(last, now),
            (None, Some(next)) => format!("<span class=\"soft\">first {}</span>", ago(next, now)),
            (None, None) => UNKNOWN.to_owned(),
        },
        None => UNKNOWN.to_owned(),
    }
}

/// What it waits for, what fails and what to do about it, and what a person may want to know.
fn why(now: DateTime<Utc>, stream: &StreamReport) -> String {
    let mut html = String::new();
    if let Some(waiting) = &stream.waiting {
        let until = waiting.until.map_or_else(String::new, |until| {
            format!(" until {} ({})", clock(until, now), ago(until, now))
        });
        let _ = write!(html, "<p><b>Waiting{until}:</b> {}</p>", prose(&waiting.why));
    }
    let blocked = stream
        .reconcile
        .as_ref()
        .and_then(|reconcile| reconcile.blocked.as_ref());
    let (problem, of_sweep) = (
        stream.problem(),
        blocked.filter(|blocked| stream.problem() != Some(blocked)),
    );
    for problem in [problem, of_sweep].into_iter().flatten() {
        let _ = write!(
            html,
            "<p><b>{means}.</b> {remedy}. {code} <span class=\"soft\">Seen <code>{seen}</code></span></p>",
            means = prose(&capital(problem.means.trim_end_matches('.'))),
            remedy = prose(&capital(problem.remedy.trim_end_matches('.'))),
            code = explain(&problem.code),
            seen = escape(&shortened(&problem.seen)),
        );
    }
    for remark in stream.remarks() {
        let _ = write!(html, "<p class=\"remark\">{}</p>", prose(remark));
    }
    html
}
