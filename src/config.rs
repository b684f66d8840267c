//! The configuration: a file is either used whole, or every mistake in it is named at once, with its line.
//!
//! Nothing is guessed and nothing ignored: an unknown key is a mistake that names the nearest known one.
//! The known keys, their types, ranges and defaults stand in one table, [`keys`], from which the reader
//! works and from which [`crate::schema::config`] makes the JSON Schema. Secrets are never in the file; a
//! secret that is not there is a mistake, one that others may read a warning. Relative paths are relative
//! to the configuration file.

mod auth;
mod cloud;
mod compose;
mod connection;
mod document;
mod expiry;
pub mod keys;
mod mistake;
mod profile;
mod schedule;
mod section;
mod shared_token;
mod values;
mod walk;
mod workspace;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::columns::{self, ColumnType};
use crate::model::{ChoiceValues, ConnectionName, Partner, Profile, WorkItemKind};
use crate::net::{SecretRef, TlsSettings};
use crate::{auth as signing_in, sink};

pub use auth::fitting as methods_for;
pub use expiry::{Expiry, Used};
pub use mistake::{About, ConfigErrors, Mistake, Warning};
pub use profile::shipped as shipped_profile;
pub use values::{doubt_of_server, nearest, one_line as secret_of_one_line};

use document::Document;

/// A whole configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it was read from.
    pub path: PathBuf,
    /// The state file.
    pub state: PathBuf,
    /// Where the status page listens; `None` is `off`.
    pub http: Option<SocketAddr>,
    /// Who may ask through the status page to sync and to deliver again; `None`: nobody.
    pub control_token: Option<SecretRef>,
    /// Where rows go.
    pub workspace: sink::Settings,
    /// In the order of the file; never empty, no name twice.
    pub connections: Vec<Connection>,
}

/// One `[[connection]]`.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Unique.
    pub name: ConnectionName,
    /// A disabled connection keeps its state and is not read.
    pub enabled: bool,
    /// The product at the other end.
    pub partner: Partner,
    /// `https://contoso.service-now.com`, without a trailing slash.
    pub server_url: String,
    /// What is read: never empty, none twice, each known to `profile`.
    pub work_items: Vec<WorkItemKind>,
    /// The sync window, in days: 1 to 120.
    pub sync_days: u16,
    /// Five or six cron fields; the first of six is seconds. Never closer than 30 s.
    pub schedule: String,
    /// The zone in which `schedule` and `reconcile` are meant.
    pub schedule_time_zone: chrono_tz::Tz,
    /// How far this connection's start is shifted.
    pub splay: Splay,
    /// When the sweep runs, as cron fields; `None` is `off`.
    pub reconcile: Option<String>,
    /// What happens to records that are gone.
    pub deletions: Deletions,
    /// More than this, and more than 1 % of the stream, in one sweep, or half of it: mark none and ask.
    pub max_deletions: u32,
    /// How far behind its position the head begins to read.
    pub overlap: Duration,
    /// Requests in any 60 seconds, burst included.
    pub requests_per_minute: u32,
    /// Requests in flight at once: 1 to 16.
    pub max_concurrent: u16,
    /// Rows a page: 1 to 10,000, for Dataverse at most 5,000.
    pub page_size: u32,
    /// Encoded query (`ServiceNow`) or `$filter` (Dataverse); empty for none.
    pub filter: String,
    /// What coded fields carry.
    pub choice_values: ChoiceValues,
    /// One request's time, from connecting to the last byte.
    pub request_timeout: Duration,
    /// `None`: the environment's.
    pub proxy: Option<String>,
    /// Private CA, client certificate.
    pub tls: TlsSettings,
    /// How to sign in.
    pub auth: signing_in::Settings,
    /// When the secret, key or refresh token of `auth` ends, as far as the file says.
    pub expires: Option<chrono::NaiveDate>,
    /// How it is read, `[connection.columns]` included.
    pub profile: Profile,
}

