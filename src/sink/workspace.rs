//! The configured workspace, whichever kind it is.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::data_collector::DataCollector;
use super::file::File;
use super::logs_ingestion::LogsIngestion;
use super::{Batch, Receipt, Settings, Sink, SinkError, Table};
use crate::auth::{Credentials, Identities, Refusal};
use crate::model::Trouble;
use crate::net::{Client, ClientSettings, TlsSettings};

/// What does not stand in `[workspace]`.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How long a wish of the workspace may be before it is an error; `None` waits as long as it asks.
    pub patience: Option<Duration>,
    /// Our clock: signs and names files.
    pub clock: fn() -> DateTime<Utc>,
}

/// Where rows go.
#[derive(Debug)]
pub enum Workspace {
    /// Azure's Logs Ingestion API.
    LogsIngestion(Box<LogsIngestion>),
    /// The HTTP Data Collector API.
    DataCollector(DataCollector),
    /// Files, or stdout.
    File(File),
}

impl Workspace {
    /// Builds it; nothing is sent or written yet, no secret read.
    pub fn open(settings: &Settings, options: Options) -> Result<Self, Trouble> {
        Self::open_among(settings, options, &Identities::default())
    }

    /// The same among those who sign in now.
    pub fn open_among(settings: &Settings, options: Options, identities: &Identities) -> Result<Self, Trouble> {
        match settings {
            Settings::LogsIngestion {
                endpoint, tls, proxy, ..
            } => {
                let client = client(endpoint, tls, proxy.as_deref(), options)?;
                let sink = LogsIngestion::new(settings, client, identities)?;
                Ok(Self::LogsIngestion(Box::new(sink)))
            }
            Settings::DataCollector {
                endpoint,
                workspace_id,
                shared_key,
                log_type,
                tls,
                proxy,
            } => {
                let client = client(endpoint, tls, proxy.as_deref(), options)?;
                let collector = DataCollector::new(endpoint, workspace_id, shared_key, log_type, client, options.clock);
                Ok(Self::DataCollector(collector))
            }
            Settings::File { path } => Ok(Self::File(File::new(path, options.clock))),
        }
    }

    /// The Logs Ingestion API over a client of the caller's.
    pub fn over(settings: &Settings, client: Client) -> Result<Self, Trouble> {
        LogsIngestion::new(settings, client, &Identities::default()).map(|sink| Self::LogsIngestion(Box::new(sink)))
    }

    /// What tells this destination from another: a change of it means that everything has to be sent again.
    pub fn fingerprint(&self) -> String {
        match self {
            Self::LogsIngestion(sink) => sink.fingerprint(),
            Self::DataCollector(sink) => sink.fingerprint(),
            Self::File(sink) => sink.fingerprint(),
        }
    }

    /// Gets a token, if it takes tokens: whether it does.
    pub async fn sign_in(&self) -> Result<bool, Trouble> {
        match self {
            Self::LogsIngestion(sink) => sink.sign_in().await.map(|()| true),
            Self::DataCollector(_) | Self::File(_) => Ok(false),
        }
    }

    /// Whether it takes rows of [`Table::Log`].
    pub fn has_log(&self) -> bool {
        match self {
            Self::LogsIngestion(sink) => sink.url(Table::Log).is_some(),
            // One `log_type`, one path: the connector's log has no place of its own there.
            Self::DataCollector(_) | Self::File(_) => false,
        }
    }

    /// How its requests are authorized, where a sign-in of its own is needed for that.
    pub fn credentials(&self) -> Option<&Credentials> {
        match self {
            Self::LogsIngestion(sink) => Some(sink.credentials()),
            Self::DataCollector(_) | Self::File(_) => None,
        }
    }

    /// The sign-in that was refused last, if none has passed since.
    pub fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::LogsIngestion(sink) => sink.refusal(),
            Self::DataCollector(_) | Self::File(_) => None,
        }
    }

    /// Its client, for counters and for the pause under way; files have none.
    pub fn client(&self) -> Option<&Client> {
        match self {
            Self::LogsIngestion(sink) => Some(sink.client()),
            Self::DataCollector(sink) => Some(sink.client()),
            Self::File(_) => None,
        }
    }
}

impl Sink for Workspace {
    async fn deliver(&self, batch: &Batch) -> Result<Receipt, SinkError> {
        match self {
            Self::LogsIngestion(sink) => sink.deliver(batch).await,
            Self::DataCollector(sink) => sink.deliver(batch).await,
            Self::File(sink) => sink.deliver(batch).await,
        }
    }
}

fn client(endpoint: &str, tls: &TlsSettings, proxy: Option<&str>, options: Options) -> Result<Client, Trouble> {
    let mut settings = ClientSettings::new(endpoint, options.clock);
    // A rule takes 12,000 a minute and others may send to it too.
    settings.requests_per_minute = Some(6_000);
    settings.max_concurrent = 8;
    settings.tls = tls.clone();
    settings.proxy = proxy.map(str::to_owned);
    settings.patience = options.patience;
    Client::new(settings)
}
