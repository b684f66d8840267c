//! What the simulated workspace holds, and the switches of the service in front of it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use xxhash_rust::xxh3::xxh3_128;

use super::brief::Brief;
use super::fault::Fault;
use super::rate::Minute;
use super::stream::{Declaration, Row, WrongType};
use crate::model::columns::{SERVICE_DESK, SERVICE_DESK_LOG};
use crate::sim::clock::Clock;
use crate::sim::entra::Tokens;
use crate::sim::journal::Journal;
use crate::sim::menu::{Menu, Order, Until};

/// How much of what arrives is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Whole rows.
    Rows,
    /// A [`Brief`] of each row: who it is and which version; columns are neither checked nor counted.
    Versions,
    /// Only how many; bodies are scanned for rows and not otherwise checked.
    Counts,
}

/// One accepted request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchSeen {
    /// Where it went: the stream's name, or the legacy API's `Log-Type` with `_CL`.
    pub stream: String,
    /// Its `Content-Length`.
    pub wire_bytes: usize,
    /// Its size unpacked.
    pub unpacked_bytes: usize,
    /// How many rows it held.
    pub rows: usize,
    /// By the workspace's clock.
    pub received: DateTime<Utc>,
}

/// One request as it was answered, accepted or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The stream, or `Log-Type` with `_CL`.
    pub stream: String,
    /// The status, 0 when the connection was cut instead.
    pub status: u16,
    /// The bearer token or legacy signature it carried.
    pub credential: Option<String>,
    /// `x-ms-client-request-id`, as sent.
    pub client_request_id: Option<String>,
}

type RefuseRow = Arc<dyn Fn(&Row) -> bool + Send + Sync>;

/// Everything about the service that can be set; see the module's table for what is known of each.
#[derive(Clone)]
pub struct Switches {
    /// Immutable id of the one data collection rule, `dcr-` and 32 hexadecimal digits.
    pub dcr_immutable_id: String,
    /// Declared streams by name.
    pub streams: BTreeMap<String, Declaration>,
    /// Who issues tokens and the audience they must have; `None` takes any bearer token.
    pub tokens: Option<(Tokens, String)>,
    /// Workspace id and Base64 key of the retired HTTP Data Collector API; `None` answers 404 there.
    pub legacy: Option<(String, String)>,
    /// How much of what arrives is kept.
    pub keep: Keep,
    /// Greatest `Content-Length`.
    pub max_wire_bytes: usize,
    /// Greatest size unpacked.
    pub max_unpacked_bytes: usize,
    /// Uploads and wire bytes in a minute by the clock; more are refused with 429.
    pub per_minute: (u64, u64),
    /// Longer texts are cut, in bytes.
    pub field_limit: usize,
    /// What becomes of a value of the wrong type.
    pub wrong_type: WrongType,
    /// A too big upload is cut off instead of being read and answered with 413.
    pub cut_oversize: bool,
    clock: Clock,
    refuse: Option<RefuseRow>,
}

impl fmt::Debug for Switches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keep = self.keep;
        f.debug_struct("Switches")
            .field("keep", &keep)
            .field("dcr_immutable_id", &self.dcr_immutable_id)
            .finish_non_exhaustive()
    }
}

impl Switches {
    /// The workspace's clock; the system's by default.
    pub fn set_clock(&mut self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) {
        self.clock = Clock::new(clock);
    }

    /// Answers 400 to every batch that holds such a row.
    pub fn refuse_rows(&mut self, guilty: impl Fn(&Row) -> bool + Send + Sync + 'static) {
        self.refuse = Some(Arc::new(guilty));
    }

    /// Refuses no row any more.
    pub fn accept_all_rows(&mut self) {
        self.refuse = None;
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(super) fn refuses(&self, row: &Row) -> bool {
        self.refuse.as_ref().is_some_and(|guilty| guilty(row))
    }

    /// Whether rows must be looked into at all.
    pub(super) fn counts_only(&self) -> bool {
        self.keep == Keep::Counts && self.refuse.is_none()
    }
}

impl Default for Switches {
    fn default() -> Self {
        let streams = [
            ("Custom-ServiceDesk_CL", SERVICE_DESK),
            ("Custom-ServiceDeskLog_CL", SERVICE_DESK_LOG),
        ];
        let streams = streams.map(|(name, columns)| (name.to_owned(), Declaration::of_table(columns)));
        Self {
            dcr_immutable_id: "dcr-0123456789abcdef0123456789abcdef".to_owned(),
            streams: streams.into(),
            tokens: None,
            legacy: None,
            keep: Keep::Rows,
            max_wire_bytes: 1_048_576,
            max_unpacked_bytes: 50 * 1_048_576,
            per_minute: (12_000, 2 << 30),
            field_limit: 65_536,
            wrong_type: WrongType::Null,
            cut_oversize: false,
            clock: Clock::default(),
            refuse: None,
        }
    }
}

/// What was ingested.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub rows: BTreeMap<String, Vec<Row>>,
    pub briefs: BTreeMap<String, Vec<Brief>>,
    pub counts: BTreeMap<String, usize>,
    pub batches: Vec<BatchSeen>,
    pub answered: Vec<Answered>,
    pub dropped: BTreeMap<String, u64>,
    pub nulled: BTreeMap<String, u64>,
    pub truncated: BTreeMap<String, u64>,
    pub restamped: u64,
}

#[derive(Debug, Default)]
struct Shared {
    held: Mutex<Held>,
    switches: Mutex<Switches>,
    faults: Mutex<Menu<Fault>>,
    changed: watch::Sender<u64>,
    answers: AtomicU64,
    minute: Mutex<Minute>,
    journal: Journal,
}

