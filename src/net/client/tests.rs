use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request as Incoming, State};
use axum::http::StatusCode as Status;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::*;
use crate::model::Verdict;
use crate::net::{Anonymous, Authorization, Authorize, Judgement, Lane, Rejected};

type Script = Arc<Mutex<VecDeque<Response>>>;
type Journal = Arc<Mutex<Vec<(String, Option<String>)>>>;

struct Server {
    url: String,
    journal: Journal,
}

async fn answer(State((script, journal)): State<(Script, Journal)>, incoming: Incoming) -> Response {
    let sent = incoming
        .headers()
        .get("authorization")
        .map(|value| value.to_str().unwrap().to_owned());
    journal.lock().unwrap().push((incoming.uri().to_string(), sent));
    script
        .lock()
        .unwrap()
        .pop_front()
        .unwrap_or_else(|| "ok".into_response())
}

/// Answers as scripted, then 200 `ok`.
async fn server(script: Vec<Response>) -> Server {
    let journal = Journal::default();
    let state = (Arc::new(Mutex::new(script.into())), journal.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback(answer).with_state(state);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Server { url, journal }
}

fn settings(url: &str) -> ClientSettings {
    ClientSettings {
        backoff: Duration::from_millis(2),
        ..ClientSettings::new(url, || "2026-11-20T10:00:00Z".parse().unwrap())
    }
}

fn client(server: &Server) -> Client {
    Client::new(settings(&server.url)).unwrap()
}

async fn get(client: &Client, url: String) -> Result<Answer, NetError> {
    let judge = |_: &Answer| Judgement::Accept;
    client.send(Lane::Head, &Anonymous, &Request::get(url), &judge).await
}

fn status(status: u16) -> Response {
    Status::from_u16(status).unwrap().into_response()
}

fn with(status: u16, name: &'static str, value: String) -> Response {
    (Status::from_u16(status).unwrap(), [(name, value)], "busy").into_response()
}

#[tokio::test]
async fn a_next_link_goes_out_byte_for_byte() {
    let server = server(vec![]).await;
    let path = "/x?$skiptoken=%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22%253ccookie%2520page%253d%25221%2522%22/%3E&a=(b);c^d,e";
    get(&client(&server), format!("{}{path}", server.url)).await.unwrap();
    assert_eq!(server.journal.lock().unwrap()[0].0, path);
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_counted() {
    let server = server(vec![status(500), status(408), status(202)]).await;
    let client = client(&server);
    let answer = get(&client, server.url.clone()).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.requests), (200, 4));
    let counts = client.counts();
    assert_eq!((counts.requests, counts.server_errors, counts.succeeded), (4, 2, 2));
}

