//! Rates and wishes: never more than was configured, and what a server asks for is done by the whole connection.

use std::process::Stdio;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use itsmd::sim::dataverse::{self, Cell, Instance};
use itsmd::sim::fault::{Fault, RetryAfter};
use itsmd::sim::ingestion::{self, Until};
use itsmd::sim::journal::Journal;
use itsmd::sim::serve::Server;
use rustix::process::Signal;
use serde_json::Value;

use crate::daemon::{self, Daemon};
use crate::rig::{DEADLINE, Rig, STREAM, ago, incident, loopback, stream};

/// A service desk with so many incidents, half an hour apart.
pub async fn rig(incidents: u32, more: &str) -> Rig {
    let rig = Rig::new().await;
    rig.configure(more);
    for number in 0..incidents {
        let time = ago(TimeDelta::minutes(30 * i64::from(number)));
        rig.desk.put("incident", &incident(number, "Mail is down", time));
    }
    rig
}

/// The shortest time between the answer of that status and the next request that came after it.
fn quiet_after(journal: &Journal, status: u16) -> Duration {
    let asked = journal.requests();
    let refused = asked.iter().position(|one| one.status == Some(status)).unwrap();
    let heard = asked[refused].at + asked[refused].took.unwrap();
    // What was on its way when the answer was made could not know of it.
    let next = asked
        .iter()
        .filter(|one| one.at > heard + Duration::from_millis(100))
        .map(|one| one.at);
    next.min().expect("nothing was asked afterwards") - heard
}

