//! ServiceNow's refresh grant: a token that came back is kept before anything is asked with what came with it.
//!
//! One process at a time refreshes. A server that rotates takes each refresh token once; if the process dies, or the
//! answer is lost, between the server's rotation and ours, the new token is gone and the kept one is used up. Nothing
//! prevents that; the configured token is tried once then, and if that is used up too, a person has to make a new one.

use std::sync::{Arc, Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::codes;
use super::grant::Grant;
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
    /// One that came back and could not be kept: before anything else is asked, it is.
    unkept: Mutex<Option<KeptToken>>,
}

/// What the endpoint adds to an access token.
#[derive(serde::Deserialize)]
struct Rotated {
    refresh_token: Option<String>,
}

impl Refresh {
    pub(super) fn new(grant: Grant, first: SecretRef, kept: Arc<dyn Keep>) -> Self {
        Self {
            grant,
            first,
            kept,
            unkept: Mutex::default(),
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
        // Another configured token than the line began with is a person's wish to begin anew.
        let Some(kept) = kept.filter(|kept| kept.first.is_of(&first)) else {
            return self.refresh(client, &first, Fingerprint::of(&first), false).await;
        };
        match self.refresh(client, &kept.token, kept.first.clone(), true).await {
            Err(Failure::Refused(trouble)) if kept.token.expose_secret() != first.expose_secret() => {
                tracing::warn!(%trouble, "the kept refresh token was refused; the configured one is tried");
                self.refresh(client, &first, Fingerprint::of(&first), false).await
            }
            outcome => outcome,
        }
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
        let next = rotated(&answer).unwrap_or_else(|| token.clone());
        if !is_kept || next.expose_secret() != token.expose_secret() {
            self.keep(KeptToken { token: next, first }).await?;
        }
        granted(&answer, sent)
    }

    async fn keep_what_could_not_be_kept(&self) -> Result<(), Failure> {
        let unkept = self.unkept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match unkept {
            Some(token) => self.keep(token).await,
            None => Ok(()),
        }
    }

    /// The access token is of no use before: a process that dies with it would leave a used-up token behind.
    async fn keep(&self, token: KeptToken) -> Result<(), Failure> {
        let outcome = self.kept.keep(token.clone()).await;
        let mut unkept = self.unkept.lock().unwrap_or_else(PoisonError::into_inner);
        *unkept = outcome.is_err().then_some(token);
        outcome.map_err(Failure::Unavailable)
    }
}

fn rotated(answer: &Answer) -> Option<SecretString> {
    let rotated: Rotated = serde_json::from_slice(&answer.body).ok()?;
    let token = rotated.refresh_token.filter(|token| !token.trim().is_empty())?;
    Some(SecretString::from(token))
}

fn granted(answer: &Answer, sent: Instant) -> Result<Token, Failure> {
    read(answer, sent).map_err(|trouble: Trouble| Failure::Unavailable(trouble))
}

#[cfg(test)]
mod tests;
