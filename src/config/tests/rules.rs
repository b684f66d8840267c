//! Values that TOML allows and itsmd does not.

use super::*;

fn refused(text: &str, words: &str) {
    let told = only(text);
    assert!(told.contains(words), "{told}");
}

#[test]
fn each_method_takes_its_own_keys_and_says_which() {
    refused(
        &with(
            "username = \"itsmd\"",
            "username = \"itsmd\"\nclient_secret = { env = \"PATH\" }",
        ),
        ":17: [connection.auth] client_secret is not used by basic; it takes username, password, expires",
    );
    refused(
        &with(
            "method = \"client-secret\"\ntenant_id = \"t\"",
            "method = \"managed-identity\"",
        ),
        "[workspace.auth] client_secret is not used by managed-identity; it takes client_id, scope",
    );
    refused(
        &with("\"basic\"", "\"baisc\""),
        "found the text \"baisc\"; did you mean \"basic\"?",
    );
    let text = format!(
        "{WORKSPACE}{}",
        DATAVERSE
            .replace("\"entra\"", "\"oauth-client-credentials\"")
            .replace("tenant_id = \"t\"\n", "")
    );
    refused(
        &text,
        "oauth-client-credentials does not sign in to provance; it takes entra, entra-password",
    );
}

#[test]
fn entra_takes_a_secret_or_a_certificate_with_its_key() {
    let entra = |keys: &str| {
        let text = DATAVERSE.replace("client_secret = { env = \"PATH\" }", keys);
        read(&format!("{WORKSPACE}{text}"))
    };
    let secret = "client_secret = { env = \"PATH\" }";
    let pair = "certificate = \"/dev/null\"\nprivate_key = { env = \"PATH\" }";
    let config = entra(pair).unwrap().config;
    assert!(matches!(&config.connections[0].auth, Auth::EntraCertificate { .. }));
    for (keys, words) in [
        (
            "",
            "entra needs the key \"client_secret\", or the keys \"certificate\" and \"private_key\"",
        ),
        (
            "certificate = \"/dev/null\"",
            "entra needs the key \"client_secret\", or",
        ),
        (&format!("{secret}\n{pair}"), "not both"),
    ] {
        let told = entra(keys).unwrap_err().to_string();
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn each_way_to_sign_in_to_servicenow_is_read() {
    let secret = "{ env = \"PATH\" }";
    let read_as = |method: &str, keys: &str| {
        let basic = "\"basic\"\nusername = \"itsmd\"\npassword = { env = \"PATH\" }\n";
        read(&with(basic, &format!("\"{method}\"\n{keys}\n"))).map(|loaded| loaded.config.connections[0].clone())
    };
    let keys = format!("client_id = \"c\"\nclient_secret = {secret}\nrefresh_token = {secret}\nexpires = 2027-01-31");
    let connection = read_as("oauth-refresh", &keys).unwrap();
    assert!(matches!(connection.auth, Auth::OauthRefresh { .. }));
    assert_eq!(connection.expires, chrono::NaiveDate::from_ymd_opt(2027, 1, 31));
    let keys =
        format!("client_id = \"c\"\nclient_secret = {secret}\nsubject = \"u\"\nkey_id = \"k\"\nprivate_key = {secret}");
    assert!(matches!(
        read_as("oauth-jwt-bearer", &keys).unwrap().auth,
        Auth::OauthJwtBearer { .. }
    ));
    let connection = read_as("api-key", &format!("api_key = {secret}")).unwrap();
    assert!(matches!(connection.auth, Auth::ApiKey { .. }));
    let told = read_as("mtls", "").unwrap_err().to_string();
    assert!(
        told.contains("mtls signs in with a client certificate: it needs a section [connection.tls]"),
        "{told}"
    );
    let tls = format!("[connection.tls]\nclient_certificate = \"/dev/null\"\nclient_key = {secret}");
    assert_eq!(read_as("mtls", &tls).unwrap().auth, Auth::Mtls);
    let told = read_as("mtls", &format!("username = \"u\"\n{tls}"))
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("[connection.auth] username is not used by mtls; it takes no other key"),
        "{told}"
    );
    let told = read_as("api-key", &format!("api_key = {secret}\nexpires = \"soon\""))
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("expires: expected a day like 2027-01-31, found the text \"soon\""),
        "{told}"
    );
}

