//! The status page: one word and its colour, the streams, what stands in the way and what to do about it.
//!
//! Plain HTML that needs no script and shows nothing of a work item but, if asked to, its number.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};

use super::style::STYLE;
use super::words::{count, relative, span};
use super::{ConnectionReport, Controls, History, Mood, Report, StreamReport, StreamState};

mod asset;

pub use asset::{Asset, asset};

/// The page of a report and of what was before it.
pub fn page(report: &Report, _history: &History, _controls: Controls) -> String {
    let mood = report.mood();
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"refresh\" content=\"5\">\n<title>{word} · itsmd</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<h1 class=\"{class}\">{word}</h1>\n<p>{streams} · as of {at}</p>\n</header>\n",
        word = mood.as_str(),
        class = mood_class(mood),
        streams = sum(report),
        at = moment(report.at, &report.at.format("%H:%M:%S UTC").to_string()),
    );
    html.push_str(&streams(report));
    html.push_str(&troubles(report));
    html.push_str(&recent(report));
    let _ = write!(
        html,
        "<footer>itsmd {} · <a href=\"/api/status\">status</a> · <a href=\"/metrics\">metrics</a> · <a href=\"/healthz\">health</a></footer>\n\
         </main>\n</body>\n</html>\n",
        escape(&report.version)
    );
    html
}

/// Text that may stand anywhere in HTML, attributes in double quotes included.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            plain => escaped.push(plain),
        }
    }
    escaped
}

fn moment(at: DateTime<Utc>, shown: &str) -> String {
    let exact = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!("<time datetime=\"{exact}\" title=\"{exact}\">{}</time>", escape(shown))
}

fn mood_class(mood: Mood) -> &'static str {
    match mood {
        Mood::InStep => "good",
        Mood::CatchingUp => "busy",
        Mood::Behind => "late",
        Mood::Failing => "bad",
    }
}

fn state_class(stream: &StreamReport) -> &'static str {
    match stream.state {
        StreamState::Failing | StreamState::Blocked => "bad",
        StreamState::Disabled => "off",
        StreamState::Waiting => "late",
        StreamState::Live | StreamState::Backfill if stream.is_late(None) => "late",
        StreamState::Live => "good",
        StreamState::Backfill => "busy",
    }
}

fn sum(report: &Report) -> String {
    let streams = report.streams().count();
    let records = report.streams().map(|(_, stream)| stream.records).sum();
    let noun = if streams == 1 { "stream" } else { "streams" };
    format!("{streams} {noun} · {} records", count(records))
}

fn streams(report: &Report) -> String {
    if report.connections.is_empty() {
        return "<p>No connection is configured.</p>\n".to_owned();
    }
    let mut html = String::from(
        "<div class=\"card scroll\">\n<table>\n<thead><tr><th scope=\"col\">Stream</th><th scope=\"col\">State</th>\
         <th scope=\"col\" class=\"number\">Lag</th><th scope=\"col\">Read up to (UTC)</th><th scope=\"col\">Last run</th><th scope=\"col\">Reconciled</th>\
         <th scope=\"col\">Backfill</th><th scope=\"col\" class=\"number\">Records</th>\
         <th scope=\"col\" class=\"number\">Set aside</th></tr></thead>\n<tbody>\n",
    );
    for (connection, stream) in report.streams() {
        html.push_str(&row(report.at, connection, stream));
    }
    html.push_str("</tbody>\n</table>\n</div>\n");
    html
}

