use std::time::Duration;

use serde_json::json;

use super::*;

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A live stream, read twelve seconds ago.
pub fn stream() -> StreamReport {
    StreamReport {
        work_item: WorkItemKind::Incident,
        state: StreamState::Live,
        position: Some(at("2026-11-20T10:00:00Z")),
        lag_seconds: Some(12),
        window_start: Some(at("2026-07-23T10:00:00Z")),
        records: 24918,
        backfill: Backfill {
            slices: 120,
            complete: 120,
        },
        quarantined: 0,
        last_run: Some(LastRun {
            started: at("2026-11-20T10:00:00Z"),
            outcome: Outcome::Complete,
            read: 3,
            sent: 1,
            deleted: 0,
            error: None,
            warnings: Vec::new(),
        }),
        under_way: Vec::new(),
        waiting: None,
        next_run: None,
        interval_seconds: Some(300),
        overdue_seconds: None,
        reconcile: None,
        error: None,
        notes: Vec::new(),
    }
}

pub fn problem() -> Problem {
    Problem {
        code: "ITSMD-SN-014".to_owned(),
        seen: "GET /api/now/table/incident: 403 <b>\"Insufficient rights\"</b>".to_owned(),
        means: "the user may not read incidents".to_owned(),
        remedy: "give it the role itil".to_owned(),
    }
}

pub fn report(streams: Vec<StreamReport>) -> Report {
    Report {
        at: at("2026-11-20T10:00:12Z"),
        version: "0.1.0".to_owned(),
        connections: vec![ConnectionReport {
            name: "contoso".to_owned(),
            partner: Partner::ServiceNow,
            streams,
        }],
        refused_sign_ins: Vec::new(),
        credentials: Vec::new(),
        refused_reload: None,
    }
}

#[test]
fn the_json_has_the_promised_keys_and_values() {
    let mut stream = stream();
    (stream.interval_seconds, stream.overdue_seconds) = (None, None);
    let said = serde_json::to_value(report(vec![stream])).unwrap();
    assert_eq!(
        said["connections"],
        json!([{"name":"contoso","partner":"servicenow","streams":[{"work_item":"incident","state":"live",
            "position":"2026-11-20T10:00:00Z","lag_seconds":12,"window_start":"2026-07-23T10:00:00Z","records":24918,
            "backfill":{"slices":120,"complete":120},"quarantined":0,
            "last_run":{"started":"2026-11-20T10:00:00Z","outcome":"complete","read":3,"sent":1,"error":null}}]}])
    );
}

#[test]
fn what_is_not_known_is_null_and_what_is_optional_is_absent() {
    let blank = StreamReport {
        position: None,
        lag_seconds: None,
        window_start: None,
        last_run: None,
        ..stream()
    };
    let said = serde_json::to_value(&blank).unwrap();
    for key in ["position", "lag_seconds", "window_start", "last_run"] {
        assert!(said[key].is_null() && said.get(key).is_some(), "{key}");
    }
    for key in ["waiting", "next_run", "reconcile", "error", "notes"] {
        assert!(said.get(key).is_none(), "{key}");
    }
    assert_eq!(serde_json::from_value::<StreamReport>(said).unwrap(), blank);
}

#[test]
fn a_failing_stream_carries_code_and_remedy() {
    let failing = StreamReport {
        state: StreamState::Failing,
        error: Some(problem()),
        ..stream()
    };
    let said = serde_json::to_value(&failing).unwrap();
    assert_eq!(said["state"], "failing");
    assert_eq!(said["error"]["code"], "ITSMD-SN-014");
    assert_eq!(said["error"]["remedy"], "give it the role itil");
}

#[test]
fn the_worst_stream_gives_the_word() {
    let with = |change: fn(&mut StreamReport)| {
        let mut other = stream();
        change(&mut other);
        report(vec![stream(), other]).mood()
    };
    assert_eq!(with(|_| {}), Mood::InStep);
    assert_eq!(with(|other| other.state = StreamState::Disabled), Mood::InStep);
    assert_eq!(with(|other| other.state = StreamState::Backfill), Mood::CatchingUp);
    assert_eq!(with(|other| other.lag_seconds = None), Mood::CatchingUp);
    assert_eq!(with(|other| other.lag_seconds = Some(901)), Mood::Behind);
    assert_eq!(with(|other| other.state = StreamState::Waiting), Mood::Behind);
    assert_eq!(with(|other| other.state = StreamState::Blocked), Mood::Failing);
}

#[test]
fn status_is_well_up_to_three_intervals_or_the_asked_lag() {
    let mut late = stream();
    late.lag_seconds = Some(900);
    assert!(report(vec![late.clone()]).is_well(None));
    assert!(!report(vec![late.clone()]).is_well(Some(Duration::from_secs(60))));
    late.lag_seconds = Some(901);
    assert!(!report(vec![late.clone()]).is_well(None));
    late.state = StreamState::Disabled;
    assert!(report(vec![late]).is_well(None));
}

#[test]
fn hours_that_the_schedule_leaves_out_are_not_late() {
    let mut night = stream();
    // `*/5 8-18`: read at 18:55, due at 8:00.
    (night.lag_seconds, night.overdue_seconds) = (Some(13 * 3_600), Some(0));
    assert_eq!(report(vec![night.clone()]).mood(), Mood::InStep);
    assert!(report(vec![night.clone()]).is_well(None));
    assert!(!report(vec![night.clone()]).is_well(Some(Duration::from_secs(900))));
    night.overdue_seconds = Some(600);
    assert!(!night.is_late(None));
    night.overdue_seconds = Some(601);
    assert!(night.is_late(None));
    assert_eq!(report(vec![night]).mood(), Mood::Behind);
}

#[test]
fn a_backfill_is_whole_only_when_every_slice_is() {
    let percent = |complete, slices| Backfill { slices, complete }.percent();
    assert_eq!(
        (percent(0, 0), percent(0, 120), percent(119, 120), percent(120, 120)),
        (100, 0, 99, 100)
    );
}
