//! Time and crowds: late commits, clocks of nodes, queues, quotas.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration as Span;

use chrono::TimeDelta;

use super::*;
use crate::sim::fault::{Fault, Spelling};

const INCIDENTS: &str = "/api/now/v2/table/incident";
const CHANGES: &str = "/api/now/v2/table/change_request";

/// An instance whose clock shows so many seconds after ten.
async fn timed(rows: &[Row]) -> (Handle, Arc<AtomicI64>) {
    let handle = started(rows).await;
    let later = Arc::new(AtomicI64::new(0));
    let hand = Arc::clone(&later);
    let now = move || ten() + TimeDelta::seconds(hand.load(Ordering::SeqCst));
    handle.desk.set_clock(now);
    (handle, later)
}

/// The status of a request that bears a session.
async fn in_session(handle: &Handle, path: &str, session: &str) -> u16 {
    let request = reqwest::Client::new()
        .get(format!("{}{path}", handle.url()))
        .header("cookie", format!("a=b; JSESSIONID={session}"));
    request.send().await.unwrap().status().as_u16()
}

/// Asks until the status is the one that is waited for.
async fn until(status: u16, ask: impl AsyncFn() -> u16) {
    let seen = async {
        while ask().await != status {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Span::from_secs(20), seen).await.unwrap();
}

#[tokio::test]
async fn a_version_is_seen_when_its_transaction_commits_and_the_older_one_until_then() {
    let (handle, later) = timed(&[row(1, -600)]).await;
    let (least, most) = (Span::from_secs(60), Span::from_secs(61));
    handle.desk.set_lateness(Lateness { least, most });
    handle.desk.put("incident", &row(1, 0).with("sys_mod_count", "1"));
    handle.desk.put("incident", &row(2, -7200));
    let stamps = async || {
        let answer = get(&handle, INCIDENTS, &[("sysparm_query", "ORDERBYsys_id")]).await;
        let stamps = answer
            .rows()
            .iter()
            .map(|row| row["sys_updated_on"].as_str().unwrap().to_owned());
        stamps.collect::<Vec<_>>()
    };
    assert_eq!(stamps().await, ["2026-11-21 09:50:00", "2026-11-21 08:00:00"]);
    assert_eq!(handle.desk.uncommitted(), 1);
    // The row is locked: what is written behind it cannot overtake it.
    handle.desk.set_lateness(Lateness::default());
    later.store(10, Ordering::SeqCst);
    handle.desk.put("incident", &row(1, 10).with("sys_mod_count", "2"));
    assert_eq!(stamps().await[0], "2026-11-21 09:50:00");
    later.store(61, Ordering::SeqCst);
    assert_eq!(stamps().await[0], "2026-11-21 10:00:10");
}

#[tokio::test]
async fn a_session_stays_on_a_node_and_its_clock() {
    let (handle, _) = timed(&[]).await;
    handle.desk.set_nodes(&[TimeDelta::seconds(-2), TimeDelta::seconds(2)]);
    let mut dates = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let answer = get(&handle, INCIDENTS, &[]).await;
        let cookies = answer.headers.get_all("set-cookie").iter();
        let route = cookies
            .filter_map(|cookie| cookie.to_str().ok()?.strip_prefix("glide_user_route="))
            .map(|rest| rest.split(';').next().unwrap().to_owned())
            .next();
        let again = reqwest::Client::new()
            .get(format!("{}{INCIDENTS}", handle.url()))
            .header("cookie", format!("glide_user_route={}", route.unwrap()));
        let again = again.send().await.unwrap();
        assert_eq!(again.headers().get("date"), answer.headers.get("date"));
        dates.insert(answer.header("date").unwrap().to_owned());
    }
    let expected = ["Sat, 21 Nov 2026 09:59:58 GMT", "Sat, 21 Nov 2026 10:00:02 GMT"];
    assert!(dates.iter().eq(expected), "{dates:?}");
}

#[tokio::test]
async fn who_finds_the_pools_queue_full_gets_429_without_a_word_of_when() {
    let handle = started(&[]).await;
    handle.desk.set_pool(Some(Pool { threads: 1, queue: 0 }));
    handle.faults.push("table/incident", Fault::Hang, 1);
    let slow = reqwest::Client::new()
        .get(format!("{}{INCIDENTS}", handle.url()))
        .send();
    let slow = tokio::spawn(slow);
    until(429, async || get(&handle, CHANGES, &[]).await.status).await;
    let refused = get(&handle, CHANGES, &[]).await;
    assert_eq!(
        (refused.header("retry-after"), refused.header("x-ratelimit-limit")),
        (None, None)
    );
    // The caller hangs up: the thread is free again.
    slow.abort();
    until(200, async || get(&handle, CHANGES, &[]).await.status).await;
}

