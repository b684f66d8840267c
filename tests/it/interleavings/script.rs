//! A service desk and a workspace in this process, under tokio's paused clock, doing what a test says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use itsmd::model::{
    ConnectionName, Mapped, Position, Record, RecordId, Slice, StreamId, Trouble, Unmapped, Verdict, Version,
    WorkItemKind,
};
use itsmd::sink::{Batch, Receipt, Sink, SinkError, Table};
use itsmd::source::{Page, Probe, Source, SourceError};
use itsmd::store::{Prints, Store, StreamRow, Threads};
use itsmd::sync::{ByteBudget, Pass, Readers, Run, Settings, Stream, WorkerReport};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

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

    pub async fn reached(&self) {
        self.0.0.notified().await;
    }

    pub fn open(&self) {
        self.0.1.notify_one();
    }
}

#[derive(Debug, Clone)]
struct Item {
    modified: DateTime<Utc>,
    revision: i64,
    title: String,
}

type Fails = Box<dyn Fn(&Slice) -> bool + Send>;

#[derive(Default)]
struct DeskState {
    items: BTreeMap<String, Item>,
    skew: TimeDelta,
    holds: Vec<(bool, Gate)>,
    fails: Option<Fails>,
    nameless: Vec<Unmapped>,
    pages: usize,
}

/// The service desk.
#[derive(Clone)]
pub struct Desk {
    clock: Clock,
    state: Arc<Mutex<DeskState>>,
}

impl Desk {
    /// Its clock, in whole seconds as its stamps are.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock.now() + self.lock().skew).with_nanosecond(0).unwrap()
    }

    pub fn put(&self, id: &str, modified: DateTime<Utc>, title: &str) {
        let mut state = self.lock();
        let revision = state.items.get(id).map_or(0, |item| item.revision + 1);
        let title = title.to_owned();
        let item = Item {
            modified,
            revision,
            title,
        };
        state.items.insert(id.to_owned(), item);
    }

    /// So many records, one each so often back from now.
    pub fn fill(&self, records: u32, every: TimeDelta) {
        for number in 0..records {
            self.put(&id(number), self.now() - every * number.cast_signed(), "as it was");
        }
    }

    pub fn set_skew(&self, skew: TimeDelta) {
        self.lock().skew = skew;
    }

    /// The next page of the head, or of a slice with an end, is put together and then waits.
    pub fn hold(&self, head: bool) -> Gate {
        let gate = Gate::default();
        self.lock().holds.push((head, gate.clone()));
        gate
    }

    /// Slices of which this holds fail.
    pub fn fail(&self, which: impl Fn(&Slice) -> bool + Send + 'static) {
        self.lock().fails = Some(Box::new(which));
    }

    pub fn heal(&self) {
        self.lock().fails = None;
    }

    /// A row that comes with every page of the head and has no id.
    pub fn nameless(&self, number: &str) {
        self.lock().nameless.push(Unmapped {
            id: None,
            number: Some(number.into()),
            modified: None,
            reason: "no sys_id".to_owned(),
        });
    }

    pub fn pages(&self) -> usize {
        self.lock().pages
    }

    pub fn titles(&self) -> BTreeMap<String, String> {
        let state = self.lock();
        let titles = state.items.iter().map(|(id, item)| (id.clone(), item.title.clone()));
        titles.collect()
    }

    fn lock(&self) -> MutexGuard<'_, DeskState> {
        self.state.lock().unwrap()
    }

    fn look(&self, slice: &Slice, size: u32) -> (Page, Option<Gate>) {
        let server_time = Some(self.now());
        let mut state = self.lock();
        state.pages += 1;
        let at = slice.at();
        let mut rows: Vec<(DateTime<Utc>, String)> = state
            .items
            .iter()
            .map(|(id, item)| (item.modified, id.clone()))
            .filter(|(modified, id)| (*modified, id.as_str()) > (at.time, at.rest.as_str()))
            .filter(|(modified, _)| slice.to.is_none_or(|to| *modified < to))
            .collect();
        rows.sort();
        let end = rows.len() <= size as usize;
        rows.truncate(size as usize);
        let mut records: Vec<Mapped> = rows.iter().map(|(_, id)| record(id, &state.items[id])).collect();
        let head = slice.to.is_none();
        if head {
            records.extend(state.nameless.iter().cloned().map(Mapped::SetAside));
        }
        let held = state.holds.iter().position(|(of, _)| *of == head);
        let gate = held.map(|place| state.holds.remove(place).1);
        let last = rows.last().map(|(time, id)| Position {
            time: *time,
            rest: id.clone(),
        });
        let page = Page {
            records,
            at: last.unwrap_or(at),
            end,
            server_time,
            matching: None,
            bytes: 1000,
            requests: 1,
        };
        (page, gate)
    }
}

impl Source for Desk {
    async fn page(&self, slice: &Slice, size: u32) -> Result<Page, SourceError> {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if self.lock().fails.as_ref().is_some_and(|fails| fails(slice)) {
            return Err(SourceError::Failed(trouble("the desk fails")));
        }
        let (page, gate) = self.look(slice, size);
        if let Some(gate) = gate {
            gate.pass().await;
        }
        Ok(page)
    }

