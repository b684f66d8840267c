//! The retired HTTP Data Collector API: `POST /api/logs`, signed with the workspace's key, off by default.
//!
//! Rows are kept under `Log-Type` with `_CL`, their columns with the suffix that the API appended by type.

use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, Response, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use super::answer::Answer;
use super::fault::Fault;
use super::stream::Row;
use super::workspace::{BatchSeen, Switches, Workspace};
use super::{Answered, READ_AT_MOST, Version, header, logs, lost, seen, wait_out};

const MAX_BYTES: usize = 30 * 1_048_576;
const MAX_FIELD_BYTES: usize = 32_768;

pub(super) async fn post(
    State(workspace): State<Workspace>,
    Query(version): Query<Version>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let switches = workspace.switches();
    let table = format!("{}_CL", header(&parts.headers, "log-type").unwrap_or_default());
    let fault = workspace.next_fault(&format!("legacy/{table}"));
    let seen = seen(&table, header(&parts.headers, "authorization"), None);
    if fault == Some(Fault::CutUpload) {
        return lost(&workspace, seen);
    }
    let Ok(body) = axum::body::to_bytes(body, READ_AT_MOST).await else {
        return lost(&workspace, seen);
    };
    wait_out(fault).await;
    let as_upload = logs::Upload {
        rule: "",
        stream: &table,
        api_version: None,
        bearer: None,
        gzip: false,
        wire: &body,
    };
    let answer = fault
        .and_then(|fault| logs::ordered(fault, &as_upload, &switches))
        .unwrap_or_else(|| {
            let taken =
                check(&switches, &parts.headers, version.api_version.as_deref(), &body).and_then(|()| rows_of(&body));
            match taken {
                Ok(rows) => store(&workspace, &switches, &table, body.len(), rows),
                Err(answer) => answer,
            }
        });
    if fault == Some(Fault::TakeThenCut) {
        return lost(&workspace, seen);
    }
    workspace.hold(|held| {
        held.answered.push(Answered {
            status: answer.status.as_u16(),
            ..seen
        });
    });
    answer.into_response(None, &workspace)
}

fn check(switches: &Switches, headers: &HeaderMap, version: Option<&str>, body: &[u8]) -> Result<(), Answer> {
    let Some((workspace_id, key)) = &switches.legacy else {
        return Err(Answer::empty(StatusCode::NOT_FOUND));
    };
    match version {
        None => return Err(bad("MissingApiVersion", "The API version was not specified.")),
        Some("2016-04-01") => {}
        Some(_) => {
            return Err(bad(
                "InvalidApiVersion",
                "The specified API version was not recognized.",
            ));
        }
    }
    if header(headers, "content-type") != Some("application/json") {
        return Err(bad(
            "UnsupportedContentType",
            "The content type was not set to application/json.",
        ));
    }
    let Some(log_type) = header(headers, "log-type") else {
        return Err(bad(
            "MissingLogType",
            "The value required for the log type was not specified.",
        ));
    };
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !(1..=100).contains(&log_type.len()) || !log_type.bytes().all(legal) {
        return Err(bad(
            "InvalidLogType",
            "The specified log type contained characters that are not allowed.",
        ));
    }
    if body.len() > MAX_BYTES {
        return Err(Answer::empty(StatusCode::NOT_FOUND));
    }
    let date = header(headers, "x-ms-date").unwrap_or_default();
    let expected = signature(key, body.len(), date).map(|signature| format!("SharedKey {workspace_id}:{signature}"));
    if expected.is_none() || header(headers, "authorization") != expected.as_deref() {
        let text = "The service failed to authenticate the request.";
        return Err(Answer::error(StatusCode::FORBIDDEN, "InvalidAuthorization", text));
    }
    Ok(())
}

/// The signature of a body of `length` bytes; `None` when the key is not Base64.
fn signature(key: &str, length: usize, date: &str) -> Option<String> {
    let key = STANDARD.decode(key).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("POST\n{length}\napplication/json\nx-ms-date:{date}\n/api/logs").as_bytes());
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

