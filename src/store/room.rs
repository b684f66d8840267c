//! Room on the disk: nothing is delivered that perhaps cannot be written down.
//!
//! A disk that is nearly full takes some pages and then no more, and each process that tries would deliver anew what the
//! last one could not write down. So it is looked at beforehand.

use std::path::Path;

use super::{Store, StoreError, Threads};

/// A page of a thousand records, whose ids are scattered over the ledger, writes up to a thousand of its pages of 4 KiB to
/// the log beside the file.
pub(super) const WANTED: u64 = 4 * 1024 * 1024;

/// How large the state is, and how much room it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Of the file and the log beside it.
    pub bytes: u64,
    /// What may still be written; `None` where the system does not tell.
    pub free: Option<u64>,
}

impl Store {
    /// How large it is, and how much room it has.
    pub fn extent(&self) -> Extent {
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        let sizes = [self.path.as_os_str(), &log].map(|path| std::fs::metadata(path).map_or(0, |file| file.len()));
        Extent {
            bytes: sizes.iter().sum(),
            free: free(&self.path),
        }
    }

    /// Whether a page could be written down. The log beside the file is given back to the disk first, where that helps.
    pub async fn has_room(&self) -> Result<(), StoreError> {
        match self.threads {
            Threads::Inline => self.has_room_here(),
            Threads::Blocking => {
                let store = self.clone();
                match tokio::task::spawn_blocking(move || store.has_room_here()).await {
                    Ok(result) => result,
                    Err(join) => Err(StoreError::Thread(join.to_string())),
                }
            }
        }
    }

    fn has_room_here(&self) -> Result<(), StoreError> {
        if free(&self.path).is_none_or(|free| free >= WANTED) {
            return Ok(());
        }
        self.give_back();
        match free(&self.path) {
            Some(free) if free < WANTED => Err(StoreError::NoRoom {
                path: self.path.clone(),
                free,
                wanted: WANTED,
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// The log stays as long as it ever was, up to some megabytes. Whether it can be emptied now the next look tells.
    fn give_back(&self) {
        let connection = self
            .connection
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(error) = emptied {
            tracing::debug!(path = %self.path.display(), "the log beside the state file cannot be emptied: {error}");
        }
    }
}

/// Bytes that this user may still write where `path` is; `None` where the system does not tell: some file systems, among
/// them those of containers and networks, say that they have no blocks at all.
fn free(path: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(path).ok()?;
    (told.f_blocks > 0).then(|| told.f_bavail.saturating_mul(told.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_system_that_says_how_large_it_is_is_believed() {
        assert_eq!(free(Path::new("/proc/self/status")), None);
        assert_eq!(free(Path::new("/nowhere/at/all")), None);
        assert!(free(&std::env::temp_dir()).is_some());
    }

    #[test]
    fn the_log_beside_the_file_is_given_back_to_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
        let log = || std::fs::metadata(folder.path().join("itsmd.db-wal")).unwrap().len();
        assert!(log() > 0, "the tables were just made");
        store.give_back();
        assert_eq!(log(), 0);
        store.has_room_here().unwrap();
    }
}
