mod asked;
mod events;

use std::net::SocketAddr;

use axum::http::header::{self, HeaderValue};
use axum::http::{HeaderMap, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::*;
use crate::status::report::tests::{report, stream};
use crate::status::{Metrics, Report};

use std::time::Instant;

const DEADLINE: Duration = Duration::from_secs(20);

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
}

/// A server whose loops are as `missing` says.
async fn server(missing: &[&str]) -> Server {
    let missing: Vec<String> = missing.iter().map(|&part| part.to_owned()).collect();
    let unready = missing.clone();
    let views = Views::new(
        || async { Ok(report(vec![stream()])) },
        move || std::future::ready(missing.clone()),
        move || std::future::ready(unready.clone()),
        Arc::new(Metrics::new(chrono::Utc::now())),
    );
    start(views).await
}

async fn start(views: Views) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let task = tokio::spawn(serve(listener, views, stop.clone()));
    Server { address, stop, task }
}

impl Server {
    /// The whole answer, head and body, to a request written by hand.
    async fn say(&self, request: &str) -> String {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tokio::time::timeout(DEADLINE, socket.read_to_string(&mut answer))
            .await
            .unwrap()
            .unwrap();
        answer
    }

    async fn ask(&self, method: &str, path: &str, host: &str) -> String {
        self.say(&format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        ))
        .await
    }

    async fn get(&self, path: &str) -> String {
        self.ask("GET", path, &self.address.to_string()).await
    }
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

#[tokio::test]
async fn each_path_shows_its_view() {
    let server = server(&[]).await;
    let page = server.get("/").await;
    assert!(page.contains("content-type: text/html; charset=utf-8"));
    assert!(body(&page).contains("<h1 id=\"word\" class=\"good\">In step</h1>"));
    assert_eq!(body(&server.get("/healthz").await), "ok\n");
    assert_eq!(body(&server.get("/readyz").await), "ok\n");
    let metrics = server.get("/metrics").await;
    assert!(metrics.contains("content-type: text/plain; version=0.0.4"));
    assert!(body(&metrics).contains("itsmd_lag_seconds{"));
    let json: Report = serde_json::from_str(body(&server.get("/api/status").await)).unwrap();
    assert_eq!(json, report(vec![stream()]));
    assert_eq!(status(&server.get("/etc/passwd").await), "404");
}

#[tokio::test]
async fn what_does_not_answer_is_named() {
    let server = server(&["scheduler", "contoso/incident"]).await;
    for path in ["/healthz", "/readyz"] {
        let answer = server.get(path).await;
        assert_eq!(
            (status(&answer), body(&answer)),
            ("503", "scheduler\ncontoso/incident\n")
        );
    }
}

#[tokio::test]
async fn a_report_that_cannot_be_made_says_why() {
    let views = Views::new(
        || async { Err("the store is busy".to_owned()) },
        || async { vec![] },
        || async { vec![] },
        Arc::new(Metrics::new(chrono::Utc::now())),
    );
    let server = start(views).await;
    for path in ["/", "/metrics", "/api/status"] {
        let answer = server.get(path).await;
        assert_eq!(
            (status(&answer), body(&answer)),
            ("503", "no report: the store is busy\n")
        );
    }
    assert_eq!(status(&server.get("/healthz").await), "200");
}

#[tokio::test]
async fn every_answer_is_hardened() {
    let server = server(&[]).await;
    for path in ["/", "/api/status", "/nowhere"] {
        let answer = server.get(path).await;
        for line in [
            "cache-control: no-store",
            "x-content-type-options: nosniff",
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n",
        ] {
            assert!(answer.contains(line), "{path} lacks {line}");
        }
    }
}

#[tokio::test]
async fn a_foreign_host_name_is_refused_on_loopback() {
    let server = server(&[]).await;
    for host in [
        "evil.example",
        "evil.example:9477",
        "localhost.evil.example",
        "192.0.2.1",
        "127.0.0.1.evil.example",
        "",
    ] {
        assert_eq!(status(&server.ask("GET", "/api/status", host).await), "421", "{host}");
    }
    for host in [
        "localhost",
        "LOCALHOST:9477",
        "127.0.0.1:1",
        "127.0.0.2",
        "[::1]:9477",
        "[::1]",
    ] {
        assert_eq!(status(&server.ask("GET", "/api/status", host).await), "200", "{host}");
    }
    assert_eq!(status(&server.say("GET /healthz HTTP/1.0\r\n\r\n").await), "200");
}

#[test]
fn beyond_loopback_any_host_name_passes() {
    let guard = Guard::of("192.0.2.1:9477".parse().unwrap());
    let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("itsmd.example"))]);
    assert!(guard.refusal(&Method::GET, "/", &headers).is_none());
    assert!(guard.refusal(&Method::DELETE, "/", &headers).is_some());
}

#[tokio::test]
async fn it_only_shows() {
    let server = server(&[]).await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = server.ask(method, "/api/status", "localhost").await;
        assert_eq!(status(&answer), "405");
        assert!(answer.contains("allow: GET, HEAD"));
    }
    let head = server.ask("HEAD", "/", "localhost").await;
    assert_eq!((status(&head), body(&head)), ("200", ""));
}

#[tokio::test]
async fn a_client_that_never_finishes_its_request_does_not_keep_the_daemon() {
    let server = server(&[]).await;
    let mut idler = TcpStream::connect(server.address).await.unwrap();
    idler.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    assert_eq!(status(&server.get("/healthz").await), "200");
    server.stop.cancel();
    tokio::time::timeout(DEADLINE, server.task)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}
