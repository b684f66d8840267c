//! The two buttons, where they are configured. Each wants the token; the second says what it costs before it acts.

use std::fmt::Write as _;

use crate::status::words::count;
use crate::status::{Controls, Report};

/// Sync now, and Resync…; nothing where there is no token.
pub(super) fn controls(report: &Report, controls: Controls) -> String {
    if !controls.enabled {
        return String::new();
    }
    let records: u64 = report.streams().map(|(_, stream)| stream.records).sum();
    let said = controls.said.map_or("", |said| said.sentence());
    let mut html = String::from("<section id=\"controls\" class=\"controls\" aria-label=\"Controls\">\n");
    let _ = write!(
        html,
        "<details id=\"control-sync\" class=\"control\">\n<summary>Sync now</summary>\n<form method=\"post\" action=\"api/sync\" data-control=\"sync\">\n\
         <p class=\"hint\">Reads what has changed at every service desk now, not only at the next run.</p>\n\
         {token}<button type=\"submit\" class=\"primary\">Sync now</button>\n</form>\n</details>\n",
        token = token("sync"),
    );
    let _ = write!(
        html,
        "<details id=\"control-resync\" class=\"control\">\n<summary>Resync…</summary>\n<form method=\"post\" action=\"api/resync\" data-control=\"resync\">\n\
         <p class=\"hint\" id=\"cost\">This delivers the whole window again: <b>{records} records</b>, read from the service desks and billed by the workspace once more. \
         It is needed when rows were lost in the workspace, not to catch up.</p>\n\
         <label for=\"since\">Only what was modified since <span class=\"soft\">(else the whole window)</span></label>\n\
         <input type=\"date\" id=\"since\" name=\"since\">\n{token}<button type=\"submit\" class=\"danger\">Resync…</button>\n</form>\n</details>\n",
        records = count(records),
        token = token("resync"),
    );
    let _ = write!(
        html,
        "<p class=\"outcome\" id=\"outcome\" role=\"status\">{said}</p>\n\
         <dialog id=\"ask\" aria-labelledby=\"ask-title\">\n<h2 id=\"ask-title\">Deliver again?</h2>\n<p id=\"ask-cost\"></p>\n\
         <div class=\"answers\"><button type=\"button\" id=\"ask-no\">Cancel</button><button type=\"button\" id=\"ask-yes\" class=\"danger\">Deliver again</button></div>\n</dialog>\n</section>\n"
    );
    html
}

fn token(form: &str) -> String {
    format!(
        "<label for=\"token-{form}\">Token <span class=\"soft\">(of <code>control_token</code> in the configuration)</span></label>\n\
         <input type=\"password\" id=\"token-{form}\" name=\"token\" required autocomplete=\"off\">\n"
    )
}
