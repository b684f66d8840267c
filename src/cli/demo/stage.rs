//! The stage: what the demo plays on.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tokio::task::JoinHandle;

use crate::app;
use crate::sim::dataverse;
use crate::sim::entra::Entra;
use crate::sim::ingestion::{self, Workspace};
use crate::sim::live::keep_changing;
use crate::sim::serve::Server;
use crate::sim::servicenow::{self, Desk};
use crate::sim::world::{World, WorldSettings};

/// How much busier the desks are while somebody watches than their history was.
const BUSIER: f64 = 500.0;

/// Secrets of a desk that exists only as long as the demo.
const SECRETS: [(&str, &str); 3] = [
    ("desk", "demo-password"),
    ("client", "demo-client"),
    ("azure", "demo-secret"),
];

/// Simulators that hold a world each and go on changing.
pub(super) struct Stage {
    /// The configuration that leads to them.
    pub config: PathBuf,
    servicenow: servicenow::Handle,
    dataverse: Server,
    ingestion: ingestion::Handle,
    entra: Server,
    control_token: String,
    changing: Vec<JoinHandle<()>>,
}

impl Stage {
    pub async fn set(folder: &Path, listen: SocketAddr) -> io::Result<Self> {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let directory = Entra::new();
        directory.set(|directory| directory.add_application("demo", "itsmd", SECRETS[2].1));
        let entra = directory.start(loopback).await?;

        let workspace = Workspace::new();
        workspace.set(|switches| switches.tokens = Some((directory.tokens(), "https://monitor.azure.com".to_owned())));
        let ingestion = ingestion::start(workspace, loopback).await?;

        let desk = Desk::new();
        desk.user("itsmd", SECRETS[0].1);
        desk.client("itsmd-client", SECRETS[1].1, Some("itsmd"));
        let instance = dataverse::Instance::new();
        let (contoso, fabrikam) = (world(1, 60.0, 8.0), world(2, 15.0, 0.0));
        desk.put_items(contoso.items());
        put_all(&instance, &fabrikam);
        let servicenow = servicenow::start(desk.clone(), None).await?;
        let dataverse = instance.start(loopback).await?;
        instance.trust(directory.tokens(), &dataverse.url());

        let changing = vec![
            keep_changing(contoso, BUSIER, move |item| desk.put_item(item)),
            keep_changing(fabrikam, BUSIER, move |item| {
                instance.put_item(item);
            }),
        ];
        let stage = Self {
            config: folder.join("itsmd.toml"),
            servicenow,
            dataverse,
            ingestion,
            entra,
            control_token: uuid::Uuid::new_v4().simple().to_string(),
            changing,
        };
        stage.write(folder, listen)?;
        Ok(stage)
    }

    pub fn servicenow_url(&self) -> String {
        self.servicenow.url()
    }

    pub fn dataverse_url(&self) -> String {
        self.dataverse.url()
    }

    /// What the buttons of the page want, made up for this demo.
    pub fn control_token(&self) -> &str {
        &self.control_token
    }

    pub fn workspace_url(&self) -> String {
        self.ingestion.url()
    }

    pub fn workspace(&self) -> Workspace {
        self.ingestion.workspace().clone()
    }

    fn write(&self, folder: &Path, listen: SocketAddr) -> io::Result<()> {
        for (name, secret) in SECRETS.into_iter().chain([("control", self.control_token.as_str())]) {
            let mut file = std::fs::OpenOptions::new()
                .create_new(true)
                .write(true)
                .mode(0o600)
                .open(folder.join(name))?;
            io::Write::write_all(&mut file, secret.as_bytes())?;
        }
        let text = include_str!("../../../config/demo.toml")
            .replace("{listen}", &listen.to_string())
            .replace("{folder}", &folder.display().to_string())
            .replace("{workspace}", &self.workspace_url())
            .replace("{dcr}", &self.ingestion.dcr_immutable_id())
            .replace("{entra}", &self.entra.url())
            .replace("{servicenow}", &self.servicenow_url())
            .replace("{dataverse}", &self.dataverse_url());
        std::fs::write(&self.config, text)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.changing.iter().for_each(JoinHandle::abort);
    }
}

fn put_all(instance: &dataverse::Instance, world: &World) {
    for item in world.items() {
        instance.put_item(item);
    }
}

fn world(seed: u64, incidents_per_day: f64, changes_per_day: f64) -> World {
    World::new(WorldSettings {
        seed,
        now: app::now(),
        days: 120,
        incidents_per_day,
        changes_per_day,
    })
}
