//! One daemon or foreground sync a state file: an flock beside it, which dies with the process.
//!
//! Never on the database itself: closing a second descriptor there drops SQLite's own locks.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::{StoreError, owner};

/// Held as long as it lives.
#[derive(Debug)]
pub struct Held {
    _file: File,
}

/// The lock beside a state file.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
}

impl Lock {
    /// The lock of that state file.
    pub fn beside(state: &Path) -> Self {
        let mut path = state.as_os_str().to_owned();
        path.push(".lock");
        Self { path: path.into() }
    }

    /// The lock of that connection's refresh token: held while it is exchanged for the next one.
    pub fn of_refresh(state: &Path, connection: &str) -> Self {
        // A name may hold what no file name may, and be longer.
        let mark = xxhash_rust::xxh3::xxh3_64(connection.as_bytes());
        let mut path = state.as_os_str().to_owned();
        path.push(format!(".refresh-{mark:016x}.lock"));
        Self { path: path.into() }
    }

    /// Takes it; `holder` says who, for whoever comes second: `process 4711, itsmd run`.
    pub fn take(&self, holder: &str) -> Result<Held, StoreError> {
        let open = |error: std::io::Error| StoreError::open(&self.path, &error);
        let mut file = owner::open_or_make(&self.path).map_err(open)?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(StoreError::Held {
                path: self.path.clone(),
                holder: read_holder(&mut file),
            });
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{holder}"))
            .map_err(open)?;
        Ok(Held { _file: file })
    }

    /// Who holds it now, if anybody does.
    pub fn holder(&self) -> Option<String> {
        let mut file = File::open(&self.path).ok()?;
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => None,
            Err(_) => Some(read_holder(&mut file)),
        }
    }

    /// Who holds it now, if it is another process.
    pub fn other_holder(&self) -> Option<String> {
        let own = format!("process {},", std::process::id());
        self.holder().filter(|holder| !holder.starts_with(&own))
    }
}

fn read_holder(file: &mut File) -> String {
    let mut holder = String::new();
    let _ = file.read_to_string(&mut holder);
    match holder.trim() {
        "" => "unknown process".to_owned(),
        known => known.to_owned(),
    }
}
