use std::path::PathBuf;

/// Why the state file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite's own words.
    #[error("state file: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// It cannot be opened or made.
    #[error("state file {path}: {error}; is the folder there, and may this user write to it?")]
    Open {
        /// Which.
        path: PathBuf,
        /// The system's words.
        error: String,
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
    /// Whether the disk is full.
    pub fn disk_full(&self) -> bool {
        matches!(self, Self::Sqlite(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull))
    }
}
