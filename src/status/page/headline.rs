//! The first answer: is everything in step; if not since when, why, and what to do about it.

use chrono::TimeDelta;

use super::cause::{Cause, Stream, but_for, causes, reasons};
use super::html::{ago, clock, prose, shape, stream_name};
use super::standing::{Standing, mood_class};
use crate::status::{History, Mood, Report};

/// The word, its colour, and the icon of the tab.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) text: &'static str,
    pub(super) class: &'static str,
}

/// The one word of a report; a page without a stream at work is never green.
pub(super) fn word(report: &Report) -> Word {
    let mood = report.mood();
    let at_work = report
        .streams()
        .any(|(_, stream)| Standing::of(stream) != Standing::Off);
    if mood == Mood::InStep && !at_work {
        return Word {
            text: "Switched off",
            class: "off",
        };
    }
    Word {
        text: mood.as_str(),
        class: mood_class(mood),
    }
}

/// Where one looks when the page is left by its daemon.
const GONE: &str =
    "<code class=\"command\">systemctl status itsmd</code> <code class=\"command\">journalctl -u itsmd</code>";

/// The panel at the top.
pub(super) fn headline(report: &Report, history: &History) -> String {
    let Word { text, class } = word(report);
    let (lead, reasons) = match report.mood() {
        Mood::InStep => (in_step(report), String::new()),
        Mood::CatchingUp => (catching_up(report), String::new()),
        Mood::Behind | Mood::Failing => {
            let causes = causes(report);
            (lead(report, &causes), reasons(report, history, &causes))
        }
    };
    format!(
        "<section id=\"state\" class=\"headline {class}\" aria-labelledby=\"word\" data-at=\"{at}\">\n\
         <div class=\"said\">{shape}<div><h1 id=\"word\" class=\"{class}\">{text}</h1><p class=\"lead\" id=\"lead\">{lead}</p></div></div>\n\
         {reasons}<p id=\"gone\" class=\"gone\" hidden>On its machine: {GONE}</p>\n<p class=\"asof\">As of {as_of}</p>\n\
         <p class=\"old\">These numbers are more than a minute old. Reload the page; if that fails, itsmd does not answer.</p>\n</section>\n",
        at = report.at.timestamp_millis(),
        shape = shape(class),
        as_of = clock(report.at, report.at),
    )
}

fn in_step(report: &Report) -> String {
    let lags = report
        .streams()
        .filter(|(_, stream)| Standing::of(stream) != Standing::Off);
    let Some(lag) = lags.filter_map(|(_, stream)| stream.lag_seconds).max() else {
        return if report.connections.is_empty() {
            "No connection is configured.".to_owned()
        } else {
            "Every connection is switched off in the configuration: nothing is read.".to_owned()
        };
    };
    let until = report.at - TimeDelta::seconds(lag.try_into().unwrap_or(i64::MAX / 1_000));
    let but = but_for(report.streams().map(|(_, stream)| stream.quarantined).sum());
    format!(
        "Every change the service {desks} showed until {ago} is in the workspace{but}.",
        desks = if report.connections.len() == 1 { "desk" } else { "desks" },
        ago = ago(until, report.at),
    )
}

fn catching_up(report: &Report) -> String {
    let behind = || {
        report
            .streams()
            .filter(|(_, stream)| Standing::of(stream) == Standing::CatchingUp)
    };
    let (slices, complete) = behind().fold((0, 0), |(slices, complete), (_, stream)| {
        (slices + stream.backfill.slices, complete + stream.backfill.complete)
    });
    if behind().any(|(_, stream)| stream.lag_seconds.is_none()) {
        return "The first read has begun. Nothing to do: it goes on by itself.".to_owned();
    }
    format!(
        "What changes now arrives; older records are still being read: {} % of {}. Nothing to do: it goes on by itself.",
        (complete.min(slices) * 100).checked_div(slices).unwrap_or(0),
        super::html::several(behind().count() as u64, "stream"),
    )
}

/// Which streams it is, and how many causes there are.
fn lead(report: &Report, causes: &[Cause<'_>]) -> String {
    let several = match causes.len() {
        0 | 1 => String::new(),
        number => format!(" There are {number} causes."),
    };
    if let Some(refused) = report.refused_workspace() {
        return format!(
            "The workspace refuses the sign-in: {}.{several}",
            prose(&refused.problem.means)
        );
    }
    let mut struck = causes.iter().flat_map(|cause| &cause.streams);
    let worst = struck.next();
    let named = worst.map_or_else(String::new, |worst| streams(report, *worst, struck.count()));
    named + &several
}

fn streams(report: &Report, (connection, stream): Stream<'_>, others: usize) -> String {
    let name = stream_name(&connection.name, stream.work_item);
    let (others, word) = match others {
        0 => (String::new(), Standing::of(stream).word()),
        1 => (
            " and <a href=\"#streams\">one more stream</a>".to_owned(),
            report.mood().as_str(),
        ),
        others => (
            format!(" and <a href=\"#streams\">{others} more streams</a>"),
            report.mood().as_str(),
        ),
    };
    // Incidents, change requests: each name is one of many.
    format!("{name}{others} are {}.", word.to_lowercase())
}
