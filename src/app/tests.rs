//! A configuration for tests of parts that reach nobody.

use std::path::Path;

use crate::config::{self, Config, Secrets};

const ONE_DESK: &str = r#"
[workspace]
kind = "file"
path = "rows.jsonl"
[[connection]]
name = "contoso"
partner = "servicenow"
server_url = "http://127.0.0.1:9"
[connection.auth]
method = "basic"
username = "itsmd"
password = { file = "secret" }
"#;

/// One connection to a desk where nobody listens, and a workspace that is a file; its file would stand in this folder.
pub(super) fn one_desk(folder: &Path) -> Config {
    config::parse(&folder.join("itsmd.toml"), ONE_DESK, Secrets::Skip)
        .unwrap()
        .config
}
