//! From a request to an answer: faults first, then who asks, then what.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, header};
use tokio::time::sleep;

use super::answer::{Answer, body_of, error_body, stamped};
use super::desk::Desk;
use super::faulty;
use super::list::{self, Ask};
use crate::sim::fault::{Fault, Faults};
use crate::sim::journal::{Entry, Journal};
use crate::sim::serve;

/// An instance without a port.
#[derive(Debug, Clone)]
pub struct Instance {
    /// Its state.
    pub desk: Desk,
    /// What it was asked.
    pub journal: Journal,
    /// What goes wrong with it.
    pub faults: Faults,
}

/// What a path leads to.
enum Route<'a> {
    Token,
    Table { table: &'a str, v1: bool },
    Record { table: &'a str, id: &'a str },
    Stats { table: &'a str },
    Nowhere,
}

pub(super) fn router(instance: Instance) -> Router {
    Router::new().fallback(answer).with_state(instance)
}

async fn answer(State(instance): State<Instance>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let entry = instance.journal.open(parts.method.as_str(), parts.uri.path(), query);
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let response = instance.respond(&parts, &body, &entry).await;
    entry.close(response.status().as_u16());
    response
}

impl Instance {
    /// Answers a request in this process.
    pub async fn ask(&self, request: Request) -> Response<Body> {
        answer(State(self.clone()), request).await
    }

    async fn respond(&self, parts: &Parts, body: &Bytes, entry: &Entry) -> Response<Body> {
        let route = route(parts.uri.path());
        let mut spoil = None;
        if let Some(fault) = self.faults.next(&route.kind()) {
            if let Some(canned) = fault.answer(self.desk.now(), body_of) {
                let mut response = serve::canned(canned);
                stamped(response.headers_mut(), &parts.headers, self.desk.now());
                return response;
            }
            if let Fault::Delay(pause) = fault {
                sleep(pause).await;
            }
            spoil = Some(fault);
        }
        let mut answer = self.answer(&route, parts, body, entry);
        let now = self.desk.now();
        match spoil {
            Some(Fault::ErrorMember(spelling)) => {
                answer.body = faulty::spoil(&answer.body, spelling);
                answer.response(&parts.headers, now)
            }
            Some(Fault::Reset) => {
                let bytes = answer.bytes(&parts.headers).0;
                let mut response = answer.response(&parts.headers, now);
                *response.body_mut() = serve::reset_in_the_middle(&bytes);
                response
            }
            Some(Fault::WrongType) => {
                let mut response = answer.response(&parts.headers, now);
                response
                    .headers_mut()
                    .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
                response
            }
            Some(_) | None => answer.response(&parts.headers, now),
        }
    }

    fn answer(&self, route: &Route<'_>, parts: &Parts, body: &Bytes, entry: &Entry) -> Answer {
        if let Route::Token = route {
            return self.token(parts, body);
        }
        let authorization = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let rate = {
            let mut state = self.desk.lock();
            let now = state.now();
            let Ok(user) = state.registry.admit(authorization, now) else {
                return Answer::not_authenticated();
            };
            if let Some(user) = &user {
                entry.user(user);
            }
            state.charge(user.as_deref().unwrap_or_default())
        };
        let charge = rate.unwrap_or_default();
        let mut answer = match charge.wait {
            Some(seconds) => too_many(seconds),
            None => self.read(route, parts),
        };
        answer.headers.extend(charge.headers);
        answer
    }

    fn read(&self, route: &Route<'_>, parts: &Parts) -> Answer {
        if parts.method != Method::GET && parts.method != Method::HEAD {
            return Answer::error(405, "Method not supported", None);
        }
        let host = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let parameters = serve::parameters(parts.uri.query().unwrap_or_default());
        let base = format!("http://{}", host.unwrap_or("instance"));
        let ask = |table, empty_is_missing| Ask {
            table,
            parameters: &parameters,
            base: &base,
            path: parts.uri.path(),
            empty_is_missing,
        };
        match route {
            Route::Table { table, v1 } => list::rows(&self.desk, &ask(table, *v1)),
            Route::Record { table, id } => list::record(&self.desk, &ask(table, false), id),
            Route::Stats { table } => list::count(&self.desk, &ask(table, false)),
            Route::Token | Route::Nowhere => Answer::no_resource(),
        }
    }

    fn token(&self, parts: &Parts, body: &Bytes) -> Answer {
        let kind = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let form = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let fields = serve::parameters(std::str::from_utf8(body).unwrap_or_default());
        let mut state = self.desk.lock();
        let now = state.now();
        let granted = if form && parts.method == Method::POST {
            state.registry.grant(&fields, now)
        } else {
            None
        };
        granted.map_or_else(
            || Answer {
                status: 401,
                headers: Vec::new(),
                body: r#"{"error_description":"access_denied","error":"server_error"}"#.to_owned(),
            },
            Answer::ok,
        )
    }
}

fn too_many(seconds: i64) -> Answer {
    Answer {
        status: 429,
        headers: vec![("retry-after", seconds.to_string())],
        body: error_body(
            "Rate limit exceeded",
            Some("Rate limit of requests per hour for Table API exceeded"),
        ),
    }
}

/// `/api/now/[v1|v2/]table/{table}[/{sys_id}]` and its like.
fn route(path: &str) -> Route<'_> {
    let path = path.trim_end_matches('/');
    if path == "/oauth_token.do" {
        return Route::Token;
    }
    let Some(rest) = path.strip_prefix("/api/now/") else {
        return Route::Nowhere;
    };
    let v1 = rest.starts_with("v1/");
    let rest = rest
        .strip_prefix("v1/")
        .or_else(|| rest.strip_prefix("v2/"))
        .unwrap_or(rest);
    match rest.split('/').collect::<Vec<_>>().as_slice() {
        ["table", table] => Route::Table { table, v1 },
        ["table", table, id] => Route::Record { table, id },
        ["stats", table] => Route::Stats { table },
        ["attachment"] => Route::Table {
            table: "sys_attachment",
            v1: false,
        },
        _ => Route::Nowhere,
    }
}

impl Route<'_> {
    /// The name under which faults are asked for.
    fn kind(&self) -> String {
        match self {
            Self::Token => "token".to_owned(),
            Self::Table { table, .. } => format!("table/{table}"),
            Self::Record { table, .. } => format!("record/{table}"),
            Self::Stats { table } => format!("stats/{table}"),
            Self::Nowhere => "nowhere".to_owned(),
        }
    }
}
