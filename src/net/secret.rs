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

    use secrecy::ExposeSecret;

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
}