/// How far starts are spread, so that forty connections do not all begin at :00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Splay {
    /// Not at all.
    Off,
    /// By up to this part of the interval, in percent: 1 to 100. The part taken is a hash of the name.
    Percent(u8),
}

/// What happens to records that are gone from the service desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletions {
    /// A last row with `IsDeleted_b` is written.
    Mark,
    /// Nothing.
    Off,
}

/// A configuration that can be used, and what is doubtful about it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// By line.
    pub warnings: Vec<Warning>,
}

/// A configuration file, and who named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub path: PathBuf,
    /// Who named it.
    pub chosen_by: ChosenBy,
}

/// Who named the configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChosenBy {
    /// `--config`.
    Flag,
    /// `$ITSMD_CONFIG`.
    Environment,
    /// Nobody.
    Default,
}

/// Whether the secrets that a file refers to are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// A missing one is a mistake.
    Check,
    /// For commands that send nothing (`schema`, `init`).
    Skip,
}

impl Location {
    /// The file named by `flag`, else by `$ITSMD_CONFIG`, else `/etc/itsmd/itsmd.toml`.
    pub fn find(flag: Option<&Path>) -> Self {
        let environment = std::env::var_os("ITSMD_CONFIG").filter(|path| !path.is_empty());
        let (path, chosen_by) = match (flag, environment) {
            (Some(path), _) => (path.to_owned(), ChosenBy::Flag),
            (None, Some(path)) => (path.into(), ChosenBy::Environment),
            (None, None) => ("/etc/itsmd/itsmd.toml".into(), ChosenBy::Default),
        };
        Self { path, chosen_by }
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            chosen_by: ChosenBy::Flag,
        }
    }
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        Self::from(path.as_path())
    }
}

impl From<&PathBuf> for Location {
    fn from(path: &PathBuf) -> Self {
        Self::from(path.as_path())
    }
}

/// Reads and checks a configuration, its secrets included.
///
/// # Errors
/// The file cannot be read, or everything that is wrong in it.
pub fn load(location: impl Into<Location>) -> Result<Loaded, ConfigErrors> {
    load_with(location, Secrets::Check)
}

/// [`load`], with the secrets looked for or not.
///
/// # Errors
/// The file cannot be read, or everything that is wrong in it.
pub fn load_with(location: impl Into<Location>, secrets: Secrets) -> Result<Loaded, ConfigErrors> {
    let location = location.into();
    match std::fs::read_to_string(&location.path) {
        Ok(text) => parse(&location.path, &text, secrets),
        Err(error) => Err(ConfigErrors::Unreadable {
            error: error.to_string(),
            location,
        }),
    }
}

/// Checks the text of a configuration; `file` is for messages and relative paths.
///
/// # Errors
/// Everything that is wrong in it.
pub fn parse(file: &Path, text: &str, secrets: Secrets) -> Result<Loaded, ConfigErrors> {
    let document = Document::new(file, text, secrets);
    let config = document.table().and_then(|table| {
        walk::walk(&document, &keys::ROOT, "", 1, &table);
        compose::config(&document, &table)
    });
    let (mistakes, warnings) = document.finish();
    match config {
        Some(config) if mistakes.is_empty() => Ok(Loaded { config, warnings }),
        Some(_) | None => Err(ConfigErrors::Mistakes {
            file: file.to_owned(),
            mistakes,
        }),
    }
}

impl Config {
    /// The columns that the connections have beyond those of `ServiceDesk_CL`, for the generated table.
    pub fn extra_columns(&self) -> BTreeMap<String, ColumnType> {
        let items = self
            .connections
            .iter()
            .flat_map(|connection| connection.profile.items.values());
        let columns = items.flat_map(|item| &item.columns);
        columns
            .filter(|column| columns::find(&column.name).is_none())
            .map(|column| (column.name.clone(), column.kind))
            .collect()
    }

    /// The connection of that name.
    pub fn connection(&self, name: &str) -> Option<&Connection> {
        self.connections
            .iter()
            .find(|connection| connection.name.as_str() == name)
    }
}
