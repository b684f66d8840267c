use super::super::history::sample::history;
use super::super::report::tests::{at, problem, report, stream};
use super::super::{Backfill, Credential, Outcome, StreamReport, StreamState, Waiting};
use super::*;
use crate::model::WorkItemKind;

mod causes;
mod many;

const OFF: Controls = Controls {
    enabled: false,
    said: None,
};
const ON: Controls = Controls {
    enabled: true,
    said: None,
};

fn shown(report: &Report) -> String {
    page(report, &History::empty(report.at), OFF)
}

fn with(change: impl FnOnce(&mut StreamReport)) -> String {
    let mut stream = stream();
    change(&mut stream);
    shown(&report(vec![stream]))
}

/// What a person reads: words of one line run on, everything else stands apart.
fn text(html: &str) -> String {
    const RUNNING_ON: [&str; 6] = ["b", "a", "time", "span", "code", "svg"];
    let mut text = String::new();
    for part in html.split('<') {
        let Some((tag, words)) = part.split_once('>') else {
            continue;
        };
        let name = tag.trim_start_matches('/').split(' ').next().unwrap();
        if !RUNNING_ON.contains(&name) {
            text.push(' ');
        }
        text.push_str(words);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn it_says_in_one_word_and_colour_how_things_are() {
    let word = |class: &str, word: &str| format!("<h1 id=\"word\" class=\"{class}\">{word}</h1>");
    assert!(with(|_| {}).contains(&word("good", "In step")));
    assert!(with(|stream| stream.state = StreamState::Backfill).contains(&word("busy", "Catching up")));
    assert!(with(|stream| stream.lag_seconds = Some(7_200)).contains(&word("late", "Behind")));
    assert!(with(|stream| stream.state = StreamState::Failing).contains(&word("bad", "Failing")));
    assert!(with(|stream| stream.state = StreamState::Disabled).contains(&word("off", "Switched off")));
}

#[test]
fn in_step_it_says_until_when_and_what_is_set_aside() {
    let said = text(&with(|_| {}));
    assert!(
        said.contains("Every change the service desk showed until 12 s ago is in the workspace."),
        "{said}"
    );
    let said = text(&with(|stream| stream.quarantined = 3));
    assert!(
        said.contains("is in the workspace, but for 3 records that are set aside."),
        "{said}"
    );
}

#[test]
fn failing_it_says_since_when_why_and_what_to_do() {
    let mut failing = stream();
    (failing.state, failing.error, failing.lag_seconds) = (StreamState::Blocked, Some(problem()), Some(7_200));
    let mut past = history();
    past.errors[0].code = problem().code;
    let html = page(&report(vec![failing]), &past, OFF);
    let said = text(&html);
    for answer in [
        "contoso incidents are blocked.",
        "Since when 09:00:00 UTC, 1 h ago. Everything up to 08:00:12 UTC (2 h ago) is in the workspace.",
        "Why The user may not read incidents. Seen: GET /api/now/table/incident: 403 &lt;b&gt;&quot;Insufficient rights&quot;&lt;/b&gt;",
        "What to do Give it the role itil.",
        "itsmd explain ITSMD-SN-014",
    ] {
        assert!(said.contains(answer), "{answer}: {said}");
    }
    assert!(html.find("id=\"state\"") < html.find("id=\"streams\""));
}

#[test]
fn the_worst_of_several_is_named_and_the_others_are_counted() {
    let mut late = stream();
    (late.work_item, late.lag_seconds) = (WorkItemKind::ChangeRequest, Some(7_200));
    let mut failing = stream();
    (failing.state, failing.error) = (StreamState::Failing, Some(problem()));
    let said = text(&shown(&report(vec![late.clone(), failing.clone()])));
    assert!(said.contains("contoso incidents are failing."), "{said}");
    failing.work_item = WorkItemKind::ChangeRequest;
    failing.lag_seconds = None;
    let said = text(&shown(&report(vec![stream(), failing.clone(), {
        let mut two = failing;
        two.work_item = WorkItemKind::Incident;
        two.lag_seconds = Some(3);
        two
    }])));
    assert!(
        said.contains("contoso change requests and one more stream are failing."),
        "{said}"
    );
    assert!(said.contains("It has not been read to its end yet."), "{said}");
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
    stream.error = Some(bad.clone());
    stream.notes = vec![evil.to_owned()];
    let mut report = report(vec![stream]);
    evil.clone_into(&mut report.connections[0].name);
    evil.clone_into(&mut report.version);
    report.credentials = vec![Credential {
        connection: Some(evil.to_owned()),
        what: evil.to_owned(),
        ends: report.at,
        soon: true,
    }];
    let mut past = history();
    for error in &mut past.errors {
        for field in [
            &mut error.connection,
            &mut error.code,
            &mut error.seen,
            &mut error.means,
            &mut error.remedy,
        ] {
            evil.clone_into(field);
        }
    }
    for run in &mut past.runs {
        (run.connection, run.run_id, run.error) = (evil.to_owned(), evil.to_owned(), Some(bad.clone()));
    }
    for entry in &mut past.quarantine {
        for field in [&mut entry.connection, &mut entry.number, &mut entry.reason] {
            evil.clone_into(field);
        }
    }
    past.created[0].connection = evil.to_owned();
    let plain = page(&self::report(vec![self::stream()]), &history(), ON);
    let html = page(&report, &past, ON);
    assert_eq!(html.matches("<script").count(), plain.matches("<script").count());
    assert!(!html.contains("alert(\""), "{html}");
    assert!(
        html.matches("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;")
            .count()
            > 25
    );
}

#[test]
fn an_error_comes_with_its_remedy_where_the_stream_stands() {
    let html = with(|stream| (stream.state, stream.error) = (StreamState::Blocked, Some(problem())));
    let row = html.split("<tr role=\"row\" class=\"why\">").nth(1).unwrap();
    let said = text(row.split("</tr>").next().unwrap());
    assert_eq!(
        said,
        "The user may not read incidents. Give it the role itil. itsmd explain ITSMD-SN-014 \
         Seen GET /api/now/table/incident: 403 &lt;b&gt;&quot;Insufficient rights&quot;&lt;/b&gt;"
    );
}

#[test]
fn waiting_says_until_when_and_why() {
    let html = with(|stream| {
        stream.state = StreamState::Waiting;
        stream.waiting = Some(Waiting {
            until: Some(at("2026-11-20T10:05:12Z")),
            why: "the instance asked for it".to_owned(),
        });
    });
    assert!(html.contains("<time datetime=\"2026-11-20T10:05:12Z\" data-as=\"clock\" title=\"2026-11-20 10:05:12 UTC\">10:05:12 UTC</time>"));
    assert!(text(&html).contains("Waiting until 10:05:12 UTC (in 5 min): the instance asked for it"));
    assert!(text(&html).contains("Why The instance asked for it (until 10:05:12 UTC, in 5 min)."));
}

#[test]
fn a_backfill_shows_its_progress_until_it_is_complete() {
    let cell = |html: &str| {
        text(
            html.split("data-name=\"Backfill\"")
                .nth(1)
                .unwrap()
                .split("</td>")
                .next()
                .unwrap(),
        )
    };
    assert_eq!(cell(&with(|_| {})), "complete");
    assert_eq!(
        cell(&with(
            |unread| (unread.backfill, unread.window_start) = (Backfill::default(), None)
        )),
        "–"
    );
    let half = with(|stream| {
        (stream.state, stream.backfill) = (
            StreamState::Backfill,
            Backfill {
                slices: 120,
                complete: 30,
            },
        );
    });
    assert_eq!(cell(&half), "25 %");
    assert!(half.contains("<progress max=\"120\" value=\"30\" aria-label=\"Backfill: 30 of 120 slices\">"));
    assert!(text(&half).contains("What changes now arrives; older records are still being read: 25 % of 1 stream."));
}

#[test]
fn what_was_is_shown_with_its_tables() {
    let mut past = history();
    past.runs[2].outcome = Some(Outcome::Failed);
    past.created[0].undated = 1_204;
    let html = page(&report(vec![stream()]), &past, OFF);
    let said = text(&html);
    for fact in [
        "Work items created, by day (UTC) and type",
        "Fri 20 Nov",
        "Of 1,204 more work items the day is not known",
        "Runs that ended, records and requests, by hour, all streams",
        "failed ITSMD-NET-002",
        "Nobody listens there What to do Look at the network. itsmd explain ITSMD-NET-002 Seen the connection was refused",
        "1 error of the last 7 days, over now",
        "INC0012345",
        "opened_at is not a UTC time",
        "itsmd quarantine retry --all",
    ] {
        assert!(said.contains(fact), "{fact}: {said}");
    }
    let order = [
        "id=\"state\"",
        "id=\"streams\"",
        "id=\"created\"",
        "id=\"work\"",
        "id=\"runs\"",
        "id=\"errors\"",
        "id=\"aside\"",
        "id=\"foot\"",
    ];
    assert!(order.map(|mark| html.find(mark).unwrap()).is_sorted());
}

#[test]
fn where_nothing_was_yet_every_section_says_so() {
    let said = text(&shown(&report(vec![stream()])));
    for nothing in [
        "the first read fills this",
        "No run has ended yet.",
        "No run has delivered, failed or set anything aside yet.",
        "No run failed in the last 7 days.",
        "No record is set aside: nothing that was read was left out.",
    ] {
        assert!(said.contains(nothing), "{nothing}: {said}");
    }
    let empty = Report {
        connections: Vec::new(),
        ..report(vec![])
    };
    assert!(shown(&empty).contains("No connection is configured."));
}

#[test]
fn buttons_are_there_only_where_a_token_is_and_the_dear_one_says_what_it_costs() {
    let off = shown(&report(vec![stream()]));
    assert!(!off.contains("<form") && !off.contains("controls.js"));
    let on = page(&report(vec![stream()]), &History::empty(at("2026-11-20T10:00:12Z")), ON);
    assert!(
        on.contains("<form method=\"post\" action=\"api/sync\"")
            && on.contains("<form method=\"post\" action=\"api/resync\"")
    );
    assert!(text(&on).contains("This delivers the whole window again: 24,918 records"));
    let said = Controls {
        said: crate::status::Said::parse("sync"),
        ..ON
    };
    assert!(text(&page(&report(vec![stream()]), &history(), said)).contains("Asked to sync now"));
}

#[test]
fn it_works_without_a_script_and_has_nothing_from_elsewhere_or_inline() {
    let html = page(&report(vec![stream()]), &history(), ON);
    for foreign in ["http://", "https://", " style=", "onclick", "<style", "@import", "url("] {
        assert!(!html.contains(foreign), "{foreign}");
    }
    assert!(html.contains("<noscript><meta http-equiv=\"refresh\" content=\"30; url=./\"></noscript>"));
    for script in html.split("<script ").skip(1) {
        assert!(
            script.starts_with("src=\"assets/") && script.contains("\"></script>")
                || script.contains("\" defer></script>"),
            "{script}"
        );
    }
}

#[test]
fn what_ends_one_day_is_listed_and_told_when_it_is_near() {
    let mut report = report(vec![stream()]);
    let credential = |what: &str, ends: &str, soon| Credential {
        connection: None,
        what: what.to_owned(),
        ends: at(ends),
        soon,
    };
    report.credentials = vec![
        credential("the certificate", "2028-01-01T00:00:00Z", false),
        credential("the client secret", "2026-12-01T00:00:00Z", true),
    ];
    let said = text(&shown(&report));
    assert!(said.contains("workspace the client secret 1 Dec 2026 in 10 d soon: make a new one and put it into its file workspace the certificate 1 Jan 2028"), "{said}");
}
