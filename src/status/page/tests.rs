use super::super::history::sample::history;
use super::super::report::tests::{at, problem, report, stream};
use super::super::{Backfill, RecentItem, Waiting};
use super::*;
use crate::model::WorkItemKind;

fn shown(report: &Report) -> String {
    page(report, &history(), Controls::default())
}

#[test]
fn it_says_in_one_word_and_colour_how_things_are() {
    let with = |change: fn(&mut StreamReport)| {
        let mut stream = stream();
        change(&mut stream);
        shown(&report(vec![stream]))
    };
    assert!(with(|_| {}).contains("<h1 class=\"good\">In step</h1>"));
    assert!(with(|stream| stream.state = StreamState::Backfill).contains("<h1 class=\"busy\">Catching up</h1>"));
    assert!(with(|stream| stream.lag_seconds = Some(7_200)).contains("<h1 class=\"late\">Behind</h1>"));
    assert!(with(|stream| stream.state = StreamState::Failing).contains("<h1 class=\"bad\">Failing</h1>"));
}

#[test]
fn nothing_from_outside_becomes_markup() {
    let evil = "<script>alert(\"1\")</script>'&";
    let mut stream = stream();
    stream.state = StreamState::Failing;
    stream.waiting = Some(Waiting {
        until: None,
        why: evil.to_owned(),
    });
    let mut bad = problem();
    for field in [&mut bad.code, &mut bad.seen, &mut bad.means, &mut bad.remedy] {
        evil.clone_into(field);
    }
    stream.error = Some(bad);
    stream.notes = vec![evil.to_owned()];
    let mut report = report(vec![stream]);
    evil.clone_into(&mut report.connections[0].name);
    evil.clone_into(&mut report.version);
    report.recent = vec![RecentItem {
        connection: evil.to_owned(),
        work_item: WorkItemKind::Incident,
        number: evil.to_owned(),
        delivered: report.at,
    }];
    let html = shown(&report);
    assert!(!html.contains("<script") && !html.contains("alert(\""), "{html}");
    let safe = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;";
    // Waiting, four of the problem, the note, the version, the number; the name stands in the row and twice below.
    assert_eq!(html.matches(safe).count(), 11);
}

#[test]
fn an_error_comes_with_its_remedy() {
    let mut stream = stream();
    (stream.state, stream.error) = (StreamState::Blocked, Some(problem()));
    let html = shown(&report(vec![stream]));
    assert!(html.contains("<h3>contoso / incident: the user may not read incidents</h3>"));
    assert!(html.contains("<p class=\"remedy\">give it the role itil</p>"));
}

#[test]
fn waiting_says_until_when_and_why() {
    let mut stream = stream();
    stream.state = StreamState::Waiting;
    stream.waiting = Some(Waiting {
        until: Some(at("2026-11-20T10:05:12Z")),
        why: "the instance asked for it".to_owned(),
    });
    let html = shown(&report(vec![stream]));
    assert!(html.contains("<time datetime=\"2026-11-20T10:05:12Z\""));
    assert!(html.contains("(in 5 min): the instance asked for it"));
}

#[test]
fn a_backfill_shows_its_progress_until_it_is_complete() {
    let mut stream = stream();
    assert!(shown(&report(vec![stream.clone()])).contains("<td data-name=\"Backfill\">complete</td>"));
    let mut unread = stream.clone();
    (unread.backfill, unread.window_start) = (Backfill::default(), None);
    assert!(shown(&report(vec![unread])).contains("<td data-name=\"Backfill\">–</td>"));
    stream.backfill = Backfill {
        slices: 120,
        complete: 30,
    };
    assert!(shown(&report(vec![stream])).contains("25 %<progress max=\"120\" value=\"30\""));
}

#[test]
fn numbers_are_shown_only_if_given() {
    let mut report = report(vec![stream()]);
    assert!(!shown(&report).contains("Delivered last"));
    report.recent = vec![RecentItem {
        connection: "contoso".to_owned(),
        work_item: WorkItemKind::Incident,
        number: "INC0012345".to_owned(),
        delivered: report.at,
    }];
    assert!(shown(&report).contains("<code>INC0012345</code>"));
}

#[test]
fn it_needs_no_script_and_nothing_from_elsewhere() {
    let html = shown(&report(vec![stream()]));
    for foreign in [
        "<script", "http://", "https://", " style=", "onclick", "@import", "url(",
    ] {
        assert!(!html.contains(foreign), "{foreign}");
    }
    assert!(html.contains("<meta http-equiv=\"refresh\" content=\"5\">"));
    let empty = Report {
        connections: Vec::new(),
        ..report(vec![])
    };
    assert!(shown(&empty).contains("No connection is configured."));
}
