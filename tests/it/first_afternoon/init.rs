//! `itsmd init` without a terminal: flags, files, and what it never does.

use std::os::unix::fs::PermissionsExt;

use super::{files, itsmd, said, status};

const CHOSEN: [&str; 12] = [
    "--partner",
    "servicenow",
    "--name",
    "contoso",
    "--server-url",
    "https://contoso.service-now.com",
    "--auth-method",
    "basic",
    "--auth-username",
    "itsmd",
    "--auth-password-file",
    "-",
];
const TO_A_FILE: [&str; 4] = ["--workspace-kind", "file", "--workspace-path", "rows.ndjson"];

fn init<'a>(directory: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [
        &["init", "--directory", directory],
        CHOSEN.as_slice(),
        TO_A_FILE.as_slice(),
        more,
    ]
    .concat()
}

#[tokio::test]
async fn flags_make_a_configuration_that_check_accepts_with_secrets_that_nobody_else_reads() {
    let folder = tempfile::tempdir().unwrap();
    let etc = folder.path().join("etc");
    let state = folder.path().join("itsmd.db");
    let args = init(
        etc.to_str().unwrap(),
        &["--state-path", state.to_str().unwrap(), "--sync-days", "30"],
    );
    let output = itsmd(&args, "hunter2\n").await;
    assert_eq!(status(&output), 0, "{}", said(&output));
    let told = said(&output);
    for next in ["itsmd check", "itsmd plan", "itsmd sync"] {
        assert!(told.contains(next), "{told}");
    }
    let (config, secret) = (etc.join("itsmd.toml"), etc.join("secrets/contoso-password"));
    assert_eq!(files(&etc), [config.clone(), secret.clone()]);
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&etc), mode(&etc.join("secrets"))), (0o750, 0o750));
    assert_eq!((mode(&config), mode(&secret) & 0o737), (0o640, 0o600));
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "hunter2\n");
    let text = std::fs::read_to_string(&config).unwrap();
    assert!(!text.contains("hunter2") && !told.contains("hunter2"));
    assert!(text.contains("# requests_per_minute = 60 "), "{text}");
    let checked = itsmd(&["check", "--offline", "--config", config.to_str().unwrap()], "").await;
    assert_eq!(status(&checked), 0, "{}", said(&checked));
}

#[tokio::test]
async fn what_is_missing_is_named_by_its_flag_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().to_str().unwrap();
    let nothing = itsmd(&["init", "--directory", directory], "").await;
    assert_eq!(status(&nothing), 2);
    for flag in [
        "--partner",
        "--name",
        "--server-url",
        "--auth-method",
        "--workspace-kind",
    ] {
        assert!(said(&nothing).contains(flag), "{}", said(&nothing));
    }
    let more = [
        "--workspace-kind",
        "logs-ingestion",
        "--workspace-auth-method",
        "client-secret",
    ];
    let half = [&["init", "--directory", directory], CHOSEN.as_slice(), &more].concat();
    let half = itsmd(&half, "hunter2").await;
    assert_eq!(status(&half), 2);
    for flag in [
        "--workspace-endpoint",
        "--workspace-dcr-immutable-id",
        "--workspace-auth-client-secret-file",
    ] {
        assert!(said(&half).contains(flag), "{}", said(&half));
    }
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn what_could_not_be_used_is_told_and_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().to_str().unwrap();
    let refused = itsmd(
        &init(directory, &["--schedule", "*/5 * *", "--sync-days", "400"]),
        "hunter2",
    )
    .await;
    assert_eq!(status(&refused), 2);
    let told = said(&refused);
    assert!(
        told.contains("schedule") && told.contains("sync_days") && told.contains("120"),
        "{told}"
    );
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn an_address_copied_from_a_browser_is_told_by_init_and_by_check() {
    let folder = tempfile::tempdir().unwrap();
    let (directory, state) = (folder.path().to_str().unwrap(), folder.path().join("itsmd.db"));
    let mut args = init(directory, &["--state-path", state.to_str().unwrap()]);
    let url = args.iter_mut().find(|arg| arg.starts_with("https://")).unwrap();
    *url = "https://contoso.service-now.com/now/nav/ui";
    let written = itsmd(&args, "hunter2\n").await;
    let config = folder.path().join("itsmd.toml");
    let checked = itsmd(&["check", "--offline", "--config", config.to_str().unwrap()], "").await;
    for output in [&written, &checked] {
        assert_eq!(status(output), 0, "{}", said(output));
        let told = said(output);
        assert!(
            told.contains("most likely it is https://contoso.service-now.com without /now/nav/ui"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_secret_of_two_lines_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().to_str().unwrap();
    let refused = itsmd(&init(directory, &[]), "hunter2\nhunter3\n").await;
    assert_eq!(status(&refused), 2);
    let told = said(&refused);
    assert!(
        told.contains("--auth-password-file -: the secret has 2 lines"),
        "{told}"
    );
    assert!(!told.contains("hunter"), "{told}");
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn a_file_that_is_there_stays_as_it_is_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("itsmd.toml");
    std::fs::write(&config, "# mine\n").unwrap();
    let directory = folder.path().to_str().unwrap();
    let refused = itsmd(&init(directory, &[]), "hunter2").await;
    assert_eq!(status(&refused), 2);
    assert!(
        said(&refused).contains("itsmd.toml exists already"),
        "{}",
        said(&refused)
    );
    assert_eq!(files(folder.path()), std::slice::from_ref(&config));
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "# mine\n");
}

#[tokio::test]
async fn no_flag_takes_a_secret_itself() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().to_str().unwrap();
    let help = itsmd(&["init", "--help"], "").await;
    let help = said(&help);
    for flag in [
        "--auth-password ",
        "--auth-client-secret ",
        "--auth-api-key ",
        "--workspace-shared-key ",
    ] {
        assert!(!help.contains(flag), "{flag}");
    }
    for flag in ["--auth-password-file", "--workspace-shared-key-file"] {
        assert!(help.contains(flag), "{flag}");
    }
    let two = init(directory, &["--auth-client-secret-file", "-"]);
    let refused = itsmd(&two, "a\nb\n").await;
    assert_eq!(status(&refused), 2);
    assert!(said(&refused).contains("cannot both be read"), "{}", said(&refused));
    assert!(files(folder.path()).is_empty());
}
