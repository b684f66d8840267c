//! What is wrong, cause by cause: since when, why, what to do, and which streams it struck. One that stops everything stands first.

use std::cmp::Reverse;

use super::html::{ago, capital, clock, escape, explain, prose, sentence, several, stream_name};
use super::standing::Standing;
use crate::status::words::{shortened, span};
use crate::status::{ConnectionReport, History, Problem, RefusedSignIn, Report, StreamReport};

/// So many causes are told, and so many streams of each; the rest stands below.
const AT_ONCE: usize = 3;

pub(super) type Stream<'a> = (&'a ConnectionReport, &'a StreamReport);

/// One cause.
#[derive(Debug)]
pub(super) struct Cause<'a> {
    /// The worst first.
    pub(super) streams: Vec<Stream<'a>>,
    of: Of<'a>,
}

/// What the cause is, without what differs from stream to stream.
#[derive(Debug, Clone, Copy)]
enum Of<'a> {
    SignIn(&'a RefusedSignIn),
    Problem(&'a Problem),
    Wait(&'a str),
    Pace,
}

impl<'a> Of<'a> {
    fn in_the_way_of(stream: &'a StreamReport) -> Self {
        match (stream.problem(), &stream.waiting) {
            (Some(problem), _) => Self::Problem(problem),
            (None, Some(waiting)) => Self::Wait(&waiting.why),
            (None, None) => Self::Pace,
        }
    }

    fn problem(self) -> Option<&'a Problem> {
        match self {
            Self::SignIn(refused) => Some(&refused.problem),
            Self::Problem(problem) => Some(problem),
            Self::Wait(_) | Self::Pace => None,
        }
    }

    fn is_of_the_workspace(self) -> bool {
        let of_it = |problem: &Problem| problem.code.starts_with("ITSMD-WS-");
        matches!(self, Self::SignIn(_)) || self.problem().is_some_and(of_it)
    }

    fn is_like(self, other: Self) -> bool {
        match (self.problem(), other.problem()) {
            (Some(one), Some(two)) => (&one.code, &one.means, &one.remedy) == (&two.code, &two.means, &two.remedy),
            (None, None) => match (self, other) {
                (Self::Wait(one), Self::Wait(two)) => one == two,
                (one, two) => matches!((one, two), (Self::Pace, Self::Pace)),
            },
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

/// Every cause of the report's mood, the workspace's first.
pub(super) fn causes(report: &Report) -> Vec<Cause<'_>> {
    let mood = report.mood();
    let mut bad: Vec<Stream<'_>> = report.streams().filter(|(_, stream)| stream.mood() == mood).collect();
    bad.sort_by_key(|(_, stream)| {
        let elsewhere = !Of::in_the_way_of(stream).is_of_the_workspace();
        (
            elsewhere,
            Standing::of(stream),
            Reverse(stream.lag_seconds.unwrap_or(u64::MAX)),
        )
    });
    let sign_in = report.refused_workspace().map(Of::SignIn);
    let mut causes: Vec<Cause<'_>> = sign_in
        .map(|of| Cause {
            streams: Vec::new(),
            of,
        })
        .into_iter()
        .collect();
    for stream in bad {
        let of = Of::in_the_way_of(stream.1);
        match causes.iter_mut().find(|cause| cause.of.is_like(of)) {
            Some(cause) => cause.streams.push(stream),
            None => causes.push(Cause {
                streams: vec![stream],
                of,
            }),
        }
    }
    causes
}

/// Since when, why and what to do: of one cause as it is, of several each under the streams it struck.
pub(super) fn reasons(report: &Report, history: &History, causes: &[Cause<'_>]) -> String {
    let told = causes.iter().take(AT_ONCE);
    if causes.len() < 2 {
        let html: String = told.map(|cause| cause.reason(report, history)).collect();
        return format!("<div id=\"reasons\">\n{html}</div>\n");
    }
    let items: String = told
        .map(|cause| {
            format!(
                "<li><p class=\"struck-by\">{}</p>\n{}</li>\n",
                cause.struck(),
                cause.reason(report, history)
            )
        })
        .collect();
    let more = match causes.len().saturating_sub(AT_ONCE) {
        0 => String::new(),
        more => format!(
            "<p class=\"hint\"><a href=\"#streams\">{} below</a></p>\n",
            several(more as u64, "more cause")
        ),
    };
    format!("<div id=\"reasons\">\n<ol class=\"causes\">\n{items}</ol>\n{more}</div>\n")
}

impl Cause<'_> {
    fn struck(&self) -> String {
        let workspace = self
            .of
            .is_of_the_workspace()
            .then(|| "<b>The workspace</b>, which every stream needs".to_owned());
        let named = self.streams.iter().take(AT_ONCE);
        let named = named.map(|(connection, stream)| stream_name(&connection.name, stream.work_item));
        let more = match self.streams.len().saturating_sub(AT_ONCE) {
            0 => String::new(),
            more => format!(" and <a href=\"#streams\">{more} more below</a>"),
        };
        let names: Vec<String> = named.collect();
        let names = names.join(", ") + &more;
        match workspace {
            Some(workspace) if names.is_empty() => workspace,
            Some(workspace) => format!("{workspace}: {names}"),
            None => names,
        }
    }

    fn reason(&self, report: &Report, history: &History) -> String {
        let since = match self.of {
            Of::SignIn(refused) => refused_since(refused, report),
            Of::Problem(_) | Of::Wait(_) | Of::Pace => self
                .streams
                .first()
                .map_or_else(String::new, |stream| since(report, history, *stream)),
        };
        let (why, remedy) = self.why(report);
        let code = self.of.problem().map_or_else(String::new, |problem| {
            format!("<span class=\"more\">More: {}</span>", explain(&problem.code))
        });
        format!(
            "<dl class=\"because\">\n<div><dt>Since when</dt><dd>{since}</dd></div>\n<div><dt>Why</dt><dd>{why}</dd></div>\n\
             <div class=\"remedy\"><dt>What to do</dt><dd>{remedy}{code}</dd></div>\n</dl>\n",
        )
    }

    /// Why, and what to do about it.
    fn why(&self, report: &Report) -> (String, String) {
        let stream = self.streams.first().map(|(_, stream)| *stream);
        match self.of {
            Of::SignIn(RefusedSignIn { problem, .. }) | Of::Problem(problem) => {
                let differs = |(_, other): &Stream<'_>| other.problem().is_some_and(|other| other.seen != problem.seen);
                let alike = if self.streams.iter().any(differs) {
                    "Seen, of several alike"
                } else {
                    "Seen"
                };
                let why = format!(
                    "{} <span class=\"more\">{alike}: <code>{}</code></span>",
                    sentence(&problem.means),
                    escape(&shortened(&problem.seen))
                );
                (why, sentence(&problem.remedy))
            }
            Of::Wait(why) => {
                let until = stream.and_then(|stream| stream.waiting.as_ref()?.until);
                let until = until.map_or_else(String::new, |until| {
                    format!(" (until {}, {})", clock(until, report.at), ago(until, report.at))
                });
                let why = format!("{}{until}.", prose(&capital(why.trim_end_matches('.'))));
                (why, "Nothing: it goes on by itself when the wait is over.".to_owned())
            }
            Of::Pace => {
                let next = stream.and_then(|stream| stream.next_run);
                let next = next.map_or_else(String::new, |at| format!(" The next run is {}.", ago(at, report.at)));
                let pace = stream.and_then(|stream| stream.interval_seconds);
                let pace = pace.map_or_else(String::new, |seconds| format!(" It should be every {}.", span(seconds)));
                (
                    format!("No run has reached the end of what is new for too long.{pace}{next}"),
                    "Nothing if the lag shrinks. If it grows, look at the runs below: a slow service desk, or too few <code>requests_per_minute</code>, is what it mostly is.".to_owned(),
                )
            }
        }
    }
}

fn refused_since(refused: &RefusedSignIn, report: &Report) -> String {
    let times = match refused.times {
        1 => "once".to_owned(),
        times => format!("{times} times in a row"),
    };
    format!(
        "Refused {times}, last {} ({}). It is tried again {} ({}), or at once with another secret; runs before that do not ask.",
        clock(refused.last, report.at),
        ago(refused.last, report.at),
        clock(refused.next, report.at),
        ago(refused.next, report.at),
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
    let read = stream
        .lag_seconds
        .and_then(|lag| Some(report.at - chrono::TimeDelta::seconds(lag.try_into().ok()?)));
    let there = match read {
        Some(at) => {
            let (at, but) = (
                format!("{} ({})", clock(at, report.at), ago(at, report.at)),
                but_for(stream.quarantined),
            );
            if stream.backfill.complete < stream.backfill.slices {
                format!("What changed up to {at} is in the workspace{but}; older records are still missing.")
            } else {
                format!("Everything up to {at} is in the workspace{but}.")
            }
        }
        None => "It has not been read to its end yet.".to_owned(),
    };
    began.unwrap_or_default() + &there
}

/// What is not in the workspace though it was read.
pub(super) fn but_for(aside: u64) -> String {
    match aside {
        0 => String::new(),
        1 => ", but for <a href=\"#aside\">one record that is set aside</a>".to_owned(),
        aside => format!(", but for <a href=\"#aside\">{aside} records that are set aside</a>"),
    }
}
