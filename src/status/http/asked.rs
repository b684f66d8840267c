//! `POST /api/sync` and `POST /api/resync`: they exist where a token is configured and act for whoever has it.
//!
//! The token comes as `Authorization: Bearer …` or as the field `token` of a form. A form is answered with the way back to the
//! page (303), a bearer with 202. What another site's page sends is refused, and so is what is not understood: who mistypes `since`
//! does not want everything again. The right token is always taken, or whoever sends wrong ones could lock the operator out.

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
use crate::model::{Repeats, Say, since};
use crate::status::Said;

pub use token::ControlToken;

/// A form has two short fields.
const MOST_BYTES: usize = 4096;
/// How long a form may take to come, and what is asked for to be written down.
const WITHIN: Duration = Duration::from_secs(10);
/// Of wrong tokens one in that time is told why; it is at least 16 characters, so that no number of tries finds it.
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

/// The asks of a server, and what was refused.
pub(super) struct Asked {
    asks: Option<Arc<Asks>>,
    refused: Mutex<Refused>,
    /// Of one who reads the token at a time: a file that does not answer must not take all threads.
    reading: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Refused {
    /// When the last wrong token came.
    wrong: Option<Instant>,
    wrongs: Repeats,
    unusable: Repeats,
}

/// The fields of a form.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    token: String,
    since: Option<String>,
}

impl Asked {
    pub fn new(asks: Option<Asks>) -> Self {
        Self {
            asks: asks.map(Arc::new),
            refused: Mutex::default(),
            reading: Arc::default(),
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
        if parts.uri.query().is_some_and(|query| !query.is_empty()) {
            return Err(bad(
                "What stands behind the \"?\" of the address is not read: send it as a form (curl -d since=2026-11-01).",
            ));
        }
        let form = form(&parts.headers, body).await?;
        let bearer = token::bearer(&parts.headers);
        self.admit(asks, bearer.unwrap_or(&form.token)).await?;
        let done = match what {
            Said::Sync if form.since.is_some() => {
                return Err(bad("A sync has no \"since\": it reads what has changed."));
            }
            Said::Sync => (asks.sync)(()),
            Said::Resync => (asks.resync)(from(&form, bearer.is_some(), (asks.now)())?),
        };
        let unavailable = |words: String| Outcry::new(StatusCode::SERVICE_UNAVAILABLE, words);
        match timeout(WITHIN, done).await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => return Err(unavailable(format!("It could not be asked for: {why}."))),
            // It goes on without us.
            Err(_) => {
                let words = "It is not known yet whether it could be asked for: the state file takes long, and it is still tried. The log \
                             (journalctl -u itsmd) tells how it ends; look there before asking again.";
                return Err(unavailable(words.to_owned()));
            }
        }
        Ok(match bearer {
            Some(_) => (StatusCode::ACCEPTED, Json(serde_json::json!({"asked": what.as_str()}))).into_response(),
            None => {
                // Relative: a proxy may show the page below a path of its own.
                let back = format!("../?said={}", what.as_str());
                (StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response()
            }
        })
    }

    async fn admit(&self, asks: &Arc<Asks>, given: &str) -> Result<(), Outcry> {
        if given.is_empty() {
            let words = "This wants the token of control_token in the configuration, in the field \"token\" or as \
                         \"Authorization: Bearer …\".";
            return Err(Outcry::new(StatusCode::UNAUTHORIZED, words));
        }
        let admitted = match timeout(WITHIN, self.token(asks)).await {
            Ok(token) => token.admits(given),
            Err(_) => Err("it cannot be read in time".to_owned()),
        };
        let now = Instant::now();
        let mut refused = self.refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match admitted {
            Ok(true) => {
                refused.wrongs.over(now);
                refused.unusable.over(now);
                Ok(())
            }
            Ok(false) => {
                refused.unusable.over(now);
                Err(refused.wrong(now))
            }
            Err(why) => Err(refused.unusable(now, &why)),
        }
    }

    /// Read where a file that is slow holds up nobody else.
    async fn token(&self, asks: &Arc<Asks>) -> ControlToken {
        let (turn, asks) = (Arc::clone(&self.reading).lock_owned().await, Arc::clone(asks));
        let read = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            (asks.token)()
        });
        read.await
            .unwrap_or_else(|error| ControlToken::Unreadable(error.to_string()))
    }
}

impl Refused {
    fn wrong(&mut self, now: Instant) -> Outcry {
        match self.wrongs.again(now) {
            Say::First => tracing::warn!("the page was sent a wrong control token; nothing was done"),
            Say::Again { times, .. } => {
                tracing::warn!(times, "the page was sent wrong control tokens; nothing was done");
            }
            Say::Nothing => {}
        }
        if self
            .wrong
            .is_some_and(|wrong| now.duration_since(wrong) < AFTER_A_WRONG_ONE)
        {
            let words = "Wrong tokens are sent all the time; one a second is answered. Nothing was done.";
            return Outcry {
                retry_after: Some(1),
                ..Outcry::new(StatusCode::TOO_MANY_REQUESTS, words)
            };
        }
        self.wrong = Some(now);
        let words = "This token is not the one of control_token in the configuration. Nothing was done; copy it anew from \
                     where it is kept, without a space before or behind it.";
        Outcry::new(StatusCode::FORBIDDEN, words)
    }

    fn unusable(&mut self, now: Instant, why: &str) -> Outcry {
        match self.unusable.again(now) {
            Say::First => tracing::error!("control_token: {why}"),
            Say::Again { times, .. } => tracing::error!(times, "control_token: {why}"),
            Say::Nothing => {}
        }
        let words = format!("The token of control_token in the configuration cannot be used: {why}.");
        Outcry::new(StatusCode::SERVICE_UNAVAILABLE, words)
    }
}

fn bad(why: &str) -> Outcry {
    Outcry::new(StatusCode::BAD_REQUEST, format!("{why} Nothing was done."))
}

/// The page's form leaves the field empty for the whole window; of a program it is a variable that was not set.
fn from(form: &Form, program: bool, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Outcry> {
    let Some(text) = form.since.as_deref().map(str::trim) else {
        return Ok(None);
    };
    if text.is_empty() {
        return match program {
            true => Err(bad("since is empty: leave it out to deliver the whole window again.")),
            false => Ok(None),
        };
    }
    let since = since(text).map_err(|wanted| bad(&format!("since: {wanted} is wanted, in UTC.")))?;
    match since > now {
        true => Err(bad("since lies in the future.")),
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
            let unknown =
                |_| bad("The fields of the form are \"token\" and, for a resync, \"since\", each at most once.");
            Ok(fields.map_err(unknown)?.0)
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
