use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::*;
use crate::sim::fault::{Fault, RetryAfter, Spelling};

const PATH: &str = "/api/now/v2/table/incident";

/// An instance with a user, an application, and a clock one can move.
async fn guarded() -> (Handle, Arc<AtomicI64>) {
    let handle = started(&[row(1, 0), row(2, 0)]).await;
    handle.desk.user("ann", "right");
    handle.desk.client("app", "s3cret", Some("ann"));
    let later = Arc::new(AtomicI64::new(0));
    let hand = Arc::clone(&later);
    handle
        .desk
        .set_clock(Box::new(move || ten() + Duration::seconds(hand.load(Ordering::SeqCst))));
    (handle, later)
}

async fn token(handle: &Handle, form: &[(&str, &str)]) -> (u16, Value) {
    let request = reqwest::Client::new()
        .post(format!("{}/oauth_token.do", handle.url()))
        .form(form);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn status(handle: &Handle, bearer: &Value) -> u16 {
    let request = reqwest::Client::new().get(format!("{}{PATH}", handle.url()));
    request
        .bearer_auth(bearer.as_str().unwrap())
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

#[tokio::test]
async fn a_living_token_is_given_again_with_what_is_left_of_its_life() {
    let (handle, later) = guarded().await;
    let mut form = vec![
        ("grant_type", "password"),
        ("client_id", "app"),
        ("client_secret", "s3cret"),
    ];
    form.extend([("username", "ann"), ("password", "right")]);
    let (_, first) = token(&handle, &form).await;
    later.store(1700, Ordering::SeqCst);
    let (_, again) = token(&handle, &form).await;
    assert_eq!(
        (&again["access_token"], &again["expires_in"]),
        (&first["access_token"], &Value::from(100))
    );
    assert_eq!(status(&handle, &first["access_token"]).await, 200);
    later.store(1800, Ordering::SeqCst);
    assert_eq!(status(&handle, &first["access_token"]).await, 401);
    let refresh = first["refresh_token"].as_str().unwrap();
    let mut form = vec![
        ("grant_type", "refresh_token"),
        ("client_id", "app"),
        ("client_secret", "s3cret"),
    ];
    form.push(("refresh_token", refresh));
    let (_, third) = token(&handle, &form).await;
    assert_eq!(status(&handle, &third["access_token"]).await, 200);
    handle.desk.revoke_tokens(true);
    assert_eq!(status(&handle, &third["access_token"]).await, 401);
    assert_eq!(token(&handle, &form).await.0, 401);
}

#[tokio::test]
async fn whatever_is_wrong_with_a_token_request_the_answer_is_the_same() {
    let (handle, _) = guarded().await;
    let good = [
        ("grant_type", "client_credentials"),
        ("client_id", "app"),
        ("client_secret", "s3cret"),
    ];
    let (code, granted) = token(&handle, &good).await;
    assert_eq!((code, granted.get("refresh_token")), (200, None));
    for (place, value) in [(0, "implicit"), (1, "other"), (2, "wrong")] {
        let mut form = good;
        form[place].1 = value;
        let refusal = serde_json::json!({"error": "server_error", "error_description": "access_denied"});
        assert_eq!(token(&handle, &form).await, (401, refusal));
    }
}

#[tokio::test]
async fn basic_authentication_is_checked_and_journaled() {
    let (handle, _) = guarded().await;
    assert_eq!(get(&handle, PATH, &[]).await.status, 401);
    let client = reqwest::Client::new();
    for (password, expected) in [("right", 200), ("wrong", 401)] {
        let request = client
            .get(format!("{}{PATH}", handle.url()))
            .basic_auth("ann", Some(password));
        assert_eq!(request.send().await.unwrap().status().as_u16(), expected);
    }
    let users: Vec<_> = handle.journal.requests().into_iter().map(|asked| asked.user).collect();
    assert_eq!(users, [None, Some("ann".to_owned()), None]);
}

#[tokio::test]
async fn forbidden_and_dropped_tables_say_so() {
    let handle = started(&[row(1, 0)]).await;
    handle.desk.forbid("incident");
    assert_eq!(get(&handle, PATH, &[]).await.status, 403);
    handle.desk.drop_table("change_request");
    let dropped = get(&handle, "/api/now/table/change_request", &[]).await;
    assert_eq!(
        (dropped.status, &dropped.body["error"]["message"]),
        (400, &Value::from("Invalid table change_request"))
    );
    assert_eq!(get(&handle, "/api/now/nothing/at/all/here", &[]).await.status, 400);
}

#[tokio::test]
async fn faults_stand_in_for_answers_or_spoil_them() {
    let handle = started(&[row(1, 0), row(2, 0)]).await;
    let ask = async |fault| {
        handle.faults.push("table", fault, 1);
        get(&handle, PATH, &[]).await
    };
    let asleep = ask(Fault::Hibernation).await;
    assert_eq!(
        (asleep.status, asleep.header("content-type")),
        (200, Some("text/html;charset=UTF-8"))
    );
    let both = ask(Fault::ErrorMember(Spelling::BothKeys)).await;
    assert_eq!(
        (both.status, both.rows().len(), &both.body["status"]),
        (200, 1, &Value::from("failure"))
    );
    let junk = ask(Fault::ErrorMember(Spelling::JunkElement)).await;
    assert!(junk.rows()[1].is_string());
    let cut = ask(Fault::ErrorMember(Spelling::Truncated)).await;
    assert!(cut.body.is_string(), "no JSON");
    let late = ask(Fault::TooMany(RetryAfter::Seconds(7))).await;
    assert_eq!((late.status, late.header("retry-after")), (429, Some("7")));
    assert_eq!(get(&handle, PATH, &[]).await.rows().len(), 2);
}

#[tokio::test]
async fn big_pages_and_poisoned_rows_cancel_the_transaction() {
    let handle = started(&[row(1, 0), row(2, 0), row(3, 0)]).await;
    handle.desk.set_too_slow(Some(2));
    let slow = get(&handle, PATH, &[]).await;
    assert_eq!((slow.status, &slow.body["status"]), (200, &Value::from("failure")));
    assert_eq!(
        get(&handle, PATH, &[("sysparm_limit", "2")]).await.body.get("status"),
        None
    );
    handle.desk.set_too_slow(None);
    handle.desk.poison("incident", &format!("{:032x}", 2));
    assert_eq!(get(&handle, PATH, &[]).await.body["status"], "failure");
    let keys = get(&handle, PATH, &[("sysparm_fields", "sys_id,sys_updated_on")]).await;
    assert_eq!((keys.rows().len(), keys.body.get("status")), (3, None));
}

#[tokio::test]
async fn a_rate_rule_counts_by_the_clock_hour() {
    let (handle, later) = guarded().await;
    handle.desk.set_hourly_limit(Some(2));
    let client = reqwest::Client::new();
    let ask = async || {
        let request = client
            .get(format!("{}{PATH}", handle.url()))
            .basic_auth("ann", Some("right"));
        let response = request.send().await.unwrap();
        (
            response.status().as_u16(),
            response
                .headers()
                .get("retry-after")
                .map(|value| value.to_str().unwrap().to_owned()),
        )
    };
    later.store(3000, Ordering::SeqCst);
    assert_eq!([ask().await.0, ask().await.0], [200, 200]);
    assert_eq!(ask().await, (429, Some("600".to_owned())));
    later.store(3600, Ordering::SeqCst);
    assert_eq!(ask().await.0, 200);
}
