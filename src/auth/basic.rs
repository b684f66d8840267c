//! HTTP basic: the secret is read for each request, and what was refused is not sent over and over.

use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;

use super::codes;
use super::gate::Gate;
use crate::model::Trouble;
use crate::net::{Answer, Authorization, Rejected, SecretRef};

#[derive(Debug)]
pub(super) struct Basic {
    username: String,
    password: SecretRef,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    gate: Gate,
    /// What the gate was shut for: another password may try at once.
    refused: Option<Authorization>,
}

impl Basic {
    pub(super) fn new(username: &str, password: &SecretRef) -> Self {
        Self {
            username: username.to_owned(),
            password: password.clone(),
            state: Mutex::default(),
        }
    }

    pub(super) fn authorization(&self, rejected: Option<Rejected<'_>>) -> Result<Authorization, Trouble> {
        let authorization = self.read()?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rejected) = rejected
            && *rejected.sent == authorization
        {
            state.refused = Some(authorization);
            return Err(state.gate.refused(explain(rejected.answer)));
        }
        if state.refused.as_ref() == Some(&authorization) {
            state.gate.check()?;
        } else if state.refused.take().is_some() {
            state.gate.accepted();
        }
        Ok(authorization)
    }

    pub(super) fn refused(&self, answer: &Answer) -> Trouble {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.refused = self.read().ok();
        state.gate.refused(explain(answer))
    }

    fn read(&self) -> Result<Authorization, Trouble> {
        let password = self
            .password
            .read()
            .map_err(|error| codes::SECRET.stop(error.to_string()))?;
        // The first colon ends the user name: one inside it would make another user of it.
        if self.username.contains(':') {
            return Err(codes::UNUSABLE.stop("the user name holds a colon"));
        }
        let pair = STANDARD.encode(format!("{}:{}", self.username, password.expose_secret()));
        Authorization::new(&format!("Basic {pair}")).ok_or_else(|| codes::UNUSABLE.stop("not sendable"))
    }
}

fn explain(answer: &Answer) -> Trouble {
    if answer.header("x-mfa_token").is_some() {
        return codes::BASIC_MFA.stop(answer.words());
    }
    codes::BASIC.stop(answer.words())
}
