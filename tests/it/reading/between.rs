//! A proxy between itsmd and a service desk, which changes what goes by: servers do things no simulator thinks of.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Response, StatusCode, header};

use crate::rig::Rig;

/// An answer on its way back, whole and unpacked.
pub struct Passing {
    /// The query of the request, decoded.
    pub asked: Vec<(String, String)>,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// Sent only so much later.
    pub late: Duration,
}

impl Passing {
    /// A parameter of the request; empty if it was not given.
    pub fn asked(&self, name: &str) -> &str {
        let found = self.asked.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// Whether it is a page of rows in full, not of keys.
    pub fn in_full(&self) -> bool {
        self.asked("sysparm_fields").contains("short_description")
    }

    /// The rows of a Table API's answer.
    pub fn rows(&self) -> Vec<serde_json::Value> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        body["result"].as_array().cloned().unwrap_or_default()
    }

    /// An error in place of the answer.
    pub fn fail(&mut self, status: u16, body: &str) {
        self.status = StatusCode::from_u16(status).unwrap();
        self.body = body.as_bytes().to_vec();
    }

    pub fn set_rows(&mut self, rows: &[serde_json::Value]) {
        self.body = serde_json::to_vec(&serde_json::json!({ "result": rows })).unwrap();
    }
}

/// The proxy.
pub struct Between {
    pub url: String,
    healed: Arc<AtomicBool>,
}

impl Between {
    /// From now on answers go by as they are.
    pub fn heal(&self) {
        self.healed.store(true, Ordering::Relaxed);
    }
}

/// Serves `server_url` with every answer changed by `change`.
pub async fn between(server_url: String, change: impl Fn(&mut Passing) + Send + Sync + 'static) -> Between {
    let healed = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&healed);
    let change = Arc::new(move |answer: &mut Passing| {
        if !switch.load(Ordering::Relaxed) {
            change(answer);
        }
    });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = move |request: Request| {
        let (change, client, server_url) = (Arc::clone(&change), client.clone(), server_url.clone());
        async move { pass(&client, &server_url, request, change.as_ref()).await }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    Between {
        url: format!("http://{address}"),
        healed,
    }
}

/// Leads the connection `contoso` of incidents through a proxy.
pub async fn through(rig: &Rig, more: &str, change: impl Fn(&mut Passing) + Send + Sync + 'static) -> Between {
    let proxy = between(rig.servicenow.url(), change).await;
    let more = format!("work_items = [\"incident\"]\n{more}");
    std::fs::write(rig.config(), rig.head() + &rig.connection("contoso", &proxy.url, &more)).unwrap();
    proxy
}

async fn pass(
    client: &reqwest::Client,
    server_url: &str,
    request: Request,
    change: &(impl Fn(&mut Passing) + ?Sized),
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    headers.remove(header::ACCEPT_ENCODING);
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = reqwest::Url::parse(&format!("{server_url}{path}")).unwrap();
    let asked = url.query_pairs().into_owned().collect();
    let answer = client
        .request(parts.method, url)
        .headers(headers)
        .body(body)
        .send()
        .await
        .unwrap();
    let mut passing = Passing {
        asked,
        status: answer.status(),
        headers: answer.headers().clone(),
        body: answer.bytes().await.unwrap().to_vec(),
        late: Duration::ZERO,
    };
    passing.headers.remove(header::CONTENT_LENGTH);
    passing.headers.remove(header::TRANSFER_ENCODING);
    change(&mut passing);
    tokio::time::sleep(passing.late).await;
    let mut response = Response::new(Body::from(passing.body));
    *response.status_mut() = passing.status;
    *response.headers_mut() = passing.headers;
    response
}
