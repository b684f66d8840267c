//! Entra ID's token endpoint, `POST /{tenant}/oauth2/v2.0/token`: it hands out tokens to registered
//! applications and users, and the other simulators ask its [`Tokens`] whether one is good.
//!
//! [`crate::sim`] says how sure each behaviour is, and by what it is switched.
//! applications and users, and the other simulators ask its [`Tokens`] whether one is good.
//!
//! Grades as in [`super::ingestion`]; **K**: common knowledge, not looked up.
//!
//! | behaviour | grade |
//! |---|---|
//! | client credentials: form, answer, `ext_expires_in`, `refresh_in` | A |
//! | password grant of a public client: form, answer with `scope` | B |
//! | scope `resource//.default` makes an audience that ends in a slash | A |
//! | error JSON with `error_codes`, `\r\n` in the description | B |
//! | 7000215, 700016, 90002, 7000218, 500011, 70011 with their `error` | B; the HTTP statuses K |
//! | 50126, 50076, 50034, 700025, 9001023 | K |
//! | a client assertion is compared as a text (a federated token), its signature never verified | simplified |
//! | tokens are opaque here (really: JWTs, which a client must not read) | simplified |

mod directory;
mod grant;
mod refusal;
#[cfg(test)]
mod tests;
mod tokens;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::post;
use axum::{Json, Router, response::IntoResponse};

pub use directory::{Application, Credential, Directory, User};
pub use grant::TokenRequest;
pub use refusal::Refusal;
pub use tokens::{Issued, Tokens};

use super::clock::Clock;
use super::journal::{Journal, recorded};
use super::menu::{Menu, Order, Until};
use super::serve::{self, Server};
use grant::Params;

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

    /// The clock of error answers; what tokens live by is the runtime's time.
    pub fn set_clock(&self, clock: Clock) {
        self.journal.set_clock(clock.clone());
        self.lock().clock = clock;
    }

    /// The tokens it issued, to be shared with the simulators that take them.
    pub fn tokens(&self) -> Tokens {
        self.tokens.clone()
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

async fn token(State(entra): State<Entra>, Path(tenant): Path<String>, Form(params): Form<Params>) -> Response<Body> {
    let fault = entra.next_fault();
    let instead = match fault {
        Some(TokenFault::TooManyRequests(seconds)) => Some(too_many(seconds)),
        Some(TokenFault::Unavailable) => Some(unavailable()),
        Some(TokenFault::Transient) => Some(entra.refuse(&Refusal::transient())),
        Some(TokenFault::Cut) => Some(serve::cut()),
        Some(TokenFault::Delay(time)) => {
            tokio::time::sleep(time).await;
            None
        }
        None => None,
    };
    if let Some(answer) = instead {
        entra.note(TokenRequest::new(&tenant, &params, None, fault));
        return answer;
    }
    let directory = entra.lock().directory.clone();
    let outcome = grant::decide(&directory, &tenant, &params);
    let answer = match &outcome {
        Ok(granted) => {
            let token = entra.tokens.issue(granted, directory.ttl);
            Json(grant::answer(&directory, granted, &token)).into_response()
        }
        Err(refusal) => entra.refuse(refusal),
    };
    entra.note(TokenRequest::new(
        &tenant,
        &params,
        outcome.err().map(|refusal| refusal.code),
        fault,
    ));
    answer
}

fn too_many(seconds: u64) -> Response<Body> {
    let mut response = StatusCode::TOO_MANY_REQUESTS.into_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn unavailable() -> Response<Body> {
    let page = axum::response::Html("<html><body><h1>Service Unavailable</h1></body></html>\r\n");
    (StatusCode::SERVICE_UNAVAILABLE, page).into_response()
}
