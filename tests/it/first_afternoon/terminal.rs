//! `itsmd init` on a terminal: a real one, of the kernel's, with a person's keys typed into it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::files;

const DEADLINE: Duration = Duration::from_secs(60);

/// `itsmd init` at a terminal.
struct Session {
    keyboard: File,
    screen: std::sync::Arc<std::sync::Mutex<String>>,
    child: Child,
    watching: Option<std::thread::JoinHandle<()>>,
}

impl Session {
    fn begin(directory: &Path) -> Self {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let open = || -> OwnedFd {
            let options = File::options().read(true).write(true).open(name.to_str().unwrap());
            options.unwrap().into()
        };
        let child = Command::new("setsid")
            // Whoever runs the tests in the background has them ignore what Ctrl-C sends.
            .args(["--ctty", "env", "--default-signal=INT"])
            .args([env!("CARGO_BIN_EXE_itsmd"), "init", "--directory"])
            .arg(directory)
            .env_remove("RUST_LOG")
            .env_remove("ITSMD_CONFIG")
            .stdin(Stdio::from(open()))
            .stdout(Stdio::from(open()))
            .stderr(Stdio::from(open()))
            .spawn()
            .unwrap();
        let keyboard = File::from(keyboard);
        let screen = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let (mut shown, on) = (keyboard.try_clone().unwrap(), screen.clone());
        let watching = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Once nobody has the other end open any more, reading fails.
            while let Ok(read @ 1..) = shown.read(&mut bytes) {
                on.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
        });
        Self {
            keyboard,
            screen,
            child,
            watching: Some(watching),
        }
    }

    fn shown(&self) -> String {
        self.screen.lock().unwrap().clone()
    }

    /// Waits for a question and types the answer.
    fn answer(&mut self, question: &str, keys: &str) {
        let begun = Instant::now();
        while !self.shown().trim_end().ends_with(':') || !self.last_line().contains(question) {
            assert!(
                begun.elapsed() < DEADLINE,
                "{question} was not asked:\n{}",
                self.shown()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        let before = self.shown().len();
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        let begun = Instant::now();
        while self.shown().len() == before {
            assert!(begun.elapsed() < DEADLINE, "nothing followed {question}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn last_line(&self) -> String {
        self.shown().lines().last().unwrap_or_default().to_owned()
    }

    fn end(mut self) -> (ExitStatus, String) {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < DEADLINE, "it does not end:\n{}", self.shown());
            std::thread::sleep(Duration::from_millis(5));
        };
        self.watching.take().unwrap().join().unwrap();
        (status, self.shown())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[test]
fn answers_become_a_configuration_and_a_secret_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let etc = folder.path().join("etc");
    let mut session = Session::begin(&etc);
    session.answer("] name:", "contoso\n");
    session.answer("partner:", "jira\n");
    session.answer("partner:", "servicenow\n");
    // The address lacks its scheme: that is told at once, and asked again; who insists is told at the end.
    session.answer("server_url:", "contoso.service-now.com\n");
    session.answer("server_url:", "contoso.service-now.com\n");
    assert!(
        session.shown().contains("not an address like https://"),
        "{}",
        session.shown()
    );
    session.answer("method:", "basic\n");
    session.answer("username:", "itsmd\n");
    session.answer("password:", "hunter3\u{7f}2\n");
    session.answer("kind:", "file\n");
    session.answer("path:", "rows.ndjson\n");
    session.answer("expires:", "\n");
    session.answer("name:", "\n");
    assert!(session.shown().contains("Once more, please"), "{}", session.shown());
    session.answer("partner:", "\n");
    session.answer("server_url:", "https://contoso.service-now.com\n");
    for question in ["method:", "username:", "password:", "kind:", "path:", "expires:"] {
        session.answer(question, "\n");
    }
    let (status, shown) = session.end();
    assert!(status.success(), "{shown}");
    assert!(!shown.contains("hunter"), "{shown}");
    assert_eq!(
        std::fs::read_to_string(etc.join("secrets/contoso-password")).unwrap(),
        "hunter2\n"
    );
    let text = std::fs::read_to_string(etc.join("itsmd.toml")).unwrap();
    assert!(
        text.contains("server_url = \"https://contoso.service-now.com\""),
        "{text}"
    );
}

#[test]
fn ctrl_c_at_any_question_leaves_nothing() {
    for (questions, last) in [
        (["name:", "partner:", "server_url:"].as_slice(), "method:"),
        (
            &["name:", "partner:", "server_url:", "method:", "username:"],
            "password:",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut session = Session::begin(&folder.path().join("etc"));
        let typed = |question: &str| match question {
            "partner:" => "servicenow\n",
            "server_url:" => "https://contoso.service-now.com\n",
            "method:" => "basic\n",
            _ => "x\n",
        };
        for question in questions {
            session.answer(question, typed(question));
        }
        session.answer(last, "\u{3}");
        let (status, shown) = session.end();
        assert!(!status.success(), "{shown}");
        assert!(shown.trim_end().ends_with("given up: nothing was written"), "{shown}");
        assert!(shown.contains("^C\r\n") || last == "password:", "{shown}");
        assert!(files(folder.path()).is_empty());
        assert!(!folder.path().join("etc").exists());
    }
}
