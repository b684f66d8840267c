//! Secrets that were planted everywhere show nowhere: not in what is printed, logged, served, stored, sent beside the
//! records, or seen of the process by others.

mod search;
mod stage;

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use itsmd::sim::ingestion;
use rustix::process::Signal;

use crate::daemon::Daemon;
use crate::rig::DEADLINE;
use search::{Plant, Seen};
use stage::{KEPT, LOG_STREAM, Stage, planted};

/// What of a running process everybody on the machine, or its user, can read.
fn look_at_process(seen: &mut Seen, id: u32) {
    for file in ["cmdline", "environ", "comm", "status"] {
        match fs::read(format!("/proc/{id}/{file}")) {
            Ok(bytes) => seen.add(&format!("/proc/{file}"), bytes),
            // What a process that gives no core was started with is for root alone to see: nothing shows there.
            Err(error) if error.kind() == ErrorKind::PermissionDenied && !rustix::process::geteuid().is_root() => {
                eprintln!("/proc/{id}/{file} is not looked at, which only root may: {error}");
            }
            Err(error) => panic!("/proc/{id}/{file}: {error}"),
        }
    }
}

/// The state file and what lies beside it, byte for byte.
fn look_at_files(seen: &mut Seen, folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("itsmd.db") {
            seen.add(&format!("file {name}"), fs::read(&path).unwrap());
        }
    }
}

/// Whoever finds a file beside the state looks it up.
fn files_are_told_in_the_readme(folder: &Path) {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    let beside: Vec<String> = names.filter(|name| name.starts_with("itsmd.db")).collect();
    assert!(beside.len() >= 3, "{beside:?}");
    for name in beside {
        let told = match name.strip_prefix("itsmd.db.refresh-") {
            Some(_) => "itsmd.db.refresh-*.lock",
            None => name.as_str(),
        };
        assert!(
            readme.contains(&format!("`/var/lib/itsmd/{told}`")),
            "{name} is not in the README"
        );
    }
}

async fn look_at_page(seen: &mut Seen, daemon: &Daemon) {
    for path in ["/", "/metrics", "/api/status", "/livez", "/nowhere?token=x"] {
        let (_, text) = daemon.get(path).await;
        seen.add(&format!("page {path}"), text);
    }
}

/// Both tables of the workspace, everything that was sent.
fn look_at_workspace(seen: &mut Seen, workspace: &ingestion::Workspace) {
    for stream in [crate::rig::STREAM, LOG_STREAM] {
        let rows = workspace.rows(stream);
        seen.add(&format!("workspace {stream}"), format!("{rows:?}"));
        seen.add(
            &format!("workspace {stream} as JSON"),
            serde_json::to_vec(&rows).unwrap(),
        );
    }
}

