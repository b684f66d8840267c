//! From a request to an answer: faults first, then who asks, then what.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request as Http, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use chrono::TimeDelta;
use tokio::time::sleep;

use super::answer::{Answer, Session, body_of, cookie, error_body, stamped};
use super::desk::Desk;
use super::faulty;
use super::gate::Full;
use super::list::{self, Ask};
use super::oauth::Request;
use super::registry::{Denied, Knock};
use crate::sim::fault::{Fault, Faults};
use crate::sim::journal::{Entry, Journal};
use crate::sim::{form, serve};

#[derive(Debug, Clone)]
pub(super) struct Instance {
    pub desk: Desk,
    pub journal: Journal,
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

async fn answer(State(instance): State<Instance>, request: Http) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let entry = instance.journal.open(parts.method.as_str(), parts.uri.path(), query);
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let response = instance.respond(&parts, &body, &entry).await;
    if !serve::is_cut(&response) {
        entry.close(response.status().as_u16());
    }
    response
}

impl Instance {
    async fn respond(&self, parts: &Parts, body: &Bytes, entry: &Entry) -> Response<Body> {
        let route = route(parts.uri.path());
        let session = cookie(&parts.headers, "JSESSIONID");
        if let Some(session) = session {
            entry.session(session);
        }
        let ways = self.desk.lock().gate.ways(session);
        let _seat = match ways.seat().await {
            Ok(seat) => seat,
            Err(full) => return self.stamp(turned_away(full), parts, TimeDelta::zero()),
        };
        let fault = self.faults.next(&route.kind());
        match &fault {
            Some(Fault::Delay(pause)) => sleep(*pause).await,
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Cut) => return serve::cut(),
            Some(fault) => {
                if let Some(canned) = fault.answer(self.desk.now(), body_of) {
                    return self.stamp(serve::canned(canned), parts, TimeDelta::zero());
                }
            }
            None => {}
        }
        let mut answer = self.answer(&route, parts, body, entry, fault.as_ref());
        if let Route::Table { table, .. } = &route {
            let meanwhile = self.desk.lock().meanwhile.clone();
            meanwhile.iter().for_each(|happens| happens(&self.desk, table));
        }
        self.take_time(&mut answer).await;
        let skew = match &fault {
            Some(Fault::Skewed(skew)) => *skew,
            Some(_) | None => TimeDelta::zero(),
        };
        self.stamp(spoilt(answer, fault.as_ref(), parts), parts, skew)
    }

    /// Waits as long as the answer takes; one that takes too long is cancelled.
    async fn take_time(&self, answer: &mut Answer) {
        let (pace, spelling) = {
            let state = self.desk.lock();
            (state.pace, state.spelling)
        };
        let time = pace.time(answer.rows, answer.skipped);
        if time.is_zero() {
            return;
        }
        sleep(time.min(pace.quota)).await;
        if time > pace.quota && answer.status == 200 {
            answer.body = faulty::spoil(&answer.body, spelling);
        }
    }

    fn stamp(&self, mut response: Response<Body>, parts: &Parts, skew: TimeDelta) -> Response<Body> {
        let known = cookie(&parts.headers, "glide_user_route");
        let mut state = self.desk.lock();
        let session = Session::new(&mut state.dice);
        let wrong_by = state.wrong_by(known.unwrap_or(&session.route));
        let now = state.now() + wrong_by + skew;
        drop(state);
        stamped(response.headers_mut(), &parts.headers, now, Some(&session));
        response
    }

    fn answer(&self, route: &Route<'_>, parts: &Parts, body: &Bytes, entry: &Entry, fault: Option<&Fault>) -> Answer {
        if let Route::Token = route {
            return self.token(parts, body);
        }
        let shown = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let knock = Knock {
            authorization: shown("authorization"),
            api_key: shown("x-sn-apikey"),
            mfa: shown("x-mfa_token"),
            certificate: parts.extensions.get::<serve::Peer>().map(|peer| peer.0.as_slice()),
            table: route.table(),
        };
        let (user, charge) = {
            let mut state = self.desk.lock();
            let now = state.now();
            let user = match state.registry.admit(&knock, now) {
                Ok(user) => user,
                Err(denied) => return refused(denied),
            };
            if let Some(user) = &user {
                entry.user(user);
            }
            let user = user.unwrap_or_default();
            let charge = state.rate.charge(&user, now);
            (user, charge)
        };
        let mut answer = match charge.over {
            Some((limit, seconds)) => too_many(limit, seconds),
            None => self.read(route, parts, &user, fault),
        };
        answer.headers.extend(charge.headers);
        answer
    }

    fn read(&self, route: &Route<'_>, parts: &Parts, user: &str, fault: Option<&Fault>) -> Answer {
        if parts.method != Method::GET && parts.method != Method::HEAD {
            return Answer::error(405, "Method not supported", None);
        }
        let parameters = form::parameters(parts.uri.query().unwrap_or_default());
        let base = base(parts);
        let ask = |table, empty_is_missing| Ask {
            table,
            parameters: &parameters,
            base: &base,
            path: parts.uri.path(),
            empty_is_missing,
            user,
            fault,
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
        let fields = form::parameters(std::str::from_utf8(body).unwrap_or_default());
        let mut state = self.desk.lock();
        let now = state.now();
        let granted = if form && parts.method == Method::POST {
            state.registry.grant(&Request {
                form: &fields,
                instance: &base(parts),
                now,
            })
        } else {
            None
        };
        granted.map_or_else(
            || Answer {
                status: 401,
                body: r#"{"error_description":"access_denied","error":"server_error"}"#.to_owned(),
                ..Answer::default()
            },
            Answer::ok,
        )
    }
}

