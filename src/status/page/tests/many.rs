//! Forty connections: still readable, small, and made in no time.

use std::time::Instant;

use chrono::TimeDelta;

use super::super::super::history::{ASIDE, CreatedOfStream, HoursOfStream, RUNS};
use super::*;
use crate::status::ConnectionReport;

/// Forty connections with both kinds; one fails, one is late, one waits, one is behind, one is switched off, for every ten.
pub fn forty() -> (Report, History) {
    let mut report = report(Vec::new());
    let sample = history();
    let mut past = History::empty(report.at);
    report.connections = (0..40)
        .map(|number| ConnectionReport {
            name: format!("region-{number:02}-servicedesk-production"),
            partner: crate::model::Partner::ServiceNow,
            streams: vec![
                standing(number),
                StreamReport {
                    work_item: WorkItemKind::ChangeRequest,
                    ..stream()
                },
            ],
        })
        .collect();
    for connection in &report.connections {
        for stream in &connection.streams {
            past.created.push(CreatedOfStream {
                undated: 0,
                connection: connection.name.clone(),
                work_item: stream.work_item,
                days: sample.created[0].days.clone(),
            });
            past.hours.push(HoursOfStream {
                connection: connection.name.clone(),
                work_item: stream.work_item,
                hours: sample.hours[0].hours.clone(),
            });
            if stream.state == StreamState::Failing {
                let mut error = sample.errors[0].clone();
                error.connection.clone_from(&connection.name);
                past.errors.push(error);
            }
        }
    }
    past.runs = (0..RUNS)
        .map(|number| {
            let mut run = sample.runs[number % sample.runs.len()].clone();
            run.run_id = format!("run-{number}");
            run.started -= TimeDelta::minutes(number as i64 * 3);
            run.ended = run.ended.map(|_| run.started + TimeDelta::seconds(number as i64 % 90));
            run.connection = format!("region-{:02}-servicedesk-production", number % 40);
            run
        })
        .collect();
    past.quarantine = (0..ASIDE)
        .map(|number| {
            let mut entry = sample.quarantine[0].clone();
            entry.number = format!("INC{:07}", 12_345 + number);
            entry
        })
        .collect();
    past.quarantine_total = 120;
    (report, past)
}

fn standing(number: usize) -> StreamReport {
    let mut stream = stream();
    match number % 10 {
        3 if number < 20 => {
            (stream.state, stream.error, stream.lag_seconds) = (StreamState::Failing, Some(problem()), Some(7_200));
        }
        4 => stream.lag_seconds = Some(4_000),
        5 if number < 20 => {
            stream.state = StreamState::Waiting;
            stream.waiting = Some(Waiting {
                until: Some(at("2026-11-20T10:05:12Z")),
                why: "the instance asked for it".to_owned(),
            });
        }
        6 => (stream.state, stream.backfill.complete) = (StreamState::Backfill, 37),
        7 => stream.state = StreamState::Disabled,
        _ => {}
    }
    stream
}

#[test]
fn the_troubled_stand_first_and_those_in_step_are_folded_under_their_number() {
    let (report, past) = forty();
    let html = page(&report, &past, OFF);
    let words: Vec<&str> = html
        .split("data-word=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(words.len(), 80);
    assert_eq!(words[..3], ["Failing", "Failing", "Behind"]);
    assert!(
        text(&html).contains("64 streams in step, 4 switched off"),
        "{}",
        text(&html)
    );
    let folded = html.find("<details id=\"in-step\" class=\"fold\">").unwrap();
    assert!(
        html.find("data-word=\"In step\"").unwrap() > folded && html.rfind("data-word=\"Waiting\"").unwrap() < folded
    );
}

#[test]
fn one_cause_is_told_once_with_every_stream_it_struck() {
    let (report, past) = forty();
    let html = page(&report, &past, OFF);
    assert_eq!(html.matches("<article class=\"error bad\">").count(), 1);
    assert!(text(&html).contains("region-03-servicedesk-production incidents 3 times"));
}

#[test]
fn the_page_of_forty_connections_is_small_and_made_quickly() {
    let (report, past) = forty();
    let begun = Instant::now();
    let html = page(&report, &past, ON);
    let took = begun.elapsed();
    assert!(html.len() < 300_000, "{} bytes", html.len());
    // A few milliseconds where it is optimised; here and beside other tests, a bound that a quadratic page would break.
    assert!(took.as_millis() < 500, "{took:?}");
}
