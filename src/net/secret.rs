//! References to secrets: a value never stands in the configuration.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

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
    /// There is nothing in it: a file that is being written is empty for a moment, and an empty password is a wrong one.
    #[error("{0}: the secret is empty")]
    Empty(String),
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

    /// Reads it; one trailing newline is not part of it. What is empty or blank is no secret.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        let (secret, place) = match (self, self.path()) {
            (Self::Env(name), _) => {
                let value = std::env::var(name).map_err(|_| SecretError::Env(name.clone()))?;
                (SecretString::from(value), format!("environment variable {name}"))
            }
            (Self::File(_) | Self::Credential(_), path) => {
                let path = path.unwrap_or_default();
                (read_file(&path)?, format!("secret file {}", path.display()))
            }
        };
        if secret.expose_secret().trim().is_empty() {
            return Err(SecretError::Empty(place));
        }
        Ok(secret)
    }

    /// What is wrong with how the secret is kept: its file can be read by everybody on this machine. `None`
    /// also where there is no file yet; [`Self::read`] says that.
    pub fn warning(&self) -> Option<String> {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path()?;
        let mode = std::fs::metadata(&path).ok()?.permissions().mode();
        (mode & 0o004 != 0).then(|| {
            format!(
                "secret file {} can be read by everybody (mode {:03o}): chmod o-rwx",
                path.display(),
                mode & 0o777
            )
        })
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_readable_by_everybody_is_warned_about() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        std::fs::write(&path, "hunter2\n\n").unwrap();
        let secret = SecretRef::File(path.clone());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let warning = secret.warning().unwrap();
        assert!(warning.contains("644") && !warning.contains("hunter2"), "{warning}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(secret.warning(), None);
        assert_eq!(secret.read().unwrap().expose_secret(), "hunter2\n");
    }

    #[test]
    fn what_is_empty_while_it_is_written_is_no_secret() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        let secret = SecretRef::File(path.clone());
        for blank in ["", "\n", " \r\n"] {
            std::fs::write(&path, blank).unwrap();
            let error = secret.read().unwrap_err().to_string();
            assert!(
                error.contains(path.to_str().unwrap()) && error.contains("empty"),
                "{error}"
            );
        }
        std::fs::write(&path, "new\n").unwrap();
        assert_eq!(secret.read().unwrap().expose_secret(), "new");
    }
}
