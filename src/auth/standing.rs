//! What is sent with each request as it stands, basic's pair or an API key: the secret is read for each request, and
//! what was refused is not sent over and over.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use super::codes;
use super::gate::Admission;
use super::identity::Identity;
use super::print::Print;
use crate::model::Trouble;
use crate::net::http::HeaderName;
use crate::net::{Answer, Authorization, Rejected, SecretRef};

/// What it is made of.
#[derive(Debug)]
pub(super) enum Standing {
    /// `Authorization: Basic …`.
    Basic { username: String, password: SecretRef },
    /// `x-sn-apikey: …`.
    ApiKey(SecretRef),
}

/// The header, and whether it is the one that was refused.
#[derive(Debug)]
struct Made {
    authorization: Authorization,
    print: Print,
}

/// Lives as long as the request that tries a secret; those who wait for it never wait longer.
struct Try {
    identity: Arc<Identity>,
    number: u64,
}

impl Drop for Try {
    fn drop(&mut self) {
        self.identity.state().gate.gave_up(self.number);
        self.identity.answered.notify_waiters();
    }
}

impl Standing {
    pub(super) async fn authorization(
        &self,
        identity: &Arc<Identity>,
        rejected: Option<Rejected<'_>>,
    ) -> Result<Authorization, Trouble> {
        let Made { authorization, print } = self.read()?;
        if let Some(rejected) = rejected
            && *rejected.sent == authorization
        {
            let trouble = identity
                .state()
                .gate
                .refused(self.explain(rejected.answer), Some(print));
            identity.answered.notify_waiters();
            return Err(trouble);
        }
        loop {
            let answered = identity.answered.notified();
            let admission = {
                let mut state = identity.state();
                state.gate.check(Some(&print))?;
                state.gate.probe(&print)
            };
            match admission {
                Admission::Known => return Ok(authorization),
                Admission::Try(number) => {
                    let identity = Arc::clone(identity);
                    return Ok(authorization.tied_to(Arc::new(Try { identity, number })));
                }
                // What became of it, the gate says.
                Admission::Wait => answered.await,
            }
        }
    }

    pub(super) fn refused(&self, identity: &Arc<Identity>, answer: &Answer) -> Trouble {
        let print = self.read().ok().map(|made| made.print);
        let trouble = identity.state().gate.refused(self.explain(answer), print);
        identity.answered.notify_waiters();
        trouble
    }

    pub(super) fn accepted(&self, identity: &Arc<Identity>) {
        if identity.state().gate.stands_open() {
            return;
        }
        let print = self.read().ok().map(|made| made.print);
        identity.state().gate.passed(print.as_ref());
        identity.answered.notify_waiters();
    }

    fn read(&self) -> Result<Made, Trouble> {
        let secret = |secret: &SecretRef| secret.read().map_err(|error| codes::SECRET.stop(error.to_string()));
        let (made, secret) = match self {
            Self::Basic { username, password } => {
                let password = secret(password)?;
                (basic(username, &password)?, password)
            }
            Self::ApiKey(key) => {
                let key = secret(key)?;
                let header = HeaderName::from_static("x-sn-apikey");
                (Authorization::in_header(header, key.expose_secret()), key)
            }
        };
        let authorization = made.ok_or_else(|| codes::UNUSABLE.stop("not sendable"))?;
        let print = Print::of([&secret]);
        Ok(Made { authorization, print })
    }

    fn explain(&self, answer: &Answer) -> Trouble {
        match self {
            Self::Basic { .. } if answer.header("x-mfa_token").is_some() => codes::BASIC_MFA.stop(answer.words()),
            Self::Basic { .. } => codes::BASIC.stop(answer.words()),
            Self::ApiKey(_) => codes::API_KEY.stop(answer.words()),
        }
    }
}

fn basic(username: &str, password: &SecretString) -> Result<Option<Authorization>, Trouble> {
    // The first colon ends the user name: one inside it would make another user of it.
    if username.contains(':') {
        return Err(codes::UNUSABLE.stop("the user name holds a colon"));
    }
    let pair = STANDARD.encode(format!("{username}:{}", password.expose_secret()));
    Ok(Authorization::new(&format!("Basic {pair}")))
}
