//! A cell's world: a service desk, a workspace, those who give tokens, and a stream that signs in by one method.

use std::sync::Arc;

use chrono::TimeDelta;
use itsmd::model::{ConnectionName, StreamId, WorkItemKind};
use itsmd::sim::clock::Clock;
use itsmd::sim::entra::machine::{Assigned, Machine, Platform};
use itsmd::sim::entra::{Credential, Entra, Federated};
use itsmd::sim::fault::Faults;
use itsmd::sim::journal::Journal;
use itsmd::sim::servicenow::{self, JwtKey, Provider};
use itsmd::sim::{dataverse, ingestion};
use itsmd::sink::Workspace;
use itsmd::source::Desk;
use itsmd::store::{Store, Threads};
use itsmd::sync::{ByteBudget, Pass, Run, Stream, WorkerReport};
use tokio_util::sync::CancellationToken;

use super::clock;
use super::method::Method;
use super::parts::{readers, settings, sink};
use super::secrets::{AUDIENCE, ISSUER, SUBJECT, Secrets, cluster, pairs};
use super::wire::{PROVANCE, Whom, Wire};
use crate::rig::{STREAM, incident};

pub const RECORDS: usize = 45;
/// The user's name, and the application's.
pub const NAME: &str = "itsmd";
pub const USER: &str = "itsmd@contoso.com";
pub const TENANT: &str = "11111111-1111-1111-1111-111111111111";
pub const MONITOR: &str = "https://monitor.azure.com";

pub struct Place {
    pub method: Method,
    pub wire: Wire,
    pub secrets: Secrets,
    pub desk: servicenow::Desk,
    /// For the service desk, and for the workspace.
    pub entras: [Entra; 2],
    pub machine: Machine,
    pub workspace: ingestion::Workspace,
    stream: Stream<Desk, Workspace>,
    _folder: tempfile::TempDir,
}

impl Place {
    /// Everything as it should be; `spoil` may still change what is shown.
    pub fn new(method: Method) -> Self {
        clock::begin();
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::of(folder.path(), method);
        let now = Clock::new(clock::now);
        let entras = [Entra::new(), Entra::new()];
        entras.iter().for_each(|entra| register(entra, method, &now));
        let machine = entras[1].machine(Platform::Vm, vec![Assigned::system(NAME)]);
        machine.set_clock(now);
        let desk = desk(method, &entras[0]);
        secrets.write("refresh", &desk.hand_out_refresh_token(NAME, NAME));
        let instance = instance(&entras[0]);
        let workspace = ingestion::Workspace::new();
        let tokens = entras[1].tokens();
        workspace.set(|switches| {
            switches.set_clock(clock::now);
            switches.tokens = Some((tokens, MONITOR.to_owned()));
        });
        let wire = Wire::default();
        wire.0.lock().unwrap().routers = [
            (1001, servicenow::router(&desk, &Journal::new(), &Faults::new(1))),
            (1002, instance.router()),
            (1003, workspace.router()),
            (1004, entras[0].router()),
            (1005, entras[1].router()),
            (80, machine.router()),
        ]
        .into();
        let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
        let stream = Stream::new(
            stream_id(),
            readers(method, &secrets, &wire),
            Arc::new(sink(method, &secrets, &wire)),
            store,
            settings(method),
            Arc::new(clock::now),
            ByteBudget::new(8 << 20),
        );
        Self {
            method,
            wire,
            secrets,
            desk,
            entras,
            machine,
            workspace,
            stream,
            _folder: folder,
        }
    }

    /// One ring: a sync to its end.
    pub async fn ring(&self) -> WorkerReport {
        let run = Run {
            id: uuid::Uuid::new_v4().to_string(),
            cancel: CancellationToken::new(),
        };
        self.stream.run(&run, Pass::Both).await
    }

    /// How many records are in the workspace; each counts once.
    pub fn arrived(&self) -> usize {
        self.workspace.latest(STREAM, &["RecordId_s"]).len()
    }

    /// How often a token was asked for.
    pub fn sign_ins(&self) -> usize {
        self.method.endpoint().map_or(0, |endpoint| self.wire.asked(endpoint))
    }

    /// The one to whom the method signs in.
    pub fn resource(&self) -> Whom {
        if self.method.is_of_the_workspace() {
            Whom::Workspace
        } else {
            Whom::Desk
        }
    }
}

fn register(entra: &Entra, method: Method, now: &Clock) {
    entra.set_clock(now.clone());
    entra.set(|directory| {
        directory.add_application(TENANT, NAME, "right");
        directory.add_public_client(TENANT, "public");
        directory.add_user(TENANT, USER, "right");
        directory.lockout = Some(30);
        // A cluster's token is good for many sign-ins, an assertion for one.
        directory.single_use = method.has_a_key();
        // Keys take their time to make.
        if method.has_a_key() {
            let [pair, _] = pairs();
            directory.register(TENANT, "certified", Credential::Certificate(pair.known.clone()));
        }
        if method == Method::WorkloadIdentity {
            let federated = Federated {
                issuer: ISSUER.to_owned(),
                subject: SUBJECT.to_owned(),
                audience: AUDIENCE.to_owned(),
                key: cluster().key().unwrap(),
            };
            directory.register(TENANT, "federated", Credential::Federated(federated));
        }
    });
}

fn desk(method: Method, entra: &Entra) -> servicenow::Desk {
    let desk = servicenow::Desk::new();
    desk.set_clock(clock::now);
    desk.user(NAME, "right");
    desk.client(NAME, "right", Some(NAME));
    desk.set_lockout(Some(30));
    desk.allow_api_keys("incident");
    desk.api_key("right", NAME, None);
    if method == Method::OauthJwtBearer {
        take_assertions(&desk);
    }
    if matches!(method, Method::EntraSecret | Method::EntraCertificate) {
        trust(&desk, entra);
    }
    for number in 0..RECORDS {
        let number = u32::try_from(number).unwrap();
        let modified = clock::now() - TimeDelta::minutes(60 + i64::from(number));
        desk.put("incident", &incident(number, "Mail is down", modified));
    }
    desk
}

/// Makes the instance take assertions of the registered key.
pub fn take_assertions(desk: &servicenow::Desk) {
    let [pair, _] = pairs();
    let key = JwtKey {
        certificate: pair.known.clone(),
        kid: Some("key-1".to_owned()),
        audience: None,
        single_use: true,
    };
    desk.change_client(NAME, |client| client.jwt = Some(key));
}

/// Makes the instance take the directory's tokens.
pub fn trust(desk: &servicenow::Desk, entra: &Entra) {
    for application in [NAME, "certified"] {
        desk.user(&format!("by-{application}"), "unknown");
        desk.change_user(&format!("by-{application}"), |user| {
            user.fields.insert("u_appid".to_owned(), application.to_owned());
        });
    }
    let key = entra.sign_tokens().unwrap();
    desk.trust(Provider::by_appid(key, "snow-entry", "u_appid"));
}

fn instance(entra: &Entra) -> dataverse::Instance {
    use itsmd::sim::world::{World, WorldSettings};
    let instance = dataverse::Instance::new();
    instance.set_clock(clock::now);
    let world = World::new(WorldSettings::small(5, clock::now() - TimeDelta::hours(1)));
    let incidents = world.items().iter().filter(|item| item.kind == WorkItemKind::Incident);
    for item in incidents.take(RECORDS) {
        instance.put_item(item);
    }
    instance.trust(entra.tokens(), PROVANCE);
    instance
}

pub fn stream_id() -> StreamId {
    StreamId {
        connection: ConnectionName::new("contoso"),
        kind: WorkItemKind::Incident,
    }
}
