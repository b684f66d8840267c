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
