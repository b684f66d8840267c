//! How many requests are worked on at once, how many may wait, and how long each takes.
//!
//! A session has one transaction at a time; the pool of threads is shared by all. Whoever is too much in a session's
//! queue gets 202 and is not executed, whoever is too much in the pool's gets 429 without a word of when to come back.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A pool of threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Requests worked on at once.
    pub threads: usize,
    /// Requests that may wait.
    pub queue: usize,
}

impl Default for Pool {
    fn default() -> Self {
        Self { threads: 4, queue: 50 }
    }
}

/// How long a request takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// However little it asks for.
    pub each: Duration,
    /// For each row it shows.
    pub per_row: Duration,
    /// For each row of its offset.
    pub per_skipped: Duration,
    /// One that would take longer is cancelled when this is over.
    pub quota: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            each: Duration::ZERO,
            per_row: Duration::ZERO,
            per_skipped: Duration::ZERO,
            quota: Duration::from_mins(1),
        }
    }
}

impl Pace {
    /// How long so many rows behind so many others take.
    pub fn time(&self, rows: usize, skipped: usize) -> Duration {
        let times = |time: Duration, count: usize| time.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        self.each + times(self.per_row, rows) + times(self.per_skipped, skipped)
    }
}

/// Why a request is not even begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// Its session's queue.
    Session,
    /// The pool's queue.
    Pool,
}

/// The way in.
#[derive(Debug)]
pub struct Gate {
    pool: Option<Queue>,
    sessions: HashMap<String, Queue>,
    pub session_queue: usize,
}

impl Default for Gate {
    fn default() -> Self {
        let mut gate = Self {
            pool: None,
            sessions: HashMap::new(),
            session_queue: 10,
        };
        gate.set_pool(Some(Pool::default()));
        gate
    }
}

impl Gate {
    pub fn set_pool(&mut self, pool: Option<Pool>) {
        self.pool = pool.map(|pool| Queue::new(pool.threads, pool.queue));
    }

    /// The queues that a request of this session stands in, one behind the other.
    pub fn ways(&mut self, session: Option<&str>) -> Ways {
        self.sessions.retain(|_, queue| queue.is_used());
        let session = session.map(|id| {
            let queue = self.sessions.entry(id.to_owned());
            queue.or_insert_with(|| Queue::new(1, self.session_queue)).clone()
        });
        Ways {
            session,
            pool: self.pool.clone(),
        }
    }
}

/// The queues before one request.
#[derive(Debug)]
pub struct Ways {
    session: Option<Queue>,
    pool: Option<Queue>,
}

/// A place among the requests that are worked on, given up when dropped.
#[derive(Debug)]
pub struct Seat {
    _turn: Option<OwnedSemaphorePermit>,
    _thread: Option<OwnedSemaphorePermit>,
}

impl Ways {
    /// Waits for a place, the session's turn first.
    pub async fn seat(&self) -> Result<Seat, Full> {
        let turn = stand(self.session.as_ref()).await.map_err(|()| Full::Session)?;
        let thread = stand(self.pool.as_ref()).await.map_err(|()| Full::Pool)?;
        Ok(Seat {
            _turn: turn,
            _thread: thread,
        })
    }
}

async fn stand(queue: Option<&Queue>) -> Result<Option<OwnedSemaphorePermit>, ()> {
    let Some(queue) = queue else { return Ok(None) };
    queue.stand().await.map(Some)
}

/// Places, and those who wait for one in the order in which they came.
#[derive(Debug, Clone)]
struct Queue {
    places: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    most: usize,
}

/// One who waits; gone when dropped, because its caller may hang up.
struct Waiter<'a>(&'a AtomicUsize);

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Queue {
    fn new(places: usize, most: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            waiting: Arc::default(),
            most,
        }
    }

    /// Whether anybody but the gate knows it.
    fn is_used(&self) -> bool {
        Arc::strong_count(&self.places) > 1
    }

    async fn stand(&self) -> Result<OwnedSemaphorePermit, ()> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        if self.waiting.fetch_add(1, Ordering::SeqCst) >= self.most {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            return Err(());
        }
        let _waiter = Waiter(&self.waiting);
        Arc::clone(&self.places).acquire_owned().await.map_err(|_closed| ())
    }
}
