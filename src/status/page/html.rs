//! Words of HTML: whatever comes from outside is escaped here, and times are written so that a script may show them in the viewer's zone.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::model::WorkItemKind;
use crate::status::words::relative;

/// Text that may stand anywhere in HTML, attributes in double quotes included.
pub(super) fn escape(text: &str) -> String {
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

/// Text in which names stand in backticks: those are shown as code.
pub(super) fn prose(text: &str) -> String {
    let escaped = escape(text);
    let parts: Vec<&str> = escaped.split('`').collect();
    // An odd one out is a backtick and nothing more.
    if parts.len().is_multiple_of(2) {
        return escaped;
    }
    let mut shown = String::with_capacity(escaped.len() + parts.len() * 7);
    for (place, part) in parts.iter().enumerate() {
        let (before, after) = if place.is_multiple_of(2) {
            ("", "")
        } else {
            ("<code>", "</code>")
        };
        shown.extend([before, part, after]);
    }
    shown
}

/// `3 min ago`, `in 20 s`; it ticks where there is a script.
pub(super) fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    time(at, "ago", &relative(at, now))
}

/// `10:05:12 UTC`, with its day if that is another one.
pub(super) fn clock(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let same_day = at.date_naive() == now.date_naive();
    let form = if same_day { "%H:%M:%S UTC" } else { "%-d %b %H:%M UTC" };
    time(at, "clock", &at.format(form).to_string())
}

fn time(at: DateTime<Utc>, shown_as: &str, shown: &str) -> String {
    let exact = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let title = at.format("%Y-%m-%d %H:%M:%S UTC");
    format!("<time datetime=\"{exact}\" data-as=\"{shown_as}\" title=\"{title}\">{shown}</time>")
}

/// `contoso incidents`, the connection's name in bold.
pub(super) fn stream_name(connection: &str, kind: WorkItemKind) -> String {
    format!("<b>{}</b> {}", escape(connection), plural(kind))
}

/// `incidents`, `change requests`.
pub(super) fn plural(kind: WorkItemKind) -> &'static str {
    match kind {
        WorkItemKind::Incident => "incidents",
        WorkItemKind::ChangeRequest => "change requests",
    }
}

/// `1 stream`, `3 streams`.
pub(super) fn several(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", crate::status::words::count(number))
}

/// Its first letter large.
pub(super) fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Escaped, with a capital and a full stop; not for what begins with a name.
pub(super) fn sentence(words: &str) -> String {
    prose(&capital(words.trim_end_matches('.'))) + "."
}

/// A shape of [`SHAPES`]: what a colour says is said by it too.
pub(super) fn shape(name: &str) -> String {
    format!("<svg class=\"shape\" aria-hidden=\"true\"><use href=\"#{name}\"/></svg>")
}

/// `code` and how to learn more of it.
pub(super) fn explain(code: &str) -> String {
    format!("<code class=\"command\">itsmd explain {}</code>", escape(code))
}

/// The shapes, drawn once: a tick, two arrows, a clock, a cross, a pause, a hand, a dash.
pub(super) const SHAPES: &str = include_str!("icons/shapes.svg");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_backticks_are_code_and_a_lone_backtick_is_itself() {
        assert_eq!(
            prose("check `filter` and `<b>`"),
            "check <code>filter</code> and <code>&lt;b&gt;</code>"
        );
        assert_eq!(prose("a ` b"), "a ` b");
        assert_eq!(prose("plain & simple"), "plain &amp; simple");
    }
}
