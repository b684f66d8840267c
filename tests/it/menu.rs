//! Each fault of the menus, once: the next run at the latest delivers every record, and none twice.

use chrono::TimeDelta;
use futures_util::future::join_all;
use itsmd::sim::fault::{Fault, RetryAfter, Spelling};
use itsmd::sim::ingestion;
use itsmd::sim::menu::{Order, Until};
use std::time::Duration;

use crate::rig::{Rig, STREAM, ago, incident};

const RECORDS: u32 = 250;

async fn rig() -> Rig {
    let rig = Rig::new().await;
    rig.configure("page_size = 100");
    for number in 0..RECORDS {
        let time = ago(TimeDelta::minutes(60 + i64::from(number)));
        rig.desk.put("incident", &incident(number, "Mail is down", time));
    }
    rig
}

/// Runs until all is well, twice at most; then everything must be there, once.
async fn all_arrives(rig: &Rig, fault: &str) -> Option<String> {
    let mut told = Vec::new();
    for _ in 0..2 {
        let (status, report) = rig.sync(&[]).await;
        told.push(report.to_string());
        if status == 0 {
            break;
        }
    }
    let (records, rows) = (rig.latest().len(), rig.workspace.count(STREAM));
    let good = (records, rows) == (RECORDS as usize, RECORDS as usize);
    (!good).then(|| format!("{fault}: {records} records in {rows} rows: {told:#?}"))
}

/// Every fault of a desk.
fn faults() -> Vec<Fault> {
    use Fault as F;
    vec![
        F::Hibernation,
        F::ErrorMember(Spelling::BothKeys),
        F::ErrorMember(Spelling::JunkElement),
        F::ErrorMember(Spelling::Truncated),
        F::ErrorMember(Spelling::Spliced),
        F::Unauthorized,
        F::Forbidden,
        F::TooMany(RetryAfter::Unsaid),
        F::TooMany(RetryAfter::Seconds(1)),
        F::TooMany(RetryAfter::Date(1)),
        F::TooMany(RetryAfter::Rule { seconds: 1, limit: 100 }),
        F::TooMany(RetryAfter::ResetOnly { seconds: 1, limit: 100 }),
        F::ServerError,
        F::Gateway(502),
        F::Gateway(503),
        F::Gateway(504),
        F::Unavailable(1),
        F::Status(418, "{}".to_owned()),
        F::Accepted,
        F::Reset,
        F::Delay(Duration::from_millis(50)),
        F::WrongType,
        F::Cut,
        F::Slow(3, Duration::from_millis(10)),
        F::HalfGzip,
        F::Skewed(TimeDelta::minutes(10)),
        F::Skewed(TimeDelta::minutes(-10)),
        F::Disorder,
        F::FilterIgnored,
        F::RowTwice,
    ]
}

/// Each of them once, behind so many requests of the table.
async fn meet_each(behind: &[u64]) {
    let faults = faults();
    for pass in behind {
        let each = faults.iter().map(async |fault| {
            let rig = rig().await;
            let order = Order::new(fault.clone(), Until::Requests(1)).of("table/incident");
            rig.servicenow.faults.order(order.after(*pass));
            let bad = all_arrives(&rig, &format!("{fault:?} behind {pass} requests")).await;
            let missed = rig.servicenow.faults.served() == 0;
            bad.or_else(|| missed.then(|| format!("{fault:?} never came")))
        });
        let bad: Vec<String> = join_all(each).await.into_iter().flatten().collect();
        assert!(bad.is_empty(), "{}", bad.join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_desk_answers_once_the_next_run_has_every_record_once() {
    // A question about the table itself, and a page of it.
    meet_each(&[1, 4]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "half a minute of what the test above does in five seconds: bash .ci/long"]
async fn whatever_a_desk_answers_to_any_one_request_the_next_run_has_every_record_once() {
    meet_each(&[0, 1, 2, 3, 4, 5]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_workspace_answers_once_the_next_run_has_every_record_once() {
    use ingestion::Fault as F;
    use ingestion::RetryAfter as After;
    let faults = [
        F::TooManyRequests(After::Absent),
        F::TooManyRequests(After::Seconds(1)),
        F::TooManyRequests(After::Date(1)),
        F::Internal,
        F::BadGateway,
        F::Unavailable(After::Absent),
        F::Unavailable(After::Seconds(1)),
        F::RequestTimeout,
        F::CutUpload,
        F::Unauthorized,
        F::Forbidden,
        F::InvalidStream,
        F::NotFound,
        F::TooLarge,
        F::Delay(Duration::from_millis(50)),
    ];
    let each = faults.into_iter().map(async |fault| {
        let rig = rig().await;
        rig.workspace.fault_after(1, fault, Until::Requests(1));
        all_arrives(&rig, &format!("{fault:?}")).await
    });
    let bad: Vec<String> = join_all(each).await.into_iter().flatten().collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
