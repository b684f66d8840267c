//! One life of the process: parts are built, two workers ring, and at some await everything is dropped.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use chrono::TimeDelta;
use itsmd::auth::{Credentials, Settings as SignIn};
use itsmd::model::{ChoiceValues, ConnectionName, ItemProfile, Partner, Profile, StreamId, WorkItemKind};
use itsmd::net::{Client, ClientSettings, SecretRef};
use itsmd::sink::{self, Workspace};
use itsmd::source::{Dataverse, Desk, ServiceNow};
use itsmd::store::{Outcome, Prints, Store, Threads};
use itsmd::sync::{ByteBudget, Pass, Readers, Run, Settings, Stream, WorkerReport};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::plan::{Config, Product};
use super::sabotage::Sabotage;
use super::wire::{DESKS, LOGIN, WORKSPACE, Wire};
use super::world::{PASSWORD, USER, World};
use super::{clock, rows};

pub const OVERLAP: TimeDelta = TimeDelta::minutes(5);

/// How a life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At the so-manieth time that its future is polled.
    Polled(u64),
    /// At an instant of virtual time.
    Struck(Duration),
    /// Told to stop, with 18 seconds for the page in hand.
    Stopped(Duration),
}

/// Where the state file lies, and the secret.
#[derive(Debug, Clone)]
pub struct Home {
    pub state: PathBuf,
    secret: PathBuf,
}

impl Home {
    /// In that folder, with no state yet.
    pub fn new(folder: &Path) -> Self {
        let home = Self {
            state: folder.join("itsmd.db"),
            secret: folder.join("secret"),
        };
        std::fs::write(&home.secret, PASSWORD).unwrap();
        home
    }

    /// Removes the state.
    pub fn forget(&self) {
        for ending in ["db", "db-wal", "db-shm"] {
            let _ = std::fs::remove_file(self.state.with_extension(ending));
        }
    }

    pub fn open(&self) -> Store {
        Store::open(&self.state, Threads::Inline).unwrap()
    }
}

/// The process while it lives.
pub struct Life {
    world: World,
    config: Config,
    number: u32,
    pub stream: Stream<Desk, Workspace>,
    pub store: Store,
    runs: std::cell::Cell<u32>,
}

/// The name of the stream in the store.
pub fn stream_id() -> StreamId {
    StreamId {
        connection: ConnectionName::new("contoso"),
        kind: WorkItemKind::Incident,
    }
}

/// What the configuration says about source, filter and destination.
pub fn prints(world: &World, config: &Config) -> Prints {
    Prints {
        source: format!("{} incident", DESKS[config.address]),
        filter: filter(world.plan.product, config.filtered).to_owned(),
        sink: rows::STREAMS[config.destination].to_owned(),
    }
}

fn partner(product: Product) -> Partner {
    match product {
        Product::ServiceNow => Partner::ServiceNow,
        Product::Dataverse => Partner::Provance,
    }
}

fn filter(product: Product, filtered: bool) -> &'static str {
    match (product, filtered) {
        (_, false) => "",
        (Product::ServiceNow, true) => "active=true",
        (Product::Dataverse, true) => "statecode eq 0",
    }
}

impl Life {
    /// Builds the parts, as the program does, over the wire.
    pub fn begin(world: &World, config: &Config, home: &Home) -> Self {
        let number = {
            let journal = &mut world.lock().journal;
            journal.life += 1;
            journal.in_flight = 0;
            journal.life
        };
        let store = home.open();
        let stream = Stream::new(
            stream_id(),
            readers(world, config, home),
            Arc::new(workspace(world, config, home)),
            store.clone(),
            Settings {
                sync_days: config.sync_days,
                overlap: match world.plan.sabotage {
                    Some(Sabotage::NoOverlap) => TimeDelta::zero(),
                    _ => OVERLAP,
                },
                page_size: config.page_size,
                max_concurrent: config.max_concurrent,
                prints: prints(world, config),
                columns: "all".to_owned(),
                log: false,
                reconcile: true,
                deletions: true,
                max_deletions: config.max_deletions,
                partner: partner(world.plan.product),
                patient: config.patience.is_none(),
            },
            Arc::new(clock::ours),
            ByteBudget::new(config.budget),
        );
        world.note(|| format!("life {number} begins: {config:?}"));
        Self {
            world: world.clone(),
            config: config.clone(),
            number,
            stream,
            store,
            runs: std::cell::Cell::new(0),
        }
    }

    /// Lives until its end.
    pub async fn until(self, end: End) {
        let cancel = CancellationToken::new();
        let stop = async {
            let End::Stopped(after) = end else {
                return std::future::pending().await;
            };
            tokio::time::sleep(after).await;
            cancel.cancel();
            tokio::time::sleep(Duration::from_secs(18)).await;
        };
        let strike = async {
            let End::Struck(after) = end else {
                return std::future::pending().await;
            };
            tokio::time::sleep(after).await;
        };
        let polls = if let End::Polled(polls) = end { polls } else { u64::MAX };
        tokio::select! {
            biased;
            () = strike => {}
            () = stop => {}
            () = Mortal { work: Box::pin(self.workers(&cancel)), polls } => {}
        }
        self.world.count(match end {
            End::Polled(_) | End::Struck(_) => "crashes",
            End::Stopped(_) => "stops",
        });
        self.ends();
    }

    /// What was answered at this very instant may not have been written down.
    pub fn ends(&self) {
        let number = self.number;
        self.world.lock().journal.died(clock::source());
        self.world.note(|| format!("life {number} ends"));
    }

