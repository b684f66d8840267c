//! What a person should know that is no single stream's: a reload or a sign-in that is refused, a credential that ends.

use super::html::{ago, clock, escape};
use crate::status::{Credential, RefusedReload, RefusedSignIn, Report};

/// The list, if there is anything to look at.
pub(super) fn remarks(report: &Report) -> String {
    let reload = report
        .refused_reload
        .as_ref()
        .map(|reload| refused_reload(report, reload));
    let sign_ins = report.refused_sign_ins.iter().map(|refused| sign_in(report, refused));
    let ending = report.credentials.iter().filter(|credential| credential.soon);
    let ending = ending.map(|credential| credential_ends(report, credential));
    let items: String = reload
        .into_iter()
        .chain(sign_ins)
        .chain(ending)
        .map(|item| format!("<li>{item}</li>\n"))
        .collect();
    if items.is_empty() {
        return items;
    }
    format!("<ul class=\"remarks\" aria-label=\"To look at\">\n{items}</ul>\n")
}

fn refused_reload(report: &Report, reload: &RefusedReload) -> String {
    format!(
        "The configuration file was refused {} ({}); the one of {} stays in force. <code class=\"command\">journalctl -u itsmd</code> says \
         why, <code class=\"command\">itsmd check</code> tests it.",
        clock(reload.at, report.at),
        ago(reload.at, report.at),
        clock(reload.in_force_since, report.at),
    )
}

fn sign_in(report: &Report, refused: &RefusedSignIn) -> String {
    let times = match refused.times {
        1 => "once".to_owned(),
        times => format!("{times} times"),
    };
    format!(
        "{}: the sign-in is refused ({}), {times} in a row, last {}; it is tried again {} ({}), or at once with another secret. \
         Runs before that do not ask.",
        owner(refused.connection.as_deref()),
        escape(&refused.problem.code),
        ago(refused.last, report.at),
        clock(refused.next, report.at),
        ago(refused.next, report.at),
    )
}

fn credential_ends(report: &Report, credential: &Credential) -> String {
    format!(
        "{}: {} {} on {} ({}): make a new one and put it into its file.",
        owner(credential.connection.as_deref()),
        escape(&credential.what),
        if credential.ends <= report.at { "ended" } else { "ends" },
        credential.ends.format("%Y-%m-%d"),
        ago(credential.ends, report.at),
    )
}

/// A connection's name as it is written.
fn owner(connection: Option<&str>) -> String {
    connection.map_or_else(|| "The workspace".to_owned(), |name| format!("<b>{}</b>", escape(name)))
}
