use std::io::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use super::{Fault, Handle, Keep, RetryAfter, Until, Workspace, WrongType, start};
use crate::sim::entra::Entra;

const STREAM: &str = "Custom-ServiceDesk_CL";

async fn serving() -> (Handle, Workspace) {
    let workspace = Workspace::new();
    let handle = start(workspace.clone(), ([127, 0, 0, 1], 0).into()).await.unwrap();
    (handle, workspace)
}

fn url(handle: &Handle, stream: &str) -> String {
    format!(
        "{}/dataCollectionRules/{}/streams/{stream}?api-version=2023-01-01",
        handle.url(),
        handle.dcr_immutable_id()
    )
}

async fn try_post(handle: &Handle, body: Vec<u8>) -> reqwest::Result<Response> {
    let request = Client::new()
        .post(url(handle, STREAM))
        .bearer_auth("t")
        .header("content-type", "application/json");
    request.body(body).send().await
}

async fn post(handle: &Handle, rows: &Value) -> Response {
    try_post(handle, rows.to_string().into_bytes()).await.unwrap()
}

async fn code(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let header = response.headers()["x-ms-error-code"].to_str().unwrap().to_owned();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], header.as_str());
    (status, body["error"]["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_is_answered_204_is_in_the_workspace() {
    let (handle, workspace) = serving().await;
    let id = "0123456789abcdef0123456789abcdef";
    let request = Client::new()
        .post(url(&handle, STREAM))
        .bearer_auth("t")
        .header("x-ms-client-request-id", id);
    let response = request
        .body(r#"[{"RecordId_s":"a"},{"RecordId_s":"b"}]"#)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert!(response.headers().contains_key("x-ms-request-id"));
    assert_eq!(
        response.headers()["x-ms-client-request-id"],
        "01234567-89ab-cdef-0123-456789abcdef"
    );
    let ids: Vec<_> = workspace
        .rows(STREAM)
        .iter()
        .map(|row| row["RecordId_s"].clone())
        .collect();
    assert_eq!(ids, ["a", "b"]);
    assert_eq!(workspace.batches()[0].rows, 2);
}

#[tokio::test]
async fn the_limit_is_of_wire_bytes_and_exact() {
    let (handle, workspace) = serving().await;
    let body = |size: usize| format!("[{{\"Title_s\":\"{}\"}}]", "x".repeat(size - 16)).into_bytes();
    assert_eq!(
        try_post(&handle, body(1_048_576)).await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    let refused = code(try_post(&handle, body(1_048_577)).await.unwrap()).await;
    let text = "Maximum allowed content length: 1048576 bytes (1 MB). Provided content length: 1048577 bytes.";
    assert_eq!(refused, (413, text.to_owned()));
    assert_eq!(workspace.truncated_columns()["Title_s"], 1);
    assert_eq!(workspace.rows(STREAM)[0]["Title_s"].as_str().unwrap().len(), 65_536);
}

#[tokio::test]
async fn gzip_is_unpacked_and_may_hold_more_than_the_wire_limit() {
    let (handle, workspace) = serving().await;
    let gzip = |size: usize| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer
            .write_all(format!("[{{\"Title_s\":\"{}\"}}]", "x".repeat(size)).as_bytes())
            .unwrap();
        packer.finish().unwrap()
    };
    let send = |body| {
        Client::new()
            .post(url(&handle, STREAM))
            .bearer_auth("t")
            .header("content-encoding", "gzip")
            .body(body)
            .send()
    };
    assert_eq!(send(gzip(5_000_000)).await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(workspace.batches()[0].unpacked_bytes, 5_000_016);
    workspace.set(|switches| switches.max_unpacked_bytes = 1_000);
    assert_eq!(send(gzip(5_000)).await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(send(b"[{}]".to_vec()).await.unwrap().status(), StatusCode::BAD_REQUEST);
    assert_eq!(workspace.count(STREAM), 1);
}

#[tokio::test]
async fn an_unknown_rule_an_undeclared_stream_and_a_bad_body_are_refused() {
    let (handle, workspace) = serving().await;
    let elsewhere = url(&handle, STREAM).replace("dcr-0", "dcr-1");
    let response = Client::new()
        .post(elsewhere)
        .bearer_auth("t")
        .body("[]")
        .send()
        .await
        .unwrap();
    let rule = "dcr-1123456789abcdef0123456789abcdef";
    assert_eq!(
        code(response).await,
        (
            404,
            format!("Data collection rule with immutable Id '{rule}' not found.")
        )
    );
    let response = Client::new()
        .post(url(&handle, "Custom-No_CL"))
        .bearer_auth("t")
        .body("[]")
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["x-ms-error-code"], "InvalidStream");
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    for body in ["[{", "{}", "[1]", ""] {
        assert_eq!(
            try_post(&handle, body.into()).await.unwrap().status(),
            StatusCode::BAD_REQUEST,
            "{body}"
        );
    }
    assert_eq!(post(&handle, &json!([])).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(workspace.count(STREAM), 0);
}

#[tokio::test]
async fn only_a_good_token_of_the_right_audience_gets_in() {
    let (handle, workspace) = serving().await;
    let entra = Entra::new();
    let server = entra.start(([127, 0, 0, 1], 0).into()).await.unwrap();
    entra.set(|directory| directory.add_application("contoso", "app", "s3cret"));
    workspace.set(|switches| switches.tokens = Some((entra.tokens(), "https://monitor.azure.com".to_owned())));
    let token = async |scope: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "app"),
            ("client_secret", "s3cret"),
            ("scope", scope),
        ];
        let url = format!("{}/contoso/oauth2/v2.0/token", server.url());
        let answer: Value = Client::new()
            .post(url)
            .form(&form)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    };
    let status = async |token: &str| {
        Client::new()
            .post(url(&handle, STREAM))
            .bearer_auth(token)
            .body("[]")
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let good = token("https://monitor.azure.com//.default").await;
    assert_eq!(status(&good).await, 204);
    assert_eq!(status(&token("https://other.example/.default").await).await, 401);
    assert_eq!(status("made up").await, 401);
    entra.tokens().revoke(&good);
    assert_eq!(status(&good).await, 401);
    let bare = Client::new()
        .post(url(&handle, STREAM))
        .body("[]")
        .send()
        .await
        .unwrap();
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn columns_nobody_declared_and_values_of_the_wrong_type_vanish_but_are_counted() {
    let (handle, workspace) = serving().await;
    let row =
        json!({"RecordId_s": "a", "recordid_s": "b", "IsDeleted_b": "yes", "CreatedDate_t": "2026-11-20 10:00:00"});
    assert_eq!(post(&handle, &json!([row])).await.status(), StatusCode::NO_CONTENT);
    let kept = &workspace.rows(STREAM)[0];
    assert_eq!(kept["IsDeleted_b"], Value::Null);
    assert_eq!(kept["CreatedDate_t"], "2026-11-20 10:00:00");
    assert_eq!(workspace.dropped_columns(), [("recordid_s".to_owned(), 1)].into());
    assert_eq!(workspace.nulled_columns(), [("IsDeleted_b".to_owned(), 1)].into());
}

#[tokio::test]
async fn a_time_generated_outside_its_range_becomes_the_time_of_receipt() {
    let (handle, workspace) = serving().await;
    let now: DateTime<Utc> = "2026-11-20T12:00:00Z".parse().unwrap();
    workspace.set(|switches| switches.set_clock(move || now));
    let sent = [
        "2026-11-18T12:00:00Z",
        "2026-11-18T11:59:59Z",
        "2026-11-21T12:00:00Z",
        "2026-11-21T12:00:01Z",
    ];
    let mut rows: Vec<_> = sent.map(|time| json!({"TimeGenerated": time})).into();
    rows.push(json!({}));
    post(&handle, &json!(rows)).await;
    let held: Vec<_> = workspace
        .rows(STREAM)
        .into_iter()
        .map(|row| row["TimeGenerated"].clone())
        .collect();
    let received = "2026-11-20T12:00:00.000Z";
    assert_eq!(held, [sent[0], received, sent[2], received, received]);
    assert_eq!(workspace.restamped(), 2);
}

#[tokio::test]
async fn faults_come_in_order_and_leave_when_they_are_used_up() {
    let (handle, workspace) = serving().await;
    workspace.set(|switches| switches.set_clock(|| "2026-11-20T12:00:00Z".parse().unwrap()));
    workspace.fault(Fault::TooManyRequests(RetryAfter::Seconds(7)), Until::Requests(1));
    workspace.fault(Fault::TooManyRequests(RetryAfter::Date(90)), Until::Requests(1));
    workspace.fault(Fault::Internal, Until::Requests(2));
    workspace.fault(Fault::Forbidden, Until::Requests(1));
    workspace.fault_after(1, Fault::BadGateway, Until::Requests(1));
    let mut seen = Vec::new();
    for _ in 0..7 {
        let response = post(&handle, &json!([{}])).await;
        let after = response
            .headers()
            .get("retry-after")
            .map(|value| value.to_str().unwrap().to_owned());
        seen.push((response.status().as_u16(), after));
    }
    let date = Some("Fri, 20 Nov 2026 12:01:30 GMT".to_owned());
    let expected = [
        (429, Some("7".to_owned())),
        (429, date),
        (500, None),
        (500, None),
        (403, None),
        (204, None),
        (502, None),
    ];
    assert_eq!(seen, expected);
    assert_eq!(workspace.count(STREAM), 1);
}

#[tokio::test]
async fn an_answer_can_be_lost_after_the_rows_were_taken_and_an_upload_before() {
    let (handle, workspace) = serving().await;
    workspace.fault(Fault::TakeThenCut, Until::Requests(1));
    assert!(try_post(&handle, b"[{}]".to_vec()).await.is_err());
    assert_eq!(workspace.count(STREAM), 1);
    workspace.fault(Fault::CutUpload, Until::Requests(1));
    assert!(try_post(&handle, vec![b' '; 900_000]).await.is_err());
    assert_eq!(workspace.count(STREAM), 1);
    assert_eq!(
        workspace.answered().iter().map(|one| one.status).collect::<Vec<_>>(),
        [0, 0]
    );
    assert!(workspace.journal().requests().iter().all(|one| one.status.is_none()));
    assert_eq!(post(&handle, &json!([{}])).await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_batch_with_a_guilty_record_is_refused_as_a_whole() {
    let (handle, workspace) = serving().await;
    workspace.set(|switches| switches.refuse_rows(|row| row.get("RecordId_s").is_some_and(|id| id == "b")));
    for keep in [Keep::Rows, Keep::Versions, Keep::Counts] {
        workspace.set(|switches| switches.keep = keep);
        assert_eq!(
            post(&handle, &json!([{"RecordId_s": "a"}, {"RecordId_s": "b"}]))
                .await
                .status(),
            StatusCode::BAD_REQUEST
        );
        assert_eq!(
            post(&handle, &json!([{"RecordId_s": "a"}])).await.status(),
            StatusCode::NO_CONTENT
        );
    }
    assert_eq!(workspace.count(STREAM), 3);
}

#[tokio::test]
async fn versions_or_counts_can_be_kept_instead_of_rows() {
    let (handle, workspace) = serving().await;
    let rows = json!([{"RecordId_s": "a\"{", "RecordVersion_s": "1", "x": [{}, "]"]}, {"RecordId_s": "b"}]);
    workspace.set(|switches| switches.keep = Keep::Versions);
    post(&handle, &rows).await;
    workspace.set(|switches| switches.keep = Keep::Counts);
    post(&handle, &rows).await;
    assert_eq!(workspace.count(STREAM), 4);
    let briefs = workspace.briefs(STREAM);
    assert_eq!(
        (&*briefs[0].record, &*briefs[0].version, briefs.len()),
        ("a\"{", "1", 2)
    );
    assert!(workspace.rows(STREAM).is_empty());
}

#[tokio::test]
async fn the_latest_row_of_a_key_is_the_last_that_arrived() {
    let (handle, workspace) = serving().await;
    let rows = json!([{"RecordId_s": "a", "Title_s": "1"}, {"RecordId_s": "b"}, {"RecordId_s": "a", "Title_s": "2"}]);
    let waiting = workspace.wait_until(Duration::from_secs(20), |workspace| workspace.count(STREAM) == 3);
    let (arrived, _) = tokio::join!(waiting, post(&handle, &rows));
    assert!(arrived);
    let latest = workspace.latest(STREAM, &["RecordId_s"]);
    assert_eq!(latest.len(), 2);
    assert_eq!(latest[&vec!["a".to_owned()]]["Title_s"], "2");
    handle.stop().await;
}

#[tokio::test]
async fn what_nobody_knows_of_the_service_can_be_switched() {
    let (handle, workspace) = serving().await;
    let rows = json!([{"RecordId_s": 5}]);
    workspace.set(|switches| switches.wrong_type = WrongType::Keep);
    assert_eq!(post(&handle, &rows).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(workspace.rows(STREAM)[0]["RecordId_s"], 5);
    workspace.set(|switches| switches.wrong_type = WrongType::Refuse);
    assert_eq!(post(&handle, &rows).await.status(), StatusCode::BAD_REQUEST);
    workspace.set(|switches| switches.cut_oversize = true);
    assert!(try_post(&handle, vec![b' '; 3_000_000]).await.is_err());
    workspace.set(|switches| switches.field_limit = 4);
    post(&handle, &json!([{"Title_s": "aaaü"}])).await;
    assert_eq!(workspace.rows(STREAM)[1]["Title_s"], "aaa", "never half a character");
    assert_eq!(workspace.count(STREAM), 2);
}

#[tokio::test]
async fn a_workspace_outlives_the_server_in_front_of_it() {
    let (handle, workspace) = serving().await;
    post(&handle, &json!([{}])).await;
    let (url, address) = (handle.url(), handle.address());
    handle.stop().await;
    assert!(Client::new().get(&url).send().await.is_err());
    let handle = start(workspace.clone(), address).await.unwrap();
    post(&handle, &json!([{}])).await;
    assert_eq!((handle.url(), workspace.count(STREAM)), (url, 2));
    workspace.clear();
    assert_eq!((workspace.count(STREAM), workspace.batches().len()), (0, 0));
}
