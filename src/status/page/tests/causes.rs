//! What is wrong, in the first answer: every cause, no more claimed than is true, and what is no single stream's.

use super::*;
use crate::status::{ConnectionReport, Problem, RefusedReload, RefusedSignIn};

fn failing(code: &str, means: &str) -> StreamReport {
    StreamReport {
        state: StreamState::Failing,
        error: Some(Problem {
            code: code.to_owned(),
            means: means.to_owned(),
            ..problem()
        }),
        ..stream()
    }
}

fn desks(streams: Vec<(&str, StreamReport)>) -> Report {
    let mut report = report(Vec::new());
    report.connections = streams
        .into_iter()
        .map(|(name, stream)| ConnectionReport {
            name: name.to_owned(),
            partner: crate::model::Partner::ServiceNow,
            streams: vec![stream],
        })
        .collect();
    report
}

fn hero(report: &Report) -> String {
    let html = shown(report);
    let from = html.find("id=\"state\"").unwrap();
    let to = from + html[from..].find("</section>").unwrap();
    text(&html[from..to])
}

#[test]
fn older_records_that_are_missing_are_not_called_there() {
    let mut stream = failing("ITSMD-NET-002", "nobody listens there");
    (stream.backfill.complete, stream.quarantined) = (30, 2);
    let said = hero(&report(vec![stream.clone()]));
    let true_words = "What changed up to 10:00:00 UTC (12 s ago) is in the workspace, but for 2 records that are set aside; \
                      older records are still missing.";
    assert!(said.contains(true_words) && !said.contains("Everything"), "{said}");
    (stream.state, stream.error, stream.lag_seconds) = (StreamState::Backfill, None, Some(7_200));
    let said = hero(&report(vec![stream.clone()]));
    assert!(
        said.contains("are behind.") && said.contains("older records are still missing."),
        "{said}"
    );
    (stream.backfill.complete, stream.state) = (120, StreamState::Live);
    let said = hero(&report(vec![stream]));
    let whole = "Everything up to 08:00:12 UTC (2 h ago) is in the workspace, but for 2 records that are set aside.";
    assert!(said.contains(whole), "{said}");
}

#[test]
fn no_cause_hides_another_and_the_workspaces_stands_first() {
    let dead = || failing("ITSMD-NET-002", "nobody listens there");
    let said = hero(&desks(vec![
        ("dead-a", dead()),
        ("dead-b", dead()),
        ("dead-c", dead()),
        ("dead-d", dead()),
        ("dead-e", dead()),
        ("wrongpw", failing("ITSMD-AUTH-002", "the password is wrong")),
        ("alpha", failing("ITSMD-WS-011", "the workspace refuses the rows")),
    ]));
    let told = [
        "alpha incidents and 6 more streams are failing. There are 3 causes.",
        "The workspace, which every stream needs: alpha incidents",
        "Why The workspace refuses the rows.",
        "dead-a incidents, dead-b incidents, dead-c incidents and 2 more below",
        "Why Nobody listens there.",
        "wrongpw incidents",
        "Why The password is wrong.",
    ];
    let places = told.map(|fact| said.find(fact).unwrap_or_else(|| panic!("{fact}: {said}")));
    assert!(places.is_sorted(), "{said}");
    let said = hero(&desks(vec![
        ("a", failing("A-1", "one")),
        ("b", failing("A-2", "two")),
        ("c", failing("A-3", "three")),
        ("d", failing("A-4", "four")),
    ]));
    assert!(
        said.contains("There are 4 causes.") && said.contains("1 more cause below"),
        "{said}"
    );
}

#[test]
fn a_refused_sign_in_is_told_with_its_name_as_written_and_times_of_the_viewer() {
    let mut report = desks(vec![("wrongpw", stream())]);
    let refused = |connection: Option<&str>| RefusedSignIn {
        connection: connection.map(str::to_owned),
        problem: problem(),
        last: at("2026-11-20T09:59:12Z"),
        next: at("2026-11-20T10:04:12Z"),
        times: 3,
    };
    report.refused_sign_ins = vec![refused(Some("wrongpw"))];
    let html = shown(&report);
    assert!(
        html.contains("<b>wrongpw</b>: the sign-in is refused (ITSMD-SN-014), 3 times in a row"),
        "{html}"
    );
    assert!(html.contains("<time datetime=\"2026-11-20T10:04:12Z\" data-as=\"clock\""));
    assert!(text(&html).contains(
        "it is tried again 10:04:12 UTC (in 4 min), or at once with another secret. Runs before that do not ask."
    ));
    report.refused_sign_ins = vec![refused(None)];
    let said = hero(&report);
    assert!(
        said.contains("Since when Refused 3 times in a row, last 09:59:12 UTC (1 min ago)."),
        "{said}"
    );
    assert!(
        said.contains("The workspace refuses the sign-in: the user may not read incidents."),
        "{said}"
    );
}

#[test]
fn a_refused_reload_is_told_and_what_stays_in_force() {
    let mut report = report(vec![stream()]);
    assert!(!shown(&report).contains("configuration file was refused"));
    assert!(serde_json::to_value(&report).unwrap().get("refused_reload").is_none());
    report.refused_reload = Some(RefusedReload {
        at: at("2026-11-20T09:59:12Z"),
        in_force_since: at("2026-11-20T08:00:00Z"),
    });
    let said = text(&shown(&report));
    assert!(
        said.contains("The configuration file was refused 09:59:12 UTC (1 min ago); the one of 08:00:00 UTC stays in force. journalctl -u itsmd says why, itsmd check tests it."),
        "{said}"
    );
    assert!(crate::status::render(&report).contains("the configuration file was refused at 2026-11-20T09:59:12Z"));
}

#[test]
fn the_largest_lag_is_no_small_number_while_streams_were_never_read() {
    let mut unread = stream();
    (unread.lag_seconds, unread.state) = (None, StreamState::Backfill);
    let mut off = stream();
    (off.lag_seconds, off.state) = (Some(9_000_000), StreamState::Disabled);
    let said = text(&shown(&report(vec![stream(), unread.clone(), unread, off.clone()])));
    assert!(
        said.contains("Largest lag 2 never read to its end; the others 12 s at most"),
        "{said}"
    );
    assert!(text(&shown(&report(vec![stream(), off]))).contains("Largest lag 12 s since the last whole read"));
}

#[test]
fn no_two_rows_of_the_runs_share_an_id() {
    let mut past = history();
    let mut other = past.runs[0].clone();
    other.work_item = WorkItemKind::ChangeRequest;
    past.runs.push(other);
    let html = page(&report(vec![stream()]), &past, ON);
    let mut ids: Vec<&str> = html
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}
