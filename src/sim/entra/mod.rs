//! Entra ID's token endpoint, `POST /{tenant}/oauth2/v2.0/token`: it hands out tokens to registered
//! applications and users, and the other simulators ask its [`Tokens`] whether one is good.
//!
//! [`crate::sim`] says how sure each behaviour is, and by what it is switched.

mod directory;
mod grant;
pub mod machine;
mod proof;
mod refusal;
#[cfg(test)]
mod tests;
mod tokens;
mod user;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Form, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::post;
use axum::{Json, Router, response::IntoResponse};
use serde_json::json;

pub use directory::{Application, Credential, Directory, Federated, Obstacle, User};
pub use grant::TokenRequest;
pub use refusal::Refusal;
pub use tokens::{Issued, Tokens};

use super::clock::Clock;
use super::journal::{Journal, recorded};
use super::jwt::Key;
use super::menu::{Menu, Order, Until};
use super::serve::{self, Server};
use grant::{Arrival, Params};

/// What goes wrong at the token endpoint, for a number of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFault {
    /// 429 with `Retry-After` in seconds.
    TooManyRequests(u64),
    /// 503 with an HTML page.
    Unavailable,
    /// 400 with `error=temporarily_unavailable`, AADSTS90033.
    Transient,
    /// The connection is cut.
    Cut,
    /// The answer comes so much later.
    Delay(Duration),
    /// No answer ever; the connection stays open.
    Hang,
    /// This status with a page of HTML: something on the way that is not the directory.
    Html(u16),
    /// 400 with `error=temporarily_unavailable`, AADSTS90055: the tenant asks too often.
    Throttled,
    /// 200 whose JSON holds no token.
    NoToken,
}

#[derive(Debug, Default)]
struct Inner {
    directory: Directory,
    requests: Vec<TokenRequest>,
    faults: Menu<TokenFault>,
    clock: Clock,
}

/// A simulated Entra ID; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Entra {
    inner: Arc<Mutex<Inner>>,
    tokens: Tokens,
    journal: Journal,
}

impl Entra {
    /// One without tenants, applications and users.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is registered: tenants, applications, users, life times.
    pub fn set(&self, change: impl FnOnce(&mut Directory)) {
        change(&mut self.lock().directory);
    }

    /// The clock of answers and of everything that expires; tokens die of the runtime's time too.
    pub fn set_clock(&self, clock: Clock) {
        self.tokens.set_clock(clock.clone());
        self.journal.set_clock(clock.clone());
        self.lock().clock = clock;
    }

    /// The tokens it issued, to be shared with the simulators that take them.
    pub fn tokens(&self) -> Tokens {
        self.tokens.clone()
    }

    /// Makes the tokens from now on what the real ones are, JWTs signed by RS256, and gives what verifies them;
    /// until then they are opaque. `None` if the machine has no chance to give.
    pub fn sign_tokens(&self) -> Option<Key> {
        self.tokens.sign()
    }

    /// Who asked what when, and how many at once.
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<TokenRequest> {
        self.lock().requests.clone()
    }

    /// Orders a fault for the next `requests` requests.
    pub fn fault(&self, fault: TokenFault, requests: u64) {
        self.order(Order::new(fault, Until::Requests(requests)));
    }

    /// Orders a fault in all its particulars; the one route is `token`.
    pub fn order(&self, order: Order<TokenFault>) {
        self.lock().faults.order(order);
    }

    /// The seed of the faults that are left to chance from now on.
    pub fn reseed(&self, seed: u64) {
        self.lock().faults.reseed(seed);
    }

    fn refuse(&self, refusal: &Refusal) -> Response<Body> {
        let now = self.lock().clock.now();
        (refusal.status, Json(refusal.body(now))).into_response()
    }

    /// What stands in for the right answer, once the fault's time is over.
    async fn befall(&self, fault: Option<TokenFault>) -> Option<Response<Body>> {
        match fault? {
            TokenFault::TooManyRequests(seconds) => Some(too_many(seconds)),
            TokenFault::Unavailable => Some(html(503)),
            TokenFault::Html(status) => Some(html(status)),
            TokenFault::Transient => Some(self.refuse(&Refusal::transient())),
            TokenFault::Throttled => Some(self.refuse(&Refusal::throttled())),
            TokenFault::NoToken => Some(Json(json!({"token_type": "Bearer", "expires_in": 3599})).into_response()),
            TokenFault::Cut => Some(serve::cut()),
            TokenFault::Hang => std::future::pending().await,
            TokenFault::Delay(time) => {
                tokio::time::sleep(time).await;
                None
            }
        }
    }

    fn note(&self, request: TokenRequest) {
        self.lock().requests.push(request);
    }

    fn next_fault(&self) -> Option<TokenFault> {
        self.lock().faults.next("token")
    }

    /// Its routes, to be driven without a socket.
    pub fn router(&self) -> Router {
        let router = Router::new()
            .route("/{tenant}/oauth2/v2.0/token", post(token))
            .with_state(self.clone());
        recorded(router, self.journal())
    }

    /// Serves it at `address`; port 0 lets the kernel choose.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(&self, address: SocketAddr) -> io::Result<Server> {
        serve::serve(self.router(), Some(address)).await
    }
}

async fn token(
    State(entra): State<Entra>,
    Path(tenant): Path<String>,
    parts: Parts,
    Form(params): Form<Params>,
) -> Response<Body> {
    let fault = entra.next_fault();
    if let Some(answer) = entra.befall(fault).await {
        entra.note(TokenRequest::new(&tenant, &params, None, fault));
        return answer;
    }
    let (outcome, directory) = {
        let mut inner = entra.lock();
        let arrival = Arrival {
            tenant: &tenant,
            endpoint: &address(&parts),
            now: inner.clock.now(),
        };
        let outcome = grant::decide(&mut inner.directory, &arrival, &params);
        (outcome, inner.directory.clone())
    };
    let answer = match &outcome {
        Ok(granted) => {
            let token = entra.tokens.issue(granted, directory.ttl);
            Json(grant::answer(&directory, granted, &token)).into_response()
        }
        Err(refusal) => entra.refuse(refusal),
    };
    let refused = outcome.err().map(|refusal| refusal.code);
    entra.note(TokenRequest::new(&tenant, &params, refused, fault));
    answer
}

/// What the caller asked, without its query.
fn address(parts: &Parts) -> String {
    let host = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let host = host.or_else(|| parts.uri.host()).unwrap_or_default();
    format!("{}://{host}{}", serve::scheme(&parts.extensions), parts.uri.path())
}

fn too_many(seconds: u64) -> Response<Body> {
    let mut response = StatusCode::TOO_MANY_REQUESTS.into_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn html(status: u16) -> Response<Body> {
    let page = axum::response::Html("<html><body><h1>Service Unavailable</h1></body></html>\r\n");
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    (status, page).into_response()
}
