//! A history with one of each, for tests.

use chrono::TimeDelta;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_default()
}

fn run(minute: i64, outcome: Option<Outcome>, error: Option<Problem>) -> RunOfStream {
    let started = at("2026-11-20T09:00:00Z") + TimeDelta::minutes(minute);
    RunOfStream {
        connection: "contoso".to_owned(),
        work_item: WorkItemKind::Incident,
        worker: Worker::Head,
        run_id: format!("run-{minute}"),
        started,
        ended: outcome.map(|_| started + TimeDelta::seconds(2)),
        outcome,
        read: 12,
        sent: 7,
        unchanged: 5,
        quarantined: 0,
        deleted: 0,
        requests: 2,
        bytes_sent: 4_711,
        error,
    }
}

/// Of one stream: 30 days, seven days of hours, a run of each outcome, an error that is over and one that is not.
pub(in crate::status) fn history() -> History {
    let (now, work_item) = (at("2026-11-20T10:00:00Z"), WorkItemKind::Incident);
    let (connection, today) = ("contoso".to_owned(), now.date_naive());
    let problem = Problem {
        code: "ITSMD-NET-002".to_owned(),
        seen: "the connection was refused".to_owned(),
        means: "nobody listens there".to_owned(),
        remedy: "look at the network".to_owned(),
    };
    let days = (0..i64::from(CREATED_DAYS)).rev().map(|ago| CreatedOfDay {
        day: today - TimeDelta::days(ago),
        created: (ago * 7 % 23).unsigned_abs(),
    });
    let hours = (1..=24 * i64::from(DAYS)).rev().map(|ago| Hour {
        hour: now - TimeDelta::hours(ago),
        runs: 12,
        failed: u64::from(ago % 31 == 0),
        read: 40 + (ago * 13 % 17).unsigned_abs(),
        sent: (ago * 13 % 17).unsigned_abs(),
        unchanged: 40,
        requests: 24,
        bytes_sent: 1_000 * (ago * 13 % 17).unsigned_abs(),
    });
    let error = |code: &str, last: i64, over: bool| ErrorSeen {
        connection: connection.clone(),
        work_item,
        code: code.to_owned(),
        seen: problem.seen.clone(),
        means: problem.means.clone(),
        remedy: problem.remedy.clone(),
        times: 3,
        first: now - TimeDelta::hours(last + 1),
        last: now - TimeDelta::hours(last),
        over,
    };
    History {
        at: now,
        created: vec![CreatedOfStream {
            connection: connection.clone(),
            work_item,
            days: days.collect(),
            undated: 0,
        }],
        hours: vec![HoursOfStream {
            connection: connection.clone(),
            work_item,
            hours: hours.collect(),
        }],
        runs: vec![
            run(59, None, None),
            run(50, Some(Outcome::Complete), None),
            run(45, Some(Outcome::Failed), Some(problem.clone())),
            run(40, Some(Outcome::Interrupted), None),
        ],
        errors: vec![error("ITSMD-NET-002", 0, false), error("ITSMD-NET-003", 30, true)],
        quarantine: vec![Aside {
            connection: connection.clone(),
            work_item,
            number: "INC0012345".to_owned(),
            reason: "opened_at is not a UTC time".to_owned(),
            since: now - TimeDelta::hours(5),
            rows: 1,
        }],
        quarantine_total: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_comes_back_from_its_json() {
        let json = serde_json::to_string(&history()).unwrap();
        assert_eq!(serde_json::from_str::<History>(&json).unwrap(), history());
        assert!(json.contains("\"day\":\"2026-11-20\"") && json.contains("\"outcome\":null"));
    }
}
