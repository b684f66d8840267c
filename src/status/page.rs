//! The status page: is everything in step, and if not since when, why, and what to do; then the streams, what was created, what was
//! done, what failed, what is set aside.
//!
//! All of it is made here, so that it works without a script; with one it follows what happens, tells times in the viewer's zone and
//! draws what the tables say. Nothing of a work item is shown but its number.

mod asset;
mod cause;
mod controls;
mod created;
mod errors;
mod figures;
mod footer;
mod headline;
mod hours;
mod html;
mod policy;
mod quarantine;
mod remarks;
mod runs;
mod standing;
mod stream_row;
mod streams;

pub use asset::{Asset, address, asset};
pub use policy::content_security_policy;

use super::{Controls, History, Report};
use html::SHAPES;

/// How often it is loaded anew where there is no script, in seconds.
const RELOAD: u32 = 30;

/// The page of a report and of what was before it.
pub fn page(report: &Report, history: &History, controls: Controls) -> String {
    let sections = [
        headline::headline(report, history),
        remarks::remarks(report),
        controls::controls(report, controls),
        figures::figures(report, history),
        streams::streams(report),
        created::created(history),
        hours::hours(history),
        runs::runs(history),
        errors::errors(history),
        quarantine::quarantine(history),
        footer::credentials(report),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n{head}<body>\n<a class=\"skip\" href=\"#main\">Skip to the state</a>\n{SHAPES}{top}\
         <p id=\"announce\" class=\"unseen\" role=\"status\" aria-live=\"polite\"></p>\n\
         <main id=\"main\" tabindex=\"-1\">\n{main}</main>\n{footer}</body>\n</html>\n",
        head = head(report, controls),
        top = TOP,
        main = sections.concat(),
        footer = footer::footer(report),
    )
}

fn head(report: &Report, controls: Controls) -> String {
    let word = headline::word(report);
    let buttons = if controls.enabled {
        format!("<script src=\"{}\" defer></script>\n", address("controls.js"))
    } else {
        String::new()
    };
    format!(
        "<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{word} · itsmd</title>\n\
         <link rel=\"icon\" id=\"icon\" href=\"{icon}\">\n<link rel=\"stylesheet\" href=\"{uplot_style}\">\n<link rel=\"stylesheet\" href=\"{style}\">\n\
         <script src=\"{script}\"></script>\n<script src=\"{morph}\" defer></script>\n<script src=\"{uplot}\" defer></script>\n\
         <script src=\"{charts}\" defer></script>\n{buttons}<noscript><meta http-equiv=\"refresh\" content=\"{RELOAD}; url=./\"></noscript>\n</head>\n",
        word = word.text,
        icon = address(&format!("{}.svg", word.class)),
        uplot_style = address("uplot.css"),
        style = address("page.css"),
        script = address("page.js"),
        morph = address("idiomorph.js"),
        uplot = address("uplot.js"),
        charts = address("charts.js"),
    )
}

/// What stands over everything and never changes.
const TOP: &str = "<header class=\"top\">\n<a class=\"brand\" href=\"#main\">itsmd</a>\n<nav aria-label=\"On this page\"><ul>\
    <li><a href=\"#streams\">Streams</a></li><li><a href=\"#created\">Created</a></li><li><a href=\"#work\">Work</a></li>\
    <li><a href=\"#runs\">Runs</a></li><li><a href=\"#errors\">Errors</a></li><li><a href=\"#aside\">Set aside</a></li></ul></nav>\n\
    <p id=\"link\" class=\"link\"><noscript>reloads every 30 s</noscript></p>\n<button type=\"button\" id=\"theme\" hidden>Theme</button>\n</header>\n";

#[cfg(test)]
mod tests;