/// A simulated Log Analytics workspace; clones share it, and it outlives the servers in front of it.
#[derive(Debug, Clone, Default)]
pub struct Workspace {
    shared: Arc<Shared>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Workspace {
    /// An empty workspace with the two tables of [`crate::model::columns`] declared.
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes switches.
    pub fn set(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut lock(&self.shared.switches));
    }

    /// A copy of the switches as they stand.
    pub fn switches(&self) -> Switches {
        lock(&self.shared.switches).clone()
    }

    /// Orders a fault.
    pub fn fault(&self, fault: Fault, until: Until) {
        self.order(Order::new(fault, until));
    }

    /// Orders a fault that lets `pass` requests through first.
    pub fn fault_after(&self, pass: u64, fault: Fault, until: Until) {
        self.order(Order::new(fault, until).after(pass));
    }

    /// Orders a fault in all its particulars; routes are `upload/{stream}` and `legacy/{Log-Type}_CL`.
    pub fn order(&self, order: Order<Fault>) {
        lock(&self.shared.faults).order(order);
    }

    /// The seed of the faults that are left to chance from now on.
    pub fn reseed(&self, seed: u64) {
        lock(&self.shared.faults).reseed(seed);
    }

    /// Edits the rule: for as long as the edit takes to spread every upload is refused with `InvalidStream`.
    pub fn edit_rule(&self, spreading: Duration, change: impl FnOnce(&mut Switches)) {
        self.set(change);
        self.fault(Fault::InvalidStream, Until::Elapsed(spreading));
    }

    /// Assigns the role that lets callers upload: until that has spread they are refused with 403.
    pub fn assign_role(&self, spreading: Duration) {
        self.fault(Fault::Forbidden, Until::Elapsed(spreading));
    }

    /// Lifts every fault.
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    /// The rows of a stream in the order in which they arrived; only with [`Keep::Rows`].
    pub fn rows(&self, stream: &str) -> Vec<Row> {
        lock(&self.shared.held).rows.get(stream).cloned().unwrap_or_default()
    }

    /// The versions that arrived, in order; only with [`Keep::Versions`].
    pub fn briefs(&self, stream: &str) -> Vec<Brief> {
        lock(&self.shared.held).briefs.get(stream).cloned().unwrap_or_default()
    }

    /// How many rows a stream has taken.
    pub fn count(&self, stream: &str) -> usize {
        lock(&self.shared.held).counts.get(stream).copied().unwrap_or_default()
    }

    /// The last row of each key, the key being the texts of those columns (`""` where absent); only with [`Keep::Rows`].
    pub fn latest(&self, stream: &str, key: &[&str]) -> BTreeMap<Vec<String>, Row> {
        let text = |row: &Row, column: &str| {
            row.get(column)
                .and_then(|value| value.as_str())
                .unwrap_or_default()
                .to_owned()
        };
        let rows = self.rows(stream).into_iter();
        rows.map(|row| (key.iter().map(|column| text(&row, column)).collect(), row))
            .collect()
    }

    /// The accepted requests, in order.
    pub fn batches(&self) -> Vec<BatchSeen> {
        lock(&self.shared.held).batches.clone()
    }

    /// Every request, in order.
    pub fn answered(&self) -> Vec<Answered> {
        lock(&self.shared.held).answered.clone()
    }

    /// Who asked what when, and how many at once.
    pub fn journal(&self) -> Journal {
        self.shared.journal.clone()
    }

    /// Columns nobody declared, with how many values of each were dropped.
    pub fn dropped_columns(&self) -> BTreeMap<String, u64> {
        lock(&self.shared.held).dropped.clone()
    }

    /// Columns of which values were nulled for being of the wrong type, with how many.
    pub fn nulled_columns(&self) -> BTreeMap<String, u64> {
        lock(&self.shared.held).nulled.clone()
    }

    /// Columns of which values were cut for being too long, with how many.
    pub fn truncated_columns(&self) -> BTreeMap<String, u64> {
        lock(&self.shared.held).truncated.clone()
    }

    /// How many rows had their `TimeGenerated` replaced by the time of receipt.
    pub fn restamped(&self) -> u64 {
        lock(&self.shared.held).restamped
    }

    /// Forgets everything ingested and every count; switches and faults stay.
    pub fn clear(&self) {
        *lock(&self.shared.held) = Held::default();
    }

    /// Waits until `enough` holds, looking again after every request; false once `deadline` has passed.
    pub async fn wait_until(&self, deadline: Duration, enough: impl Fn(&Self) -> bool) -> bool {
        let mut changes = self.shared.changed.subscribe();
        let waiting = async {
            while !enough(self) {
                changes.mark_unchanged();
                if enough(self) {
                    break;
                }
                let _sender_lives = changes.changed().await;
            }
        };
        tokio::time::timeout(deadline, waiting).await.is_ok()
    }

    /// Counts an upload; the seconds to wait if it is one too many.
    pub(super) fn charge(&self, bytes: usize, switches: &Switches) -> Option<u64> {
        lock(&self.shared.minute).count(bytes, switches.per_minute, switches.now())
    }

    /// An id that no other answer has.
    pub(super) fn request_id(&self) -> String {
        let number = self.shared.answers.fetch_add(1, Ordering::Relaxed);
        uuid::Uuid::from_u128(xxh3_128(&number.to_le_bytes())).to_string()
    }

    pub(super) fn next_fault(&self, route: &str) -> Option<Fault> {
        lock(&self.shared.faults).next(route)
    }

    pub(super) fn hold(&self, change: impl FnOnce(&mut Held)) {
        change(&mut lock(&self.shared.held));
        self.shared.changed.send_modify(|count| *count += 1);
    }
}
