//! Tokens: one fetch however many wait, early renewal, and a token that still holds is used while renewal fails.

use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

use super::codes;
use super::identity::{Identity, State};
use super::issuer::{Failure, Issuer};
use super::silence::Silence;
use crate::model::Trouble;
use crate::net::{self, Answer, Authorization, Rejected};

/// After a renewal that failed, the next one while the token still holds.
const RENEW_AGAIN: Duration = Duration::from_secs(30);

/// What a token is taken to live if the endpoint does not say.
const UNSAID_LIFE: Duration = Duration::from_secs(300);

#[derive(Debug)]
pub(super) struct Tokens {
    issuer: Issuer,
    client: net::Client,
    identity: Arc<Identity>,
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    authorization: Authorization,
    asked_at: Instant,
    renew_at: Instant,
    ends_at: Instant,
}

impl Token {
    /// Its age, and how long it still holds; `None` if it does not any more.
    pub(super) fn age(&self) -> Option<(Duration, Duration)> {
        let left = self.ends_at.checked_duration_since(Instant::now())?;
        Some((self.asked_at.elapsed(), left))
    }
}

#[cfg(feature = "fuzzing")]
impl Token {
    /// When it is renewed, and when it ends.
    pub(super) fn times(&self) -> (Instant, Instant) {
        (self.renew_at, self.ends_at)
    }
}

/// What a token endpoint answers; numbers come as strings from some.
#[derive(serde::Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: serde_json::Value,
    #[serde(default)]
    refresh_in: serde_json::Value,
}

impl Tokens {
    pub(super) fn new(issuer: Issuer, client: net::Client, identity: Arc<Identity>) -> Self {
        Self {
            issuer,
            client,
            identity,
        }
    }

    pub(super) async fn authorization(
        self: &Arc<Self>,
        rejected: Option<Rejected<'_>>,
    ) -> Result<Authorization, Trouble> {
        let asked = Instant::now();
        if let Some(rejected) = rejected {
            self.forget(rejected.sent);
        }
        let Some(held) = self.held() else {
            let _turn = self.identity.turn.lock().await;
            return self.fetch_unless_done(asked).await;
        };
        // Only one renews, and nobody waits for it, in no case with a permit in hand: the token still holds.
        if held.renew_at <= asked
            && let Ok(turn) = Arc::clone(&self.identity.turn).try_lock_owned()
        {
            let tokens = Arc::clone(self);
            tokio::spawn(async move {
                let _turn = turn;
                tokens.renew().await;
            });
        }
        Ok(held.authorization)
    }

    async fn fetch_unless_done(&self, asked: Instant) -> Result<Authorization, Trouble> {
        if let Some(token) = self.held() {
            return Ok(token.authorization);
        }
        {
            let state = self.state();
            if let Some((when, trouble)) = state.failed.as_ref().filter(|(when, _)| *when > asked) {
                tracing::debug!(since = ?when.elapsed(), "sharing the failure of a sign-in that was waited for");
                return Err(trouble.clone());
            }
            let print = self.issuer.print();
            state.gate.check(print.as_ref())?;
            state.silence.check(print.as_ref())?;
        }
        self.fetch().await
    }

    async fn renew(&self) {
        if self.state().gate.check(self.issuer.print().as_ref()).is_err() {
            return;
        }
        if let Err(trouble) = self.fetch().await {
            tracing::warn!(%trouble, "the token could not be renewed; the old one is used while it holds");
            if let Some(token) = &mut self.state().token {
                token.renew_at = Instant::now() + RENEW_AGAIN;
            }
        }
    }

    async fn fetch(&self) -> Result<Authorization, Trouble> {
        // Of before: what is exchanged meanwhile has not been refused.
        let print = self.issuer.print();
        let outcome = self.issuer.sign_in(&self.client).await;
        let mut state = self.state();
        let trouble = match outcome {
            Ok(token) => {
                state.gate.accepted();
                state.silence = Silence::default();
                state.failed = None;
                let authorization = token.authorization.clone();
                state.token = Some(token);
                return Ok(authorization);
            }
            Err(Failure::Refused(trouble)) => state.gate.refused(trouble, print),
            Err(Failure::Unavailable(trouble)) => {
                state.silence.failed(&trouble, print);
                trouble
            }
        };
        state.failed = Some((Instant::now(), trouble.clone()));
        Err(trouble)
    }

    fn held(&self) -> Option<Token> {
        let now = Instant::now();
        self.state().token.clone().filter(|token| token.ends_at > now)
    }

    /// Drops what was refused, unless somebody has renewed it in the meantime.
    fn forget(&self, refused: &Authorization) {
        let mut state = self.state();
        if state
            .token
            .as_ref()
            .is_some_and(|token| token.authorization == *refused)
        {
            state.token = None;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.identity.state()
    }
}

/// The token in an answer that was asked for at `sent`.
pub(super) fn read(answer: &Answer, sent: Instant) -> Result<Token, Trouble> {
    let Ok(granted) = serde_json::from_slice::<Granted>(&answer.body) else {
        // Its words may hold half a token: only the kind of answer is told.
        let kind = if answer.is_html() {
            "an HTML page"
        } else {
            "something else"
        };
        return Err(codes::NO_TOKEN.retry(format!("{} with {kind}", answer.status)));
    };
    let Some(authorization) = Authorization::new(&format!("Bearer {}", granted.access_token)) else {
        return Err(codes::NO_TOKEN.retry("a token with characters that cannot be sent"));
    };
    let life = seconds(&granted.expires_in).unwrap_or(UNSAID_LIFE);
    let renew = seconds(&granted.refresh_in).map_or_else(|| life.mul_f64(0.8), |renew| renew.min(life));
    Ok(Token {
        authorization,
        asked_at: sent,
        // ServiceNow hands the current token out again: a life of a few seconds is normal.
        renew_at: sent + renew,
        ends_at: sent + life,
    })
}

/// A number or a string of one; cut to a year, so that no sum overflows.
fn seconds(value: &serde_json::Value) -> Option<Duration> {
    let seconds = match value {
        serde_json::Value::String(text) => text.trim().parse().ok()?,
        other => other.as_u64()?,
    };
    Some(Duration::from_secs(seconds.min(365 * 24 * 3600)))
}