#[tokio::test]
async fn a_session_has_one_request_at_a_time_and_one_too_many_is_202_and_not_executed() {
    let handle = started(&[]).await;
    handle.desk.set_session_queue(0);
    handle.faults.push("table/incident", Fault::Hang, 1);
    let url = format!("{}{INCIDENTS}", handle.url());
    let slow = reqwest::Client::new().get(url).header("cookie", "JSESSIONID=A").send();
    let slow = tokio::spawn(slow);
    until(202, async || in_session(&handle, CHANGES, "A").await).await;
    assert_eq!(in_session(&handle, CHANGES, "B").await, 200);
    slow.abort();
    until(200, async || in_session(&handle, CHANGES, "A").await).await;
    assert_eq!(handle.journal.requests()[0].session.as_deref(), Some("A"));
}

#[tokio::test]
async fn a_node_tells_of_its_count_of_requests_only_now_and_then() {
    let (handle, later) = timed(&[]).await;
    handle.desk.set_hourly_limit(Some(2));
    handle.desk.set_rate_lag(TimeDelta::seconds(30));
    let ask = async || get(&handle, INCIDENTS, &[]).await.status;
    for _ in 0..5 {
        assert_eq!(ask().await, 200);
    }
    later.store(30, Ordering::SeqCst);
    assert_eq!(ask().await, 429);
    later.store(3600, Ordering::SeqCst);
    assert_eq!(ask().await, 200);
}

#[tokio::test]
async fn what_takes_longer_than_the_quota_is_cancelled_in_the_spelling_of_the_instance() {
    let handle = started(&(0..10).map(|number| row(number, 0)).collect::<Vec<_>>()).await;
    let (per_row, quota) = (Span::from_millis(1), Span::from_millis(5));
    handle.desk.set_pace(Pace {
        per_row,
        quota,
        ..Pace::default()
    });
    handle.desk.set_spelling(Spelling::JunkElement);
    let answer = get(&handle, INCIDENTS, &[]).await;
    assert_eq!((answer.status, answer.rows().len()), (200, 6));
    assert!(answer.rows()[5].is_string(), "{:?}", answer.body);
    let few = get(&handle, INCIDENTS, &[("sysparm_limit", "5")]).await;
    assert!(few.rows().iter().all(Value::is_object), "{:?}", few.body);
}

#[tokio::test]
async fn pages_can_be_out_of_order_unfiltered_or_say_a_row_twice() {
    let handle = started(&(0..5).map(|number| row(number, 0)).collect::<Vec<_>>()).await;
    let ask = async |fault| {
        handle.faults.push("table", fault, 1);
        numbers(&handle, "number<INC0000004^ORDERBYsys_id").await
    };
    let disorder = ask(Fault::Disorder).await;
    assert!(!disorder.is_sorted() && disorder.len() == 4, "{disorder:?}");
    assert_eq!(ask(Fault::FilterIgnored).await, [0, 1, 2, 3, 4]);
    assert_eq!(ask(Fault::RowTwice).await, [0, 1, 2, 3, 0]);
}

#[tokio::test]
async fn answers_can_be_cut_broken_off_slow_or_of_another_time() {
    let (handle, _) = timed(&(0..50).map(|number| row(number, 0)).collect::<Vec<_>>()).await;
    let url = format!("{}{INCIDENTS}", handle.url());
    let send = async |fault| {
        handle.faults.push("table", fault, 1);
        reqwest::Client::new().get(&url).send().await
    };
    assert!(send(Fault::Cut).await.is_err());
    assert_eq!(handle.journal.requests()[0].status, None);
    let half = send(Fault::HalfGzip).await.unwrap();
    assert_eq!(half.status(), 200);
    assert!(half.text().await.is_err());
    let slow = send(Fault::Slow(3, Span::from_millis(1))).await.unwrap();
    assert!(slow.text().await.unwrap().ends_with("]}"));
    let skewed = send(Fault::Skewed(TimeDelta::minutes(10))).await.unwrap();
    assert_eq!(skewed.headers()["date"], "Sat, 21 Nov 2026 10:10:00 GMT");
}

#[tokio::test]
async fn archiving_moves_a_row_and_cleaning_leaves_no_trace() {
    let handle = started(&[row(1, 0), row(2, 0), row(3, 0)]).await;
    let id = |number: usize| format!("{number:032x}");
    handle.desk.archive("incident", &id(1));
    handle.desk.clean("incident", &id(2));
    handle.desk.delete("incident", &id(3));
    assert_eq!(handle.desk.count("incident"), 0);
    let archived = get(&handle, "/api/now/v2/table/ar_incident", &[]).await;
    assert_eq!(archived.numbers(), [1]);
    let audited = get(&handle, "/api/now/v2/table/sys_audit_delete", &[]).await;
    assert_eq!(audited.rows().len(), 1);
    assert_eq!(audited.rows()[0]["documentkey"], id(3));
}
