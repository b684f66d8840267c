//! The records that are set aside: their numbers, why, and how they are sent again.

use std::fmt::Write as _;

use super::html::{ago, escape, prose, stream_name};
use crate::status::History;
use crate::status::history::Aside;
use crate::status::words::count;

/// So many are shown unfolded.
const AT_ONCE: usize = 10;

/// The section of what is set aside.
pub(super) fn quarantine(history: &History) -> String {
    let mut html =
        String::from("<section id=\"aside\" aria-labelledby=\"aside-title\">\n<h2 id=\"aside-title\">Set aside</h2>\n");
    if history.quarantine_total == 0 {
        html.push_str(
            "<p class=\"empty\">No record is set aside: nothing that was read was left out.</p>\n</section>\n",
        );
        return html;
    }
    html.push_str(
        "<p class=\"hint\">These records could not be delivered; everything else goes on. Each is tried again when it changes, or all of them by \
         <code class=\"command\">itsmd quarantine retry --all</code></p>\n",
    );
    let (first, rest) = history.quarantine.split_at(AT_ONCE.min(history.quarantine.len()));
    table(&mut html, history, first, "The newest records that are set aside");
    if !rest.is_empty() {
        let _ = writeln!(
            html,
            "<details id=\"older-aside\" class=\"fold\">\n<summary>{} more</summary>",
            count(rest.len() as u64)
        );
        table(&mut html, history, rest, "Records set aside before these");
        html.push_str("</details>\n");
    }
    let shown: u64 = history.quarantine.len() as u64;
    if history.quarantine_total > shown {
        let _ = writeln!(
            html,
            "<p class=\"hint\">{} of {} are shown; all of them: <code class=\"command\">itsmd quarantine list</code></p>",
            count(shown),
            count(history.quarantine_total),
        );
    }
    html.push_str("</section>\n");
    html
}

fn table(html: &mut String, history: &History, entries: &[Aside], caption: &str) {
    let _ = write!(
        html,
        "<table class=\"cards aside\" role=\"table\">\n<caption class=\"unseen\">{caption}</caption>\n<thead role=\"rowgroup\"><tr role=\"row\">\
         <th role=\"columnheader\" scope=\"col\">Number</th><th role=\"columnheader\" scope=\"col\">Stream</th>\
         <th role=\"columnheader\" scope=\"col\">Why</th><th role=\"columnheader\" scope=\"col\">Since</th></tr></thead>\n<tbody role=\"rowgroup\">\n"
    );
    for entry in entries {
        let number = if entry.number.is_empty() {
            "<span class=\"soft\">no number</span>".to_owned()
        } else {
            format!("<code>{}</code>", escape(&entry.number))
        };
        let rows = if entry.rows > 1 {
            format!(" <span class=\"soft\">{} rows</span>", count(entry.rows))
        } else {
            String::new()
        };
        let _ = writeln!(
            html,
            "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">{number}{rows}</th><td role=\"cell\" data-name=\"Stream\">{}</td>\
             <td role=\"cell\" data-name=\"Why\" class=\"wide\">{}</td><td role=\"cell\" data-name=\"Since\">{}</td></tr>",
            stream_name(&entry.connection, entry.work_item),
            prose(&entry.reason),
            ago(entry.since, history.at),
        );
    }
    html.push_str("</tbody>\n</table>\n");
}