    /// The two workers of a daemon; both end when told to.
    async fn workers(&self, cancel: &CancellationToken) {
        let bell = Notify::new();
        let head = async {
            while !cancel.is_cancelled() {
                self.run(Pass::Head, cancel).await;
                if self.rest_is_due() {
                    bell.notify_one();
                }
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => {}
                    () = tokio::time::sleep(self.config.every) => {}
                }
            }
        };
        let rest = async {
            while !cancel.is_cancelled() {
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => {}
                    () = bell.notified() => { self.run(Pass::Rest, cancel).await; }
                }
            }
        };
        tokio::join!(head, rest);
    }

    /// One run of a worker.
    pub async fn run(&self, pass: Pass, cancel: &CancellationToken) -> WorkerReport {
        self.runs.set(self.runs.get() + 1);
        let id = format!("run-{}-{}", self.number, self.runs.get());
        {
            let inner = &mut *self.world.lock();
            inner.journal.runs.insert(id.clone(), clock::source());
            inner.trace.count("runs");
            inner.trace.note(|| format!("{pass:?} {id} begins"));
        }
        let run = Run {
            id: id.clone(),
            cancel: cancel.clone(),
        };
        let report = self.stream.run(&run, pass).await;
        self.world.note(|| {
            let WorkerReport {
                outcome, error, tally, ..
            } = &report;
            // Words may hold a request's own random id.
            let error = error.as_ref().map(|trouble| trouble.code);
            format!(
                "{pass:?} {id} {outcome:?} read {} sent {} {error:?}",
                tally.read, tally.sent
            )
        });
        if report.outcome == Outcome::Failed {
            self.world.count("runs failed");
        }
        report
    }

    /// Slices to read, records to try again, or a sweep that is asked for.
    pub fn rest_is_due(&self) -> bool {
        let due = self.store.call_here(|db| {
            let Some(row) = db.stream(&stream_id())? else {
                return Ok(false);
            };
            let unread = |stored: &itsmd::store::StoredSlice| stored.slice.to.is_some() && !stored.complete;
            let sweep = db.sweep(row.key)?.asked.is_some();
            Ok(sweep || db.slices(row.key)?.iter().any(unread) || !db.to_retry(row.key)?.is_empty())
        });
        due.unwrap()
    }
}

/// A future that is given up at the so-manieth time it is polled.
struct Mortal<F> {
    work: Pin<Box<F>>,
    polls: u64,
}

impl<F: Future<Output = ()>> Future for Mortal<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.polls == 0 {
            return Poll::Ready(());
        }
        self.polls -= 1;
        pin!(&mut self.work).poll(context)
    }
}

fn entra(home: &Home) -> SignIn {
    SignIn::EntraSecret {
        tenant_id: "11111111-1111-1111-1111-111111111111".to_owned(),
        client_id: USER.to_owned(),
        client_secret: SecretRef::File(home.secret.clone()),
        authority: LOGIN.to_owned(),
        scope: "https://monitor.azure.com/.default".to_owned(),
    }
}

fn client(world: &World, config: &Config, url: &str, is_desk: bool) -> Client {
    let base = ClientSettings::new(url, clock::ours);
    let is_bound = world.plan.sabotage != Some(Sabotage::NoPermits);
    let settings = ClientSettings {
        requests_per_minute: Some(if is_desk && is_bound {
            config.requests_per_minute
        } else {
            6000
        }),
        max_concurrent: if is_desk && is_bound { config.max_concurrent } else { 8 },
        patience: config.patience,
        ..base
    };
    Client::carried(settings, Arc::new(Wire::new(world, is_desk))).unwrap()
}

fn workspace(world: &World, config: &Config, home: &Home) -> Workspace {
    let settings = sink::Settings::LogsIngestion {
        endpoint: WORKSPACE.to_owned(),
        dcr_immutable_id: world.workspace.switches().dcr_immutable_id,
        stream: rows::STREAMS[config.destination].to_owned(),
        log_stream: None,
        auth: entra(home),
        expires: None,
        tls: itsmd::net::TlsSettings::default(),
        proxy: None,
    };
    Workspace::over(&settings, client(world, config, WORKSPACE, false)).unwrap()
}

fn readers(world: &World, config: &Config, home: &Home) -> Readers<Desk> {
    let url = DESKS[config.address];
    let client = client(world, config, url, true);
    let sign_in = match (world.plan.product, world.plan.tokens) {
        (Product::ServiceNow, false) => SignIn::Basic {
            username: USER.to_owned(),
            password: SecretRef::File(home.secret.clone()),
        },
        (Product::ServiceNow, true) => SignIn::OauthClientCredentials {
            client_id: USER.to_owned(),
            client_secret: SecretRef::File(home.secret.clone()),
        },
        (Product::Dataverse, _) => entra(home),
    };
    let credentials = Arc::new(Credentials::new(&sign_in, url, &client).unwrap());
    let profile = itsmd::config::shipped_profile(partner(world.plan.product));
    let profile = Profile::parse(profile).unwrap();
    let item = profile.items[&WorkItemKind::Incident].clone();
    let (filter, choice) = (filter(world.plan.product, config.filtered), ChoiceValues::Labels);
    let desk = |item: ItemProfile| {
        let (client, credentials, id) = (client.clone(), Arc::clone(&credentials), stream_id());
        match world.plan.product {
            Product::ServiceNow => {
                Desk::ServiceNow(ServiceNow::new(client, credentials, id, url, item, filter, choice))
            }
            Product::Dataverse => Desk::Dataverse(Dataverse::new(client, credentials, id, url, item, filter, choice)),
        }
    };
    Readers {
        keys: desk(item.keys_only()),
        rows: desk(item),
    }
}