/// `http://host`.
fn base(parts: &Parts) -> String {
    let host = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let scheme = serve::scheme(&parts.extensions);
    format!("{scheme}://{}", host.unwrap_or("instance"))
}

fn refused(denied: Denied) -> Answer {
    let mut answer = Answer::not_authenticated();
    if denied == Denied::SecondFactor {
        answer.headers.push(("x-mfa_token", "invalid".to_owned()));
    }
    answer
}

/// What the fault leaves of the right answer.
fn spoilt(mut answer: Answer, fault: Option<&Fault>, parts: &Parts) -> Response<Body> {
    if let Some(Fault::ErrorMember(spelling)) = fault {
        answer.body = faulty::spoil(&answer.body, *spelling);
    }
    let (bytes, packed) = answer.bytes(&parts.headers);
    let mut response = answer.response(bytes.clone(), packed);
    match fault {
        Some(Fault::Reset) => *response.body_mut() = serve::reset_in_the_middle(&bytes),
        Some(Fault::Slow(pieces, pause)) => *response.body_mut() = serve::slowly(bytes, *pieces, *pause),
        Some(Fault::HalfGzip) => *response.body_mut() = Body::from(bytes.slice(..bytes.len() * 2 / 3)),
        Some(Fault::WrongType) => {
            let plain = HeaderValue::from_static("text/plain");
            response.headers_mut().insert(header::CONTENT_TYPE, plain);
        }
        Some(_) | None => {}
    }
    response
}

/// Nobody read the request; a session's queue has no words for it, the pool's is a proxy's.
fn turned_away(full: Full) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = match full {
        Full::Session => StatusCode::ACCEPTED,
        Full::Pool => StatusCode::TOO_MANY_REQUESTS,
    };
    response
}

fn too_many(limit: u64, seconds: i64) -> Answer {
    let detail = format!("Rate limit of {limit} requests per hour for Table API exceeded");
    Answer {
        status: 429,
        headers: vec![("retry-after", seconds.to_string())],
        body: error_body("Rate limit exceeded", Some(&detail)),
        ..Answer::default()
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
    fn table(&self) -> Option<&str> {
        match self {
            Self::Table { table, .. } | Self::Record { table, .. } | Self::Stats { table } => Some(table),
            Self::Token | Self::Nowhere => None,
        }
    }

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
