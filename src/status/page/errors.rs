//! What failed in the last days: what was seen, what it means and what to do. One entry a cause, however many streams it struck.

use std::fmt::Write as _;

use super::html::{ago, capital, clock, escape, explain, prose, several, stream_name};
use crate::status::History;
use crate::status::history::ErrorSeen;

/// The section of the errors.
pub(super) fn errors(history: &History) -> String {
    let mut html =
        String::from("<section id=\"errors\" aria-labelledby=\"errors-title\">\n<h2 id=\"errors-title\">Errors</h2>\n");
    let (over, now): (Vec<_>, Vec<_>) = history.errors.iter().partition(|error| error.over);
    if now.is_empty() {
        let past = if over.is_empty() {
            "No run failed in the last 7 days."
        } else {
            "Every run that failed was followed by one that came through."
        };
        let _ = writeln!(html, "<p class=\"empty\">{past}</p>");
    }
    for cause in causes(&now) {
        entry(&mut html, history, &cause);
    }
    if !over.is_empty() {
        let over = causes(&over);
        let _ = writeln!(
            html,
            "<details id=\"errors-over\" class=\"fold\">\n<summary>{} of the last 7 days, over now</summary>",
            several(over.len() as u64, "error")
        );
        for cause in over {
            entry(&mut html, history, &cause);
        }
        html.push_str("</details>\n");
    }
    html.push_str("</section>\n");
    html
}

/// Those with one code and one meaning together, in their order.
fn causes<'a>(errors: &[&'a ErrorSeen]) -> Vec<Vec<&'a ErrorSeen>> {
    let mut causes: Vec<Vec<&ErrorSeen>> = Vec::new();
    for error in errors {
        let same = |cause: &&mut Vec<&ErrorSeen>| {
            cause.first().is_some_and(|first| {
                (&first.code, &first.means, &first.remedy) == (&error.code, &error.means, &error.remedy)
            })
        };
        match causes.iter_mut().find(same) {
            Some(cause) => cause.push(error),
            None => causes.push(vec![error]),
        }
    }
    causes
}

fn entry(html: &mut String, history: &History, cause: &[&ErrorSeen]) {
    let Some(error) = cause.first() else { return };
    let class = if error.over { "over" } else { "bad" };
    let _ = write!(
        html,
        "<article class=\"error {class}\">\n<h3>{means}</h3>\n<p class=\"remedy\"><b>What to do</b> {remedy}. {code}</p>\n\
         <p class=\"seen\"><b>Seen</b> <code>{seen}</code></p>\n<ul class=\"struck\">\n",
        means = prose(&capital(&error.means)),
        remedy = prose(&capital(error.remedy.trim_end_matches('.'))),
        code = explain(&error.code),
        seen = escape(&error.seen),
    );
    for struck in cause {
        let times = match struck.times {
            1 => format!(
                "once, {} ({})",
                clock(struck.last, history.at),
                ago(struck.last, history.at)
            ),
            times => format!(
                "{times} times, first {} ({}), last {}",
                clock(struck.first, history.at),
                ago(struck.first, history.at),
                ago(struck.last, history.at)
            ),
        };
        let _ = writeln!(
            html,
            "<li>{} <span class=\"soft\">{times}</span></li>",
            stream_name(&struck.connection, struck.work_item)
        );
    }
    html.push_str("</ul>\n</article>\n");
}
