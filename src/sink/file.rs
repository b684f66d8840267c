//! NDJSON files: a line a row, on the disk before `Ok`, never a torn line in the middle.

use std::fs::{File as Handle, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use tokio::sync::Mutex;

use super::{Batch, Receipt, SinkError, Table, codes};

/// Appends to a file a day, to one file, or to stdout.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    clock: fn() -> DateTime<Utc>,
    // Batches are whole: one writes at a time.
    turn: Arc<Mutex<()>>,
}

impl File {
    pub(super) fn new(path: &Path, clock: fn() -> DateTime<Utc>) -> Self {
        Self {
            path: path.to_owned(),
            clock,
            turn: Arc::default(),
        }
    }

    pub(super) fn fingerprint(&self) -> String {
        format!("file {}", self.path.display())
    }

    pub(super) async fn deliver(&self, batch: &Batch) -> Result<Receipt, SinkError> {
        match batch.table {
            Table::WorkItems => {}
            Table::Log => return Err(SinkError::Failed(codes::NO_LOG.stop("a batch for the log"))),
        }
        let lines = lines(&batch.body)?;
        let bytes_sent = lines.len() as u64;
        let path = self.path_now();
        let failed = |words: String| SinkError::Failed(codes::FILE.retry(words));
        let turn = self.turn.clone().lock_owned().await;
        let shown = path.display().to_string();
        // The turn goes with the writing: if the caller stops waiting, the next batch still does not interleave.
        let written = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            if path.as_os_str() == "-" {
                print(&lines)
            } else {
                append(&path, &lines)
            }
        });
        written
            .await
            .map_err(|error| failed(format!("{shown}: {error}")))?
            .map_err(|error| failed(format!("{shown}: {error}")))?;
        Ok(Receipt { bytes_sent })
    }

    /// With the UTC day of delivery in place of `{date}`.
    fn path_now(&self) -> PathBuf {
        match self.path.to_str() {
            Some(text) if text.contains("{date}") => {
                PathBuf::from(text.replace("{date}", &(self.clock)().format("%Y-%m-%d").to_string()))
            }
            Some(_) | None => self.path.clone(),
        }
    }
}

/// A line a row. Outside strings JSON has no line breaks that matter, inside they are escaped.
fn lines(body: &[u8]) -> Result<Vec<u8>, SinkError> {
    let rows: Vec<&RawValue> =
        serde_json::from_slice(body).map_err(|error| SinkError::Failed(codes::NOT_ROWS.stop(error.to_string())))?;
    let mut lines = Vec::with_capacity(body.len() + rows.len());
    for row in rows {
        let flat = |byte: u8| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte };
        lines.extend(row.get().bytes().map(flat));
        lines.push(b'\n');
    }
    Ok(lines)
}

fn print(lines: &[u8]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(lines)?;
    out.flush()
}

fn append(path: &Path, lines: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o640);
    let is_new = !path.exists();
    let mut file = options.open(path)?;
    if is_new && let Some(directory) = path.parent().filter(|path| !path.as_os_str().is_empty()) {
        // A new name lasts only once its directory is on the disk too.
        Handle::open(directory)?.sync_all()?;
    }
    let before = end_of_whole_lines(&mut file)?;
    if let Err(error) = file.write_all(lines).and_then(|()| file.sync_data()) {
        // A full disk leaves part of a batch: it will be sent again, so it goes.
        let _ = file.set_len(before);
        return Err(error);
    }
    Ok(())
}

/// The length; a line that a kill left torn is closed, so that it spoils no other. Pipes have no end to look at.
fn end_of_whole_lines(file: &mut Handle) -> std::io::Result<u64> {
    if !file.metadata()?.is_file() {
        return Ok(0);
    }
    let length = file.seek(SeekFrom::End(0))?;
    if length == 0 {
        return Ok(0);
    }
    file.seek(SeekFrom::Start(length - 1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    if last == *b"\n" {
        return Ok(length);
    }
    file.write_all(b"\n")?;
    Ok(length + 1)
}