#[test]
fn an_endpoint_tells_its_cloud_and_another_clouds_authority_is_doubted() {
    let workspace = |text: &str| read(text).unwrap();
    let government = with("ingest.monitor.azure.com", "ingest.monitor.azure.us");
    let loaded = workspace(&government);
    let sink::Settings::LogsIngestion {
        auth: Auth::EntraSecret { authority, scope, .. },
        ..
    } = &loaded.config.workspace
    else {
        panic!("{:?}", loaded.config.workspace);
    };
    assert_eq!(
        (authority.as_str(), scope.as_str()),
        ("https://login.microsoftonline.us", "https://monitor.azure.us/.default")
    );
    assert_eq!(loaded.warnings, []);
    let mixed = government.replace(
        "tenant_id = \"t\"",
        "tenant_id = \"t\"\nauthority = \"https://login.microsoftonline.com\"\nscope = \"https://monitor.azure.com/.default\"",
    );
    let warnings: Vec<String> = workspace(&mixed).warnings.iter().map(ToString::to_string).collect();
    let told = |words: &str| warnings.iter().any(|warning| warning.contains(words));
    assert!(
        told(":8: [workspace.auth] authority: https://login.microsoftonline.com is of another cloud"),
        "{warnings:?}"
    );
    assert!(told("that one takes https://monitor.azure.us/.default"), "{warnings:?}");
}