#[tokio::test]
async fn the_budget_of_attempts_ends_it() {
    let server = server((0..9).map(|_| status(503)).collect()).await;
    let error = get(&client(&server), server.url.clone()).await.unwrap_err();
    assert_eq!(error.trouble().code, codes::SERVER.id);
    assert_eq!(error.trouble().verdict, Verdict::Retry { after: None });
    assert_eq!(server.journal.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn a_server_that_runs_out_of_time_is_too_slow_after_two_tries() {
    let server = server(vec![status(504), status(504)]).await;
    let error = get(&client(&server), server.url.clone()).await.unwrap_err();
    assert!(matches!(error, NetError::TooSlow(_)), "{error}");
    assert_eq!(server.journal.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn no_answer_in_time_is_too_slow() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = Client::new(ClientSettings {
        request_timeout: Duration::from_millis(150),
        ..settings(&url)
    })
    .unwrap();
    let error = get(&client, url).await.unwrap_err();
    assert!(matches!(error, NetError::TooSlow(_)), "{error}");
    assert!(
        error.trouble().seen.ends_with("no whole answer within 0.15 s"),
        "{error}"
    );
    assert_eq!(client.counts().timeouts, 2);
}

#[tokio::test]
async fn a_wish_in_seconds_is_obeyed_and_costs_no_attempt() {
    let busy = || with(429, "retry-after", "1".into());
    let server = server(vec![busy(), busy()]).await;
    let client = Client::new(ClientSettings {
        attempts: 1,
        ..settings(&server.url)
    })
    .unwrap();
    let start = std::time::Instant::now();
    let answer = get(&client, server.url.clone()).await.unwrap();
    assert_eq!(answer.requests, 3);
    assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_wish_beyond_the_patience_is_an_error_that_says_when() {
    for busy in [
        with(429, "retry-after", "600".into()),
        with(503, "retry-after", "600".into()),
    ] {
        let server = server(vec![busy]).await;
        let patience = Some(Duration::from_secs(60));
        let client = Client::new(ClientSettings {
            patience,
            ..settings(&server.url)
        })
        .unwrap();
        let error = get(&client, server.url.clone()).await.unwrap_err();
        assert_eq!(
            error.trouble().verdict,
            Verdict::Retry {
                after: Some(Duration::from_secs(600))
            }
        );
        assert!(error.trouble().remedy.contains("10 min"), "{error}");
        assert!(
            client.waiting().unwrap().why.contains("busy"),
            "the whole connection waits"
        );
        // The next request does not even go out.
        get(&client, server.url.clone()).await.unwrap_err();
        assert_eq!(client.requests(), 1);
    }
}

#[tokio::test]
async fn a_reset_header_is_read_by_the_servers_clock() {
    let date: DateTime<Utc> = "2031-01-01T00:00:00Z".parse().unwrap();
    let reset = (date.timestamp() + 900).to_string();
    let headers = [
        ("date", "Wed, 01 Jan 2031 00:00:00 GMT".to_owned()),
        ("x-ratelimit-reset", reset),
    ];
    let server = server(vec![(Status::TOO_MANY_REQUESTS, headers).into_response()]).await;
    let patience = Some(Duration::from_secs(60));
    let client = Client::new(ClientSettings {
        patience,
        ..settings(&server.url)
    })
    .unwrap();
    let error = get(&client, server.url.clone()).await.unwrap_err();
    assert_eq!(
        error.trouble().verdict,
        Verdict::Retry {
            after: Some(Duration::from_secs(900))
        }
    );
}

#[tokio::test]
async fn redirections_are_named_and_foreign_links_not_followed() {
    let server = server(vec![with(
        302,
        "location",
        "https://sso.example/login?token=secret".into(),
    )])
    .await;
    let client = client(&server);
    let error = get(&client, server.url.clone()).await.unwrap_err();
    assert!(error.to_string().contains("https://sso.example/login"), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
    assert_eq!(error.trouble().code, codes::REDIRECT.id);
    assert!(error.trouble().remedy.starts_with("leave the address"), "{error}");
    let error = get(&client, "https://elsewhere.example/api".into()).await.unwrap_err();
    assert_eq!(error.trouble().code, codes::FOREIGN_URL.id);
    assert_eq!(client.requests(), 1);
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_big_even_packed() {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(9));
    packed.write_all(&vec![b' '; 1_000_000]).unwrap();
    let body = ([("content-encoding", "gzip")], packed.finish().unwrap()).into_response();
    let server = server(vec![body]).await;
    let judge = |_: &Answer| Judgement::Accept;
    let request = Request::get(server.url.as_str()).body_limit(100_000);
    let error = client(&server)
        .send(Lane::Rest, &Anonymous, &request, &judge)
        .await
        .unwrap_err();
    assert!(matches!(error, NetError::TooBig(_)), "{error}");
}

#[tokio::test]
async fn the_judge_has_its_say_over_200_and_500() {
    let server = server(vec!["<html>".into_response(), status(500)]).await;
    let judge = |answer: &Answer| match answer.status.as_u16() {
        200 if answer.is_html() => Judgement::Retry(codes::SERVER.retry("html")),
        500 => Judgement::Slow(codes::TIMEOUT.retry("cancelled")),
        _ => Judgement::Accept,
    };
    let request = Request::get(server.url.as_str());
    let error = client(&server)
        .send(Lane::Rest, &Anonymous, &request, &judge)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, NetError::TooSlow(trouble) if trouble.seen == "cancelled"),
        "{error}"
    );
    assert_eq!(server.journal.lock().unwrap().len(), 2);
}

struct Rotating;

impl Authorize for Rotating {
    async fn authorization(&self, rejected: Option<Rejected<'_>>) -> Result<Option<Authorization>, Trouble> {
        Ok(Authorization::new(if rejected.is_some() { "new" } else { "old" }))
    }

    fn refused(&self, answer: &Answer) -> Trouble {
        codes::SERVER.stop(answer.words())
    }
}

#[tokio::test]
async fn a_401_is_answered_by_one_renewal_and_one_replay() {
    let server = server(vec![status(401), status(401)]).await;
    let judge = |_: &Answer| Judgement::Accept;
    let request = Request::post(server.url.as_str(), Bytes::from_static(b"[]"));
    let error = client(&server)
        .send(Lane::Rest, &Rotating, &request, &judge)
        .await
        .unwrap_err();
    assert_eq!(error.trouble().verdict, Verdict::Stop);
    let sent: Vec<_> = server
        .journal
        .lock()
        .unwrap()
        .iter()
        .map(|(_, sent)| sent.clone().unwrap())
        .collect();
    assert_eq!(sent, ["old", "new"]);
}

#[tokio::test]
async fn nobody_listening_and_no_tls_are_told_apart() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("http://127.0.0.1:{port}");
    let error = get(&Client::new(settings(&url)).unwrap(), url).await.unwrap_err();
    assert_eq!(error.trouble().code, codes::UNREACHABLE.id, "{error}");
    let plain = server(vec![]).await;
    let url = plain.url.replace("http://", "https://");
    let error = get(&Client::new(settings(&url)).unwrap(), url).await.unwrap_err();
    assert_eq!(error.trouble().code, codes::NOT_TLS.id, "{error}");
}
