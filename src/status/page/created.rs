//! Work items by the day of their creation: what the service desks had to do. A drawing, and the same numbers as a table.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;

use super::html::{capital, plural, several, stream_name};
use crate::model::WorkItemKind;
use crate::status::History;
use crate::status::history::CreatedOfStream;
use crate::status::words::count;

/// Created work items of all connections, by day and kind.
type Days = BTreeMap<NaiveDate, BTreeMap<&'static str, u64>>;

/// The section of created work items.
pub(super) fn created(history: &History) -> String {
    let days = days(history);
    let mut html = String::from(
        "<section id=\"created\" aria-labelledby=\"created-title\">\n<h2 id=\"created-title\">Work items created</h2>\n",
    );
    if days.is_empty() {
        html.push_str(
            "<p class=\"empty\">No day of the sync window is known yet: the first read fills this.</p>\n</section>\n",
        );
        return html;
    }
    let kinds = kinds(history);
    let _ = write!(
        html,
        "<div class=\"card\">\n<figure class=\"chart\" data-chart=\"days\" data-from=\"created-days\">\n\
         <figcaption><b>By day and type</b> <span class=\"soft\">work items a day (UTC), all connections · {}</span></figcaption>\n\
         <div class=\"plot\" id=\"plot-created\" aria-hidden=\"true\"></div>\n</figure>\n",
        sums(&days),
    );
    html.push_str("<div class=\"folds\">\n");
    by_day(&mut html, &days, &kinds);
    by_stream(&mut html, &history.created);
    html.push_str("</div>\n");
    undated(&mut html, history);
    html.push_str("</div>\n</section>\n");
    html
}

/// What stands on no day is told, or the sums would not be trusted.
fn undated(html: &mut String, history: &History) {
    let undated: u64 = history.created.iter().map(|stream| stream.undated).sum();
    if undated > 0 {
        let _ = writeln!(
            html,
            "<p class=\"hint\">Of {} the day is not known: they bear none, or were not read since days are counted. \
             Each night a seventh of the window is read again.</p>",
            several(undated, "more work item"),
        );
    }
}

fn kinds(history: &History) -> Vec<WorkItemKind> {
    [WorkItemKind::Incident, WorkItemKind::ChangeRequest]
        .into_iter()
        .filter(|kind| history.created.iter().any(|stream| stream.work_item == *kind))
        .collect()
}

fn days(history: &History) -> Days {
    let mut days = Days::new();
    for stream in &history.created {
        for day in &stream.days {
            *days
                .entry(day.day)
                .or_default()
                .entry(stream.work_item.as_str())
                .or_default() += day.created;
        }
    }
    days
}

/// `12 on 20 Nov so far, 480 in the 7 days before it`.
fn sums(days: &Days) -> String {
    let of = |day: &BTreeMap<&str, u64>| day.values().sum::<u64>();
    let mut newest = days.iter().rev();
    let today = newest.next().map_or_else(String::new, |(day, kinds)| {
        format!("{} on {} so far", count(of(kinds)), day.format("%-d %b"))
    });
    let week: u64 = newest.take(7).map(|(_, kinds)| of(kinds)).sum();
    format!("{today}, {} in the 7 days before", count(week))
}

fn by_day(html: &mut String, days: &Days, kinds: &[WorkItemKind]) {
    html.push_str(
        "<details id=\"created-table\">\n<summary>As a table</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Work items by day\">\n\
         <table id=\"created-days\">\n<caption>Work items created, by day (UTC) and type</caption>\n<thead><tr><th scope=\"col\">Day</th>",
    );
    for kind in kinds {
        let _ = write!(html, "<th scope=\"col\" class=\"n\">{}</th>", capital(plural(*kind)));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for (day, created) in days.iter().rev() {
        let _ = write!(
            html,
            "<tr><th scope=\"row\"><time datetime=\"{day}\">{}</time></th>",
            day.format("%a %-d %b")
        );
        for kind in kinds {
            let _ = write!(
                html,
                "<td class=\"n\">{}</td>",
                count(created.get(kind.as_str()).copied().unwrap_or(0))
            );
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table>\n</div>\n</details>\n");
}

/// Which desk makes the work; of one stream the days say it already.
fn by_stream(html: &mut String, streams: &[CreatedOfStream]) {
    if streams.len() < 2 {
        return;
    }
    html.push_str(
        "<details id=\"created-streams\">\n<summary>By stream</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Work items by stream\">\n\
         <table>\n<caption>Work items created, by stream</caption>\n<thead><tr><th scope=\"col\">Stream</th><th scope=\"col\" class=\"n\">Last day</th>\
         <th scope=\"col\" class=\"n\">Last 7 days</th><th scope=\"col\" class=\"n\">Last 30 days</th></tr></thead>\n<tbody>\n",
    );
    for stream in streams {
        let last = |days: usize| count(stream.days.iter().rev().take(days).map(|day| day.created).sum());
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            stream_name(&stream.connection, stream.work_item),
            last(1),
            last(7),
            last(30),
        );
    }
    html.push_str("</tbody>\n</table>\n</div>\n</details>\n");
}
