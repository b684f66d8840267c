//! The first afternoon: `init`, `check`, `plan`, `sync`, as the README tells it, with the real program.

mod discover;
mod guides;
mod init;
mod plan;
mod session;
mod terminal;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Runs the program with `input` as its standard input; it must not need a terminal.
pub async fn itsmd(args: &[&str], input: &str) -> Output {
    itsmd_in(Path::new("/"), args, input).await
}

/// The same in a folder.
pub async fn itsmd_in(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_itsmd"));
    command
        .args(args)
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .env_remove("ITSMD_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let input = input.to_owned();
    let run = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        // One that asks nothing may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    });
    tokio::time::timeout(crate::rig::DEADLINE, run)
        .await
        .expect("itsmd does not end")
        .unwrap()
}

/// Everything that it said.
pub fn said(output: &Output) -> String {
    let (out, told) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(told))
}

pub fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// Every file below a folder, in order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
