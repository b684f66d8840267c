//! Files with mistakes, and what a person is told about them.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;
use crate::auth::Settings as Auth;
use crate::net::SecretRef;

mod doubts;
mod lines;
mod rules;

/// The head of a right file: 8 lines.
const WORKSPACE: &str = r#"[workspace]
kind = "logs-ingestion"
endpoint = "https://x.ingest.monitor.azure.com"
dcr_immutable_id = "dcr-0123456789abcdef0123456789abcdef"
[workspace.auth]
method = "client-secret"
tenant_id = "t"
client_id = "c"
client_secret = { env = "PATH" }
"#;

/// A right connection: 7 lines.
const CONNECTION: &str = r#"[[connection]]
name = "contoso"
partner = "servicenow"
server_url = "https://contoso.service-now.com/"
[connection.auth]
method = "basic"
username = "itsmd"
password = { env = "PATH" }
"#;

const DATAVERSE: &str = r#"[[connection]]
name = "fabrikam"
partner = "provance"
server_url = "https://fabrikam.crm4.dynamics.com"
[connection.auth]
method = "entra"
tenant_id = "t"
client_id = "c"
client_secret = { env = "PATH" }
"#;

fn right() -> String {
    format!("{WORKSPACE}{CONNECTION}")
}

/// A right file with one part exchanged.
fn with(from: &str, to: &str) -> String {
    let text = right();
    assert!(text.contains(from), "{from}");
    text.replace(from, to)
}

/// A right file with keys more in its connection.
fn connection_with(keys: &str) -> String {
    with(
        "partner = \"servicenow\"\n",
        &format!("partner = \"servicenow\"\n{keys}\n"),
    )
}

fn read(text: &str) -> Result<Loaded, ConfigErrors> {
    parse(Path::new("itsmd.toml"), text, Secrets::Check)
}

/// What a person is told about a file, without the count.
fn told(text: &str) -> Vec<String> {
    let errors = read(text).expect_err("a file with a mistake");
    errors
        .mistakes()
        .iter()
        .map(|mistake| format!("itsmd.toml:{mistake}"))
        .collect()
}

/// The only mistake of a file.
fn only(text: &str) -> String {
    let told = told(text);
    assert_eq!(told.len(), 1, "{told:#?}");
    told.into_iter().next().unwrap()
}

#[test]
fn what_is_left_out_has_the_documented_default() {
    let loaded = read(&right()).unwrap();
    assert_eq!(loaded.warnings, []);
    let config = loaded.config;
    assert_eq!(config.http, Some("127.0.0.1:9477".parse().unwrap()));
    let connection = &config.connections[0];
    assert!(connection.enabled);
    assert_eq!(connection.server_url, "https://contoso.service-now.com");
    assert_eq!(connection.work_items, WorkItemKind::ALL);
    assert_eq!((connection.sync_days, connection.page_size), (120, 1000));
    assert_eq!(connection.schedule, "*/5 * * * *");
    assert_eq!(connection.schedule_time_zone, chrono_tz::UTC);
    assert_eq!(connection.splay, Splay::Percent(10));
    assert_eq!(connection.reconcile.as_deref(), Some("30 3 * * *"));
    assert_eq!((connection.deletions, connection.max_deletions), (Deletions::Mark, 50));
    assert_eq!(connection.overlap, Duration::from_secs(300));
    assert_eq!((connection.requests_per_minute, connection.max_concurrent), (60, 2));
    assert_eq!(connection.request_timeout, Duration::from_secs(60));
    assert_eq!(
        (connection.filter.as_str(), connection.choice_values),
        ("", ChoiceValues::Labels)
    );
    assert_eq!(connection.profile.protocol, "servicenow");
}

#[test]
fn entra_scopes_follow_the_other_end() {
    let config = read(&format!("{WORKSPACE}{DATAVERSE}")).unwrap().config;
    let Auth::EntraSecret { authority, scope, .. } = &config.connections[0].auth else {
        panic!("{:?}", config.connections[0].auth);
    };
    assert_eq!(authority, "https://login.microsoftonline.com");
    assert_eq!(scope, "https://fabrikam.crm4.dynamics.com/.default");
    assert_eq!(config.connections[0].work_items, [WorkItemKind::Incident]);

    let sink::Settings::LogsIngestion {
        auth,
        stream,
        log_stream,
        ..
    } = &config.workspace
    else {
        panic!("{:?}", config.workspace);
    };
    assert!(matches!(auth, Auth::EntraSecret { scope, .. } if scope == "https://monitor.azure.com/.default"));
    assert_eq!((stream.as_str(), log_stream), ("Custom-ServiceDesk_CL", &None));

    let by_password = DATAVERSE
        .replace("\"entra\"", "\"entra-password\"\nusername = \"u\"")
        .replace("client_secret", "password");
    let config = read(&format!("{WORKSPACE}{by_password}")).unwrap().config;
    let Auth::EntraPassword { scope, .. } = &config.connections[0].auth else {
        panic!("{:?}", config.connections[0].auth);
    };
    assert_eq!(scope, "https://fabrikam.crm4.dynamics.com/user_impersonation");
}