/// The state file once more, by its columns: the refresh tokens are where they belong, and nowhere else.
fn refresh_tokens_are_in_their_column_alone(stage: &Stage, plants: &[Plant]) {
    let copy = stage.folder().join("copy-of-the-state");
    fs::copy(stage.folder().join("itsmd.db"), &copy).unwrap();
    let db = rusqlite::Connection::open(&copy).unwrap();
    let held: Vec<String> = {
        let mut rows = db.prepare("SELECT token FROM refresh_tokens").unwrap();
        let tokens = rows.query_map([], |row| row.get(0)).unwrap();
        tokens.map(Result::unwrap).collect()
    };
    let current = stage.rig.desk.refresh_tokens();
    assert!(
        held.iter().any(|token| current.contains(token)),
        "no refresh token is kept at all"
    );
    db.execute("UPDATE refresh_tokens SET token = ''", []).unwrap();
    db.execute("VACUUM", []).unwrap();
    drop(db);
    let mut seen = Seen::default();
    seen.add("the state without its refresh tokens", fs::read(&copy).unwrap());
    let mut all = plants.to_vec();
    all.extend(held.iter().map(|token| Plant::new("the kept refresh token", token)));
    assert_eq!(seen.leaks(&all), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_planted_secret_shows_anywhere() {
    let stage = Stage::new().await;
    let mut seen = Seen::default();
    let daemon = Daemon::of(stage.loud(&["run"]));
    stage.settled(&daemon).await;
    look_at_process(&mut seen, daemon.child.id());
    look_at_page(&mut seen, &daemon).await;
    look_at_files(&mut seen, stage.folder());
    files_are_told_in_the_readme(stage.folder());
    for args in [
        &["status"][..],
        &["status", "--json"],
        &["trace", "INC0000003"],
        &["trace", "INC0000003", "--json"],
    ] {
        stage.run(&mut seen, args).await;
    }
    daemon.signal(Signal::HUP);
    daemon.signal(Signal::USR1);
    stage.settled_again(&daemon).await;
    let said = daemon.said();
    look_at_page(&mut seen, &daemon).await;
    assert_eq!(daemon.end(), 0);
    seen.add("the daemon's log", stage.log_of(&said));
    for args in [
        &["check"][..],
        &["check", "--json"],
        &["sync", "--json"],
        &["--log-format", "json", "sync", "--connection", "oauth-wrong"],
        &["quarantine", "list", "--json"],
    ] {
        stage.run(&mut seen, args).await;
    }
    look_at_files(&mut seen, stage.folder());
    look_at_workspace(&mut seen, &stage.rig.workspace);
    for (place, broken) in stage.broken().iter().enumerate() {
        stage.configure(broken);
        let offline = stage.rig.itsmd(&["check", "--offline"]).await;
        let told = String::from_utf8_lossy(&offline.stderr).into_owned();
        assert!(
            !offline.status.success(),
            "the broken configuration {place} is none: {told}"
        );
        for args in [&["check", "--offline"][..], &["run"], &["sync", "--json"]] {
            stage.run(&mut seen, args).await;
        }
    }
    for place in [
        "/proc/cmdline",
        "page /metrics",
        "file itsmd.db",
        "workspace",
        "the daemon's log",
        "stderr of check",
    ] {
        assert!(seen.has(place), "nothing was seen at {place}");
    }
    let plants = stage.plants();
    assert!(plants.len() > 30, "{}", plants.len());
    let exchanged = plants.iter().filter(|plant| plant.name == KEPT).count();
    assert!(exchanged > 1, "no refresh token was exchanged twice");
    let mut leaks = seen.leaks(&plants);
    // Where they belong; in which column is looked at below.
    leaks.retain(|leak| !leak.starts_with(&format!("{KEPT} in file itsmd.db")));
    // The one that only the environment can hold.
    leaks.retain(|leak| leak != "proxy in /proc/environ");
    assert!(leaks.is_empty(), "{leaks:#?}");
    refresh_tokens_are_in_their_column_alone(&stage, &plants);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspaces_shared_key_shows_nowhere() {
    let stage = Stage::new().await;
    stage.configure(&stage.by_shared_key());
    let mut seen = Seen::default();
    // Refused first, then taken.
    for key in ["AAAA", planted("shared")] {
        stage.takes_shared_key(key);
        for args in [&["check"][..], &["sync", "--json"], &["status", "--json"]] {
            stage.run(&mut seen, args).await;
        }
    }
    assert!(stage.rig.workspace.count("ServiceDesk_CL") >= 20, "nothing was taken");
    for file in ["collector.db", "collector.db-wal"] {
        if let Ok(bytes) = fs::read(stage.folder().join(file)) {
            seen.add(&format!("file {file}"), bytes);
        }
    }
    for place in ["file collector.db", "stderr of check", "stdout of sync"] {
        assert!(seen.has(place), "nothing was seen at {place}");
    }
    assert!(seen.says("ITSMD-WS-008"), "it was not refused at first");
    assert_eq!(seen.leaks(&stage.plants()), Vec::<String>::new());
}

#[test]
fn the_search_finds_what_is_planted_in_any_form() {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    let secret = "s3cret/plänt+of this \"test\"";
    let plant = Plant::new("one", secret);
    let pair = |before: &str| format!("{before}{secret}:and what follows");
    let percent = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string();
    let shown = [
        secret.to_owned(),
        format!("Authorization: Basic {}", STANDARD.encode(pair("user:"))),
        STANDARD.encode(pair("")),
        STANDARD.encode(pair("12")),
        URL_SAFE.encode(pair("1")),
        format!("password={percent}&x=y"),
        format!("password={}", percent.to_lowercase()),
        "grant_type=password&password=s3cret%2Fpl%C3%A4nt%2Bof+this+%22test%22".to_owned(),
        serde_json::json!({ "password": secret }).to_string(),
        format!("{:?}", Some(secret)),
        format!("{:?}", secret.as_bytes()),
    ];
    for text in shown {
        let mut seen = Seen::default();
        seen.add("a place", format!("before {text} behind").into_bytes());
        assert_eq!(seen.leaks(std::slice::from_ref(&plant)), ["one in a place"], "{text}");
    }
    let mut clean = Seen::default();
    clean.add("a place", "nothing but secret plants");
    assert_eq!(clean.leaks(&[plant]), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_a_process_a_log_or_a_state_file_would_be_seen() {
    let folder = tempfile::tempdir().unwrap();
    let plant = Plant::new("control", "control/plant+1234");
    let mut child = std::process::Command::new("sleep")
        .arg("60")
        .env("CONTROL", "control/plant+1234")
        .spawn()
        .unwrap();
    let db = rusqlite::Connection::open(folder.path().join("itsmd.db")).unwrap();
    db.pragma_update(None, "journal_mode", "wal").unwrap();
    db.execute("CREATE TABLE runs (error TEXT)", []).unwrap();
    db.execute("INSERT INTO runs VALUES ('401 for control/plant+1234')", [])
        .unwrap();
    let mut seen = Seen::default();
    // The child is itself only once it has begun to be.
    let deadline = std::time::Instant::now() + DEADLINE;
    while fs::read(format!("/proc/{}/cmdline", child.id())).unwrap() != b"sleep\x0060\0" {
        assert!(std::time::Instant::now() < deadline);
        std::thread::yield_now();
    }
    look_at_process(&mut seen, child.id());
    look_at_files(&mut seen, folder.path());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(
        seen.leaks(&[plant]),
        ["control in /proc/environ", "control in file itsmd.db-wal"]
    );
}
