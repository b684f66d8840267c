//! What is doubtful, and what is not there for a reason that can be told.

use std::os::unix::fs::PermissionsExt;

use super::*;

fn refused(text: &str, words: &str) {
    let told = only(text);
    assert!(told.contains(words), "{told}");
}

#[test]
fn a_listener_beyond_this_machine_is_a_warning() {
    let loaded = read(&format!("[http]\nlisten = \"0.0.0.0:9477\"\n{}", right())).unwrap();
    assert!(
        loaded.warnings[0]
            .to_string()
            .starts_with("itsmd.toml:2: [http] listen: beyond this machine")
    );
    let off = read(&format!("[http]\nlisten = \"off\"\n{}", right())).unwrap();
    assert_eq!(off.config.http, None);
    refused(
        &format!("[http]\nlisten = \"9477\"\n{}", right()),
        ":2: [http] listen: expected an address and a port",
    );
}

#[test]
fn a_control_token_is_a_reference_that_may_be_doubtful_and_never_stops_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let doubts = |token: Option<&str>, mode: u32, listen: &str| {
        match token {
            Some(token) => {
                std::fs::write(&path, token).unwrap();
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            }
            None => std::fs::remove_file(&path).unwrap(),
        }
        let file = path.display();
        let text = format!(
            "[http]\nlisten = \"{listen}\"\ncontrol_token = {{ file = \"{file}\" }}\n{}",
            right()
        );
        let loaded = read(&text).unwrap();
        assert!(loaded.config.control_token.is_some());
        let told = loaded.warnings.iter().map(ToString::to_string);
        told.filter(|told| told.contains("control_token"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let (token, here) = ("0123456789abcdef0123456789abcdef\n", "127.0.0.1:9477");
    assert_eq!(doubts(Some(token), 0o640, here), "");
    for (token, mode, listen, words) in [
        (
            Some("fifteen-letters"),
            0o640,
            here,
            "15 characters and needs at least 16",
        ),
        (Some("\n"), 0o640, here, "the secret is empty"),
        (Some("a token with a space"), 0o640, here, "openssl rand -hex 32"),
        (Some(token), 0o644, here, "others may read"),
        (
            Some(token),
            0o640,
            "192.0.2.1:9477",
            "goes over the network as plain text",
        ),
        (Some(token), 0o640, "off", "nothing listens"),
        (None, 0, here, "until it is there the buttons of the page are refused"),
    ] {
        let told = doubts(token, mode, listen);
        assert!(
            told.contains(words) && told.contains(":3: [http] control_token: "),
            "{words}: {told}"
        );
    }
    let both = doubts(Some("fifteen-letters"), 0o644, here);
    assert!(
        both.contains("15 characters") && both.contains("others may read"),
        "{both}"
    );
    assert!(read(right().as_ref()).unwrap().config.control_token.is_none());
    refused(
        &format!("[http]\ncontrol_token = \"0123456789abcdef\"\n{}", right()),
        "control_token",
    );
}

#[test]
fn an_address_copied_from_a_browser_is_a_warning_that_names_the_host() {
    for path in ["/now/nav/ui", "/main.aspx"] {
        let loaded = read(&with(
            "https://contoso.service-now.com",
            &format!("https://contoso.service-now.com{path}"),
        ));
        let warnings = loaded.unwrap().warnings;
        let told = warnings[0].to_string();
        assert!(
            told.contains("[[connection]] server_url: a path")
                && told.contains("https://contoso.service-now.com without"),
            "{told}"
        );
    }
}

#[test]
fn a_credential_that_is_not_there_is_told_as_what_it_is() {
    for words in [
        "the credential \"not-there\" is handed over by systemd",
        "systemd-run --pipe --wait -p User=itsmd -p LoadCredential=not-there:",
        "/etc/credstore/not-there",
    ] {
        refused(
            &with("{ env = \"PATH\" }\n[[", "{ credential = \"not-there\" }\n[["),
            words,
        );
    }
}

#[test]
fn two_connections_with_one_refresh_token_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let token = |file: &str, value: &str| {
        let path = folder.path().join(file);
        std::fs::write(&path, value).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        format!("{{ file = {:?} }}", path.display().to_string())
    };
    let (one, copy, other) = (token("one", "t1"), token("copy", "t1\n"), token("other", "t2"));
    let two = |second: &str, more: &str| {
        let connection = |name: &str, more: &str, token: &str| {
            format!(
                "[[connection]]\nname = \"{name}\"\npartner = \"servicenow\"\n\
                 server_url = \"https://contoso.service-now.com\"\n{more}[connection.auth]\nmethod = \"oauth-refresh\"\n\
                 client_id = \"c\"\nclient_secret = {{ env = \"PATH\" }}\nrefresh_token = {token}\n"
            )
        };
        let (first, second) = (connection("first", "", &one), connection("second", more, second));
        read(&format!("{WORKSPACE}{first}{second}"))
    };
    for same in [&one, &copy] {
        let told = two(same, "").unwrap_err().to_string();
        assert!(told.contains("\"first\" and \"second\" have the same one"), "{told}");
        assert!(!told.contains("t1"), "{told}");
    }
    two(&other, "").unwrap();
    two(&one, "enabled = false\n").unwrap();
}
