//! Why the state file could not be used, what that means, and what to do about it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::ffi::{
    SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC, SQLITE_IOERR_SHMOPEN, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_TRUNCATE,
    SQLITE_IOERR_WRITE,
};

use super::codes;
use crate::model::{Code, Trouble};

/// Why the state file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite's own words.
    #[error("state file: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The same, with the name of the file.
    #[error("state file {}: {error}: {}; {}", .path.display(), Ill::of(.error).code().means, Ill::of(.error).code().remedy)]
    Failed {
        /// Which.
        path: PathBuf,
        /// SQLite's own words.
        error: rusqlite::Error,
    },
    /// It, or the lock beside it, cannot be opened or made.
    #[error("state file {}: {error}; {remedy}", .path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// The system's words.
        error: String,
        /// What to do.
        remedy: &'static str,
    },
    /// It was written by a newer itsmd.
    #[error(
        "state file {path} has version {found}, this itsmd knows {known}: run the newer itsmd, or move the file away \
         (the window is then delivered once more)"
    )]
    Newer {
        /// Which.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// It was written by an older itsmd, and one works with it.
    #[error(
        "state file {path} has version {found}, and {holder} works with it; this itsmd would bring it to version {known}: \
         restart that one first, with this version (`systemctl restart itsmd`)"
    )]
    Older {
        /// Which.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
        /// Who: process and command.
        holder: String,
    },
    /// A page may not fit on its disk any more.
    #[error(
        "state file {}: {free} bytes are free on its disk, and before anything is delivered there have to be {wanted}; {}",
        .path.display(), codes::FULL.remedy
    )]
    NoRoom {
        /// Which.
        path: PathBuf,
        /// So many are left.
        free: u64,
        /// So many have to be.
        wanted: u64,
    },
    /// It is some other program's database, or no database.
    #[error("{path} is not a state file of itsmd: {seen}; move it away or set [state] path")]
    Foreign {
        /// Which.
        path: PathBuf,
        /// What was found.
        seen: String,
    },
    /// Another itsmd holds it.
    #[error("another itsmd holds {path}: {holder}")]
    Held {
        /// The lock file.
        path: PathBuf,
        /// Who: process and command.
        holder: String,
    },
    /// What is stored does not make sense.
    #[error("state file: {0}")]
    Corrupt(String),
    /// The thread that ran the query died.
    #[error("state file: {0}")]
    Thread(String),
}

impl StoreError {
    /// Of a file that the system does not open, make or write.
    pub(super) fn open(path: &Path, error: &std::io::Error) -> Self {
        let remedy = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => codes::FULL.remedy,
            ErrorKind::ReadOnlyFilesystem => codes::READ_ONLY.remedy,
            _ => "is the folder there, and may this user write to it?",
        };
        Self::Open {
            path: path.to_owned(),
            error: error.to_string(),
            remedy,
        }
    }

    /// The same of `path`, whose name SQLite does not tell.
    pub(super) fn at(self, path: &Path) -> Self {
        match self {
            Self::Sqlite(error) => Self::Failed {
                path: path.to_owned(),
                error,
            },
            named @ (Self::Failed { .. }
            | Self::Open { .. }
            | Self::Newer { .. }
            | Self::Older { .. }
            | Self::NoRoom { .. }
            | Self::Foreign { .. }
            | Self::Held { .. }
            | Self::Corrupt(_)
            | Self::Thread(_)) => named,
        }
    }

    /// As the operator reads it; nothing of it is final, for the disk and the file may be mended while we live.
    pub fn trouble(&self) -> Trouble {
        let (ill, seen) = match self {
            Self::Failed { path, error } => (Ill::of(error), format!("state file {}: {error}", path.display())),
            Self::Sqlite(error) => (Ill::of(error), self.to_string()),
            Self::NoRoom { path, free, wanted } => {
                let place = path.display();
                let seen = format!(
                    "state file {place}: {free} bytes are free on its disk, and before anything is delivered there have \
                     to be {wanted}"
                );
                (Ill::Full, seen)
            }
            Self::Corrupt(_) => (Ill::Damaged, self.to_string()),
            Self::Open { .. }
            | Self::Newer { .. }
            | Self::Older { .. }
            | Self::Foreign { .. }
            | Self::Held { .. }
            | Self::Thread(_) => (Ill::Other, self.to_string()),
        };
        ill.code().retry(seen)
    }
}

/// What ails the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ill {
    Full,
    Locked,
    Damaged,
    ReadOnly,
    Other,
}

impl Ill {
    fn of(error: &rusqlite::Error) -> Self {
        let Some(known) = error.sqlite_error() else {
            return Self::Other;
        };
        match (known.code, known.extended_code) {
            (ErrorCode::DiskFull, _) => Self::Full,
            // A quota and a limit of the process look like this, and so does a disk that fills up under the index of the log.
            (
                _,
                SQLITE_IOERR_WRITE
                | SQLITE_IOERR_FSYNC
                | SQLITE_IOERR_DIR_FSYNC
                | SQLITE_IOERR_TRUNCATE
                | SQLITE_IOERR_SHMOPEN
                | SQLITE_IOERR_SHMSIZE,
            ) => Self::Full,
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Self::Locked,
            (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => Self::Damaged,
            (ErrorCode::ReadOnly, _) => Self::ReadOnly,
            _ => Self::Other,
        }
    }

    fn code(self) -> &'static Code {
        match self {
            Self::Other => &codes::OTHER,
            Self::Full => &codes::FULL,
            Self::Locked => &codes::LOCKED,
            Self::Damaged => &codes::DAMAGED,
            Self::ReadOnly => &codes::READ_ONLY,
        }
    }
}