#[test]
fn the_other_workspaces_are_read() {
    let text = format!("[workspace]\nkind = \"file\"\npath = \"out-{{date}}.ndjson\"\n{CONNECTION}");
    let config = parse(Path::new("/etc/itsmd/itsmd.toml"), &text, Secrets::Check)
        .unwrap()
        .config;
    assert!(
        matches!(&config.workspace, sink::Settings::File { path } if path == Path::new("/etc/itsmd/out-{date}.ndjson"))
    );

    let text = format!(
        "[workspace]\nkind = \"data-collector\"\nendpoint = \"http://127.0.0.1:1\"\nworkspace_id = \"w\"\n\
         shared_key = {{ env = \"PATH\" }}\n{CONNECTION}"
    );
    let config = read(&text).unwrap().config;
    assert!(matches!(&config.workspace, sink::Settings::DataCollector { log_type, .. } if log_type == "ServiceDesk"));
}

#[test]
fn the_shipped_configuration_is_right_and_names_every_key() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/itsmd.toml");
    let config = load_with(&path, Secrets::Skip).unwrap().config;
    assert_eq!(config.connections.len(), 2);
    assert_eq!(
        config.extra_columns().into_keys().collect::<Vec<_>>(),
        ["BusinessUnit_s", "Severity_s"]
    );
    let text = std::fs::read_to_string(path).unwrap();
    let sections = [keys::STATE, keys::HTTP, keys::WORKSPACE, keys::TLS, keys::CONNECTION];
    for key in sections.iter().flat_map(|section| section.keys) {
        assert!(text.contains(key.name), "{} is not shown", key.name);
    }
    for variant in keys::CONNECTION_AUTH
        .choice
        .unwrap()
        .of
        .iter()
        .filter(|variant| variant.available)
    {
        assert!(
            text.contains(&format!("\"{}\"", variant.name)),
            "{} is not shown",
            variant.name
        );
    }
}

#[test]
fn columns_are_added_to_every_kind() {
    let text = right() + "[connection.columns]\nUnit_s = \"u_unit\"\nScore_d = { field = \"u_score\" }\n";
    let config = read(&text).unwrap().config;
    for item in config.connections[0].profile.items.values() {
        assert!(item.fields().contains(&"u_unit"));
    }
    assert_eq!(config.extra_columns()["Score_d"], ColumnType::Real);
}

#[test]
fn a_secret_that_is_missing_is_a_mistake_and_one_that_others_may_read_a_warning() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("password");
    let text = with("{ env = \"PATH\" }\n[[", "{ file = \"password\" }\n[[");
    let location = directory.path().join("itsmd.toml");
    std::fs::write(&location, text).unwrap();
    let error = load(&location).unwrap_err().to_string();
    assert!(
        error.contains("itsmd.toml:9: [workspace.auth] client_secret: "),
        "{error}"
    );
    assert!(error.contains(file.to_str().unwrap()), "{error}");

    std::fs::write(&file, "# the application's\nsecret\n").unwrap();
    let error = load(&location).unwrap_err().to_string();
    assert!(
        error.contains(":9: [workspace.auth] client_secret: the secret has 2 lines"),
        "{error}"
    );

    std::fs::write(&file, "secret\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let loaded = load(&location).unwrap();
    assert!(
        loaded.warnings[0]
            .to_string()
            .contains(":9: [workspace.auth] client_secret: others may read")
    );
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(load(&location).unwrap().warnings, []);
    assert!(matches!(
        load(&location).unwrap().config.workspace,
        sink::Settings::LogsIngestion { auth: Auth::EntraSecret { client_secret: SecretRef::File(path), .. }, .. } if path == file
    ));
}

#[test]
fn a_file_that_is_not_there_says_who_named_it() {
    let path = PathBuf::from("/nowhere/itsmd.toml");
    let say = |chosen_by| {
        load(Location {
            path: path.clone(),
            chosen_by,
        })
        .unwrap_err()
        .to_string()
    };
    assert!(say(ChosenBy::Flag).contains("/nowhere/itsmd.toml (named by --config)"));
    assert!(say(ChosenBy::Environment).contains("named by $ITSMD_CONFIG"));
    assert!(say(ChosenBy::Default).contains("the default"));
}
