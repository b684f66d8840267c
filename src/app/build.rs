//! Parts: clients, sources, the workspace and the streams made of them.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use super::clock;
use super::kept::Tokens;
use crate::auth::{Company, Credentials, Identities};
use crate::config::{Config, Connection, Deletions};
use crate::model::{ItemProfile, Partner, StreamId, Trouble, WorkItemKind};
use crate::net::{Client, ClientSettings};
use crate::sink::{Options, Workspace};
use crate::source::{Dataverse, Desk, ServiceNow};
use crate::store::{Prints, Store};
use crate::sync::{ByteBudget, Readers, Settings, Stream};

/// All pages in flight together, unpacked.
const PAGES_IN_FLIGHT: usize = 40 * 1024 * 1024;

/// A stream as the program knows it.
pub type DeskStream = Stream<Desk, Workspace>;

/// Everything a configuration describes.
#[derive(Debug)]
pub struct Parts {
    /// What it was built from.
    pub config: Config,
    /// The state.
    pub store: Store,
    /// Where rows go.
    pub workspace: Arc<Workspace>,
    /// In the order of the file, disabled ones too (without streams).
    pub connections: Vec<Connected>,
    /// Who signs in as whom: the same sign-in is one identity, over a reload too.
    pub identities: Identities,
    /// How many configurations were in force before this one.
    pub epoch: u64,
}

/// One connection's parts.
#[derive(Debug)]
pub struct Connected {
    /// As configured.
    pub settings: Connection,
    /// Its way to the server, shared by its streams.
    pub client: Client,
    /// How its requests are authorized, shared by its streams.
    pub credentials: Arc<Credentials>,
    /// One for each kind of work item; none if it is disabled.
    pub streams: Vec<Arc<DeskStream>>,
}

impl Parts {
    /// Builds them; nothing is sent yet. `patience` is how long a server may make a foreground command wait.
    pub fn build(config: Config, store: Store, patience: Option<Duration>) -> Result<Self, Trouble> {
        Self::build_after(config, store, patience, None)
    }

    /// The same after a reload: what a server asked for, what it was sent in the last minute and which sign-in it refused
    /// is not forgotten.
    pub fn build_after(
        config: Config,
        store: Store,
        patience: Option<Duration>,
        before: Option<&Self>,
    ) -> Result<Self, Trouble> {
        let identities = before.map(|before| before.identities.clone()).unwrap_or_default();
        let epoch = before.map_or(0, |before| before.epoch + 1);
        let before = before.map_or(&[][..], |before| &before.connections);
        let workspace = Arc::new(Workspace::open_among(
            &config.workspace,
            Options {
                patience,
                clock: super::now,
            },
            &identities,
        )?);
        let tokens = Tokens::new(&config.state, &store);
        let budget = ByteBudget::new(PAGES_IN_FLIGHT);
        let mut connections = Vec::new();
        for settings in &config.connections {
            let client = client(settings, before, patience)?;
            let company = Company {
                identities: identities.clone(),
                kept: Some(tokens.of(&settings.name)),
            };
            connections.push(connect(
                settings,
                client,
                &company,
                &store,
                &workspace,
                &budget,
                patience.is_none(),
            )?);
        }
        Ok(Self {
            config,
            store,
            workspace,
            connections,
            identities,
            epoch,
        })
    }

    /// Waits for exchanges of refresh tokens under way: a server that rotates has used up the old one, and the new one
    /// is only in its answer. Whatever works with the parts and ends the process calls it before.
    pub async fn settle(&self, within: Duration) {
        if tokio::time::timeout(within, self.identities.exchanged()).await.is_err() {
            tracing::error!(
                "a refresh token was being exchanged at the end; if its server rotates, a new one is needed"
            );
        }
    }

    /// Every stream of the enabled connections.
    pub fn streams(&self) -> impl Iterator<Item = (&Connected, &Arc<DeskStream>)> {
        self.connections
            .iter()
            .flat_map(|connected| connected.streams.iter().map(move |stream| (connected, stream)))
    }
}