fn row(now: DateTime<Utc>, connection: &ConnectionReport, stream: &StreamReport) -> String {
    let unknown = || "–".to_owned();
    let position = stream
        .position
        .map_or_else(unknown, |at| moment(at, &at.format("%Y-%m-%d %H:%M:%S").to_string()));
    let last_run = stream.last_run.as_ref().map_or_else(unknown, |run| {
        let started = moment(run.started, &relative(run.started, now));
        format!("{} {started}", run.outcome.as_str())
    });
    format!(
        "<tr><th scope=\"row\">{name}<small>{kind}</small></th>\
         <td data-name=\"State\"><span><span class=\"state {class}\">{state}</span>{why}</span></td>\
         <td data-name=\"Lag\" class=\"number\">{lag}</td><td data-name=\"Read up to (UTC)\">{position}</td>\
         <td data-name=\"Last run\"><span>{last_run}{next}</span></td><td data-name=\"Reconciled\"><span>{reconciled}</span></td>\
         <td data-name=\"Backfill\">{backfill}</td>\
         <td data-name=\"Records\" class=\"number\">{records}</td><td data-name=\"Set aside\" class=\"number\">{aside}</td></tr>\n",
        name = escape(&connection.name),
        kind = stream.work_item.as_str().replace('_', " "),
        class = state_class(stream),
        state = stream.state.as_str(),
        why = why(now, stream),
        lag = stream.lag_seconds.map_or_else(unknown, span),
        next = next_run(now, stream.next_run),
        reconciled = reconciled(now, stream),
        backfill = backfill(stream),
        records = count(stream.records),
        aside = count(stream.quarantined),
    )
}

fn why(now: DateTime<Utc>, stream: &StreamReport) -> String {
    let Some(waiting) = &stream.waiting else {
        return String::new();
    };
    let until = waiting.until.map_or_else(String::new, |until| {
        format!(
            "until {} ({}): ",
            moment(until, &until.format("%H:%M:%S UTC").to_string()),
            relative(until, now)
        )
    });
    format!("<span class=\"why\">{until}{}</span>", escape(&waiting.why))
}

fn next_run(now: DateTime<Utc>, at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(String::new, |next| {
        format!("<span class=\"why\">next {}</span>", moment(next, &relative(next, now)))
    })
}

fn reconciled(now: DateTime<Utc>, stream: &StreamReport) -> String {
    let Some(reconcile) = &stream.reconcile else {
        return "–".to_owned();
    };
    let last = match reconcile.last {
        _ if reconcile.running => "running".to_owned(),
        Some(last) => moment(last, &relative(last, now)),
        None => "–".to_owned(),
    };
    format!("{last}{}", next_run(now, reconcile.next))
}

fn backfill(stream: &StreamReport) -> String {
    let all = stream.backfill;
    if stream.is_unread() {
        return "–".to_owned();
    }
    if all.complete >= all.slices {
        return "complete".to_owned();
    }
    format!(
        "<span>{} %<progress max=\"{slices}\" value=\"{complete}\" aria-label=\"{complete} of {slices} slices\"></progress></span>",
        all.percent(),
        slices = all.slices,
        complete = all.complete,
    )
}

fn troubles(report: &Report) -> String {
    let mut html = String::new();
    for (connection, stream) in report.streams() {
        let name = format!(
            "{} / {}",
            escape(&connection.name),
            stream.work_item.as_str().replace('_', " ")
        );
        if let Some(problem) = stream.problem() {
            let _ = write!(
                html,
                "<article class=\"card\">\n<h3>{name}: {means}</h3>\n<p class=\"remedy\">{remedy}</p>\n\
                 <p><code>{seen}</code></p>\n<p class=\"off\">{code}</p>\n</article>\n",
                means = escape(&problem.means),
                remedy = escape(&problem.remedy),
                seen = escape(&problem.seen),
                code = escape(&problem.code),
            );
        }
        for note in stream.remarks() {
            let _ = write!(
                html,
                "<article class=\"card note\">\n<p>{name}: {}</p>\n</article>\n",
                escape(note)
            );
        }
    }
    for remark in report.remarks() {
        let _ = write!(
            html,
            "<article class=\"card note\">\n<p>{}</p>\n</article>\n",
            escape(&remark)
        );
    }
    if html.is_empty() {
        return html;
    }
    format!("<h2>To look at</h2>\n{html}")
}

fn recent(report: &Report) -> String {
    if report.recent.is_empty() {
        return String::new();
    }
    let mut html = String::from("<h2>Delivered last</h2>\n<ul class=\"recent\">\n");
    for item in &report.recent {
        let _ = writeln!(
            html,
            "<li class=\"card\"><code>{}</code> {}</li>",
            escape(&item.number),
            moment(item.delivered, &relative(item.delivered, report.at))
        );
    }
    html.push_str("</ul>\n");
    html
}

#[cfg(test)]
mod tests;
