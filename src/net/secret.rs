//! References to secrets: a value never stands in the configuration.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// A file, read again at each sign-in.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// A systemd credential; outside systemd looked for in `/etc/credstore`.
    Credential(String),
}

/// A secret that could not be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SecretError {
    /// The file is not there or not readable.
    #[error("secret file {path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// The system's words.
        error: String,
    },
    /// The variable is not set.
    #[error("environment variable {0} is not set")]
    Env(String),
}

impl SecretRef {
    /// The file behind it, if there is one.
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(path.clone()),
            Self::Env(_) => None,
            Self::Credential(name) => {
                let directory = std::env::var_os("CREDENTIALS_DIRECTORY")
                    .map_or_else(|| PathBuf::from("/etc/credstore"), PathBuf::from);
                Some(directory.join(name))
            }
        }
    }

    /// Reads it; one trailing newline is not part of it.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        match (self, self.path()) {
            (Self::Env(name), _) => std::env::var(name)
                .map(SecretString::from)
                .map_err(|_| SecretError::Env(name.clone())),
            (Self::File(_) | Self::Credential(_), path) => read_file(&path.unwrap_or_default()),
        }
    }
}

fn read_file(path: &Path) -> Result<SecretString, SecretError> {
    let mut text = std::fs::read_to_string(path).map_err(|error| SecretError::File {
        path: path.to_owned(),
        error: error.to_string(),
    })?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(SecretString::from(text))
}
