//! The client's configuration.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::desk::{CLIENT, Desk, PASSWORD, SECRET, STREAM, TENANT, USER};

/// Writes it with its secrets and an empty state; returns the file of rows, which is the workspace if `to_file`.
pub fn write(folder: &Path, desk: &Desk, days: u16, to_file: bool) -> PathBuf {
    let rows = folder.join("rows.ndjson");
    for (name, secret) in [("desk", PASSWORD), ("azure", SECRET)] {
        let path = folder.join(name);
        std::fs::write(&path, secret).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let places = &desk.places;
    let workspace = if to_file {
        format!("kind = \"file\"\npath = {:?}\n", rows.display().to_string())
    } else {
        format!(
            "kind = \"logs-ingestion\"\nendpoint = \"{}\"\ndcr_immutable_id = \"{}\"\nstream = \"{STREAM}\"\n\
             [workspace.auth]\nmethod = \"client-secret\"\ntenant_id = \"{TENANT}\"\nclient_id = \"{CLIENT}\"\n\
             client_secret = {{ file = \"azure\" }}\nauthority = \"{}\"\n",
            places.ingestion, places.rule, places.entra
        )
    };
    let state = if to_file { "to-file.db" } else { "itsmd.db" };
    let text = format!(
        "[state]\npath = \"{state}\"\n[http]\nlisten = \"127.0.0.1:0\"\n[workspace]\n{workspace}\
         [[connection]]\nname = \"contoso\"\npartner = \"servicenow\"\nserver_url = \"{}\"\nsync_days = {days}\n\
         work_items = [\"incident\"]\nschedule = \"0 0 1 1 *\"\nrequests_per_minute = {}\nmax_concurrent = {}\n\
         page_size = 1000\n[connection.auth]\nmethod = \"basic\"\nusername = \"{USER}\"\npassword = {{ file = \"desk\" }}\n",
        places.servicenow,
        60_000,
        crate::CONCURRENT,
    );
    std::fs::write(folder.join("itsmd.toml"), text).unwrap();
    rows
}
