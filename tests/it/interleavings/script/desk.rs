//! The service desk: rows by id, read by keyset, with gates where a test wants a page to wait.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use itsmd::model::{Mapped, Position, Record, RecordId, Slice, Unmapped, Version};
use itsmd::source::{Found, Page, Probe, Source, SourceError};

use super::{Clock, Gate, id, trouble};

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
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            state: Arc::default(),
        }
    }

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

    pub fn remove(&self, id: &str) {
        self.lock().items.remove(id);
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

    async fn by_ids(&self, ids: &[RecordId]) -> Result<Found, SourceError> {
        let state = self.lock();
        let known = |id: &RecordId| state.items.get(id.as_str()).map(|item| record(id.as_str(), item));
        Ok(Found {
            records: ids.iter().filter_map(known).collect(),
            matching: None,
        })
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
        created: Some(item.modified.date_naive()),
        version: Version::of(&row),
        row: row.into(),
    })
}
