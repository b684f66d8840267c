//! The control token: long enough to be one, compared without telling by its time how much of it was right.

use axum::http::HeaderMap;
use axum::http::header;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::model::doubt_of_control_token;

/// The token that is configured.
#[derive(Debug)]
pub enum ControlToken {
    /// As it stands there now.
    Is(SecretString),
    /// It cannot be read, and why.
    Unreadable(String),
}

impl ControlToken {
    /// Whether this is it; an error if nothing is, because what is configured cannot be used.
    pub(super) fn admits(&self, given: &str) -> Result<bool, String> {
        let token = match self {
            Self::Is(token) => token.expose_secret(),
            Self::Unreadable(why) => return Err(why.clone()),
        };
        if let Some(doubt) = doubt_of_control_token(token) {
            return Err(doubt);
        }
        // Digests are of one length, so that not even the token's can be told by the time.
        let (ours, theirs) = (Sha256::digest(token.as_bytes()), Sha256::digest(given.as_bytes()));
        Ok(ours.as_slice().ct_eq(theirs.as_slice()).into())
    }
}

/// The token of `Authorization: Bearer …`; a proxy's own sign-in (`Basic`) is none.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123";

    #[test]
    fn only_the_whole_token_is_it() {
        let token = ControlToken::Is(SecretString::from(TOKEN));
        assert_eq!(token.admits(TOKEN), Ok(true));
        for wrong in [
            "",
            "0",
            "0123456789abcdef012",
            "0123456789abcdef01234",
            "0123456789ABCDEF0123",
            " 0123456789abcdef0123",
        ] {
            assert_eq!(token.admits(wrong), Ok(false), "{wrong:?}");
        }
        assert!(!format!("{token:?}").contains("0123"));
    }

    #[test]
    fn a_token_that_is_none_admits_nobody_and_says_what_to_do() {
        for bad in [
            "",
            "short",
            "fifteen-letters",
            "                      ",
            "a token with spaces in it",
        ] {
            let why = ControlToken::Is(SecretString::from(bad)).admits(bad).unwrap_err();
            assert!(why.contains("openssl rand -hex 32"), "{why}");
        }
        let unreadable = ControlToken::Unreadable("secret file /x: not there".to_owned());
        assert_eq!(unreadable.admits(""), Err("secret file /x: not there".to_owned()));
    }
}
