//! A browser and what it is told to do: a script beside this file, run by Node.js, which may ask for something to be done to the world.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

/// Longer than any script: a browser on a busy machine is slow.
const DEADLINE: Duration = Duration::from_secs(240);

/// A script at work; the browser goes with it.
pub struct Window {
    child: Child,
    said: mpsc::Receiver<String>,
    answer: ChildStdin,
    script: &'static str,
}

impl Window {
    /// Runs `tests/it/browser/<script>` with these facts. Node.js is `$ITSMD_NODE`, its modules are in `$ITSMD_NODE_FOLDER`.
    pub fn open(script: &'static str, facts: &Value) -> Self {
        let folder =
            std::env::var("ITSMD_NODE_FOLDER").expect("ITSMD_NODE_FOLDER names no folder: see .ci/stages/browser");
        let shots = std::env::var_os("ITSMD_SHOTS").map_or_else(
            || PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screenshots"),
            PathBuf::from,
        );
        std::fs::create_dir_all(&shots).unwrap();
        let mut child = Command::new(std::env::var_os("ITSMD_NODE").unwrap_or_else(|| "node".into()))
            .arg(
                PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                    .join("tests/it/browser")
                    .join(script),
            )
            .args([folder.into(), shots.into_os_string(), facts.to_string().into()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node.js is missing: see .ci/stages/browser");
        let (tell, said) = mpsc::channel();
        let stdout = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            let lines = BufReader::new(stdout).lines();
            lines.map_while(Result::ok).for_each(|line| drop(tell.send(line)));
        });
        let answer = child.stdin.take().unwrap();
        Self {
            child,
            said,
            answer,
            script,
        }
    }

    /// What it asks for next, `None` when it came to its end and found nothing wrong.
    pub async fn asks(&mut self) -> Option<String> {
        loop {
            let line = tokio::task::block_in_place(|| self.said.recv_timeout(DEADLINE));
            match line {
                Ok(line) => match line.strip_prefix("ask ") {
                    Some(wish) => return Some(wish.to_owned()),
                    None => println!("{line}"),
                },
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("{} does not go on", self.script),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{} found something wrong: see above", self.script);
        None
    }

    /// What it asked for is done.
    pub fn done(&mut self) {
        writeln!(self.answer, "done").unwrap();
    }

    /// Looks on to the end of a script that asks for nothing.
    pub async fn watch(mut self) {
        assert_eq!(self.asks().await, None);
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
