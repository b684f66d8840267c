//! Writing all of it, or nothing: secrets first, the configuration last, and whatever fails takes back what was done.

use std::fs::DirBuilder;
use std::io::{Error, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use secrecy::ExposeSecret;
use tempfile::{NamedTempFile, TempPath};

use super::owner::Readers;
use super::text::Draft;
use crate::cli::{Failure, runtime};
use crate::daemon::Signals;

/// What was written.
#[derive(Debug)]
pub(super) struct Written {
    pub files: Vec<PathBuf>,
    pub readers: Readers,
}

/// Says which of these files is there already, and what to do.
pub(super) fn refuse_if_there(files: &[PathBuf]) -> Result<(), Failure> {
    let there = |file: &&PathBuf| file.symlink_metadata().is_ok();
    match files.iter().find(there) {
        None => Ok(()),
        Some(file) => Err(Failure::Usage(already(file))),
    }
}

fn already(file: &Path) -> String {
    format!(
        "{} exists already, and init overwrites nothing: edit it (the README shows every key; another service desk is another \
         [[connection]]), move it away, or write elsewhere with --directory",
        file.display()
    )
}

/// Says if this user may not write there, and what to do.
pub(super) fn refuse_if_closed(file: &Path) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(Path::new("/"));
    let there = |path: &&Path| path.symlink_metadata().is_ok();
    let folders = [folder.join("secrets"), folder.to_owned()];
    for folder in folders.iter().filter_map(|folder| folder.ancestors().find(there)) {
        if !folder.is_dir() {
            return Err(Failure::Usage(format!("{} is no folder", folder.display())));
        }
        if let Err(error) = access(folder, Access::WRITE_OK | Access::EXEC_OK) {
            let error = Error::from(error);
            return Err(Failure::Usage(format!(
                "{}: {error}; {}or write elsewhere with --directory",
                folder.display(),
                if error.kind() == ErrorKind::PermissionDenied {
                    "run it as root (sudo itsmd init), "
                } else {
                    ""
                }
            )));
        }
    }
    Ok(())
}

/// Writes the configuration to `file` and the secrets beside it. Nothing is left behind if it fails.
pub(super) fn all(file: &Path, draft: &Draft) -> Result<Written, Failure> {
    let folder = file.parent().unwrap_or(Path::new("/"));
    let secrets = folder.join("secrets");
    let targets: Vec<PathBuf> = draft.secrets.iter().map(|(name, _)| secrets.join(name)).collect();
    refuse_if_there(&targets)?;
    // From here on a signal waits until it is done or undone.
    let runtime = runtime()?;
    let _entered = runtime.enter();
    let _signals = Signals::listen()?;
    let mut work = Work {
        readers: Readers::here(),
        folders: Vec::new(),
        files: Vec::new(),
        done: false,
    };
    work.folder(folder)?;
    if !targets.is_empty() {
        work.folder(&secrets)?;
    }
    for (target, (_, secret)) in targets.iter().zip(&draft.secrets) {
        work.file(target, secret.expose_secret(), Readers::secret)?;
    }
    work.file(file, &draft.text, Readers::configuration)?;
    work.done = true;
    Ok(Written {
        files: std::mem::take(&mut work.files),
        readers: work.readers,
    })
}

/// What was made so far; taken back unless it is done.
struct Work {
    readers: Readers,
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
    done: bool,
}

impl Work {
    /// Makes a folder, if it is not there; one that is keeps its mode and its owner.
    fn folder(&mut self, path: &Path) -> Result<(), Failure> {
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => {
                self.folders.push(path.to_owned());
                self.readers.folder(path).map_err(|error| cannot(path, &error))
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            Err(error) => Err(cannot(path, &error)),
        }
    }

    /// Puts a whole file in its place, with its mode, unless something is there.
    fn file(
        &mut self,
        path: &Path,
        text: &str,
        readers: fn(Readers, &Path) -> Result<(), Error>,
    ) -> Result<(), Failure> {
        let whole = self
            .prepare(path, text, readers)
            .map_err(|error| cannot(path, &error))?;
        match whole.persist_noclobber(path) {
            Ok(()) => {
                self.files.push(path.to_owned());
                Ok(())
            }
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Err(Failure::Usage(already(path))),
            Err(error) => Err(cannot(path, &error.error)),
        }
    }

    fn prepare(
        &self,
        path: &Path,
        text: &str,
        readers: fn(Readers, &Path) -> Result<(), Error>,
    ) -> Result<TempPath, Error> {
        // Mode 0600 from its first moment on.
        let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new("/")))?;
        file.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            file.write_all(b"\n")?;
        }
        file.as_file().sync_all()?;
        let path = file.into_temp_path();
        readers(self.readers, &path)?;
        Ok(path)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        for file in self.files.iter().rev() {
            let _ = std::fs::remove_file(file);
        }
        // Only what is empty: somebody else may have put something there.
        for folder in self.folders.iter().rev() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

fn cannot(path: &Path, error: &Error) -> Failure {
    Failure::Failed(anyhow::anyhow!("{}: {error}; nothing was left behind", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    fn draft(secret: &str) -> Draft {
        Draft {
            text: "# x\n".to_owned(),
            secrets: vec![
                ("a".to_owned(), SecretString::from("1")),
                (secret.to_owned(), SecretString::from("2")),
            ],
        }
    }

    #[test]
    fn what_fails_half_way_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new").join("itsmd.toml");
        // The second secret has no folder to go to.
        assert!(all(&file, &draft("no/such")).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn where_nothing_can_be_written_is_told_before_anything_is_asked() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let told = |file: &Path| match refuse_if_closed(file) {
            Err(Failure::Usage(text)) => text,
            other => panic!("{other:?}"),
        };
        std::fs::write(folder.path().join("itsm"), "").unwrap();
        assert!(told(&folder.path().join("itsm/new/itsmd.toml")).contains("itsm is no folder"));
        assert!(refuse_if_closed(&folder.path().join("new/er/itsmd.toml")).is_ok());
        // Root may write anywhere.
        if !rustix::process::geteuid().is_root() {
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o500)).unwrap();
            let told = told(&folder.path().join("new/itsmd.toml"));
            assert!(
                told.contains("sudo itsmd init") && told.contains("--directory"),
                "{told}"
            );
        }
    }

    #[test]
    fn nothing_that_is_there_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("secrets")).unwrap();
        std::fs::write(folder.path().join("secrets/b"), "kept").unwrap();
        let refused = all(&folder.path().join("itsmd.toml"), &draft("b")).unwrap_err();
        assert!(matches!(refused, Failure::Usage(text) if text.contains("secrets/b exists already")));
        assert_eq!(
            std::fs::read_to_string(folder.path().join("secrets/b")).unwrap(),
            "kept"
        );
        assert!(!folder.path().join("secrets/a").exists() && !folder.path().join("itsmd.toml").exists());
    }
}
