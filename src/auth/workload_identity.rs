//! A token of whoever vouches for this machine (a Kubernetes cluster, a pipeline), in place of a secret.
//!
//! The file is written anew before the token in it runs out, so it is read at each sign-in.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::codes;
use crate::model::Trouble;

#[derive(serde::Deserialize)]
struct Claims {
    exp: f64,
}

/// What is in the file, without the white space around it. What has run out by our clock is not sent: the answer would say
/// less than we know.
pub(super) fn token(file: &Path, now: DateTime<Utc>) -> Result<SecretString, Trouble> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| codes::FEDERATED_TOKEN.stop(format!("{}: {error}", file.display())))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(codes::FEDERATED_TOKEN.stop(format!("{} is empty", file.display())));
    }
    match ends(token) {
        Some(ends) if ends <= now => Err(codes::FEDERATED_TOKEN.retry(format!(
            "the token in {} ended {}, and nobody has written a new one",
            file.display(),
            ends.format("%Y-%m-%d %H:%M:%S UTC")
        ))),
        Some(_) | None => Ok(SecretString::from(token)),
    }
}

/// Its `exp`, unverified; `None` if it is no JWT or has none: then Entra may judge.
fn ends(token: &str) -> Option<DateTime<Utc>> {
    let claims = token.split('.').nth(1)?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?).ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "no second of this era is beyond")]
    DateTime::from_timestamp(claims.exp as i64, 0)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn jwt(claims: &str) -> String {
        format!("eyJhbGciOiJSUzI1NiJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn the_token_is_read_anew_and_without_the_white_space_around_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let now = "2026-11-20T10:00:00Z".parse().unwrap();
        for token in [jwt("{\"exp\":1895000000}"), jwt("{}"), "opaque".to_owned()] {
            std::fs::write(file.path(), format!("{token}\r\n\n")).unwrap();
            assert_eq!(super::token(file.path(), now).unwrap().expose_secret(), token);
        }
    }

    #[test]
    fn a_token_that_is_missing_empty_or_over_is_explained_and_not_sent() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let now = "2026-11-20T10:00:00Z".parse().unwrap();
        let seen = |path: &Path| {
            let trouble = token(path, now).unwrap_err();
            assert_eq!(trouble.code, "ITSMD-AUTH-023");
            trouble.seen
        };
        assert!(seen(Path::new("/no/such/token")).contains("/no/such/token"));
        assert!(seen(file.path()).ends_with("is empty"));
        let over = jwt("{\"exp\":1700000000}");
        std::fs::write(file.path(), &over).unwrap();
        let told = seen(file.path());
        assert!(
            told.contains("2023-11-14 22:13:20 UTC") && !told.contains(&over),
            "{told}"
        );
    }
}
