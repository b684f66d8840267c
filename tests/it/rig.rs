//! A service desk, a workspace and a configuration that leads from one to the other.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use itsmd::sim::entra::Entra;
use itsmd::sim::servicenow::{Desk, Row};
use itsmd::sim::{ingestion, servicenow};
use serde_json::Value;

pub const STREAM: &str = "Custom-ServiceDesk_CL";
pub const DEADLINE: Duration = Duration::from_secs(60);

const TENANT: &str = "11111111-1111-1111-1111-111111111111";
const CLIENT: &str = "22222222-2222-2222-2222-222222222222";

/// Everything a scenario needs; it stops when dropped.
pub struct Rig {
    pub desk: Desk,
    pub servicenow: servicenow::Handle,
    pub workspace: ingestion::Workspace,
    pub ingestion: ingestion::Handle,
    pub entra: Entra,
    pub folder: tempfile::TempDir,
    entra_url: String,
    _entra: Box<dyn std::any::Any>,
}

pub fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

impl Rig {
    pub async fn new() -> Self {
        let desk = Desk::new();
        desk.user("itsmd", "desk-password");
        let servicenow = servicenow::start(desk.clone(), None).await.unwrap();
        let entra = Entra::new();
        entra.set(|directory| directory.add_application(TENANT, CLIENT, "azure-secret"));
        let workspace = ingestion::Workspace::new();
        workspace.set(|switches| switches.tokens = Some((entra.tokens(), "https://monitor.azure.com".to_owned())));
        let ingestion = ingestion::start(workspace.clone(), loopback()).await.unwrap();
        let server = entra.start(loopback()).await.unwrap();
        let entra_url = server.url();
        let folder = tempfile::tempdir().unwrap();
        for (name, secret) in [("desk", "desk-password"), ("azure", "azure-secret")] {
            write_secret(&folder.path().join(name), secret);
        }
        let rig = Self {
            desk,
            servicenow,
            workspace,
            ingestion,
            entra,
            folder,
            entra_url,
            _entra: Box::new(server),
        };
        rig.configure("");
        rig
    }

    pub fn entra_url(&self) -> &str {
        &self.entra_url
    }

    /// Writes the configuration; `more` stands in the connection's section.
    pub fn configure(&self, more: &str) {
        let text = format!(
            "{}\n{}",
            self.head(),
            self.connection("contoso", &self.servicenow.url(), more)
        );
        std::fs::write(self.config(), text).unwrap();
    }

    pub fn head(&self) -> String {
        format!(
            "[state]\npath = \"itsmd.db\"\n[http]\nlisten = \"off\"\n[workspace]\nkind = \"logs-ingestion\"\nendpoint = \"{}\"\n\
             dcr_immutable_id = \"{}\"\nstream = \"{STREAM}\"\n[workspace.auth]\nmethod = \"client-secret\"\n\
             tenant_id = \"{TENANT}\"\nclient_id = \"{CLIENT}\"\nclient_secret = {{ file = \"azure\" }}\nauthority = \"{}\"\n",
            self.ingestion.url(),
            self.ingestion.dcr_immutable_id(),
            self.entra_url,
        )
    }

    pub fn connection(&self, name: &str, server_url: &str, more: &str) -> String {
        format!(
            "[[connection]]\nname = \"{name}\"\npartner = \"servicenow\"\nserver_url = \"{server_url}\"\n\
             requests_per_minute = 6000\n{more}\n\
             [connection.auth]\nmethod = \"basic\"\nusername = \"itsmd\"\npassword = {{ file = \"desk\" }}\n"
        )
    }

    pub fn provance(&self, name: &str, server_url: &str, more: &str) -> String {
        format!(
            "[[connection]]\nname = \"{name}\"\npartner = \"provance\"\nserver_url = \"{server_url}\"\n\
             requests_per_minute = 6000\nwork_items = [\"incident\"]\n{more}\n[connection.auth]\nmethod = \"entra\"\n\
             tenant_id = \"{TENANT}\"\nclient_id = \"{CLIENT}\"\nclient_secret = {{ file = \"azure\" }}\nauthority = \"{}\"\n",
            self.entra_url
        )
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("itsmd.toml")
    }

    /// Runs the program to its end.
    pub async fn itsmd(&self, args: &[&str]) -> Output {
        let mut command = self.command(args);
        let run = tokio::task::spawn_blocking(move || command.output().unwrap());
        tokio::time::timeout(DEADLINE * 3, run)
            .await
            .expect("itsmd does not end")
            .unwrap()
    }

    /// The same, with its whole log on stderr.
    pub async fn logged(&self, args: &[&str]) -> Output {
        let mut command = self.command(args);
        command.env("RUST_LOG", "info");
        tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }

    /// `itsmd sync --json`; what it said on stderr is shown if it said no JSON.
    pub async fn sync(&self, args: &[&str]) -> (i32, Value) {
        let output = self.itsmd(&[&["sync", "--json"], args].concat()).await;
        let json = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().unwrap_or(-1), json)
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_itsmd"));
        command
            .args(args)
            .arg("--config")
            .arg(self.config())
            .stdin(Stdio::null())
            .env_remove("RUST_LOG");
        command
    }

    /// The last row of each record in the workspace, by number.
    pub fn latest(&self) -> std::collections::BTreeMap<String, itsmd::sim::ingestion::Row> {
        let by_record = self
            .workspace
            .latest(STREAM, &["ServiceDeskConnectionName_s", "RecordId_s"]);
        by_record
            .into_values()
            .map(|row| (row["ServiceDeskId_s"].as_str().unwrap_or_default().to_owned(), row))
            .collect()
    }
}

fn write_secret(path: &Path, secret: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, format!("{secret}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// The stream of a `sync --json`.
pub fn stream<'a>(report: &'a Value, connection: &str, work_item: &str) -> &'a Value {
    let connections = report["connections"].as_array().unwrap();
    let connection = connections.iter().find(|c| c["name"] == connection).unwrap();
    let streams = connection["streams"].as_array().unwrap();
    streams.iter().find(|s| s["work_item"] == work_item).unwrap()
}

/// Whole seconds, as every stamp.
pub fn ago(time: TimeDelta) -> DateTime<Utc> {
    (Utc::now() - time).with_nanosecond(0).unwrap()
}

/// An incident of that number; its id follows from it.
pub fn incident(number: u32, title: &str, modified: DateTime<Utc>) -> Row {
    Row::stamped(id(number), modified)
        .with("sys_mod_count", "0")
        .with("number", format!("INC{number:07}"))
        .with("short_description", title.to_owned())
        .labelled("state", "2", "In Progress")
        .time("opened_at", Some(modified - TimeDelta::hours(1)))
}

pub fn id(number: u32) -> String {
    format!("{:08x}{:024x}", number.wrapping_mul(0x9e37_79b9), number)
}
