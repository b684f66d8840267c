//! The work of the last days by the hour: records, requests, runs. Three drawings of one table.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::status::History;
use crate::status::history::Hour;
use crate::status::words::{bytes, count};

/// The section of the work by the hour.
pub(super) fn hours(history: &History) -> String {
    let hours = sum(history);
    let mut html = String::from(
        "<section id=\"work\" aria-labelledby=\"work-title\">\n<h2 id=\"work-title\">Work of the last 7 days</h2>\n",
    );
    if hours.is_empty() {
        html.push_str("<p class=\"empty\">No run has ended yet.</p>\n</section>\n");
        return html;
    }
    let total = |of: fn(&Hour) -> u64| hours.values().map(of).sum::<u64>();
    let _ = writeln!(
        html,
        "<div class=\"card\">\n<div class=\"charts\" data-now=\"{}\">",
        history.at.timestamp()
    );
    drawing(
        &mut html,
        "records",
        "Records",
        &format!(
            "an hour · {} read, {} sent",
            count(total(|h| h.read)),
            count(total(|h| h.sent))
        ),
    );
    drawing(
        &mut html,
        "requests",
        "Requests to the service desks",
        &format!("an hour · {}", count(total(|h| h.requests))),
    );
    drawing(
        &mut html,
        "runs",
        "Runs",
        &format!(
            "an hour · {}, {} failed",
            count(total(|h| h.runs)),
            count(total(|h| h.failed))
        ),
    );
    html.push_str("</div>\n");
    table(&mut html, &hours);
    html.push_str("</div>\n</section>\n");
    html
}

/// All streams together.
fn sum(history: &History) -> BTreeMap<DateTime<Utc>, Hour> {
    let mut hours: BTreeMap<DateTime<Utc>, Hour> = BTreeMap::new();
    for hour in history.hours.iter().flat_map(|stream| &stream.hours) {
        let Some(all) = hours.get_mut(&hour.hour) else {
            hours.insert(hour.hour, *hour);
            continue;
        };
        all.runs += hour.runs;
        all.failed += hour.failed;
        all.read += hour.read;
        all.sent += hour.sent;
        all.unchanged += hour.unchanged;
        all.requests += hour.requests;
        all.bytes_sent += hour.bytes_sent;
    }
    hours
}

fn drawing(html: &mut String, chart: &str, title: &str, unit: &str) {
    let _ = writeln!(
        html,
        "<figure class=\"chart\" data-chart=\"{chart}\" data-from=\"work-hours\">\n<figcaption><b>{title}</b> <span class=\"soft\">{unit}</span></figcaption>\n\
         <div class=\"plot\" id=\"plot-{chart}\" aria-hidden=\"true\"></div>\n</figure>"
    );
}

fn table(html: &mut String, hours: &BTreeMap<DateTime<Utc>, Hour>) {
    html.push_str(
        "<div class=\"folds\">\n<details id=\"work-table\">\n<summary>As a table</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Work by the hour\">\n\
         <table id=\"work-hours\">\n<caption>Runs that ended, records and requests, by hour, all streams</caption>\n<thead><tr><th scope=\"col\">Hour</th>",
    );
    for name in ["Runs", "Failed", "Read", "Sent", "Unchanged", "Requests", "Bytes sent"] {
        let _ = write!(html, "<th scope=\"col\" class=\"n\">{name}</th>");
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for hour in hours.values().rev() {
        let _ = write!(
            html,
            "<tr><th scope=\"row\"><time datetime=\"{}\" data-as=\"hour\">{}</time></th>",
            hour.hour.to_rfc3339_opts(SecondsFormat::Secs, true),
            hour.hour.format("%a %-d %b %H:%M UTC"),
        );
        for number in [
            hour.runs,
            hour.failed,
            hour.read,
            hour.sent,
            hour.unchanged,
            hour.requests,
        ] {
            let _ = write!(html, "<td class=\"n\">{}</td>", count(number));
        }
        let _ = writeln!(html, "<td class=\"n\">{}</td></tr>", bytes(hour.bytes_sent));
    }
    html.push_str("</tbody>\n</table>\n</div>\n</details>\n</div>\n");
}
