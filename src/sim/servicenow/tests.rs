//! Facts about the simulated instance, asked over HTTP.

mod access;
mod manners;
mod paging;
mod queries;
mod shapes;
mod sign_in;

use chrono::{DateTime, Duration, TimeZone, Utc};
use serde_json::Value;

use super::*;

/// 21 November 2026, 10:00:00 UTC.
fn ten() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 21, 10, 0, 0).unwrap()
}

/// Row `number`, stamped so many seconds after ten.
fn row(number: usize, seconds: i64) -> Row {
    Row::stamped(format!("{number:032x}"), ten() + Duration::seconds(seconds)).with("number", format!("INC{number:07}"))
}

/// An answer, read to its end.
struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn rows(&self) -> &[Value] {
        self.body["result"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The numbers of its rows, without their zeros.
    fn numbers(&self) -> Vec<usize> {
        self.rows()
            .iter()
            .map(|row| row["number"].as_str().unwrap()[3..].parse().unwrap())
            .collect()
    }
}

/// `GET` of a path with parameters.
async fn get(handle: &Handle, path: &str, parameters: &[(&str, &str)]) -> Answer {
    let request = reqwest::Client::new()
        .get(format!("{}{path}", handle.url()))
        .query(parameters);
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Answer {
        status,
        headers,
        body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
    }
}

/// The numbers that a query over incidents gives.
async fn numbers(handle: &Handle, query: &str) -> Vec<usize> {
    get(handle, "/api/now/v2/table/incident", &[("sysparm_query", query)])
        .await
        .numbers()
}

async fn started(rows: &[Row]) -> Handle {
    let desk = Desk::new();
    desk.put_all("incident", rows);
    start(desk, None).await.unwrap()
}
