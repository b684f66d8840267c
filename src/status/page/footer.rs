//! The end of the page: what ends one day, which version runs, and where machines read.

use std::fmt::Write as _;

use super::html::{ago, escape};
use crate::status::Report;

/// Credentials with a known end, as a section of their own.
pub(super) fn credentials(report: &Report) -> String {
    if report.credentials.is_empty() {
        return String::new();
    }
    let mut ending: Vec<_> = report.credentials.iter().collect();
    ending.sort_by_key(|credential| credential.ends);
    let mut html = String::from(
        "<section id=\"credentials\" aria-labelledby=\"credentials-title\">\n<h2 id=\"credentials-title\">Credentials that end</h2>\n\
         <table class=\"cards\" role=\"table\">\n<caption class=\"unseen\">Credentials and their last day, the first to end first</caption>\n\
         <thead role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" scope=\"col\">Of</th><th role=\"columnheader\" scope=\"col\">What</th>\
         <th role=\"columnheader\" scope=\"col\">Ends</th></tr></thead>\n<tbody role=\"rowgroup\">\n",
    );
    for credential in ending {
        let soon = match (credential.ends <= report.at, credential.soon) {
            (true, _) => " <span class=\"bad\">over: make a new one and put it into its file</span>",
            (false, true) => " <span class=\"late\">soon: make a new one and put it into its file</span>",
            (false, false) => "",
        };
        let _ = writeln!(
            html,
            "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">{}</th><td role=\"cell\" data-name=\"What\" class=\"wide\">{}</td>\
             <td role=\"cell\" data-name=\"Ends\" class=\"wide\">{} <span class=\"soft\">{}</span>{soon}</td></tr>",
            credential
                .connection
                .as_deref()
                .map_or_else(|| "workspace".to_owned(), escape),
            escape(&credential.what),
            credential.ends.format("%-d %b %Y"),
            ago(credential.ends, report.at),
        );
    }
    html.push_str("</tbody>\n</table>\n</section>\n");
    html
}

/// The last line.
pub(super) fn footer(report: &Report) -> String {
    format!(
        "<footer id=\"foot\">\n<p>itsmd {}</p>\n<nav aria-label=\"For machines\"><ul>\
         <li><a href=\"api/status\">/api/status</a></li><li><a href=\"api/history\">/api/history</a></li>\
         <li><a href=\"metrics\">/metrics</a></li><li><a href=\"healthz\">/healthz</a></li><li><a href=\"readyz\">/readyz</a></li></ul></nav>\n</footer>\n",
        escape(&report.version)
    )
}
