//! What of a report is news: states, positions, runs, counts, waits; not that time passes.

use chrono::{DateTime, TimeDelta, Utc};

use super::Report;
use crate::model::Version;

/// Instants that are reckoned from how long something still lasts differ a little each time.
const ABOUT: i64 = 10;

/// The same for two reports that tell the same.
pub(super) fn fingerprint(report: &Report) -> String {
    let mut facts = report.clone();
    facts.at = DateTime::UNIX_EPOCH;
    let mut late = Vec::new();
    for stream in facts
        .connections
        .iter_mut()
        .flat_map(|connection| &mut connection.streams)
    {
        // A stream that has become late is news, that it is a second later is none.
        late.push(stream.is_late(None));
        stream.lag_seconds = stream.lag_seconds.map(|_| 0);
        stream.overdue_seconds = stream.overdue_seconds.map(|seconds| seconds.min(1));
        if let Some(reconcile) = &mut stream.reconcile {
            reconcile.overdue_seconds = reconcile.overdue_seconds.map(|seconds| seconds.min(1));
        }
        if let Some(until) = stream.waiting.as_mut().and_then(|waiting| waiting.until.as_mut()) {
            *until = about(*until);
        }
    }
    for refused in &mut facts.refused_sign_ins {
        (refused.last, refused.next) = (about(refused.last), about(refused.next));
    }
    let text = serde_json::to_vec(&(facts, late)).unwrap_or_default();
    Version::of(&text).to_string()
}

fn about(at: DateTime<Utc>) -> DateTime<Utc> {
    let beyond = (at.timestamp() + ABOUT / 2).rem_euclid(ABOUT) - ABOUT / 2;
    DateTime::from_timestamp(at.timestamp(), 0).unwrap_or(at) - TimeDelta::seconds(beyond)
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::{at, report, stream};
    use super::super::{StreamState, Waiting};
    use super::*;

    #[test]
    fn that_time_passes_is_no_news_and_everything_else_is() {
        let mut stream = stream();
        stream.waiting = Some(Waiting {
            until: Some(at("2026-11-20T10:10:02.300Z")),
            why: "asked by the server".to_owned(),
        });
        let before = report(vec![stream.clone()]);
        let known = fingerprint(&before);
        let after = |change: &dyn Fn(&mut Report)| {
            let mut after = before.clone();
            change(&mut after);
            fingerprint(&after)
        };
        assert_eq!(after(&|report| report.at += TimeDelta::seconds(7)), known);
        assert_eq!(
            after(&|report| report.connections[0].streams[0].lag_seconds = Some(20)),
            known
        );
        let overdue = |seconds| after(&move |report| report.connections[0].streams[0].overdue_seconds = Some(seconds));
        assert_ne!(overdue(5), known);
        assert_eq!(overdue(5), overdue(6));
        let until = |text: &'static str| {
            after(&move |report| {
                let waiting = report.connections[0].streams[0].waiting.as_mut();
                waiting.unwrap().until = Some(at(text));
            })
        };
        assert_eq!(until("2026-11-20T10:10:01.900Z"), known);
        assert_ne!(until("2026-11-20T10:12:02Z"), known);
        let changes: [&dyn Fn(&mut Report); 6] = [
            &|report| report.connections[0].streams[0].state = StreamState::Failing,
            &|report| report.connections[0].streams[0].lag_seconds = Some(100_000),
            &|report| report.connections[0].streams[0].records += 1,
            &|report| report.connections[0].streams[0].quarantined += 1,
            &|report| report.connections[0].streams[0].position = Some(at("2026-11-20T10:00:01Z")),
            &|report| report.connections[0].streams[0].waiting = None,
        ];
        for (place, change) in changes.into_iter().enumerate() {
            assert_ne!(after(change), known, "change {place}");
        }
    }
}
