//! Who gives tokens: one sign-in, its few tries at an endpoint that has no time included.
//!
//! [`super::token`] keeps what comes back, and decides when to ask again.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::codes;
use super::grant::Grant;
use super::managed_identity::ManagedIdentity;
use super::print::Print;
use super::refresh::Refresh;
use super::token::{Token, read};
use crate::model::Trouble;
use crate::net::{self, Answer};

/// How often a sign-in is tried when the endpoint cannot answer.
const ATTEMPTS: u32 = 3;

/// A way to get a token.
#[derive(Debug)]
pub(super) enum Issuer {
    /// A form posted to a token endpoint.
    Grant(Grant),
    /// This machine's own.
    ManagedIdentity(ManagedIdentity),
    /// The same with a token that each sign-in may exchange for another.
    Refresh(Arc<Refresh>),
}

/// Why there is no token.
#[derive(Debug)]
pub(super) enum Failure {
    /// Somebody said no, or wants to be left alone for a while: ever longer until it is tried again.
    Refused(Trouble),
    /// Nobody said no, or nothing was sent: the next request may try.
    Unavailable(Trouble),
}

impl Issuer {
    /// Of the secrets it would sign in with now; `None` if they cannot be read.
    pub(super) fn print(&self) -> Option<Print> {
        match self {
            Self::Grant(grant) => grant.print(),
            // There is no secret that a person could change.
            Self::ManagedIdentity(_) => None,
            Self::Refresh(refresh) => refresh.print(),
        }
    }

    /// Signs in.
    pub(super) async fn sign_in(&self, client: &net::Client) -> Result<Token, Failure> {
        match self {
            Self::Grant(grant) => granted(grant, client).await,
            Self::ManagedIdentity(identity) => identity.sign_in(client).await,
            Self::Refresh(refresh) => refreshed(refresh, client).await,
        }
    }
}

async fn granted(grant: &Grant, client: &net::Client) -> Result<Token, Failure> {
    let (answer, sent) = exchange(grant, &[], client).await?;
    read(&answer, sent).map_err(Failure::Unavailable)
}

/// To its end, even if whoever waits for it is gone: what comes back has to be kept.
async fn refreshed(refresh: &Arc<Refresh>, client: &net::Client) -> Result<Token, Failure> {
    let exchanges = refresh.exchanges.clone();
    let (refresh, client) = (Arc::clone(refresh), client.clone());
    let signing_in = exchanges.spawn(async move { refresh.sign_in(&client).await });
    signing_in.await.unwrap_or_else(|broken| {
        let trouble = codes::UNAVAILABLE.retry(format!("the sign-in was broken off: {broken}"));
        Err(Failure::Unavailable(trouble))
    })
}

/// Posts the form, with these fields more, until there is an answer that counts; it comes with the instant at which it
/// was asked for.
pub(super) async fn exchange(
    grant: &Grant,
    more: &[(&str, &SecretString)],
    client: &net::Client,
) -> Result<(Answer, Instant), Failure> {
    let mut attempt = 1;
    loop {
        // Made anew for each attempt: no assertion is sent twice.
        let form = grant.read(client.now()).map_err(Failure::Unavailable)?;
        let sent = Instant::now();
        let form = form.iter().map(|(name, value)| (*name, value));
        let form = form.chain(more.iter().copied());
        let form: Vec<(&str, &str)> = form.map(|(name, value)| (name, value.expose_secret())).collect();
        match client.post_form(&grant.url, &form).await {
            Ok(answer) if answer.status.is_success() => return Ok((answer, sent)),
            Ok(answer) if is_refusal(&answer) => return Err(Failure::Refused(grant.explain(&answer))),
            // The endpoint's own wish is obeyed by not asking before.
            Ok(answer) if answer.status.as_u16() == 429 => return Err(Failure::Refused(throttled(&answer, client))),
            Ok(answer) if attempt >= ATTEMPTS => return Err(Failure::Unavailable(unavailable(&answer))),
            Err(error) if attempt >= ATTEMPTS => return Err(Failure::Unavailable(error.into_trouble())),
            Ok(_) | Err(_) => {}
        }
        tokio::time::sleep(net::retry::backoff(attempt, Duration::from_secs(1), fastrand::f64())).await;
        attempt += 1;
    }
}

pub(super) fn unavailable(answer: &Answer) -> Trouble {
    codes::UNAVAILABLE.retry(format!("the token endpoint answered {}", answer.words()))
}

/// With the endpoint's own wish, if it says one.
fn throttled(answer: &Answer, client: &net::Client) -> Trouble {
    let wish = answer.header("retry-after");
    let after = wish.and_then(|wish| net::retry::retry_after(wish, client.now()));
    let seen = format!("the token endpoint answered {}", answer.words());
    codes::UNAVAILABLE.retry_after(after.unwrap_or_default(), seen)
}

/// A refusal is any 4xx by which the endpoint says no to us, not that it has no time.
fn is_refusal(answer: &Answer) -> bool {
    let status = answer.status.as_u16();
    (400..500).contains(&status)
        && !matches!(status, 408 | 429)
        && !answer.message().starts_with("temporarily_unavailable")
}
