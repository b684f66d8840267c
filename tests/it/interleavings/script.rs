//! A service desk and a workspace in this process, under tokio's paused clock, doing what a test says.

mod desk;
mod workspace;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use itsmd::model::{ConnectionName, StreamId, Trouble, Verdict, WorkItemKind};
use itsmd::store::{Prints, Store, StreamRow, Sweep, Threads};
use itsmd::sync::{ByteBudget, Pass, Readers, Run, Settings, Stream, WorkerReport};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use desk::Desk;
pub use workspace::{Answer, Workspace};

pub type TheStream = Arc<Stream<Desk, Workspace>>;

/// Our clock: it goes with tokio's.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    pub fn now(self) -> DateTime<Utc> {
        let start: DateTime<Utc> = "2026-11-20T10:00:00Z".parse().unwrap();
        start + TimeDelta::from_std(self.0.elapsed()).unwrap()
    }
}

/// Somebody arrives and waits until it is opened.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<(Notify, Notify)>);

impl Gate {
    async fn pass(&self) {
        self.0.0.notify_one();
        self.0.1.notified().await;
    }

    /// Waits for somebody, but not for ever.
    pub async fn reached(&self) {
        let arrived = tokio::time::timeout(Duration::from_secs(86_400), self.0.0.notified());
        arrived.await.expect("nobody comes");
    }

    pub fn open(&self) {
        self.0.1.notify_one();
    }
}

pub fn trouble(seen: &str) -> Trouble {
    Trouble {
        code: "TEST-001",
        verdict: Verdict::Retry { after: None },
        seen: seen.to_owned(),
        means: String::new(),
        remedy: String::new(),
    }
}

/// All of it, and the stream between them.
pub struct Scene {
    pub clock: Clock,
    pub desk: Desk,
    pub workspace: Workspace,
    pub store: Store,
    pub stream: TheStream,
    pub folder: tempfile::TempDir,
    log: bool,
}

pub const OVERLAP: TimeDelta = TimeDelta::minutes(5);

impl Scene {
    /// A window of ten days, pages of ten, one slice at a time.
    pub fn new() -> Self {
        let clock = Clock(Instant::now());
        let (desk, workspace) = (Desk::new(clock), Workspace::new(clock));
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
        let mut scene = Self {
            stream: stream(clock, &desk, &workspace, &store, false),
            log: false,
            clock,
            desk,
            workspace,
            store,
            folder,
        };
        scene.restart();
        scene
    }

    /// The same with the connector's own log.
    pub fn logged() -> Self {
        let mut scene = Self::new();
        scene.log = true;
        scene.restart();
        scene
    }

    /// Another process begins with what is stored.
    pub fn restart(&mut self) {
        self.stream = stream(self.clock, &self.desk, &self.workspace, &self.store, self.log);
    }

    pub async fn run(&self, pass: Pass) -> WorkerReport {
        self.stream.run(&self.a_run(), pass).await
    }

    /// A run that goes on beside the test.
    pub fn spawn(&self, pass: Pass) -> tokio::task::JoinHandle<WorkerReport> {
        let (stream, run) = (Arc::clone(&self.stream), self.a_run());
        tokio::spawn(async move { stream.run(&run, pass).await })
    }

    fn a_run(&self) -> Run {
        Run {
            id: "run".to_owned(),
            cancel: CancellationToken::new(),
        }
    }

    pub fn row(&self) -> StreamRow {
        self.store.call_here(|db| db.stream(&stream_id())).unwrap().unwrap()
    }

    /// The next run of the rest does a sweep.
    pub fn ask(&self, sweep: Sweep) {
        let key = self.row().key;
        self.store.call_here(|db| db.ask_sweep(key, sweep)).unwrap();
    }

    /// Whether every slice is through.
    pub fn is_read(&self) -> bool {
        let key = self.row().key;
        let slices = self.store.call_here(|db| db.slices(key)).unwrap();
        slices.iter().all(|slice| slice.complete || slice.slice.to.is_none())
    }

    /// The workspace's last rows are the desk's last versions.
    pub fn assert_in_step(&self) {
        assert_eq!(self.workspace.latest(), self.desk.titles());
    }
}

pub fn stream_id() -> StreamId {
    StreamId {
        connection: ConnectionName::new("contoso"),
        kind: WorkItemKind::Incident,
    }
}

fn stream(clock: Clock, desk: &Desk, workspace: &Workspace, store: &Store, log: bool) -> TheStream {
    stream_with(clock, desk, workspace, store, "workspace", log)
}

pub fn stream_to(clock: Clock, desk: &Desk, workspace: &Workspace, store: &Store, sink: &str) -> TheStream {
    stream_with(clock, desk, workspace, store, sink, false)
}

fn stream_with(clock: Clock, desk: &Desk, workspace: &Workspace, store: &Store, sink: &str, log: bool) -> TheStream {
    let settings = Settings {
        sync_days: 10,
        overlap: OVERLAP,
        page_size: 10,
        max_concurrent: 1,
        prints: Prints {
            source: "desk".to_owned(),
            filter: String::new(),
            sink: sink.to_owned(),
        },
        columns: "columns".to_owned(),
        log,
        reconcile: false,
        deletions: true,
        max_deletions: 50,
        partner: itsmd::model::Partner::ServiceNow,
        patient: true,
    };
    Arc::new(Stream::new(
        stream_id(),
        Readers {
            rows: desk.clone(),
            keys: desk.clone(),
        },
        Arc::new(workspace.clone()),
        store.clone(),
        settings,
        Arc::new(move || clock.now()),
        ByteBudget::new(1 << 20),
    ))
}

pub fn id(number: u32) -> String {
    format!("{number:032x}")
}
