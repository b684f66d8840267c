//! `POST /api/sync` and `POST /api/resync`: they exist where a token is configured and act for whoever has it.
//!
//! The token comes as `Authorization: Bearer …` or as the field `token` of a form. A form is answered with the way back to the
//! page (303), a bearer with 202. What another site's page sends is refused, and after a wrong token nothing is compared for a
//! second.

mod origin;
mod token;

use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::header;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use tokio::time::timeout;

use super::outcry::Outcry;
use crate::model::since;
use crate::status::Said;

pub use token::ControlToken;

/// A form has two short fields.
const MOST_BYTES: usize = 4096;
/// How long a form may take to come, and what is asked for to be written down.
const WITHIN: Duration = Duration::from_secs(10);
/// How long nothing is compared after a wrong token.
const AFTER_A_WRONG_ONE: Duration = Duration::from_secs(1);

const FORM: &str = "application/x-www-form-urlencoded";

type Ask<A> = Box<dyn Fn(A) -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What can be asked for, and by whom.
pub struct Asks {
    /// The token, looked up at each use.
    pub token: Box<dyn Fn() -> ControlToken + Send + Sync>,
    /// Whether there is one at all, which the page asks without a look at any file.
    pub is_on: Box<dyn Fn() -> bool + Send + Sync>,
    /// Syncs now, or says why it cannot.
    pub sync: Ask<()>,
    /// Delivers again what was modified since then, without an instant the whole window, or says why it cannot.
    pub resync: Ask<Option<DateTime<Utc>>>,
    /// The clock.
    pub now: fn() -> DateTime<Utc>,
}

impl std::fmt::Debug for Asks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asks").finish_non_exhaustive()
    }
}

/// The asks of a server, and when the last wrong token came.
pub(super) struct Asked {
    asks: Option<Asks>,
    wrong: Mutex<Option<Instant>>,
}

/// The fields of a form; what else stands in it is nothing to us.
#[derive(Debug, Default, Deserialize)]
struct Form {
    #[serde(default)]
    token: String,
    #[serde(default)]
    since: String,
}

impl Asked {
    pub fn new(asks: Option<Asks>) -> Self {
        Self {
            asks,
            wrong: Mutex::new(None),
        }
    }

    /// Whether a token is configured.
    pub fn is_on(&self) -> bool {
        self.asks.as_ref().is_some_and(|asks| (asks.is_on)())
    }

    async fn take(&self, what: Said, request: Request) -> Result<Response, Outcry> {
        let Some(asks) = self.asks.as_ref().filter(|asks| (asks.is_on)()) else {
            return Err(Outcry::new(StatusCode::NOT_FOUND, "not found"));
        };
        let (parts, body) = request.into_parts();
        if parts.method != Method::POST {
            return Err(Outcry::new(StatusCode::METHOD_NOT_ALLOWED, "send a POST"));
        }
        origin::check(&parts.headers)?;
        let form = form(&parts.headers, body).await?;
        let bearer = token::bearer(&parts.headers);
        self.admit(asks, bearer.unwrap_or(&form.token))?;
        let done = match what {
            Said::Sync => (asks.sync)(()),
            Said::Resync => (asks.resync)(from(&form, (asks.now)())?),
        };
        let done = timeout(WITHIN, done).await;
        done.unwrap_or_else(|_| Err("it took too long".to_owned()))
            .map_err(|why| {
                Outcry::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    format!("It could not be asked for: {why}."),
                )
            })?;
        Ok(match bearer {
            Some(_) => (StatusCode::ACCEPTED, Json(serde_json::json!({"asked": what.as_str()}))).into_response(),
            None => {
                // Relative: a proxy may show the page below a path of its own.
                let back = format!("../?said={}", what.as_str());
                (StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response()
            }
        })
    }

    fn admit(&self, asks: &Asks, given: &str) -> Result<(), Outcry> {
        if given.is_empty() {
            let words = "This wants the token of control_token in the configuration, in the field \"token\" or as \
                         \"Authorization: Bearer …\".";
            return Err(Outcry::new(StatusCode::UNAUTHORIZED, words));
        }
        let mut wrong = self.wrong.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if wrong.is_some_and(|wrong| wrong.elapsed() < AFTER_A_WRONG_ONE) {
            let words = "A wrong token was sent just now; one try a second is taken. Send it again.";
            return Err(Outcry {
                retry_after: Some(1),
                ..Outcry::new(StatusCode::TOO_MANY_REQUESTS, words)
            });
        }
        match (asks.token)().admits(given) {
            Ok(true) => Ok(()),
            Ok(false) => {
                *wrong = Some(Instant::now());
                tracing::warn!("the page was sent a wrong control token");
                let words = "This token is not the one of control_token in the configuration. Nothing was done; copy it anew from \
                             where it is kept, without a space before or behind it.";
                Err(Outcry::new(StatusCode::FORBIDDEN, words))
            }
            Err(why) => {
                tracing::error!("control_token: {why}");
                let words = format!("The token of control_token in the configuration cannot be used: {why}.");
                Err(Outcry::new(StatusCode::SERVICE_UNAVAILABLE, words))
            }
        }
    }
}

fn from(form: &Form, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Outcry> {
    let bad = |words: String| Outcry::new(StatusCode::BAD_REQUEST, words);
    let text = form.since.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let since = since(text).map_err(|wanted| bad(format!("since: {wanted} is wanted, in UTC. Nothing was done.")))?;
    match since > now {
        true => Err(bad("since lies in the future. Nothing was done.".to_owned())),
        false => Ok(Some(since)),
    }
}

/// The fields of the body; one without a body has none.
async fn form(headers: &HeaderMap, body: Body) -> Result<Form, Outcry> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .map(|kind| kind.to_str().unwrap_or("?"));
    let kind = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let read = timeout(WITHIN, axum::body::to_bytes(body, MOST_BYTES)).await;
    let body: Bytes = read
        .map_err(|_| Outcry::new(StatusCode::REQUEST_TIMEOUT, "The form did not come."))?
        .map_err(|_| {
            Outcry::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "That is more than a form with two short fields.",
            )
        })?;
    match kind.as_deref() {
        None if body.is_empty() => Ok(Form::default()),
        Some(FORM) => {
            let request = Request::post("/")
                .header(header::CONTENT_TYPE, FORM)
                .body(Body::from(body));
            let unreadable = || Outcry::new(StatusCode::BAD_REQUEST, "That is no form.");
            let request = request.map_err(|_| unreadable())?;
            let fields = axum::Form::<Form>::from_request(request, &()).await;
            Ok(fields.map_err(|_| unreadable())?.0)
        }
        None | Some(_) => Err(Outcry::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("Send a form ({FORM}) or nothing."),
        )),
    }
}

pub(super) async fn sync(State(asked): State<Arc<Asked>>, request: Request) -> Response {
    answer(&asked, Said::Sync, request).await
}

pub(super) async fn resync(State(asked): State<Arc<Asked>>, request: Request) -> Response {
    answer(&asked, Said::Resync, request).await
}

async fn answer(asked: &Asked, what: Said, request: Request) -> Response {
    let headers = request.headers().clone();
    match asked.take(what, request).await {
        Ok(response) => response,
        Err(outcry) => outcry.answer(&headers),
    }
}
