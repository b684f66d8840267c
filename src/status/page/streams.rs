//! Each stream: its state, lag, position, runs, backfill, and what stands in its way. The worst first; many in step are folded away.

use std::fmt::Write as _;

use super::html::several;
use super::standing::Standing;
use super::stream_row::row;
use crate::status::{ConnectionReport, Report, StreamReport};

/// From so many streams on, those in step stand folded under their number.
const FOLD_FROM: usize = 13;

type Stream<'a> = (&'a ConnectionReport, &'a StreamReport);

/// The section of the streams.
pub(super) fn streams(report: &Report) -> String {
    let mut html = String::from(
        "<section id=\"streams\" aria-labelledby=\"streams-title\">\n<h2 id=\"streams-title\">Streams</h2>\n",
    );
    let mut all: Vec<Stream<'_>> = report.streams().collect();
    all.sort_by_key(|(_, stream)| Standing::of(stream));
    let quiet = |(_, stream): &Stream<'_>| matches!(Standing::of(stream), Standing::InStep | Standing::Off);
    let place = all.iter().position(quiet).unwrap_or(all.len());
    let (loud, still) = all.split_at(place);
    if all.is_empty() {
        html.push_str("<p class=\"empty\">No connection is configured.</p>\n");
    } else if all.len() < FOLD_FROM {
        table(&mut html, report, &all, "Every stream, the worst first");
    } else {
        if !loud.is_empty() {
            table(&mut html, report, loud, "Streams that are not in step, the worst first");
        }
        if !still.is_empty() {
            let _ = writeln!(
                html,
                "<details id=\"in-step\" class=\"fold\"{}>\n<summary>{}</summary>",
                if loud.is_empty() { " open" } else { "" },
                folded(still)
            );
            table(&mut html, report, still, "Streams that are in step or switched off");
            html.push_str("</details>\n");
        }
    }
    html.push_str("</section>\n");
    html
}

fn folded(streams: &[Stream<'_>]) -> String {
    let off = streams
        .iter()
        .filter(|(_, stream)| Standing::of(stream) == Standing::Off)
        .count();
    let well = several((streams.len() - off) as u64, "stream") + " in step";
    if off == 0 {
        well
    } else {
        format!("{well}, {off} switched off")
    }
}

fn table(html: &mut String, report: &Report, streams: &[Stream<'_>], caption: &str) {
    let dense = if streams.len() < FOLD_FROM { "" } else { " dense" };
    let _ = write!(
        html,
        "<table class=\"cards streams{dense}\" role=\"table\">\n<caption class=\"unseen\">{caption}</caption>\n<thead role=\"rowgroup\"><tr role=\"row\">"
    );
    for (name, class) in [
        ("Stream", ""),
        ("State", ""),
        ("Lag", "n"),
        ("Read up to", ""),
        ("Last run", ""),
        ("Next run", ""),
        ("Backfill", ""),
        ("Reconciled", ""),
        ("Records", "n"),
        ("Set aside", "n"),
    ] {
        let class = if class.is_empty() {
            String::new()
        } else {
            format!(" class=\"{class}\"")
        };
        let _ = write!(html, "<th role=\"columnheader\" scope=\"col\"{class}>{name}</th>");
    }
    html.push_str("</tr></thead>\n");
    for stream in streams {
        html.push_str(&row(report.at, *stream));
    }
    html.push_str("</table>\n");
}
