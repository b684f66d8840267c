//! A stream with everything its two workers share.

use std::sync::Arc;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};

use super::budget::ByteBudget;
use super::claims::Claims;
use super::diary;
use super::page_size::PageSize;
use super::progress::Progress;
use super::reconcile::KEYS_AT_ONCE;
use super::refusals::Refusals;
use super::settled::Settled;
use super::sift::Unserved;
use super::source_clock::SourceClock;
use super::told::Told;
use crate::model::{Partner, StreamId, Trouble};
use crate::store::{Prints, Store, StoreError};

/// Our own clock, an argument so that tests can turn it.
pub type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What the configuration says about a stream.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Length of the window, 1 to 120.
    pub sync_days: u16,
    /// How far behind its position the head begins to read.
    pub overlap: TimeDelta,
    /// Most rows of a page.
    pub page_size: u32,
    /// Slices read side by side.
    pub max_concurrent: usize,
    /// What it is read from and written to.
    pub prints: Prints,
    /// Fingerprint of the set of columns.
    pub columns: String,
    /// Whether the connector's own log is wanted.
    pub log: bool,
    /// Whether another filter asks for a sweep by itself; one that is asked for is done all the same.
    pub reconcile: bool,
    /// Whether what is gone is marked.
    pub deletions: bool,
    /// More than this, and more than 1 % of the stream, in one sweep: none is marked; nor half of the stream, if that is
    /// more than five.
    pub max_deletions: u64,
    /// The product it is read from.
    pub partner: Partner,
    /// A daemon: it waits for a disk that is full as long as it takes.
    pub patient: bool,
}

/// Two ways to read the same records.
#[derive(Debug)]
pub struct Readers<S> {
    /// In full.
    pub rows: S,
    /// Only id, number, stamp and revision: [`crate::model::ItemProfile::keys_only`].
    pub keys: S,
}

/// One stream: its source, its sink, its state.
pub struct Stream<S, K> {
    /// Which.
    pub id: StreamId,
    /// How it is read.
    pub source: S,
    /// The same records, but of each only id, number, stamp and revision: light to read.
    pub keys: S,
    /// Where it is written.
    pub sink: Arc<K>,
    /// What is remembered.
    pub store: Store,
    /// What was configured.
    pub settings: Settings,
    /// What has been done, for progress bars and metrics.
    pub progress: Arc<Progress>,
    /// Our clock.
    pub now: Now,
    pub(super) claims: Claims,
    pub(super) source_clock: SourceClock,
    pub(super) page_size: PageSize,
    pub(super) unserved: Unserved,
    /// Of pages of keys.
    pub(super) key_page_size: PageSize,
    /// What was asked for by id, while an older page may be on its way.
    pub(super) settled: Settled,
    pub(super) budget: ByteBudget,
    pub(super) refusals: Refusals,
    /// Closed for delivery while something delivered could not be written down.
    pub(super) writable: tokio::sync::RwLock<()>,
    /// Why nothing can be written down, as long as nothing can.
    pub(super) unwritten: Mutex<Option<Trouble>>,
    pub(super) diary: diary::Told,
    pub(super) told: Told,
}

impl<S, K> std::fmt::Debug for Stream<S, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("id", &self.id)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl<S, K> Stream<S, K> {
    /// Puts a stream together; nothing is read or written yet.
    pub fn new(
        id: StreamId,
        readers: Readers<S>,
        sink: Arc<K>,
        store: Store,
        settings: Settings,
        now: Now,
        budget: ByteBudget,
    ) -> Self {
        Self {
            id,
            source: readers.rows,
            keys: readers.keys,
            sink,
            store,
            progress: Arc::default(),
            claims: Claims::default(),
            source_clock: SourceClock::default(),
            page_size: PageSize::new(settings.page_size),
            unserved: Unserved::default(),
            key_page_size: PageSize::new(KEYS_AT_ONCE),
            settled: Settled::default(),
            budget,
            refusals: Refusals::default(),
            writable: tokio::sync::RwLock::default(),
            unwritten: Mutex::default(),
            diary: diary::Told::default(),
            told: Told::default(),
            settings,
            now,
        }
    }
}

/// A state file that does not work is told like any other trouble.
pub(super) fn store_trouble(error: &StoreError) -> Trouble {
    error.trouble()
}
