//! Files made by root belong to the owner of their folder.
//!
//! An administrator's `itsmd status` may be the first to make the state file or its lock: root's own, they would
//! keep the service, which runs as a user of its own, out of its state.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

/// Opens a file to read and write; makes it, with mode 0600, if it is not there.
pub(super) fn open_or_make(path: &Path) -> Result<File, Error> {
    // Only what was made here changes hands: `create_new` follows no link, so that whoever owns the folder cannot
    // have root give a file away that was somewhere else before. SQLite itself gives -wal and -shm the database's owner.
    let made = OpenOptions::new()
        .create_new(true)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(file) => {
            if rustix::process::geteuid().is_root() {
                give_to_owner_of_folder(&file, path)?;
            }
            Ok(file)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => OpenOptions::new().read(true).write(true).open(path),
        Err(error) => Err(error),
    }
}

fn give_to_owner_of_folder(file: &File, path: &Path) -> Result<(), Error> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let folder = folder.metadata()?;
    if folder.uid() == 0 {
        return Ok(());
    }
    fchown(file, Some(folder.uid()), Some(folder.gid()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_root_makes_belongs_to_the_owner_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = rustix::process::geteuid().is_root();
        if root {
            std::os::unix::fs::chown(folder.path(), Some(4711), Some(4712)).unwrap();
        }
        let path = folder.path().join("itsmd.db");
        let made = open_or_make(&path).unwrap().metadata().unwrap();
        let folder = folder.path().metadata().unwrap();
        assert_eq!((made.uid(), made.mode() & 0o777), (folder.uid(), 0o600));
        if root {
            assert_eq!((made.uid(), made.gid()), (4711, 4712));
        }
    }

    #[test]
    fn what_was_there_keeps_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let (there, link) = (folder.path().join("there"), folder.path().join("itsmd.db"));
        std::fs::write(&there, "x").unwrap();
        std::os::unix::fs::symlink(&there, &link).unwrap();
        let before = there.metadata().unwrap().uid();
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(folder.path(), Some(4711), None).unwrap();
        }
        open_or_make(&link).unwrap();
        assert_eq!(there.metadata().unwrap().uid(), before);
    }
}