fn rows_of(body: &[u8]) -> Result<Vec<Row>, Answer> {
    let invalid = || bad("InvalidDataFormat", "Invalid JSON was submitted.");
    let rows = match serde_json::from_slice(body).map_err(|_| invalid())? {
        Value::Array(rows) => rows,
        one @ Value::Object(_) => vec![one],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return Err(invalid()),
    };
    let mut taken = Vec::new();
    for row in rows {
        let Value::Object(row) = row else {
            return Err(invalid());
        };
        if ["tenant", "TimeGenerated", "RawData"]
            .iter()
            .any(|name| row.contains_key(*name))
        {
            return Err(invalid());
        }
        taken.push(row.into_iter().filter_map(suffixed).collect());
    }
    Ok(taken)
}

/// A column under the name the API gives it by its value's type; nulls are left out.
fn suffixed((name, value): (String, Value)) -> Option<(String, Value)> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some((name + "_b", value)),
        Value::Number(_) => Some((name + "_d", value)),
        Value::String(text) if DateTime::parse_from_rfc3339(&text).is_ok() => Some((name + "_t", Value::String(text))),
        Value::String(text) if is_guid(&text) => Some((name + "_g", Value::String(text))),
        Value::String(mut text) => {
            text.truncate(text.floor_char_boundary(MAX_FIELD_BYTES));
            Some((name + "_s", Value::String(text)))
        }
        // Nested values are stored as their JSON text.
        Value::Array(_) | Value::Object(_) => Some((name + "_s", Value::String(value.to_string()))),
    }
}

/// With hyphens only: 32 bare digits may be anything.
fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::parse_str(text).is_ok()
}

fn store(workspace: &Workspace, switches: &Switches, table: &str, bytes: usize, rows: Vec<Row>) -> Answer {
    let received = switches.now();
    let batch = BatchSeen {
        stream: table.to_owned(),
        wire_bytes: bytes,
        unpacked_bytes: bytes,
        rows: rows.len(),
        received,
    };
    workspace.hold(|held| {
        *held.counts.entry(table.to_owned()).or_default() += rows.len();
        held.batches.push(batch);
        held.rows.entry(table.to_owned()).or_default().extend(rows);
    });
    Answer::empty(StatusCode::OK)
}

fn bad(code: &'static str, text: &str) -> Answer {
    Answer::error(StatusCode::BAD_REQUEST, code, text)
}

#[cfg(test)]
mod tests {
    use reqwest::Client;
    use serde_json::{Value, json};

    use super::super::start;
    use super::{Workspace, signature};

    #[test]
    fn the_signature_is_that_of_the_documented_vector() {
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
        let body = r#"[{"Subject":"Grüße","Number":42}]"#;
        let date = "Mon, 04 Apr 2016 08:00:00 GMT";
        assert_eq!(
            signature(key, body.len(), date).as_deref(),
            Some("buGwzc0T1uwr5QG1dzeoyhziEUcCWac38Hr4+I0eUxk=")
        );
        assert_eq!(
            signature(key, body.chars().count(), date).as_deref(),
            Some("Rl4MuGhONEgrCHIsSyucV1B1O5sM+xZ6/+66WDY8xz8=")
        );
    }

    #[tokio::test]
    async fn the_retired_api_checks_the_signature_and_appends_suffixes() {
        let workspace = Workspace::new();
        let handle = start(workspace.clone(), ([127, 0, 0, 1], 0).into()).await.unwrap();
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
        let send = async |signature: &str| {
            let request = Client::new().post(format!("{}/api/logs?api-version=2016-04-01", handle.url()));
            let request = request
                .header("content-type", "application/json")
                .header("log-type", "ServiceDesk");
            let request = request.header("x-ms-date", "Mon, 04 Apr 2016 08:00:00 GMT");
            let request = request.header("authorization", format!("SharedKey w:{signature}"));
            request
                .body(r#"[{"Subject":"Grüße","Number":42}]"#)
                .send()
                .await
                .unwrap()
                .status()
                .as_u16()
        };
        let good = "buGwzc0T1uwr5QG1dzeoyhziEUcCWac38Hr4+I0eUxk=";
        assert_eq!(send(good).await, 404, "off by default");
        workspace.set(|switches| switches.legacy = Some(("w".to_owned(), key.to_owned())));
        assert_eq!(send("Rl4MuGhONEgrCHIsSyucV1B1O5sM+xZ6/+66WDY8xz8=").await, 403);
        assert_eq!(send(good).await, 200);
        assert_eq!(
            Value::from(workspace.rows("ServiceDesk_CL")[0].clone()),
            json!({"Subject_s": "Grüße", "Number_d": 42})
        );
    }
}