    async fn probe(&self, _: DateTime<Utc>) -> Result<Probe, SourceError> {
        Ok(Probe {
            server_time: Some(self.now()),
            total: None,
            newest: None,
            requests: 1,
        })
    }

    async fn by_ids(&self, ids: &[RecordId]) -> Result<Vec<Mapped>, SourceError> {
        let state = self.lock();
        let known = |id: &RecordId| state.items.get(id.as_str()).map(|item| record(id.as_str(), item));
        Ok(ids.iter().filter_map(known).collect())
    }
}

fn record(id: &str, item: &Item) -> Mapped {
    let row = serde_json::json!({"RecordId_s": id, "Title_s": item.title, "LastModifiedDate_t": item.modified});
    let row = row.to_string().into_bytes();
    Mapped::Record(Record {
        id: RecordId::new(id),
        number: id.into(),
        modified: item.modified,
        revision: Some(item.revision),
        version: Version::of(&row),
        row: row.into(),
    })
}

/// What becomes of a batch.
#[derive(Debug, Clone)]
pub enum Answer {
    Take,
    /// The rows are taken and nobody hears of it.
    TakeSilently,
    Fail,
    /// It is taken so much later.
    TakeAfter(Duration),
    /// It is taken when the gate opens.
    TakeAt(Gate),
}

type Script = Box<dyn FnMut(&[Value]) -> Answer + Send>;

#[derive(Default)]
struct Held {
    rows: Vec<(DateTime<Utc>, Value)>,
    asked: usize,
    script: Option<Script>,
}

/// The workspace.
#[derive(Clone)]
pub struct Workspace {
    clock: Clock,
    held: Arc<Mutex<Held>>,
}

impl Workspace {
    pub fn script(&self, script: impl FnMut(&[Value]) -> Answer + Send + 'static) {
        self.held.lock().unwrap().script = Some(Box::new(script));
    }

    pub fn take_all(&self) {
        self.held.lock().unwrap().script = None;
    }

    pub fn count(&self) -> usize {
        self.held.lock().unwrap().rows.len()
    }

    /// Batches it was asked to take.
    pub fn asked(&self) -> usize {
        self.held.lock().unwrap().asked
    }

    /// The titles of a record's rows, in the order in which they came.
    pub fn titles_of(&self, id: &str) -> Vec<String> {
        let held = self.held.lock().unwrap();
        let rows = held.rows.iter().filter(|(_, row)| row["RecordId_s"] == id);
        rows.map(|(_, row)| row["Title_s"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The title of each record's last row.
    pub fn latest(&self) -> BTreeMap<String, String> {
        let text = |row: &Value, column: &str| row[column].as_str().unwrap().to_owned();
        let held = self.held.lock().unwrap();
        let rows = held.rows.iter();
        rows.map(|(_, row)| (text(row, "RecordId_s"), text(row, "Title_s")))
            .collect()
    }

    fn keep(&self, rows: Vec<Value>) {
        let now = self.clock.now();
        let rows = rows.into_iter().map(|row| (now, row));
        self.held.lock().unwrap().rows.extend(rows);
    }

    fn answer(&self, rows: &[Value]) -> Answer {
        let mut held = self.held.lock().unwrap();
        held.asked += 1;
        held.script.as_mut().map_or(Answer::Take, |script| script(rows))
    }
}

impl Sink for Workspace {
    async fn deliver(&self, batch: &Batch) -> Result<Receipt, SinkError> {
        assert_eq!(batch.table, Table::WorkItems);
        let rows: Vec<Value> = serde_json::from_slice(&batch.body).unwrap();
        match self.answer(&rows) {
            Answer::Take => {}
            Answer::TakeSilently => {
                self.keep(rows);
                return Err(SinkError::Failed(trouble("the connection broke")));
            }
            Answer::Fail => return Err(SinkError::Failed(trouble("the role is missing"))),
            Answer::TakeAfter(wait) => tokio::time::sleep(wait).await,
            Answer::TakeAt(gate) => gate.pass().await,
        }
        self.keep(rows);
        Ok(Receipt { bytes_sent: 1 })
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
}

pub const OVERLAP: TimeDelta = TimeDelta::minutes(5);

impl Scene {
    /// A window of ten days, pages of ten, one slice at a time.
    pub fn new() -> Self {
        let clock = Clock(Instant::now());
        let desk = Desk {
            clock,
            state: Arc::default(),
        };
        let workspace = Workspace {
            clock,
            held: Arc::default(),
        };
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
        let mut scene = Self {
            stream: stream(clock, &desk, &workspace, &store),
            clock,
            desk,
            workspace,
            store,
            folder,
        };
        scene.restart();
        scene
    }

    /// Another process begins with what is stored.
    pub fn restart(&mut self) {
        self.stream = stream(self.clock, &self.desk, &self.workspace, &self.store);
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

fn stream(clock: Clock, desk: &Desk, workspace: &Workspace, store: &Store) -> TheStream {
    let settings = Settings {
        sync_days: 10,
        overlap: OVERLAP,
        page_size: 10,
        max_concurrent: 1,
        prints: Prints {
            source: "desk".to_owned(),
            filter: String::new(),
            sink: "workspace".to_owned(),
        },
        columns: "columns".to_owned(),
        log: false,
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
