//! ServiceNow's refresh grant: a token that came back is kept before anything is asked with what came with it.
//!
//! One process at a time refreshes. A server that rotates takes each refresh token once; if the process dies, or the
//! answer is lost, between the server's rotation and ours, the new token is gone and the kept one is used up. Nothing
//! prevents that; the configured token is tried once then, and if that is used up too, a person has to make a new one.
//! Only what the server itself says of a token counts: a page of somebody in between neither spends nor replaces one.

use std::sync::{Arc, Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::codes;
use super::grant::Grant;
use super::identity::Identity;
use super::issuer::{Failure, exchange};
use super::kept::{Fingerprint, Keep, KeptToken};
use super::print::Print;
use super::token::{Token, read};
use crate::model::Trouble;
use crate::net::{self, Answer, SecretRef};

/// A connection's refresh grant.
#[derive(Debug)]
pub(super) struct Refresh {
    grant: Grant,
    /// The configured token: the first of a line.
    first: SecretRef,
    kept: Arc<dyn Keep>,
    identity: Arc<Identity>,
    /// Where each sign-in runs to its end.
    pub(super) exchanges: TaskTracker,
}

/// What is known of a token and those before it; it outlives a reload of the configuration.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// One that came back and could not be kept: before anything else is asked, it is.
    unkept: Mutex<Option<KeptToken>>,
    /// A kept token and the configured one that were both refused: the configured one is not tried after it again.
    spent: Mutex<Option<Print>>,
}

/// What the endpoint adds to an access token.
#[derive(serde::Deserialize)]
struct Rotated {
    refresh_token: Option<String>,
}

impl Refresh {
    pub(super) fn new(
        grant: Grant,
        first: SecretRef,
        kept: Arc<dyn Keep>,
        identity: Arc<Identity>,
        exchanges: TaskTracker,
    ) -> Self {
        Self {
            grant,
            first,
            kept,
            identity,
            exchanges,
        }
    }

    /// Of the client's secret and the configured token.
    pub(super) fn print(&self) -> Option<Print> {
        self.grant.print_with(&[self.first.read().ok()?])
    }

    pub(super) async fn sign_in(&self, client: &net::Client) -> Result<Token, Failure> {
        let _turn = self.kept.turn().await.map_err(Failure::Unavailable)?;
        self.keep_what_could_not_be_kept().await?;
        let first = self
            .first
            .read()
            .map_err(|error| Failure::Unavailable(codes::SECRET.stop(error.to_string())))?;
        let kept = self.kept.load().await.map_err(Failure::Unavailable)?;
        // Another configured token than the line began with is a person's wish to begin anew; and another server than
        // that of the line is never shown its token.
        let Some(kept) = kept.filter(|kept| kept.first.is_of(&first, &self.grant.url)) else {
            return self.begin(client, &first).await;
        };
        match self.refresh(client, &kept.token, kept.first.clone(), true).await {
            Err(Failure::Refused(trouble)) if is_of_the_token(&trouble) => {
                self.fall_back(client, &kept.token, &first, trouble).await
            }
            outcome => outcome,
        }
    }

    /// The configured token, once for each kept one that was refused.
    async fn fall_back(
        &self,
        client: &net::Client,
        kept: &SecretString,
        first: &SecretString,
        trouble: Trouble,
    ) -> Result<Token, Failure> {
        let both = Print::of([kept, first]);
        let tried = *self.identity.line.spent.lock().unwrap_or_else(PoisonError::into_inner) == Some(both);
        if tried || kept.expose_secret() == first.expose_secret() {
            return Err(Failure::Refused(trouble));
        }
        tracing::warn!(%trouble, "the kept refresh token was refused; the configured one is tried");
        let outcome = self.begin(client, first).await;
        if let Err(Failure::Refused(trouble)) = &outcome
            && is_of_the_token(trouble)
        {
            *self.identity.line.spent.lock().unwrap_or_else(PoisonError::into_inner) = Some(both);
        }
        outcome
    }

    /// A line anew, with the configured token.
    async fn begin(&self, client: &net::Client, first: &SecretString) -> Result<Token, Failure> {
        let line = Fingerprint::of(first, &self.grant.url);
        self.refresh(client, first, line, false).await
    }

    /// Refreshes with a token; `is_kept` says that it is the one in the state.
    async fn refresh(
        &self,
        client: &net::Client,
        token: &SecretString,
        first: Fingerprint,
        is_kept: bool,
    ) -> Result<Token, Failure> {
        let (answer, sent) = exchange(&self.grant, &[("refresh_token", token)], client).await?;
        let granted = granted(&answer, sent);
        let next = match rotated(&answer) {
            Some(next) if !is_kept || next.expose_secret() != token.expose_secret() => Some(next),
            // The first of a line, which stays as it is; without a grant nothing says that it is one.
            None if !is_kept && granted.is_ok() => Some(token.clone()),
            Some(_) | None => None,
        };
        if let Some(token) = next {
            self.keep(KeptToken { token, first }).await?;
        }
        granted
    }

    async fn keep_what_could_not_be_kept(&self) -> Result<(), Failure> {
        let unkept = {
            let line = &self.identity.line;
            line.unkept.lock().unwrap_or_else(PoisonError::into_inner).clone()
        };
        match unkept {
            Some(token) => self.keep(token).await,
            None => Ok(()),
        }
    }

    /// The access token is of no use before: a process that dies with it would leave a used-up token behind.
    async fn keep(&self, token: KeptToken) -> Result<(), Failure> {
        let outcome = self.kept.keep(token.clone()).await;
        let mut unkept = self.identity.line.unkept.lock().unwrap_or_else(PoisonError::into_inner);
        *unkept = outcome.is_err().then_some(token);
        outcome.map_err(Failure::Unavailable)
    }
}

fn rotated(answer: &Answer) -> Option<SecretString> {
    let rotated: Rotated = serde_json::from_slice(&answer.body).ok()?;
    let token = rotated.refresh_token.filter(|token| !token.trim().is_empty())?;
    Some(SecretString::from(token))
}

/// Whether the server itself refused the token it was sent.
fn is_of_the_token(trouble: &Trouble) -> bool {
    trouble.code == codes::OAUTH_REFRESH.id
}

fn granted(answer: &Answer, sent: Instant) -> Result<Token, Failure> {
    read(answer, sent).map_err(|trouble: Trouble| Failure::Unavailable(trouble))
}

#[cfg(test)]
mod tests;