#[test]
fn what_ends_on_a_known_day_is_told_whose_it_is() {
    let text = with("password = { env", "expires = \"2027-01-31\"\npassword = { env");
    let text = text.replacen("client_secret =", "expires = 2027-02-28\nclient_secret =", 1);
    let expiries = read(&text).unwrap().config.expiries();
    let told: Vec<(Option<&str>, &str, String)> = expiries
        .iter()
        .map(|one| {
            (
                one.connection.as_ref().map(|name| name.as_str()),
                one.what.as_str(),
                one.at.to_rfc3339(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (None, "the client secret", "2027-02-28T00:00:00+00:00".to_owned()),
            (Some("contoso"), "the password", "2027-01-31T00:00:00+00:00".to_owned()),
        ]
    );
}

#[test]
fn what_ends_tells_what_it_takes_until_a_new_one_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("desk.pem");
    let write = |year: i32| {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 1, 31);
        let key = rcgen::KeyPair::generate().unwrap();
        std::fs::write(&certificate, params.self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(folder.path().join("key"), key.serialize_pem()).unwrap();
    };
    let key = folder.path().join("key").display().to_string();
    let with_key = |key: &str| {
        let tls = format!("[connection.tls]\nclient_certificate = {certificate:?}\nclient_key = {key}\n");
        with("password = { env", "expires = 2027-01-31\npassword = { env") + &tls
    };
    write(2030);
    let in_files = read(&with_key(&format!("{{ file = {key:?} }}"))).unwrap().config;
    let outside = read(&with_key("{ env = \"PATH\" }")).unwrap().config;
    // What is loaded is the old one, whatever the file says by now.
    write(2031);
    let told = |config: &Config| -> Vec<(String, Used)> {
        let all = config.expiries().into_iter();
        all.map(|one| (one.at.format("%Y").to_string(), one.used)).collect()
    };
    let year = |year: &str, used| (year.to_owned(), used);
    assert_eq!(
        told(&in_files),
        [year("2027", Used::Restart), year("2030", Used::Reload)]
    );
    assert_eq!(
        told(&outside),
        [year("2027", Used::Restart), year("2030", Used::Restart)]
    );
    let anew = read(&with_key(&format!("{{ file = {key:?} }}"))).unwrap().config;
    assert_eq!(told(&anew)[1], year("2031", Used::Reload));
    let word = folder.path().join("word");
    std::fs::write(&word, "hunter2\n").unwrap();
    let password = with(
        "password = { env = \"PATH\" }",
        &format!("expires = 2027-01-31\npassword = {{ file = {word:?} }}"),
    );
    assert_eq!(told(&read(&password).unwrap().config), [year("2027", Used::NextSignIn)]);
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    let told = only(&with("password = { env = \"PATH\" }", "password = \"hunter2\""));
    assert!(
        told.contains(":17: [connection.auth] password: a secret never stands in this file"),
        "{told}"
    );
    assert!(
        told.contains("password = { file = ") && !told.contains("hunter2"),
        "{told}"
    );
    refused(
        &with(
            "password = { env = \"PATH\" }",
            "password = { env = \"ITSMD_NO_SUCH\" }",
        ),
        "ITSMD_NO_SUCH",
    );
    refused(
        &with(
            "password = { env = \"PATH\" }",
            "password = { env = \"PATH\", file = \"x\" }",
        ),
        "password: expected exactly one of",
    );
}

#[test]
fn addresses_are_https_and_bare() {
    let refuse = |url: &str, words: &str| refused(&with("https://contoso.service-now.com/", url), words);
    refuse(
        "http://contoso.service-now.com",
        ":13: [[connection]] server_url: plain http",
    );
    refuse("https://me:secret@contoso.service-now.com", "no user and password");
    refuse("https://contoso.service-now.com/?x=1", "nothing from ?");
    refuse("contoso.service-now.com", "server_url: ");
    refused(
        &with("https://x.ingest", "http://x.ingest"),
        ":3: [workspace] endpoint: plain http",
    );
    refused(
        &with(
            "tenant_id = \"t\"",
            "tenant_id = \"t\"\nauthority = \"http://login.example\"",
        ),
        "[workspace.auth] authority: plain http",
    );
    for proxy in ["http://proxy.example:3128", "off"] {
        assert!(read(&connection_with(&format!("proxy = \"{proxy}\""))).is_ok());
        let workspace = format!("kind = \"logs-ingestion\"\nproxy = \"{proxy}\"");
        assert!(read(&with("kind = \"logs-ingestion\"", &workspace)).is_ok());
    }
    refused(
        &connection_with("proxy = \"http://itsmd:hunter2@proxy.example:3128\""),
        "proxy: no user and password in an address",
    );
    assert!(read(&with("https://contoso.service-now.com/", "http://127.0.0.1:8080")).is_ok());
}

#[test]
fn filters_that_would_escape_the_window_are_refused() {
    for filter in [
        "a=1^NQb=2",
        "ORDERBYnumber",
        "a=1^ORDERBYDESCnumber",
        "^ORa=1",
        "ORa=1",
        "NQa=1",
        "a=1^EQ",
    ] {
        refused(
            &connection_with(&format!("filter = \"{filter}\"")),
            ":13: [[connection]] filter: ",
        );
    }
    for filter in ["", "a=1^b=2^ORb=3", "short_descriptionLIKEORDERBY", "a=x^^NQ", "^a=1"] {
        assert!(
            read(&connection_with(&format!("filter = \"{filter}\""))).is_ok(),
            "{filter}"
        );
    }
}

#[test]
fn numbers_and_times_have_limits_and_name_them() {
    for (key, words) in [
        (
            "sync_days = 121",
            "sync_days: expected a whole number from 1 to 120, found 121",
        ),
        ("sync_days = 0", "from 1 to 120, found 0"),
        ("page_size = 10001", "from 1 to 10000, found 10001"),
        ("requests_per_minute = 0", "requests_per_minute: expected"),
        ("max_concurrent = 17", "from 1 to 16, found 17"),
        ("overlap = \"5 minutes\"", "overlap: expected a time like"),
        ("request_timeout = 60", "request_timeout: expected a time like"),
        ("splay = \"10\"", "splay: expected a part of the interval"),
        ("schedule_time_zone = \"Berlin\"", "\"Berlin\" is not a time zone"),
        ("reconcile = \"never\"", "reconcile: five or six cron fields"),
        ("work_items = []", "work_items is empty"),
        ("work_items = [\"incident\", \"incident\"]", "\"incident\" twice"),
    ] {
        refused(&connection_with(key), words);
    }
    let config = read(&connection_with(
        "reconcile = \"off\"\nsplay = \"off\"\noverlap = \"1h\"",
    ))
    .unwrap()
    .config;
    assert_eq!(
        (config.connections[0].reconcile.as_deref(), config.connections[0].splay),
        (None, Splay::Off)
    );
}

#[test]
fn dataverse_has_smaller_pages_and_no_change_requests_of_its_own() {
    let with = |key: &str| {
        format!(
            "{WORKSPACE}{}",
            DATAVERSE.replace("[connection.auth]", &format!("{key}\n[connection.auth]"))
        )
    };
    refused(&with("page_size = 5001"), "at most 5000 rows a page, found 5001");
    assert!(read(&with("page_size = 5000")).is_ok());
    refused(
        &with("work_items = [\"incident\", \"change_request\"]"),
        "the profile has no [change_request] section; leave",
    );
}

#[test]
fn names_are_unique_and_fit_a_stream() {
    refused(
        &format!("{}{CONNECTION}", right()),
        ":19: [[connection]] name: \"contoso\" is already the connection of line 11",
    );
    refused(&with("\"contoso\"", "\"a/b\""), "name: no /");
    refused(
        &with("\"contoso\"", "\"\""),
        "name: expected text in quotes, found an empty text",
    );
}

#[test]
fn a_certificate_needs_its_key() {
    let text = right() + "[connection.tls]\nclient_key = { env = \"PATH\" }\n";
    refused(
        &text,
        ":19: [connection.tls] client_key needs the key \"client_certificate\" beside it",
    );
}