/// The connection's way to its server: the one there was, as long as nothing of it has changed. Certificates are files
/// that may have changed behind the same names.
fn client(settings: &Connection, before: &[Connected], patience: Option<Duration>) -> Result<Client, Trouble> {
    let way = |c: &Connection| {
        (
            c.server_url.clone(),
            c.requests_per_minute,
            c.max_concurrent,
            c.request_timeout,
            c.proxy.clone(),
        )
    };
    let same = before.iter().find(|known| {
        known.settings.name == settings.name
            && way(&known.settings) == way(settings)
            && settings.tls.is_default()
            && known.settings.tls.is_default()
    });
    if let Some(known) = same {
        return Ok(known.client.clone());
    }
    let client = Client::new(ClientSettings {
        requests_per_minute: Some(settings.requests_per_minute),
        max_concurrent: settings.max_concurrent.into(),
        request_timeout: settings.request_timeout,
        proxy: settings.proxy.clone(),
        tls: settings.tls.clone(),
        patience,
        ..ClientSettings::new(&settings.server_url, super::now)
    })?;
    if before.iter().any(|known| known.settings.name == settings.name) {
        client.limiter().spend_burst();
    }
    Ok(client)
}

fn connect(
    settings: &Connection,
    client: Client,
    company: &Company,
    store: &Store,
    workspace: &Arc<Workspace>,
    budget: &ByteBudget,
    patient: bool,
) -> Result<Connected, Trouble> {
    let credentials = Credentials::among(&settings.auth, &settings.server_url, &client, company)?;
    let credentials = Arc::new(credentials);
    let kinds = if settings.enabled {
        settings.work_items.as_slice()
    } else {
        &[]
    };
    let mut streams = Vec::new();
    for &kind in kinds {
        let Some(item) = settings.profile.items.get(&kind) else {
            continue;
        };
        let id = StreamId {
            connection: settings.name.clone(),
            kind,
        };
        streams.push(Arc::new(Stream::new(
            id.clone(),
            Readers {
                rows: desk(settings, &client, &credentials, id.clone(), item.clone()),
                keys: desk(settings, &client, &credentials, id, item.keys_only()),
            },
            Arc::clone(workspace),
            store.clone(),
            Settings {
                patient,
                ..stream_settings(settings, kind, item, workspace)
            },
            clock(),
            budget.clone(),
        )));
    }
    Ok(Connected {
        settings: settings.clone(),
        client,
        credentials,
        streams,
    })
}

fn desk(
    settings: &Connection,
    client: &Client,
    credentials: &Arc<Credentials>,
    id: StreamId,
    item: ItemProfile,
) -> Desk {
    let (client, credentials) = (client.clone(), Arc::clone(credentials));
    let Connection {
        server_url,
        filter,
        choice_values,
        ..
    } = settings;
    match settings.partner {
        Partner::ServiceNow => Desk::ServiceNow(ServiceNow::new(
            client,
            credentials,
            id,
            server_url,
            item,
            filter,
            *choice_values,
        )),
        Partner::Provance => Desk::Dataverse(Dataverse::new(
            client,
            credentials,
            id,
            server_url,
            item,
            filter,
            *choice_values,
        )),
    }
}

fn stream_settings(settings: &Connection, kind: WorkItemKind, item: &ItemProfile, workspace: &Workspace) -> Settings {
    Settings {
        sync_days: settings.sync_days,
        overlap: TimeDelta::from_std(settings.overlap).unwrap_or(TimeDelta::minutes(5)),
        page_size: settings.page_size,
        max_concurrent: settings.max_concurrent.into(),
        prints: Prints {
            source: source_print(settings, kind),
            filter: settings.filter.clone(),
            sink: sink_print(workspace),
        },
        columns: columns_fingerprint(settings, item),
        log: workspace.has_log(),
        reconcile: settings.reconcile.is_some(),
        deletions: settings.deletions == Deletions::Mark,
        max_deletions: settings.max_deletions.into(),
        partner: settings.partner,
        patient: false,
    }
}

/// What a stream is read from: instance and table.
pub fn source_print(settings: &Connection, kind: WorkItemKind) -> String {
    let table = settings
        .profile
        .items
        .get(&kind)
        .map(|item| item.table.as_str())
        .unwrap_or_default();
    format!("{} {table}", settings.server_url)
}

/// Where rows go.
pub fn sink_print(workspace: &Workspace) -> String {
    workspace.fingerprint()
}

/// The set of columns a row is made with, and how.
pub fn columns_fingerprint(settings: &Connection, item: &ItemProfile) -> String {
    let columns: Vec<String> = item
        .columns
        .iter()
        .map(|column| {
            let choice = column.choice_values.unwrap_or(settings.choice_values);
            format!("{}={}:{choice:?}", column.name, column.field)
        })
        .collect();
    columns.join(",")
}
