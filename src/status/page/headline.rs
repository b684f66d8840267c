//! The first answer: is everything in step; if not since when, why, and what to do about it.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};

use super::html::{ago, capital, clock, explain, prose, shape, stream_name};
use super::standing::{Standing, mood_class};
use crate::status::words::span;
use crate::status::{ConnectionReport, History, Mood, Problem, Report, StreamReport};

/// The word, its colour, and the icon of the tab.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) text: &'static str,
    pub(super) class: &'static str,
}

/// What stands under the word.
struct Because {
    lead: String,
    since: String,
    why: String,
    remedy: String,
    code: Option<String>,
}

type Stream<'a> = (&'a ConnectionReport, &'a StreamReport);

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

/// The panel at the top.
pub(super) fn headline(report: &Report, history: &History) -> String {
    let Word { text, class } = word(report);
    let because = because(report, history);
    let (lead, reasons) = match because {
        Ok(lead) => (lead, String::new()),
        Err(because) => (because.lead.clone(), reasons(&because)),
    };
    format!(
        "<section id=\"state\" class=\"headline {class}\" aria-labelledby=\"word\" data-at=\"{at}\">\n\
         <div class=\"said\">{shape}<div><h1 id=\"word\" class=\"{class}\">{text}</h1><p class=\"lead\" id=\"lead\">{lead}</p></div></div>\n\
         {reasons}<p class=\"asof\">As of {as_of}</p>\n\
         <p class=\"old\">These numbers are more than a minute old. Reload the page; if that fails, itsmd does not answer.</p>\n</section>\n",
        at = report.at.timestamp_millis(),
        shape = shape(class),
        as_of = clock(report.at, report.at),
    )
}

/// One sentence if nothing is wrong, else the whole answer.
fn because(report: &Report, history: &History) -> Result<String, Because> {
    if let Some(refused) = report.refused_workspace() {
        return Err(refused_workspace(report, &refused.problem, refused.times, refused.next));
    }
    match report.mood() {
        Mood::InStep => Ok(in_step(report)),
        Mood::CatchingUp => Ok(catching_up(report)),
        Mood::Behind | Mood::Failing => {
            worst(report).map_or_else(|| Ok(in_step(report)), |stream| Err(of_stream(report, history, stream)))
        }
    }
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
    let aside: u64 = report.streams().map(|(_, stream)| stream.quarantined).sum();
    let but = match aside {
        0 => String::new(),
        1 => ", but for <a href=\"#aside\">one record that is set aside</a>".to_owned(),
        aside => format!(", but for <a href=\"#aside\">{aside} records that are set aside</a>"),
    };
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

/// The stream that is behind the most.
fn worst(report: &Report) -> Option<Stream<'_>> {
    let mood = report.mood();
    let bad = report.streams().filter(|(_, stream)| stream.mood() == mood);
    bad.min_by_key(|(_, stream)| (Standing::of(stream), Reverse(stream.lag_seconds.unwrap_or(u64::MAX))))
}

fn refused_workspace(report: &Report, problem: &Problem, times: u64, next: DateTime<Utc>) -> Because {
    Because {
        lead: format!("The workspace refuses the sign-in: {}.", prose(&problem.means)),
        since: format!(
            "{} in a row; it is tried again {}",
            if times == 1 {
                "once".to_owned()
            } else {
                format!("{times} times")
            },
            ago(next, report.at)
        ),
        why: sentence(&problem.seen),
        remedy: sentence(&problem.remedy),
        code: Some(problem.code.clone()),
    }
}

fn of_stream(report: &Report, history: &History, (connection, stream): Stream<'_>) -> Because {
    let name = stream_name(&connection.name, stream.work_item);
    let others = report
        .streams()
        .filter(|(_, other)| other.mood() == report.mood())
        .count()
        - 1;
    let others = match others {
        0 => String::new(),
        1 => " and <a href=\"#streams\">one more stream</a>".to_owned(),
        others => format!(" and <a href=\"#streams\">{others} more streams</a>"),
    };
    let word = Standing::of(stream).word().to_lowercase();
    let (verb, word) = if others.is_empty() {
        ("is", word)
    } else {
        ("are", report.mood().as_str().to_lowercase())
    };
    let (why, remedy, code) = cause(report, stream);
    Because {
        lead: format!("{name}{others} {verb} {word}."),
        since: since(report, history, (connection, stream)),
        why,
        remedy,
        code,
    }
}

fn cause(report: &Report, stream: &StreamReport) -> (String, String, Option<String>) {
    if let Some(problem) = stream.problem() {
        return (
            sentence(&problem.means),
            sentence(&problem.remedy),
            Some(problem.code.clone()),
        );
    }
    let next = stream
        .next_run
        .map_or_else(String::new, |at| format!(" The next run is {}.", ago(at, report.at)));
    if let Some(waiting) = &stream.waiting {
        let until = waiting.until.map_or_else(String::new, |until| {
            format!(" (until {}, {})", clock(until, report.at), ago(until, report.at))
        });
        let why = format!("{}{until}.", prose(&capital(waiting.why.trim_end_matches('.'))));
        return (
            why,
            "Nothing: it goes on by itself when the wait is over.".to_owned(),
            None,
        );
    }
    let pace = stream
        .interval_seconds
        .map_or_else(String::new, |seconds| format!(" It should be every {}.", span(seconds)));
    (
        format!("No run has reached the end of what is new for too long.{pace}{next}"),
        "Nothing if the lag shrinks. If it grows, look at the runs below: a slow service desk, or too few <code>requests_per_minute</code>, is what it mostly is.".to_owned(),
        None,
    )
}

fn since(report: &Report, history: &History, (connection, stream): Stream<'_>) -> String {
    let code = stream.problem().map(|problem| problem.code.as_str());
    let error = history.errors.iter().find(|error| {
        !error.over
            && error.connection == connection.name
            && error.work_item == stream.work_item
            && Some(error.code.as_str()) == code
    });
    let began = error.map(|error| format!("{}, {}. ", clock(error.first, report.at), ago(error.first, report.at)));
    let whole = stream
        .lag_seconds
        .and_then(|lag| Some(report.at - TimeDelta::seconds(lag.try_into().ok()?)));
    let whole = match whole {
        Some(at) => format!(
            "Everything up to {} ({}) is in the workspace.",
            clock(at, report.at),
            ago(at, report.at)
        ),
        None => "It has not been read to its end yet.".to_owned(),
    };
    began.unwrap_or_default() + &whole
}

/// Escaped, with a capital and a full stop.
fn sentence(words: &str) -> String {
    prose(&capital(words.trim_end_matches('.'))) + "."
}

fn reasons(because: &Because) -> String {
    let code = because.code.as_ref().map_or_else(String::new, |code| {
        format!("<span class=\"more\">More: {}</span>", explain(code))
    });
    format!(
        "<dl class=\"because\">\n<div><dt>Since when</dt><dd>{}</dd></div>\n<div><dt>Why</dt><dd>{}</dd></div>\n\
         <div class=\"remedy\"><dt>What to do</dt><dd>{}{code}</dd></div>\n</dl>\n",
        because.since, because.why, because.remedy,
    )
}

/// What a person should know that is no single stream's: a sign-in that is refused, a credential that ends.
pub(super) fn remarks(report: &Report) -> String {
    let items: String = report
        .remarks()
        .map(|remark| format!("<li>{}</li>\n", sentence(&remark)))
        .collect();
    if items.is_empty() {
        return items;
    }
    format!("<ul class=\"remarks\" aria-label=\"To look at\">\n{items}</ul>\n")
}
