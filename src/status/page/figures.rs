//! Five figures under the headline: streams by state, the largest lag, what is kept, what went out, what is set aside.

use std::fmt::Write as _;

use chrono::TimeDelta;

use super::html::shape;
use super::standing::Standing;
use crate::status::words::{count, span};
use crate::status::{History, Report};

/// The strip of figures.
pub(super) fn figures(report: &Report, history: &History) -> String {
    if report.connections.is_empty() {
        return String::new();
    }
    let records: u64 = report.streams().map(|(_, stream)| stream.records).sum();
    let aside: u64 = report.streams().map(|(_, stream)| stream.quarantined).sum();
    let streams = report.streams().count();
    let mut html = String::from("<dl class=\"figures\" aria-label=\"Figures\">\n");
    figure(&mut html, "Streams", &streams.to_string(), &states(report));
    let (lag, hint) = largest_lag(report);
    figure(&mut html, "Largest lag", &lag, &hint);
    figure(
        &mut html,
        "Records kept in step",
        &count(records),
        "in the sync windows",
    );
    figure(
        &mut html,
        "Delivered",
        &count(sent(history)),
        "rows in the last 24 hours",
    );
    let hint = if aside == 0 {
        "no record"
    } else {
        "<a href=\"#aside\">see which and why</a>"
    };
    figure(&mut html, "Set aside", &count(aside), hint);
    html.push_str("</dl>\n");
    html
}

fn figure(html: &mut String, name: &str, number: &str, hint: &str) {
    let _ = writeln!(
        html,
        "<div><dt>{name}</dt><dd class=\"number\">{number}</dd><dd class=\"hint\">{hint}</dd></div>"
    );
}

/// Of those that were read; a stream that never was is later than any of them.
fn largest_lag(report: &Report) -> (String, String) {
    let at_work = report
        .streams()
        .map(|(_, stream)| stream)
        .filter(|stream| Standing::of(stream) != Standing::Off);
    let (read, never): (Vec<_>, Vec<_>) = at_work.map(|stream| stream.lag_seconds).partition(Option::is_some);
    let lag = read.into_iter().flatten().max();
    match (lag, never.len()) {
        (None, 0) => ("–".to_owned(), "no stream is read".to_owned()),
        (Some(lag), 0) => (span(lag), "since the last whole read".to_owned()),
        (None, never) => (format!("{never} never read"), "to its end".to_owned()),
        (Some(lag), never) => (
            format!("{never} never read"),
            format!("to its end; the others {} at most", span(lag)),
        ),
    }
}

/// `2 failing · 1 waiting · 37 in step`, each with its shape.
fn states(report: &Report) -> String {
    let mut said = Vec::new();
    for standing in Standing::ALL {
        let of_it = report
            .streams()
            .filter(|(_, stream)| Standing::of(stream) == standing)
            .count();
        if of_it > 0 {
            said.push(format!(
                "<span class=\"{}\">{}{of_it} {}</span>",
                standing.class(),
                shape(standing.shape()),
                standing.word().to_lowercase()
            ));
        }
    }
    said.join(" ")
}

fn sent(history: &History) -> u64 {
    let from = history.at - TimeDelta::hours(24);
    let hours = history.hours.iter().flat_map(|stream| &stream.hours);
    hours.filter(|hour| hour.hour >= from).map(|hour| hour.sent).sum()
}