/// The words of `itsmd status`, and its first stream as JSON.
pub async fn status(rig: &Rig) -> (String, Value) {
    let text = rig.itsmd(&["status"]).await;
    let json = rig.itsmd(&["status", "--json"]).await;
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    let incidents = report["connections"][0]["streams"][0].clone();
    (String::from_utf8_lossy(&text.stdout).into_owned(), incidents)
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_rate_nor_concurrency_is_exceeded_in_bad_weather() {
    let rig = rig(1800, "page_size = 25").await;
    let text = std::fs::read_to_string(rig.config()).unwrap();
    let text = text.replace("requests_per_minute = 6000", "requests_per_minute = 600");
    std::fs::write(rig.config(), text).unwrap();
    let faults = &rig.servicenow.faults;
    for (fault, chance) in [
        (Fault::Gateway(502), 0.04),
        (Fault::Reset, 0.04),
        (Fault::Delay(Duration::from_millis(250)), 0.2),
        (Fault::TooMany(RetryAfter::Seconds(1)), 0.01),
    ] {
        faults.chance("table", fault, chance);
    }
    // Two processes, one behind the other: the second knows that the first has spent the burst.
    for _ in 0..2 {
        rig.sync(&[]).await;
    }
    let journal = &rig.servicenow.journal;
    assert!(journal.count() > 85, "only {} requests", journal.count());
    assert!(journal.max_in_flight() <= 2, "{} at once", journal.max_in_flight());
    // A tenth at once, then one each 61 s / 541: so any span shorter than a minute is bounded too.
    for seconds in [1, 5, 10] {
        let most = journal.max_in_any(Duration::from_secs(seconds));
        let bound = 60 + usize::try_from(seconds).unwrap() * 541 / 61 + 2;
        assert!(most <= bound, "{most} requests in {seconds} s, {bound} are allowed");
    }
    rig.servicenow.faults.clear();
    let (code, report) = rig.sync(&[]).await;
    assert_eq!((code, rig.workspace.count(STREAM)), (0, 1800), "{report:#}");
}

/// A foreground sync that has more to ask and may ask sixty times a minute; it is ended when the desk was asked so often.
/// With how long that took.
async fn asked_so_often(requests: usize, records: u32) -> (Journal, Duration) {
    let rig = rig(records, "page_size = 25").await;
    let text = std::fs::read_to_string(rig.config()).unwrap();
    let text = text.replace("requests_per_minute = 6000", "requests_per_minute = 60");
    std::fs::write(rig.config(), text).unwrap();
    let mut sync = rig
        .command(&["sync"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let journal = rig.servicenow.journal.clone();
    let begun = Instant::now();
    while journal.count() < requests {
        assert!(begun.elapsed() < 3 * DEADLINE, "{} requests", journal.count());
        assert!(sync.try_wait().unwrap().is_none(), "it has nothing left to ask");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sync.kill().unwrap();
    sync.wait().unwrap();
    let asked = journal.requests();
    let took = asked[requests - 1].at - asked[0].at;
    (journal, took)
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_burst_requests_are_spread_over_the_minute() {
    // Six at once, then one each 61 s / 55.
    let (journal, took) = asked_so_often(12, 1800).await;
    assert!(took >= Duration::from_millis(6_500), "twelve requests in {took:?}");
    assert!(journal.max_in_any(Duration::from_secs(1)) <= 8);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes 80 seconds: bash .ci/long"]
async fn in_no_sixty_seconds_of_a_long_backfill_more_is_asked_than_a_minute_allows() {
    let (journal, took) = asked_so_often(75, 3000).await;
    assert!(took > Duration::from_secs(60), "75 requests in {took:?}");
    let most = journal.max_in_any(Duration::from_secs(60));
    assert!((55..=60).contains(&most), "{most} requests in a minute");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_in_any_spelling_is_obeyed_by_both_streams_of_the_connection() {
    let wishes = [
        (Fault::TooMany(RetryAfter::Seconds(3)), 429),
        (Fault::TooMany(RetryAfter::Date(4)), 429),
        (Fault::TooMany(RetryAfter::ResetOnly { seconds: 4, limit: 100 }), 429),
        (Fault::TooMany(RetryAfter::Rule { seconds: 3, limit: 100 }), 429),
        (Fault::Unavailable(3), 503),
    ];
    let obeyed = wishes.map(|(fault, answer)| async move {
        let rig = rig(200, "page_size = 25").await;
        for number in 0..200 {
            let time = ago(TimeDelta::minutes(30 * i64::from(number)));
            rig.desk
                .put("change_request", &incident(1000 + number, "A change", time));
        }
        // In the middle of both streams' work.
        let pass = rig.servicenow.journal.count() + 6;
        let (faults, journal) = (rig.servicenow.faults.clone(), rig.servicenow.journal.clone());
        let ordered = fault.clone();
        let ordering = tokio::spawn(async move {
            while journal.count() < pass {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            faults.push("table", ordered, 1);
        });
        let (code, report) = rig.sync(&[]).await;
        ordering.await.unwrap();
        assert_eq!((code, rig.workspace.count(STREAM)), (0, 400), "{fault:?}: {report:#}");
        let quiet = quiet_after(&rig.servicenow.journal, answer);
        assert!(quiet >= Duration::from_millis(2900), "{fault:?}: asked after {quiet:?}");
    });
    futures_util::future::join_all(obeyed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_without_headers_means_one_request_at_a_time() {
    let rig = rig(1500, "page_size = 50\nmax_concurrent = 4").await;
    // Before the delay, which befalls every request behind it.
    rig.servicenow
        .faults
        .push("table/incident", Fault::TooMany(RetryAfter::Unsaid), 1);
    rig.servicenow
        .faults
        .chance("table", Fault::Delay(Duration::from_millis(30)), 1.0);
    let (code, report) = rig.sync(&[]).await;
    assert_eq!((code, rig.workspace.count(STREAM)), (0, 1500), "{report:#}");
    let asked = rig.servicenow.journal.requests();
    let refused = asked.iter().position(|one| one.status == Some(429)).unwrap();
    let heard = asked[refused].at + asked[refused].took.unwrap() + Duration::from_millis(100);
    let crowded = asked.iter().filter(|one| one.at > heard && one.in_flight > 1).count();
    assert_eq!(crowded, 0, "of {} requests", asked.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_outlives_a_foreground_sync_and_status_shows_it() {
    let rig = rig(30, "").await;
    let wish = Fault::TooMany(RetryAfter::Seconds(3600));
    rig.servicenow.faults.push("table", wish, 1);
    let (code, report) = rig.sync(&["--wait", "1s"]).await;
    let error = &stream(&report, "contoso", "incident")["error"];
    assert_eq!((code, &error["code"]), (1, &"ITSMD-NET-007".into()), "{report:#}");
    let asked = rig.servicenow.journal.count();

    let (text, incidents) = status(&rig).await;
    assert_eq!(incidents["state"], "waiting", "{incidents:#}");
    assert!(incidents["waiting"]["until"].is_string(), "{incidents:#}");
    assert!(
        text.contains("waiting 59 min") && text.contains("asked by the server"),
        "{text}"
    );

    // Another process is bound by it as well.
    let (code, report) = rig.sync(&["--wait", "1s"]).await;
    for kind in ["incident", "change_request"] {
        let error = &stream(&report, "contoso", kind)["error"];
        assert_eq!((code, &error["code"]), (1, &"ITSMD-NET-007".into()), "{report:#}");
        assert!(error["remedy"].as_str().unwrap().contains("try again in"), "{error:#}");
    }
    assert_eq!(rig.servicenow.journal.count(), asked, "nobody asked in between");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_wish_is_waited_for_by_the_next_process_too() {
    let rig = rig(30, "").await;
    let wish = Fault::TooMany(RetryAfter::Seconds(4));
    rig.servicenow.faults.push("table", wish, 1);
    rig.sync(&["--wait", "1s"]).await;
    let (code, report) = rig.sync(&[]).await;
    assert_eq!((code, rig.workspace.count(STREAM)), (0, 30), "{report:#}");
    let quiet = quiet_after(&rig.servicenow.journal, 429);
    assert!(quiet >= Duration::from_millis(3900), "asked after {quiet:?}");
}

/// So many cases of a Dataverse instance, and a configuration that reads them.
pub async fn provance(cases: u32, more: &str) -> (Rig, Instance, Server) {
    let rig = Rig::new().await;
    let instance = Instance::new();
    for number in 0..cases {
        let mut row = dataverse::Row::new();
        let time = ago(TimeDelta::minutes(30 * i64::from(number)));
        row.insert("modifiedon".to_owned(), Cell::Time(time));
        row.insert("ticketnumber".to_owned(), Cell::Text(format!("CAS-{number:05}")));
        instance.put("incidents", row);
    }
    let server = instance.start(loopback()).await.unwrap();
    instance.trust(rig.entra.tokens(), &server.url());
    let text = rig.head() + &rig.provance("fabrikam", &server.url(), more);
    std::fs::write(rig.config(), text).unwrap();
    (rig, instance, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn dataverses_three_limits_are_told_apart_and_waited_for() {
    let limits = [
        (
            dataverse::Fault::TooManyRequests(Some(60)),
            "0x80072322",
            "too many requests in five minutes",
        ),
        (dataverse::Fault::TooMuchTime(Some(60)), "0x80072321", "execution time"),
        (dataverse::Fault::TooManyAtOnce(Some(60)), "0x80072326", "at once"),
    ];
    for (fault, code, words) in limits {
        let (rig, instance, _server) = provance(20, "").await;
        instance.fault(0, fault, 1);
        let (_, report) = rig.sync(&["--wait", "1s"]).await;
        let error = &stream(&report, "fabrikam", "incident")["error"];
        let seen = error["seen"].as_str().unwrap_or_default();
        assert!(seen.contains(code) && seen.contains(words), "{fault:?}: {report:#}");
        let (_, incidents) = status(&rig).await;
        assert!(
            incidents["waiting"]["why"]
                .as_str()
                .is_some_and(|why| why.contains(words)),
            "{incidents:#}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_at_once_at_dataverse_means_one_at_a_time_and_the_others_do_not() {
    let limits = [
        (dataverse::Fault::TooManyAtOnce(Some(1)), true),
        (dataverse::Fault::TooManyRequests(Some(1)), false),
    ];
    for (fault, alone) in limits {
        let (rig, instance, _server) = provance(1500, "page_size = 50\nmax_concurrent = 4").await;
        instance.fault(0, fault, 1);
        instance.fault(0, dataverse::Fault::Delay(Duration::from_millis(30)), 10_000);
        let (code, report) = rig.sync(&[]).await;
        assert_eq!((code, rig.workspace.count(STREAM)), (0, 1500), "{report:#}");
        let asked = instance.journal().requests();
        let refused = asked.iter().position(|one| one.status == Some(429)).unwrap();
        let heard = asked[refused].at + Duration::from_millis(500);
        let crowded = asked.iter().any(|one| one.at > heard && one.in_flight > 1);
        assert_eq!(crowded, !alone, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workspaces_wish_in_either_form_is_obeyed_and_nothing_is_sent_twice() {
    use ingestion::RetryAfter::{Date, Seconds};
    let wishes = [
        (ingestion::Fault::TooManyRequests(Seconds(3)), 429),
        (ingestion::Fault::TooManyRequests(Date(4)), 429),
        (ingestion::Fault::Unavailable(Seconds(3)), 503),
        (ingestion::Fault::Unavailable(Date(4)), 503),
    ];
    let obeyed = wishes.map(|(fault, answer)| async move {
        let rig = rig(200, "page_size = 25").await;
        rig.workspace.fault_after(2, fault, Until::Requests(1));
        let (code, report) = rig.sync(&[]).await;
        assert_eq!((code, rig.workspace.count(STREAM)), (0, 200), "{fault:?}: {report:#}");
        let quiet = quiet_after(&rig.workspace.journal(), answer);
        assert!(quiet >= Duration::from_millis(2900), "{fault:?}: asked after {quiet:?}");
    });
    futures_util::future::join_all(obeyed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_throttles_without_a_word_is_asked_again_after_a_while() {
    let rig = rig(50, "").await;
    let mute = ingestion::Fault::TooManyRequests(ingestion::RetryAfter::Absent);
    rig.workspace.fault(mute, Until::Requests(2));
    let (code, report) = rig.sync(&[]).await;
    assert_eq!((code, rig.workspace.count(STREAM)), (0, 50), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workspaces_wish_is_shown_and_outlives_a_reload_and_a_kill() {
    let rig = daemon::rig().await;
    let wish = ingestion::Fault::TooManyRequests(ingestion::RetryAfter::Seconds(3600));
    rig.workspace.fault(wish, Until::Requests(1));
    let waits = |incidents: &Value| {
        let why = incidents["waiting"]["why"].as_str().unwrap_or_default();
        incidents["state"] == "waiting" && why.starts_with("asked by the workspace")
    };
    let running = Daemon::start(&rig).await;
    running.until(waits).await;
    let asked = rig.workspace.answered().len();
    running.signal(Signal::HUP);
    running.line("was read again");
    running.until(waits).await;
    assert_eq!(rig.workspace.answered().len(), asked, "after the reload");
    // Dropped, it is killed.
    drop(running);
    let (text, _) = status(&rig).await;
    assert!(text.contains("asked by the workspace"), "{text}");
    let next = Daemon::start(&rig).await;
    next.until(waits).await;
    assert_eq!(rig.workspace.answered().len(), asked, "after the restart");
    assert_eq!(next.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_a_page_that_failed_for_good_are_counted() {
    let rig = rig(30, "work_items = [\"incident\"]").await;
    rig.servicenow.faults.chance("table", Fault::Gateway(502), 1.0);
    let (code, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!((code, &incidents["outcome"]), (1, &"failed".into()), "{report:#}");
    assert_eq!(
        incidents["requests"],
        rig.servicenow.journal.of("table").len(),
        "{report:#}"
    );
}
