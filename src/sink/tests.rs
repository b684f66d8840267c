use std::io::Read;
use std::sync::{Arc, Mutex};

use axum::extract::{Request as Incoming, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::*;
use crate::model::Verdict;

type Seen = Arc<Mutex<Vec<(String, String, String)>>>;

async fn take(State((status, body, seen)): State<(u16, &'static str, Seen)>, incoming: Incoming) -> Response {
    let uri = incoming.uri().to_string();
    let id = incoming
        .headers()
        .get("x-ms-client-request-id")
        .map(|id| id.to_str().unwrap().to_owned());
    let packed = incoming.headers().get("content-encoding").is_some();
    let sent = axum::body::to_bytes(incoming.into_body(), 10_000_000).await.unwrap();
    let mut text = String::new();
    if packed {
        flate2::read::GzDecoder::new(&sent[..])
            .read_to_string(&mut text)
            .unwrap();
    } else {
        text = String::from_utf8(sent.to_vec()).unwrap();
    }
    seen.lock().unwrap().push((uri, id.unwrap_or_default(), text));
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

async fn workspace(status: u16, body: &'static str) -> (String, Seen) {
    let seen = Seen::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = axum::Router::new()
        .fallback(take)
        .with_state((status, body, seen.clone()));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, seen)
}

fn noon() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

const OPTIONS: Options = Options {
    patience: None,
    clock: noon,
};

fn ingestion(url: &str) -> Workspace {
    let settings = Settings::LogsIngestion {
        endpoint: format!("{url}/"),
        dcr_immutable_id: "dcr-00000000000000000000000000000000".into(),
        stream: "Custom-ServiceDesk_CL".into(),
        log_stream: None,
        auth: auth::Settings::None,
        expires: None,
        tls: crate::net::TlsSettings::default(),
        proxy: None,
    };
    Workspace::open(&settings, OPTIONS).unwrap()
}

fn batch(body: &'static str) -> Batch {
    Batch {
        table: Table::WorkItems,
        body: Bytes::from_static(body.as_bytes()),
        rows: body.matches('{').count(),
    }
}

#[tokio::test]
async fn a_batch_arrives_packed_at_the_exact_address() {
    for status in [200, 202, 204] {
        let (url, seen) = workspace(status, "").await;
        let sink = ingestion(&url);
        for body in ["[]", r#"[{"Title_s":"ä"}]"#] {
            assert!(sink.deliver(&batch(body)).await.unwrap().bytes_sent > 0);
        }
        let seen = seen.lock().unwrap();
        let path = "/dataCollectionRules/dcr-00000000000000000000000000000000/streams/Custom-ServiceDesk_CL?api-version=2023-01-01";
        assert_eq!((seen[1].0.as_str(), seen[1].2.as_str()), (path, r#"[{"Title_s":"ä"}]"#));
        assert_ne!(seen[0].1, seen[1].1, "each request has an id of its own");
    }
}

#[tokio::test]
async fn refusals_say_what_to_do_with_the_batch() {
    let rows = r#"[{"Title_s":"a"}]"#;
    let fail = async |status, body| {
        let (url, _) = workspace(status, body).await;
        ingestion(&url).deliver(&batch(rows)).await.unwrap_err()
    };
    assert!(matches!(fail(413, "").await, SinkError::TooBig(_)));
    assert!(matches!(fail(400, "<html>").await, SinkError::Refused(_)));
    let stream = fail(
        400,
        r#"{"error":{"code":"InvalidStream","message":"The stream x was not configured"}}"#,
    )
    .await;
    assert!(
        matches!(&stream, SinkError::Failed(trouble) if trouble.remedy.contains("patience")),
        "{stream}"
    );
    let role = fail(403, "").await;
    assert!(matches!(role.trouble().verdict, Verdict::Retry { .. }));
    assert!(role.trouble().remedy.contains("Monitoring Metrics Publisher"), "{role}");
    let gone = fail(404, r#"{"error":{"code":"NotFound","message":"no rule"}}"#).await;
    assert!(
        matches!(&gone, SinkError::Failed(trouble) if trouble.verdict == Verdict::Stop),
        "{gone}"
    );
    assert!(matches!(fail(401, "").await, SinkError::Failed(_)));
}

#[tokio::test]
async fn a_success_that_is_not_of_the_api_took_nothing() {
    for (body, taken) in [
        ("<html><title>Proxy sign-in</title></html>", false),
        (r#"{"error":{"code":"X","message":"no"}}"#, false),
        ("", true),
        (r#"{"ok":true}"#, true),
        ("[]", true),
    ] {
        let (url, _) = workspace(200, body).await;
        let outcome = ingestion(&url).deliver(&batch(r#"[{"Title_s":"a"}]"#)).await;
        assert_eq!(outcome.is_ok(), taken, "{body}");
        if let Err(error) = outcome {
            assert_eq!(error.trouble().code, codes::NOT_ITS_ANSWER.id);
            assert!(matches!(error.trouble().verdict, Verdict::Retry { .. }));
        }
    }
}

#[tokio::test]
async fn a_classic_table_is_told_with_what_migrating_means() {
    let refusals = [
        r#"{"error":{"code":"InvalidOutputTable","message":"no such table"}}"#,
        r#"{"error":{"code":"X","message":"Table for output stream 'Custom-ServiceDesk_CL' is not available for destination 'la'."}}"#,
        r#"{"error":{"code":"X","message":"ServiceDesk_CL is a Custom table (classic)"}}"#,
    ];
    for refusal in refusals {
        let (url, seen) = workspace(400, refusal).await;
        let error = ingestion(&url).deliver(&batch("[]")).await.unwrap_err();
        let trouble = error.trouble();
        assert_eq!(
            (trouble.code, trouble.verdict),
            (codes::CLASSIC_TABLE.id, Verdict::Stop)
        );
        assert!(trouble.remedy.contains("cannot be undone"), "{error}");
        assert_eq!(seen.lock().unwrap().len(), 1, "nothing but the delivery was asked for");
    }
}

#[tokio::test]
async fn a_workspace_without_a_log_says_so() {
    let (url, _) = workspace(204, "").await;
    let sink = ingestion(&url);
    assert!(!sink.has_log());
    let log = Batch {
        table: Table::Log,
        ..batch("[]")
    };
    assert_eq!(sink.deliver(&log).await.unwrap_err().trouble().code, codes::NO_LOG.id);
}

#[tokio::test]
async fn the_data_collector_gets_names_without_suffixes() {
    let (url, seen) = workspace(200, "").await;
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("key");
    std::fs::write(&key, "c2VjcmV0\n").unwrap();
    let settings = Settings::DataCollector {
        endpoint: url,
        workspace_id: "ws".into(),
        shared_key: SecretRef::File(key),
        log_type: "ServiceDesk".into(),
        tls: crate::net::TlsSettings::default(),
        proxy: None,
    };
    let sink = Workspace::open(&settings, OPTIONS).unwrap();
    sink.deliver(&batch(r#"[{"TimeGenerated":"x","Title_s":"a"}]"#))
        .await
        .unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0].0, "/api/logs?api-version=2016-04-01");
    assert_eq!(seen[0].2, r#"[{"Title":"a"}]"#);
    assert_eq!(sink.fingerprint(), "data-collector ws ServiceDesk");
}

#[tokio::test]
async fn a_file_gets_a_line_a_row_and_heals_a_torn_one() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings::File {
        path: directory.path().join("rows-{date}.ndjson"),
    };
    let sink = Workspace::open(&settings, OPTIONS).unwrap();
    let path = directory.path().join("rows-2026-11-20.ndjson");
    sink.deliver(&batch("[]")).await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o137, 0);
    std::fs::write(&path, "{\"torn\":").unwrap();
    sink.deliver(&batch("[{\"a\":1},\n {\"b\": \"x\\ny\"}]")).await.unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "{\"torn\":\n{\"a\":1}\n{\"b\": \"x\\ny\"}\n"
    );
    let blocked = Settings::File {
        path: directory.path().join("no/such/dir"),
    };
    let blocked = Workspace::open(&blocked, OPTIONS).unwrap();
    assert_eq!(
        blocked.deliver(&batch("[]")).await.unwrap_err().trouble().code,
        codes::FILE.id
    );
}
