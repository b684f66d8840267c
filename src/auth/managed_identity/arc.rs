//! Azure Arc: machines elsewhere. The agent proves that we may read a file of its, and nobody else's is read.
//!
//! It answers 401 and names a file; what is in it goes back with the second request. A liar at that port could name any
//! file of ours, so only one is read that lies in the agent's own directory, is named `*.key`, is no link and holds at most
//! 4,096 bytes.

use std::io::Read;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::{Asked, ask_patiently, header, metadata, refused, shown};
use crate::auth::codes;
use crate::auth::issuer::Failure;
use crate::model::Trouble;
use crate::net::{self, Answer};

const ENDPOINT: &str = "http://127.0.0.1:40342/metadata/identity/oauth2/token";
const VERSION: &str = "2020-06-01";
const MOST_BYTES: u64 = 4096;

#[derive(Debug)]
pub(super) struct Arc {
    endpoint: String,
    tokens: PathBuf,
}

impl Arc {
    pub(super) fn new(endpoint: Option<String>, tokens: &Path) -> Self {
        Self {
            endpoint: endpoint.unwrap_or_else(|| ENDPOINT.to_owned()),
            tokens: tokens.to_owned(),
        }
    }

    pub(super) async fn ask(&self, client: &net::Client, asked: &Asked) -> Result<(Answer, Instant), Failure> {
        let url = asked.url(&self.endpoint, VERSION).map_err(Failure::Unavailable)?;
        let (challenge, _) = ask_patiently(client, &url, vec![metadata()]).await?;
        if challenge.status.as_u16() != 401 {
            return Err(refused(&challenge));
        }
        let key = self.key(&challenge).map_err(Failure::Unavailable)?;
        let authorization = header("authorization", &format!("Basic {}", key.expose_secret()));
        let headers = vec![metadata(), authorization.map_err(Failure::Unavailable)?];
        let (answer, sent) = ask_patiently(client, &url, headers).await?;
        if answer.status.is_success() {
            return Ok((answer, sent));
        }
        Err(refused(&answer))
    }

    /// What is in the file that the challenge names.
    fn key(&self, challenge: &Answer) -> Result<SecretString, Trouble> {
        let realm = challenge.header("www-authenticate").and_then(realm);
        let Some(path) = realm else {
            return Err(codes::ARC_KEY.stop("the agent's 401 names no file (WWW-Authenticate: Basic realm=…)"));
        };
        self.read(&path)
    }

    fn read(&self, path: &Path) -> Result<SecretString, Trouble> {
        let wrong = |why: &str| codes::ARC_KEY.stop(format!("the agent names {}: {why}", shown(path)));
        if path.extension().is_none_or(|extension| extension != "key") {
            return Err(wrong("not a .key file"));
        }
        let unreadable = |error: std::io::Error| unreadable(path, &error);
        let real = path.canonicalize().map_err(unreadable)?;
        if real.parent() != Some(self.tokens.as_path()) || path != real {
            return Err(wrong(&format!("not a file in {} itself", shown(&self.tokens))));
        }
        // Looked at through the open file, so that it cannot be exchanged in between.
        let file = rustix::fs::open(
            &real,
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK,
            Mode::empty(),
        );
        let file = std::fs::File::from(file.map_err(|error| unreadable(error.into()))?);
        let about = file.metadata().map_err(unreadable)?;
        if !about.is_file() {
            return Err(wrong("not a plain file"));
        }
        if about.len() > MOST_BYTES {
            return Err(wrong(&format!(
                "{} bytes, and a key has at most {MOST_BYTES}",
                about.len()
            )));
        }
        let mut key = String::new();
        file.take(MOST_BYTES).read_to_string(&mut key).map_err(unreadable)?;
        Ok(SecretString::from(key.trim()))
    }
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Trouble {
    let mut trouble = codes::ARC_KEY.stop(format!("{}: {error}", shown(path)));
    if error.kind() == std::io::ErrorKind::PermissionDenied {
        trouble.remedy =
            "add the daemon's user to the agent's group and start it again: usermod -aG himds itsmd; under \
                          systemd SupplementaryGroups=himds in a drop-in does the same"
                .into();
    }
    trouble
}

/// `Basic realm=/var/opt/…/x.key`, with or without quotes.
fn realm(header: &str) -> Option<PathBuf> {
    let (scheme, rest) = header.split_once(' ')?;
    let path = rest.trim().strip_prefix("realm=")?.trim_matches('"');
    (scheme.eq_ignore_ascii_case("basic") && !path.is_empty()).then(|| path.into())
}
