//! A secret that shows itself with each request, over requests that end in every way.

use super::*;
use crate::net::{Judgement, Lane, NetError, Request};

/// Sends one request as one for a table that may not be seen.
async fn ask(client: &Client, credentials: &Credentials, url: &str) -> Result<Answer, NetError> {
    let judge = |answer: &Answer| match answer.status.as_u16() {
        400 | 403 | 404 => Judgement::Fail(codes::UNUSABLE.stop(answer.words())),
        _ => Judgement::Accept,
    };
    let request = Request::get(url);
    client.send(Lane::Rest, credentials, &request, &judge).await
}

fn basic(directory: &tempfile::TempDir, url: &str, password: &str) -> Credentials {
    let settings = Settings::Basic {
        username: "itsmd".into(),
        password: secret(directory, password),
    };
    Credentials::new(&settings, url, &client(url)).unwrap()
}

#[tokio::test]
async fn who_may_not_see_a_table_is_signed_in_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    for status in [400, 403, 404] {
        let (_desk, url) = Endpoint::start(&[(401, ""), (status, r#"{"error":"no"}"#)]).await;
        let (client, credentials) = (client(&url), basic(&directory, &url, "wrong"));
        ask(&client, &credentials, &url).await.unwrap_err();
        assert!(credentials.refusal().is_some());
        secret(&directory, "right");
        ask(&client, &credentials, &url).await.unwrap_err();
        assert!(credentials.refusal().is_none(), "{status} comes after the sign-in");
    }
}

#[tokio::test]
async fn a_gateways_page_does_not_prove_a_password() {
    let directory = tempfile::tempdir().unwrap();
    for (status, page) in [
        (403, "<html>blocked"),
        (200, "<html>hibernating"),
        (407, ""),
        (501, "{}"),
    ] {
        let (_desk, url) = Endpoint::start(&[(401, ""), (status, page)]).await;
        let (client, credentials) = (client(&url), basic(&directory, &url, "wrong"));
        ask(&client, &credentials, &url).await.unwrap_err();
        secret(&directory, "another");
        let judge = |_: &Answer| Judgement::Fail(codes::UNUSABLE.stop("a page"));
        let request = Request::get(&*url);
        let lane = Lane::Rest;
        client.send(lane, &credentials, &request, &judge).await.unwrap_err();
        assert!(credentials.refusal().is_some(), "{status} comes before the sign-in");
    }
}

/// Whether a request would have to wait for another's answer.
async fn has_to_wait(credentials: &Credentials) -> bool {
    let asking = credentials.authorization(None);
    tokio::time::timeout(Duration::from_secs(3600), asking).await.is_err()
}

#[tokio::test(start_paused = true)]
async fn a_password_that_is_tried_is_waited_for_however_long_its_request_takes_and_no_longer() {
    let directory = tempfile::tempdir().unwrap();
    let credentials = basic(&directory, "http://127.0.0.1:9", "unproven");
    let trying = credentials.authorization(None).await.unwrap();
    assert!(has_to_wait(&credentials).await);
    let (next, ()) = tokio::join!(credentials.authorization(None), async { drop(trying) });
    assert!(has_to_wait(&credentials).await, "the next tries now");
    let next = next.unwrap();
    credentials.accepted();
    assert!(!has_to_wait(&credentials).await, "it was let in");
    drop(next);
    assert!(!has_to_wait(&credentials).await);
}

#[tokio::test]
async fn no_request_waits_for_its_own_try_when_it_is_made_again() {
    let directory = tempfile::tempdir().unwrap();
    let busy = [(503, ""), (503, ""), (500, "{}"), (202, "<html>"), (408, "")];
    let (desk, url) = Endpoint::start(&busy).await;
    let client = Client::new(ClientSettings {
        backoff: Duration::from_millis(2),
        attempts: 9,
        ..ClientSettings::new(&url, chrono::Utc::now)
    });
    let (client, credentials) = (client.unwrap(), basic(&directory, &url, "unproven"));
    let asked = (0..4).map(|_| ask(&client, &credentials, &url));
    let all = tokio::time::timeout(Duration::from_secs(20), futures_util::future::join_all(asked));
    assert!(all.await.unwrap().iter().all(Result::is_ok));
    assert_eq!(desk.requests(), busy.len() + 4);
}

#[tokio::test]
async fn a_try_that_is_dropped_without_an_answer_leaves_the_way_to_the_next() {
    let directory = tempfile::tempdir().unwrap();
    // Takes connections and says nothing.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (client, credentials) = (client(&url), basic(&directory, &url, "unproven"));
    let (first, second) = (ask(&client, &credentials, &url), ask(&client, &credentials, &url));
    let mut first = Box::pin(first);
    let connected = tokio::select! {
        connected = listener.accept() => connected.unwrap(),
        _ = &mut first => panic!("nobody answered"),
    };
    drop(first);
    tokio::select! {
        again = listener.accept() => drop((again.unwrap(), connected)),
        _ = second => panic!("nobody answered"),
    }
}
